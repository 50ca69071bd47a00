"""How long a wait lasts, where the member lives."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from campaigns.models import Journey
from core.time import get_zone, resolve_local
from members.models import Member
from members.selectors.club import get_club

# A worker that comes so much later has not missed the moment.
GRACE = dt.timedelta(hours=6)


def find_end(
    terms: Mapping[str, Any], journey: Journey, member: Member, *, now: dt.datetime
) -> tuple[dt.datetime, bool]:
    """When the wait is over, and whether that was missed: only a day that it is all about is."""
    zone = member.zone or get_club().zone
    if "from_day" in terms:
        day = journey.facts.get("day")
        if day is None:  # nothing that it could be counted from
            return now, False
        local = dt.date.fromisoformat(day) + dt.timedelta(days=terms["from_day"])
        end = _at(local, terms["hour"], zone)
        return end, end <= now - GRACE
    # Counted from when it should have begun; not so where the automation was switched off since.
    begin = journey.due_at if journey.due_at and journey.due_at > now - GRACE else now
    if terms["days"] and "hour" in terms:
        local = begin.astimezone(get_zone(zone)).date() + dt.timedelta(days=terms["days"])
        return _at(local, terms["hour"], zone), False
    end = begin + dt.timedelta(hours=terms["hours"])
    if terms["days"]:
        # By the calendar: the same hour of the day, also where the clocks have changed.
        local_end = end.astimezone(get_zone(zone)).replace(tzinfo=None)
        end = resolve_local(local_end + dt.timedelta(days=terms["days"]), zone)[0]
    if "hour" in terms:
        local = end.astimezone(get_zone(zone)).date()
        at = _at(local, terms["hour"], zone)
        end = at if at >= end else _at(local + dt.timedelta(days=1), terms["hour"], zone)
    return end, False


def _at(day: dt.date, hour: int, zone: str) -> dt.datetime:
    return resolve_local(dt.datetime.combine(day, dt.time(hour)), zone)[0]
