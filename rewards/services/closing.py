"""The day close: the sweep that finds whoever has something due (docs/points.md 17)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of, start_of
from members.selectors import get_club
from rewards.enums import AccountKind, Reason
from rewards.models import DayClose, ProgrammeVersion
from rewards.services.settlement import settle_members

BATCH = 5_000
_DUE = """
    SELECT member_id FROM (
        (SELECT member_id FROM rewards_lot
         WHERE pending > 0 AND release_on <= %(until)s LIMIT %(many)s)
        UNION
        (SELECT member_id FROM rewards_lot
         WHERE unit = 'points' AND available > 0 AND expires_on < %(until)s LIMIT %(many)s)
        UNION
        (SELECT member_id FROM rewards_standing WHERE review_on <= %(until)s LIMIT %(many)s)
        UNION
        (SELECT member_id FROM rewards_standing
         WHERE points_expire_on < %(until)s LIMIT %(many)s)
    ) AS due LIMIT %(many)s
"""
# A member without a first tier yet (joined, never bought) enters the programme here.
_ENROL = """
    SELECT m.id FROM members_member m
    WHERE m.status = 'active'
      AND NOT EXISTS (SELECT FROM rewards_standing s WHERE s.member_id = m.id)
    LIMIT %(many)s
"""
# Today's balances (no day) and what moved since, in one statement and so of one instant.
# What a close does happens at the first instant of the next day and belongs to the closed one.
_BOOKS = """
    SELECT NULL::date, kind, NULL, NULL, coalesce(sum(balance), 0)::bigint
    FROM rewards_account WHERE member_id IS NOT NULL AND unit = 'points' GROUP BY kind
    UNION ALL
    SELECT ((t.effective_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date,
           debit.kind, credit.kind, t.reason, sum(t.amount)::bigint
    FROM rewards_transfer t
    JOIN rewards_account debit ON debit.id = t.debit_account_id
    JOIN rewards_account credit ON credit.id = t.credit_account_id
    WHERE t.unit = 'points' AND t.effective_at > %(since)s
    GROUP BY 1, debit.kind, credit.kind, t.reason
"""
_TIER_STEPS = """
    SELECT ((c.effective_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date,
           count(*) FILTER (WHERE up.rank > down.rank), count(*) FILTER (WHERE up.rank < down.rank)
    FROM rewards_tierchange c
    JOIN rewards_tier down ON down.id = c.from_tier_id
    JOIN rewards_tier up ON up.id = c.to_tier_id
    WHERE c.effective_at > %(since)s
    GROUP BY 1
"""
_KEPT = (AccountKind.PENDING, AccountKind.AVAILABLE, AccountKind.HELD, AccountKind.OWED)


class DayNotOver(DomainError):
    code = "day_not_over"
    message = _("%(day)s is not over yet in the club's time zone.")


def close_days(
    *, now: dt.datetime, last: dt.date | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[DayClose]:  # fmt: skip
    """Close every open programme day up to ``last`` (default: yesterday).

    What is due is swept also where every day is closed: it may have arrived late. Each
    member's missed days are done one by one, in order, whatever the number of days; then
    every open day gets its snapshot. Batches commit as they go and skip nobody: a member stays
    due until settled, so a crash leaves work for the next run and two runs at once share it.
    Raises DayNotOver where ``last`` is today or later. ``on_progress`` is told each batch's
    size. Returns the days that this call closed.
    """
    zone = get_club().zone
    yesterday = day_of(now, zone) - dt.timedelta(days=1)
    last = last or yesterday
    if last > yesterday:
        raise DayNotOver(day=last)
    if not ProgrammeVersion.objects.exists():
        return []
    until = last + dt.timedelta(days=1)
    for statement in (_ENROL, _DUE):
        while member_ids := _list_due(statement, until):
            settle_members(member_ids, until=until, now=now)
            if on_progress:
                on_progress(len(member_ids))
    return _snapshot(last, zone, now=now)


def _first_open_day(last: dt.date, zone: str) -> dt.date:
    """The day after the newest closed one; a first close begins with the club's first entry."""
    newest = DayClose.objects.order_by("-day_on").values_list("day_on", flat=True).first()
    if newest is not None:
        return newest + dt.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(effective_at) FROM rewards_transfer")
        oldest = cursor.fetchone()[0]
    return min(day_of(oldest, zone), last) if oldest else last


def _list_due(statement: str, until: dt.date) -> list[int]:
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"until": until, "many": BATCH}
        cursor.execute(statement, params)
        return [member_id for (member_id,) in cursor.fetchall()]


@transaction.atomic
def _snapshot(last: dt.date, zone: str, *, now: dt.datetime) -> list[DayClose]:
    """What stood at the end of each open day: today's balances less what happened afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE rewards_dayclose IN SHARE ROW EXCLUSIVE MODE")
        first = _first_open_day(last, zone)
        if first > last:
            return []
        since: dict[str, Any] = {"zone": zone, "since": start_of(first, zone)}
        cursor.execute(_BOOKS, since)
        standing: dict[str, int] = {str(kind): 0 for kind in _KEPT}
        moved: dict[dt.date, list[tuple]] = {}
        for moved_on, debit, credit, reason, amount in cursor.fetchall():
            if moved_on is None:
                standing[debit] = amount
            else:
                moved.setdefault(moved_on, []).append((debit, credit, reason, amount))
        cursor.execute(_TIER_STEPS, since)
        steps = {day: (up, down) for day, up, down in cursor.fetchall()}
    for day in [day for day in moved if day > last]:
        _undo(standing, moved[day])
    closes = []
    day = last
    while day >= first:
        entries = moved.get(day, [])
        up, down = steps.get(day, (0, 0))
        closes.append(
            DayClose(
                day_on=day,
                closed_at=now,
                released_points=_sum_of(entries, Reason.RELEASE),
                expired_points=_sum_of(entries, Reason.EXPIRE),
                tier_up_count=up,
                tier_down_count=down,
                pending_points=standing[AccountKind.PENDING],
                available_points=standing[AccountKind.AVAILABLE],
                held_points=standing[AccountKind.HELD],
                owed_points=standing[AccountKind.OWED],
            )
        )
        _undo(standing, entries)
        day -= dt.timedelta(days=1)
    closes.reverse()
    DayClose.objects.bulk_create(closes)
    return closes


def _undo(standing: dict[str, int], entries: list[tuple]) -> None:
    for debit, credit, _reason, amount in entries:
        for kind, change in ((debit, amount), (credit, -amount)):
            if kind in standing:
                standing[kind] += -change if kind == AccountKind.OWED else change


def _sum_of(entries: list[tuple], reason: str) -> int:
    return sum(amount for _debit, _credit, why, amount in entries if why == reason)
