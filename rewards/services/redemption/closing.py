"""What becomes of a reservation: paid, cancelled, or let go by itself."""

import datetime as dt
from typing import Any

from django.db import connection, transaction

from core.bulk import RowWriter
from core.services.audit import record_audit
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.services.notices import NoticeRow, add_notices
from rewards.enums import DeliveryState, RedemptionState, RewardKind
from rewards.models import Delivery, Redemption, RewardSession
from rewards.services.holding import (
    Spending,
    capture_held,
    open_spending,
    refund_spent,
    release_held,
)
from rewards.services.ledger import write_ledger
from rewards.services.redemption import refusals
from rewards.services.redemption.fulfilment import fulfil, is_fulfilled_at_once
from rewards.services.redemption.redeeming import last_day
from rewards.services.redemption.rows import take_step

_STOCK_BACK = "UPDATE rewards_reward SET stock_left = stock_left + 1 WHERE id = %s"
_SEAT_BACK = "UPDATE rewards_rewardsession SET seats_left = seats_left + 1 WHERE id = %s"
# Nobody has seen the code of a reservation; one that was shown is void.
_CODE_BACK = "UPDATE rewards_rewardcode SET redemption_id = NULL WHERE redemption_id = %s"
_CODE_VOID = "UPDATE rewards_rewardcode SET voided_at = %s WHERE redemption_id = %s"
_FOLLOW_CODE = """
    UPDATE rewards_redemption r SET expires_on = least(r.expires_on, c.expires_on)
    FROM rewards_rewardcode c
    WHERE r.id = %s AND c.redemption_id = r.id AND c.expires_on IS NOT NULL
"""
_FINAL_KINDS = (RewardKind.CREDIT, RewardKind.TIER, RewardKind.DOWNLOAD)


def _open(pk: int, now: dt.datetime) -> tuple[Redemption, Spending]:
    """Lock the payers, then the redemption; what is read after is as the last step left it."""
    member_id = Redemption.objects.values_list("member_id", flat=True).get(pk=pk)
    spending = open_spending(("redemption", pk), now=now, also=[member_id])
    rows = Redemption.objects.select_for_update(of=("self",)).select_related("reward", "session")
    return rows.get(pk=pk), spending


@transaction.atomic
def confirm_redemption(redemption: Redemption, *, by: Any, now: dt.datetime) -> Redemption:
    """Spend what a reservation holds: its part in money is paid. A repeat changes nothing.

    Raises WrongState where the reservation was cancelled or has let go.
    """
    locked, spending = _open(redemption.pk, now)
    if locked.confirmed_at is not None and locked.is_open:
        return locked
    if locked.state != RedemptionState.RESERVED or locked.lapses_at <= now:
        raise refusals.WrongState(state=locked.get_state_display())
    today = day_of(now, get_club().zone)
    if spending.held:
        capture_held(spending, now=now)
    book = spending.ledger.books[locked.member_id]
    fulfil(book, locked.reward.kind, locked.value_amount, locked.cause, now=now)
    locked.expires_on = last_day(locked.reward, locked.session, today)
    writer = RowWriter()
    take_step(writer, locked, RedemptionState.CONFIRMED, by=by, now=now)
    if is_fulfilled_at_once(locked.reward.kind):
        take_step(writer, locked, RedemptionState.FULFILLED, by=by, now=now)
    if locked.reward.has_pool:
        writer.execute(_FOLLOW_CODE, [locked.pk])
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    return Redemption.objects.for_list().get(pk=locked.pk)


@transaction.atomic
def cancel_redemption(
    redemption: Redemption, *, by: Any, by_club: bool = False, note: str = "", now: dt.datetime
) -> Redemption:
    """Give points, stock, seat and code back. A repeat changes nothing.

    A member may do so until the reward is handed over or packed, where it can be cancelled at
    all; ``by_club`` reaches further, voids a code that was shown, and gives expired points the
    programme's grace (docs/points.md 12). Raises WrongState, NotCancellable, AlreadyOnItsWay.
    """
    locked, spending = _open(redemption.pk, now)
    if locked.state == RedemptionState.CANCELLED:
        return locked
    _check_cancellable(locked, by_club)
    writer = RowWriter()
    _undo(writer, locked, spending, by_club=by_club, now=now)
    cause = "club" if by_club else "member"
    take_step(writer, locked, RedemptionState.CANCELLED, cause=cause, by=by, now=now)
    if by_club:
        _tell(writer, locked, "reward_cancelled", now)
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    if by_club:
        changes = {"points": locked.price_points, "amount": locked.price_amount}
        record_audit("redemption.cancelled", locked, by=by, changes=changes, note=note, now=now)
    return locked


def check_cancellable(redemption: Redemption) -> None:
    """Raises where the member can't cancel it any more; asked again at the press, under locks."""
    _check_cancellable(redemption, False)


