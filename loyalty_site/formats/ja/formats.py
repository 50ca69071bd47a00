"""Django's own writes the day and the hour without a space: 2026年12月7日18:00. One way to write a
day and a moment, as in the other languages.
"""

DATETIME_FORMAT = "Y年n月j日 G:i"
SHORT_DATE_FORMAT = "Y年n月j日"
SHORT_DATETIME_FORMAT = "Y年n月j日 G:i"
