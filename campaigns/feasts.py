"""The days around which shops of a country write to their members: reviewed data.

Lunar days stand as a table, since a marketer plans by dates and not by astronomy; they were made
with the package ``lunardate`` and end with 2035.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_CHINESE = ("CN", "TW", "HK", "SG")
_ALL = ("CN", "TW", "HK", "SG", "JP", "US", "GB")


@dataclass(frozen=True, slots=True)
class Feast:
    """A feast or sale as it falls in one year; ``last`` is its last day."""

    name: Any
    first: dt.date
    last: dt.date


def _days(*texts: str) -> dict[int, dt.date]:
    days = map(dt.date.fromisoformat, texts)
    return {day.year: day for day in days}


_NEW_YEAR = _days(
    "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
    "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
)  # fmt: skip
_DRAGON_BOAT = _days(
    "2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05",
    "2031-06-24", "2032-06-12", "2033-06-01", "2034-06-20", "2035-06-10",
)  # fmt: skip
_QIXI = _days(
    "2026-08-19", "2027-08-08", "2028-08-26", "2029-08-16", "2030-08-05",
    "2031-08-24", "2032-08-12", "2033-08-01", "2034-08-20", "2035-08-10",
)  # fmt: skip
_MOON = _days(
    "2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12",
    "2031-10-01", "2032-09-19", "2033-09-08", "2034-09-27", "2035-09-16",
)  # fmt: skip


def _lunar(table, *, before=0, after=0):
    """A span around a day of the table; nothing in a year that it doesn't hold."""

    def find(year):
        day = table.get(year)
        return day and (day - dt.timedelta(days=before), day + dt.timedelta(days=after))

    return find


def _fixed(month, day, last_month=None, last_day=None):
    return lambda year: (
        dt.date(year, month, day),
        dt.date(year, last_month or month, last_day or day),
    )


def _nth(month, weekday, number, *, after=0, length=0):
    """The ``number``-th ``weekday`` (Monday 0) of a month, moved by ``after`` days."""

    def find(year):
        first = dt.date(year, month, 1)
        day = first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1) + after)
        return day, day + dt.timedelta(days=length)

    return find


# (name, countries, the span in a year)
_FEASTS = (
    (pgettext_lazy("feast", "New Year"), _ALL, _fixed(1, 1)),
    (_("Lucky bags (福袋)"), ("JP",), _fixed(1, 1, 1, 3)),
    (_("Spring Festival"), _CHINESE, _lunar(_NEW_YEAR, before=1, after=6)),
    (_("Lantern Festival"), _CHINESE, _lunar(
        {year: day + dt.timedelta(days=14) for year, day in _NEW_YEAR.items()}
    )),
    (_("Valentine's Day"), _ALL, _fixed(2, 14)),
    (_("White Day"), ("JP", "TW"), _fixed(3, 14)),
    (_("Women's Day sales (38)"), ("CN", "TW"), _fixed(3, 8)),
    (_("Golden Week"), ("JP",), _fixed(4, 29, 5, 5)),
    (_("520"), ("CN", "TW"), _fixed(5, 20)),
    (_("Mother's Day"), ("CN", "TW", "HK", "SG", "JP", "US"), _nth(5, 6, 2)),
    (_("618"), ("CN", "TW"), _fixed(6, 1, 6, 18)),
    (_("Dragon Boat Festival"), _CHINESE, _lunar(_DRAGON_BOAT)),
    (_("Father's Day"), ("CN", "JP", "US", "GB", "HK", "SG"), _nth(6, 6, 3)),
    (_("Father's Day (8 August)"), ("TW",), _fixed(8, 8)),
    (_("Midsummer gifts (お中元)"), ("JP",), _fixed(7, 1, 7, 15)),
    (_("Obon"), ("JP",), _fixed(8, 13, 8, 16)),
    (_("Qixi"), ("CN", "TW", "HK"), _lunar(_QIXI)),
    (_("Respect for the Aged Day"), ("JP",), _nth(9, 0, 3)),
    (_("Mid-Autumn Festival"), _CHINESE, _lunar(_MOON)),
    (_("National Day week"), ("CN",), _fixed(10, 1, 10, 7)),
    (_("Anniversary sales (週年慶)"), ("TW",), _fixed(10, 1, 11, 15)),
    (_("Halloween"), ("US", "GB", "JP"), _fixed(10, 31)),
    (_("Singles' Day (11.11)"), ("CN", "TW", "HK", "SG"), _fixed(11, 1, 11, 11)),
    (_("Thanksgiving"), ("US",), _nth(11, 3, 4)),
    (_("Black Friday to Cyber Monday"), ("US", "GB", "JP", "HK", "SG", "TW"), _nth(
        11, 3, 4, after=1, length=3
    )),
    (_("Double 12"), ("CN", "TW"), _fixed(12, 12)),
    (_("Year-end gifts (お歳暮)"), ("JP",), _fixed(12, 1, 12, 20)),
    (_("Christmas"), ("US", "GB", "HK", "SG", "JP", "TW"), _fixed(12, 24, 12, 25)),
    (_("New Year cards (年賀状)"), ("JP",), _fixed(12, 15, 12, 25)),
)  # fmt: skip
COUNTRIES = _ALL


def list_feasts(first: dt.date, last: dt.date, *, countries: Iterable[str]) -> list[Feast]:
    """The feasts of these countries that touch the span, in the order of their first days."""
    wanted = set(countries)
    found = []
    for year in range(first.year, last.year + 1):
        for name, where, find in _FEASTS:
            span = find(year) if wanted.intersection(where) else None
            if span and span[0] <= last and span[1] >= first:
                found.append(Feast(name, *span))
    return sorted(found, key=lambda feast: (feast.first, feast.last))