def _check_cancellable(redemption: Redemption, by_club: bool) -> None:
    kind = redemption.reward.kind
    if not redemption.is_open:
        raise refusals.WrongState(state=redemption.get_state_display())
    if redemption.state == RedemptionState.RESERVED:
        return
    if kind in _FINAL_KINDS:
        raise refusals.NotCancellable
    delivery = Delivery.objects.filter(pk=redemption.pk).first()
    if by_club:
        return
    if not redemption.reward.is_cancellable or redemption.reward.has_pool:
        raise refusals.NotCancellable
    if delivery is not None and delivery.state != DeliveryState.TO_PACK:
        raise refusals.AlreadyOnItsWay


@transaction.atomic
def expire_redemption(pk: int, *, now: dt.datetime) -> bool:
    """Let an overdue reservation go; returns whether there was something to let go."""
    locked, spending = _open(pk, now)
    if locked.state != RedemptionState.RESERVED or locked.lapses_at > now:
        return False
    writer = RowWriter()
    _undo(writer, locked, spending, by_club=False, now=now)
    take_step(writer, locked, RedemptionState.EXPIRED, cause="lapsed", by=None, now=now)
    _tell(writer, locked, "reward_lapsed", now)
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    return True


def let_go_of_overdue(*, now: dt.datetime, limit: int = 500) -> int:
    """Every overdue reservation lets go, each in its own transaction; safe in parallel."""
    overdue = Redemption.objects.overdue(now).order_by("lapses_at")
    return sum(
        expire_redemption(pk, now=now) for pk in overdue.values_list("pk", flat=True)[:limit]
    )


_END = """
    WITH over AS (
        SELECT r.id, r.state FROM rewards_redemption r
        WHERE r.state IN ('confirmed', 'fulfilled') AND r.expires_on < %s
        ORDER BY r.id LIMIT %s FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE rewards_redemption r SET state = 'expired', closed_at = %s
        FROM over WHERE r.id = over.id RETURNING r.id
    )
    INSERT INTO rewards_redemptionevent
        (redemption_id, from_state, to_state, cause, effective_at)
    SELECT id, state, 'expired', 'over', %s FROM over
"""


@transaction.atomic
def end_past_validity(*, now: dt.datetime, limit: int = 5000) -> int:
    """Vouchers past their last day and dates that have passed end, set by set."""
    with connection.cursor() as cursor:
        cursor.execute(_END, [day_of(now, get_club().zone), limit, now, now])
        return cursor.rowcount


def cancel_session(session: RewardSession, *, by: Any, note: str = "", now: dt.datetime) -> int:
    """Call a date off: nobody books it any more, every booking is cancelled by the club.

    Each booking in a transaction of its own; called again, it goes on. Returns how many.
    """
    with transaction.atomic():
        closed = RewardSession.objects.filter(pk=session.pk, cancelled_at__isnull=True)
        if closed.update(cancelled_at=now):
            record_audit("session.cancelled", session, by=by, note=note, now=now)
    bookings = Redemption.objects.open().filter(session=session).select_related("reward")
    count = 0
    for booking in bookings.order_by("pk"):
        cancel_redemption(booking, by=by, by_club=True, now=now)
        count += 1
    return count


@transaction.atomic
def close_open_redemptions(member: Member, now: dt.datetime) -> None:
    """Before a member is erased: what is under way is cancelled, what was shown is void; what
    has been sent is complete (docs/points.md 21).
    """
    for redemption in Redemption.objects.open().of(member).select_related("reward"):
        delivery = Delivery.objects.filter(pk=redemption.pk).first()
        if delivery is not None and delivery.state not in (
            DeliveryState.TO_PACK,
            DeliveryState.PACKED,
        ):
            continue
        if redemption.state == RedemptionState.FULFILLED:
            writer = RowWriter()
            take_step(writer, redemption, RedemptionState.EXPIRED, cause="left", by=None, now=now)
            writer.execute(_CODE_VOID, [now, redemption.pk])
            writer.flush()
        else:
            cancel_redemption(redemption, by=None, by_club=True, now=now)


def _undo(
    writer: RowWriter, redemption: Redemption, spending: Spending, *, by_club: bool,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Points to their lots; stock, seat and code to where they came from."""
    was_shown = redemption.state == RedemptionState.FULFILLED and redemption.reward.has_pool
    if spending.held:
        release_held(spending, by_club=by_club, now=now)
    elif spending.spent:
        refund_spent(spending, by_club=by_club, now=now)
    if redemption.reward.stock_left is not None and not was_shown:
        writer.execute(_STOCK_BACK, [redemption.reward_id])
    if redemption.session_id is not None:
        writer.execute(_SEAT_BACK, [redemption.session_id])
    if redemption.reward.has_pool:
        writer.execute(*((_CODE_VOID, [now, redemption.pk]) if was_shown else
                         (_CODE_BACK, [redemption.pk])))  # fmt: skip


def _tell(writer: RowWriter, redemption: Redemption, code: str, now: dt.datetime) -> None:
    add_notices(
        [
            NoticeRow(
                redemption.member_id,
                code,
                now,
                f"{code}:{redemption.pk}",
                {"redemption": redemption.pk, "reward": redemption.reward_id},
            )
        ],
        now=now,
        writer=writer,
    )
