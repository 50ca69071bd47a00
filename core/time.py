"""Calendar arithmetic in a named zone. Instants are aware UTC; days are dates in a zone."""

import calendar
import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=64)
def get_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def day_of(moment: dt.datetime, zone: str) -> dt.date:
    """The calendar day of an aware instant in ``zone``."""
    return moment.astimezone(get_zone(zone)).date()


@lru_cache(maxsize=8192)
def start_of(day: dt.date, zone: str) -> dt.datetime:
    """The first instant of ``day`` in ``zone``, in UTC (also where midnight is skipped)."""
    return resolve_local(dt.datetime.combine(day, dt.time.min), zone)[0]


def resolve_local(naive: dt.datetime, zone: str) -> tuple[dt.datetime, bool]:
    """An aware UTC instant for a wall-clock time, and whether it had to be shifted.

    Ambiguous times take the first reading (fold 0); times that don't exist move forward by
    the size of the gap (PEP 495), and the second value is True.
    """
    tz = get_zone(zone)
    moment = naive.replace(tzinfo=tz, fold=0).astimezone(dt.UTC)
    back = moment.astimezone(tz).replace(tzinfo=None)
    return moment, back != naive


def add_months(day: dt.date, months: int) -> dt.date:
    """``day`` plus calendar months; 31 January plus one is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
