"""One way to write a day and a moment: Django's short one, 03/05, is May to half of all readers."""

SHORT_DATE_FORMAT = "N j, Y"
SHORT_DATETIME_FORMAT = "N j, Y, P"
