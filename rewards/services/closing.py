"""The day close: the sweep that finds whoever has something due (points.md 17)."""

import datetime as dt
from collections.abc import Callable

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from members.selectors import get_club
from rewards.enums import AccountKind, Reason, Unit
from rewards.models import DayClose
from rewards.services.settlement import settle_members

BATCH = 2_000
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
_SNAPSHOT = """
    SELECT kind, coalesce(sum(balance), 0)::bigint FROM rewards_account
    WHERE member_id IS NOT NULL AND unit = 'points' GROUP BY kind
"""


class DayNotOver(DomainError):
    code = "day_not_over"
    message = _("%(day)s is not over yet in the club's time zone.")


def close_days(
    *, now: dt.datetime, last: dt.date | None = None,
    on_day: Callable[[DayClose], None] | None = None,
) -> list[DayClose]:  # fmt: skip
    """Close every open programme day up to ``last`` (default: yesterday), one by one.

    Raises DayNotOver where ``last`` is today or later. The first close of a club begins with
    the oldest day on which something was due, so that snapshots tell its whole history.
    """
    today = day_of(now, get_club().zone)
    last = last or today - dt.timedelta(days=1)
    if last >= today:
        raise DayNotOver(day=last)
    closed = []
    day = _first_open_day(last)
    while day <= last:
        closed.append(close_day(day, now=now))
        if on_day:
            on_day(closed[-1])
        day += dt.timedelta(days=1)
    return closed


def _first_open_day(last: dt.date) -> dt.date:
    newest = DayClose.objects.order_by("-day_on").values_list("day_on", flat=True).first()
    if newest is not None:
        return newest + dt.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least((SELECT min(release_on) FROM rewards_lot WHERE pending > 0),"
            " (SELECT min(effective_at)::date FROM rewards_transfer))"
        )
        oldest = cursor.fetchone()[0]
    return min(oldest or last, last)


def close_day(day: dt.date, *, now: dt.datetime) -> DayClose:
    """Do all that is due at the end of ``day``, in batches that commit as they go, then snapshot.

    Batches skip nobody: a member stays due until settled, so a crash only leaves work for the
    next run, and two runs at once share it. A closed day is returned as it was.
    """
    until = day + dt.timedelta(days=1)
    totals = {"released": 0, "expired": 0, "up": 0, "down": 0}
    for statement in (_ENROL, _DUE):
        while member_ids := _list_due(statement, until):
            _add_up(totals, settle_members(member_ids, until=until, now=now))
    return _snapshot(day, totals, now=now)


def _list_due(statement: str, until: dt.date) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"until": until, "many": BATCH})
        return [member_id for (member_id,) in cursor.fetchall()]


def _add_up(totals: dict[str, int], ledger) -> None:
    ranks = {
        level.tier_id: level.rank
        for programme in ledger.terms.programmes
        for level in programme.levels
    }
    for book in ledger.books.values():
        for transfer in book.transfers:
            if transfer.unit == Unit.POINTS and transfer.reason == Reason.RELEASE:
                totals["released"] += transfer.amount
            elif transfer.reason == Reason.EXPIRE:
                totals["expired"] += transfer.amount
        for step in book.tier_steps:
            totals["up" if ranks[step.to_tier_id] > ranks[step.from_tier_id] else "down"] += 1


@transaction.atomic
def _snapshot(day: dt.date, totals: dict[str, int], *, now: dt.datetime) -> DayClose:
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        balances = dict(cursor.fetchall())
    return DayClose.objects.get_or_create(
        day_on=day,
        defaults={
            "closed_at": now,
            "released_points": totals["released"],
            "expired_points": totals["expired"],
            "tier_up_count": totals["up"],
            "tier_down_count": totals["down"],
            "pending_points": balances.get(AccountKind.PENDING, 0),
            "available_points": balances.get(AccountKind.AVAILABLE, 0),
            "held_points": balances.get(AccountKind.HELD, 0),
            "owed_points": balances.get(AccountKind.OWED, 0),
        },
    )[0]
