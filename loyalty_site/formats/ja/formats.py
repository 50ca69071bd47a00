"""Django's own writes the day and the hour without a space: 2026年12月7日18:00."""

DATETIME_FORMAT = "Y年n月j日 G:i"
