"""What ends by itself: reservations that nobody paid, vouchers and dates that are over."""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from core.bulk import RowWriter
from core.time import day_of
from members.selectors.club import get_club
from rewards.enums import RedemptionState
from rewards.models import Payment, Redemption
from rewards.services.ledger import write_ledger
from rewards.services.payments import PaymentClosed, release_payment
from rewards.services.redemption.rows import take_step, tell
from rewards.services.redemption.undoing import give_back, lock_in_order, open_redemption

logger = logging.getLogger(__name__)
_BATCH = 100


@transaction.atomic
def expire_redemption(pk: int, *, now: dt.datetime) -> bool:
    """Let an overdue reservation go; returns whether there was something to let go."""
    locked, spending = open_redemption(pk, now=now)
    if not locked.has_lapsed(now):
        return False
    writer = RowWriter()
    give_back(writer, locked, spending, now=now)
    take_step(writer, locked, RedemptionState.EXPIRED, cause="lapsed", by=None, now=now)
    tell(writer, locked, "reward_lapsed", now=now)
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    return True


def let_go_of_overdue(*, now: dt.datetime, limit: int = 5000) -> int:
    """Every overdue reservation lets go, each in its own transaction; safe in parallel.

    One that can't be let go (it is being merged, say) stays for the next sweep and holds up no
    other. Returns how many let go.
    """
    count = 0
    after = (dt.datetime.min.replace(tzinfo=dt.UTC), 0)
    for _batch in range(0, limit, _BATCH):
        rows = _list_overdue(after, now)
        for lapses_at, pk in rows:
            try:
                count += expire_redemption(pk, now=now)
            except Exception:
                logger.exception("Redemption %s could not let go", pk)
            after = (lapses_at, pk)
        if len(rows) < _BATCH:
            break
    return count


def _list_overdue(
    after: tuple[dt.datetime, int], now: dt.datetime
) -> Sequence[tuple[dt.datetime, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lapses_at, id FROM rewards_redemption WHERE state = 'reserved'"
            " AND lapses_at <= %s AND (lapses_at, id) > (%s, %s) ORDER BY lapses_at, id LIMIT %s",
            [now, *after, _BATCH],
        )
        return cursor.fetchall()


def let_go_before(
    members: Sequence[int], *, rewards: Sequence[int] = (), sessions: Sequence[int] = (),
    now: dt.datetime,
) -> None:  # fmt: skip
    """Whoever reads a balance to decide first lets the overdue reservations go of whom it is: the
    first of ``members``; the others pay along.

    Within the caller's transaction: every lock is taken first, those of the act that follows too.
    """
    member_id = members[0]
    overdue = list(Redemption.objects.filter(member=member_id).overdue(now).order_by("pk"))
    lock_in_order(overdue, members=members, rewards=rewards, sessions=sessions, now=now)
    for redemption in overdue:
        expire_redemption(redemption.pk, now=now)
    for payment in Payment.objects.overdue(now).filter(member=member_id).order_by("pk"):
        try:
            release_payment(payment, by=None, now=now)
        except PaymentClosed:  # captured before the locks were held
            continue


_END = """
    WITH over AS (
        SELECT r.id, r.state, r.member_id, r.reward_id FROM rewards_redemption r
        WHERE r.state IN ('confirmed', 'fulfilled') AND r.expires_on < %(today)s
        ORDER BY r.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE rewards_redemption r SET state = 'expired', closed_at = %(now)s
        FROM over WHERE r.id = over.id
    ), told AS (
        INSERT INTO rewards_webhookmessage
            (endpoint_id, uid, event, payload, state, occurred_at, due_at)
        SELECT e.id, gen_random_uuid(), 'redemption.changed',
               jsonb_build_object('member', m.number, 'redemption', over.id,
                                  'reward', over.reward_id, 'state', 'expired',
                                  'before', over.state),
               'waiting', %(now)s, %(now)s
        FROM over JOIN members_member m ON m.id = over.member_id
        JOIN rewards_webhookendpoint e
            ON e.disabled_at IS NULL AND 'redemption.changed' = ANY(e.events)
    )
    INSERT INTO rewards_redemptionevent
        (redemption_id, from_state, to_state, cause, effective_at)
    SELECT id, state, 'expired', 'over', %(now)s FROM over
"""


def end_past_validity(*, now: dt.datetime, limit: int = 1000) -> int:
    """Vouchers past their last day and dates that have passed end, set by set, each set in its
    own transaction. Returns how many ended.
    """
    count = 0
    values: dict[str, Any] = {"today": day_of(now, get_club().zone), "limit": limit, "now": now}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_END, values)
            ended = cursor.rowcount
        count += ended
        if ended < limit:
            return count
