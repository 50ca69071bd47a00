"""Who had how many messages, whoever sent them: the budget is one for the whole club."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.db import connection

from core.time import resolve_local
from members.enums import Channel
from members.models import ContactCap, ContactPolicy
from members.registry import contact_counters

Counts = dict[tuple[int, int], int]


def get_contact_policy() -> ContactPolicy:
    return ContactPolicy.objects.filter(pk=1).first() or ContactPolicy(pk=1)


def list_caps(channel: str) -> list[ContactCap]:
    """Those that a message by this channel counts towards."""
    return [cap for cap in ContactCap.objects.all() if cap.covers(channel)]


def count_contacts(
    member_ids: Collection[int], caps: Sequence[ContactCap], *, now: dt.datetime
) -> Mapping[tuple[int, int], int]:
    """(member, cap) to how many messages of its days there were, of every app that sends any
    (``members.registry.register_contact_counter``); a pair without one is left out. One query.
    """
    if not caps or not member_ids or not contact_counters.codes():
        return {}
    rows = " UNION ALL ".join(f"({sql})" for sql in contact_counters)
    columns = ", ".join(f"count(*) FILTER (WHERE c.at > %s AND {_covers_sql(cap)})" for cap in caps)
    starts = [now - dt.timedelta(days=cap.days) for cap in caps]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.member_id, {columns} FROM ({rows}) AS c (member_id, channel, at)
            WHERE c.member_id = ANY (%s) AND c.at > %s GROUP BY c.member_id
            """,
            [*starts, list(member_ids), min(starts)],
        )
        found = cursor.fetchall()
    return {
        (row[0], cap.pk): count
        for row in found
        for cap, count in zip(caps, row[1:], strict=True)
        if count
    }


def _covers_sql(cap: ContactCap) -> str:
    if cap.channel == Channel.ANY:
        return f"c.channel <> '{Channel.ON_SITE}'"
    return f"c.channel = '{Channel(cap.channel)}'"


def find_quiet_end(
    policy: ContactPolicy, zone: ZoneInfo, *, now: dt.datetime
) -> dt.datetime | None:
    """Until when it is quiet in that zone; None where it isn't.

    Hours are those of the clock on the wall: in the nights in which it is put forward or back the
    quiet is an hour shorter or longer.
    """
    here = now.astimezone(zone)
    begins, ends = policy.quiet_from, policy.quiet_until
    clock = here.time().replace(fold=0)
    if begins == ends:
        return None
    is_by_day = begins < ends
    is_quiet = begins <= clock < ends if is_by_day else clock >= begins or clock < ends
    if not is_quiet:
        return None
    day = here.date() if clock < ends else here.date() + dt.timedelta(days=1)
    until, _shifted = resolve_local(dt.datetime.combine(day, ends), zone.key)
    if until <= now:  # the hour in which it ends comes twice, and this is the second time
        return None
    return until
