"""Django's own writes 1374 without a mark, and the month of a day with a nought: 01月9日."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
MONTH_DAY_FORMAT = "n月j日"
