"""What is on in the club soon, from every app that knows of something with a date."""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.time import day_of
from members.registry import Happening, happening_sources
from members.selectors.club import get_club

AHEAD = dt.timedelta(days=45)
MOST = 6
_OF_ONE_SOURCE = 3  # at first: a shelf that changes must not hide the rest
_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ShownHappening:
    """``day`` is the one that counts next, ``word`` what it is ("until"); ``span`` says both."""

    happening: Happening
    day: dt.date
    word: str
    span: str
    is_on: bool


def list_happenings(*, now: dt.datetime, limit: int = MOST) -> list[ShownHappening]:
    """What begins or ends within the next weeks, the nearest day first, a few of each source."""
    until = now + AHEAD
    first: list[Happening] = []
    rest: list[Happening] = []
    for list_rows in happening_sources:
        rows = [row for row in list_rows(now, until) if _is_near(row, now, until)]
        rows.sort(key=lambda row: (row.get_next(now), row.title))
        first += rows[:_OF_ONE_SOURCE]
        rest += rows[_OF_ONE_SOURCE:]
    for rows in (first, rest):
        rows.sort(key=lambda row: (row.get_next(now), row.title))
    chosen = [*first, *rest][:limit]
    chosen.sort(key=lambda row: (row.get_next(now), row.title))
    zone = get_club().zone
    return [_show(row, now, zone) for row in chosen]


def _is_near(row: Happening, now: dt.datetime, until: dt.datetime) -> bool:
    moment = row.get_next(now)
    return moment is not None and now < moment <= until


def _show(row: Happening, now: dt.datetime, zone: str) -> ShownHappening:
    today = day_of(now, zone)
    first = day_of(row.starts_at, zone)
    last = day_of(row.ends_at - _INSTANT, zone) if row.ends_at else None
    if first == last:
        if first == today:
            return ShownHappening(row, first, _("today"), _("only today"), True)
        span = _("on %(day)s") % {"day": _format_day(first)}
        return ShownHappening(row, first, pgettext("one day", "on"), span, False)
    if first > today:
        if last is None:
            span = _("from %(day)s") % {"day": _format_day(first)}
        else:
            days = {"first": _format_day(first), "last": _format_day(last)}
            span = _("from %(first)s until %(last)s") % days
        return ShownHappening(row, first, pgettext("first day", "from"), span, False)
    end = last or today
    span = _("last day today") if end == today else _("until %(day)s") % {"day": _format_day(end)}
    return ShownHappening(row, end, pgettext("last day", "until"), span, True)


def _format_day(day: dt.date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")
