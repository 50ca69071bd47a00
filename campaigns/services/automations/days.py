"""Days of a member that come every year, at an hour where they live.

The occurrence is the year, so that nobody is greeted twice in one. 29 February is kept on the 28th
in other years. A way that begins days before its day may be entered until the day is over; who
comes when its beginning is no longer fresh has missed the steps whose moment is over.
"""

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any

from campaigns.selectors.segments.operators import Sql
from members.selectors.club import get_club

# Zones lie up to 14 hours before and 12 behind UTC.
_MARGIN = dt.timedelta(days=2)
_MOMENT = "(c.day - %s + make_interval(hours => %s)) AT TIME ZONE c.zone"
_TAIL = f"""
    SELECT member_id, occurrence, moment AS due_at, moment <= %s AS is_late,
           jsonb_build_object('day', day{{facts}}) AS facts
    FROM (
        SELECT c.*, {_MOMENT} AS moment, (c.day + 1)::timestamp AT TIME ZONE c.zone AS over
        FROM ({{days}}) c
    ) d
    WHERE moment <= %s AND (moment > %s OR (%s AND over > %s)){{more}}
"""


def find_birthdays(terms: Mapping[str, Any], oldest: dt.datetime, now: dt.datetime) -> Sql:
    pairs = list_days(oldest, now, terms["days_before"])
    rows = """
        SELECT m.id AS member_id, 'year:' || extract(year FROM d.day) AS occurrence, d.day,
               coalesce(nullif(m.zone, ''), %s) AS zone, 0 AS years, m.joined_at
        FROM unnest(%s::date[], %s::int[], %s::int[]) AS d (day, month, of_month)
        JOIN members_member m ON m.birth_month = d.month AND m.birth_day = d.of_month
        WHERE m.status = 'active'"""
    return _build(rows, [get_club().zone, *_split(pairs)], terms, oldest, now, facts="", more="")


def find_anniversaries(terms: Mapping[str, Any], oldest: dt.datetime, now: dt.datetime) -> Sql:
    """The day is the one on which they joined, in the club's zone as on their card."""
    club = get_club().zone
    pairs = list_days(oldest, now, terms["days_before"])
    rows = """
        SELECT m.id AS member_id, 'year:' || extract(year FROM d.day) AS occurrence, d.day,
               coalesce(nullif(m.zone, ''), %s) AS zone,
               (extract(year FROM d.day)
                - extract(year FROM m.joined_at AT TIME ZONE %s))::int AS years, m.joined_at
        FROM unnest(%s::date[], %s::int[], %s::int[]) AS d (day, month, of_month)
        JOIN members_member m
          ON extract(month FROM m.joined_at AT TIME ZONE %s) = d.month
         AND extract(day FROM m.joined_at AT TIME ZONE %s) = d.of_month
        WHERE m.status = 'active'"""
    params = [club, club, *_split(pairs), club, club]
    return _build(rows, params, terms, oldest, now, facts=", 'years', years", more=" AND years > 0")


def _build(rows, params, terms, oldest, now, *, facts, more) -> Sql:
    before, hour = terms["days_before"], terms["hour"]
    return Sql(
        _TAIL.format(days=rows, facts=facts, more=more),
        (oldest, before, hour, *params, now, oldest, before > 0, now),
    )


def list_days(oldest: dt.datetime, now: dt.datetime, before: int) -> list[tuple[dt.date, int, int]]:
    """Days that may be about to begin, each with the month and day of birth kept on it."""
    day, last = (oldest - _MARGIN).date(), (now + _MARGIN).date() + dt.timedelta(days=before)
    found = []
    while day <= last:
        found.append((day, day.month, day.day))
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found.append((day, 2, 29))
        day += dt.timedelta(days=1)
    return found


def _split(pairs) -> list[list]:
    return [list(column) for column in zip(*pairs, strict=True)]
