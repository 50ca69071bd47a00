"""What becomes of a reservation and of what was confirmed: paid, cancelled, called off."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.bulk import RowWriter
from core.services.audit import keeps_refusals, record_audit
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.services.conduct import OwnRecord, check_actor
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption, RewardSession
from rewards.services.holding import Spending, capture_held
from rewards.services.ledger import write_ledger
from rewards.services.redemption import refusals
from rewards.services.redemption.fulfilment import (
    FINAL_KINDS,
    FOLLOW_CODE,
    fulfil,
    is_fulfilled_at_once,
    last_day,
)
from rewards.services.redemption.rows import record_staff_act, take_step, tell
from rewards.services.redemption.undoing import (
    CODE_VOID,
    give_back,
    lock_in_order,
    open_redemption,
)


@keeps_refusals
@transaction.atomic
def confirm_redemption(redemption: Redemption, *, by: Any, now: dt.datetime) -> Redemption:
    """Spend what a reservation holds: its part in money is paid. A repeat changes nothing.

    Gates and limits are not asked again: a reservation survives a later loss. Raises WrongState
    where it was cancelled or has let go, OwnRecord.
    """
    locked, spending = open_redemption(redemption.pk, now=now)
    check_actor(locked.member, by=by, act="redemption.confirm")
    if locked.confirmed_at is not None and locked.is_open:
        return locked
    if locked.state != RedemptionState.RESERVED or locked.has_lapsed(now):
        raise refusals.WrongState(state=_word(locked, now))
    today = day_of(now, get_club().zone)
    if spending.held:
        capture_held(spending, now=now)
    fulfil(
        spending.ledger, locked.member_id, locked.reward, locked.value_amount, locked.cause,
        by=by, today=today, now=now,
    )  # fmt: skip
    locked.expires_on = last_day(locked.reward, locked.session, today)
    writer = RowWriter()
    take_step(writer, locked, RedemptionState.CONFIRMED, by=by, now=now)
    if is_fulfilled_at_once(locked.reward.kind):
        take_step(writer, locked, RedemptionState.FULFILLED, by=by, now=now)
    if locked.reward.has_pool:
        writer.execute(FOLLOW_CODE, [locked.pk])
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()
    record_staff_act("confirmed", locked, by=by, now=now, amount=locked.price_amount)
    return Redemption.objects.for_list().get(pk=locked.pk)


@keeps_refusals
@transaction.atomic
def cancel_redemption(
    redemption: Redemption, *, by: Any, by_club: bool = False, note: str = "", now: dt.datetime
) -> Redemption:
    """Give points, stock, seat and code back. A repeat changes nothing.

    A member may do so until the reward is handed over or packed, where it can be cancelled at
    all; ``by_club`` reaches further, voids a code that was shown, and gives expired points the
    programme's grace (docs/points.md 12). Raises WrongState, NotCancellable, AlreadyOnItsWay,
    SessionBegun; OwnRecord for staff ``by_club``.
    """
    locked, spending = open_redemption(redemption.pk, now=now)
    if by_club:
        check_actor(locked.member, by=by, act="redemption.cancel")
    if locked.state == RedemptionState.CANCELLED:
        return locked
    _check_cancellable(locked, by_club=by_club, now=now)
    cause = "club" if by_club else "member"
    _cancel(locked, spending, cause=cause, by_club=by_club, by=by, now=now)
    facts = {"points": locked.price_points, "amount": locked.price_amount}
    if by_club:
        record_audit("redemption.cancelled", locked, by=by, changes=facts, note=note, now=now)
    else:
        record_staff_act("given_back", locked, by=by, now=now, **facts)
    return locked


def _cancel(
    locked: Redemption, spending: Spending, *, cause: str, by_club: bool = False, by: Any,
    now: dt.datetime,
) -> None:  # fmt: skip
    writer = RowWriter()
    give_back(writer, locked, spending, by_club=by_club, now=now)
    take_step(writer, locked, RedemptionState.CANCELLED, cause=cause, by=by, now=now)
    if by_club:
        tell(writer, locked, "reward_cancelled", now=now)
    write_ledger(spending.ledger, now=now, writer=writer)
    writer.flush()


def check_cancellable(redemption: Redemption, *, by_club: bool = False, now: dt.datetime) -> None:
    """Raises why it can't be cancelled; asked again at the press, under locks."""
    _check_cancellable(redemption, by_club=by_club, now=now)


def _check_cancellable(redemption: Redemption, *, by_club: bool, now: dt.datetime) -> None:
    reward, session = redemption.reward, redemption.session
    today = day_of(now, get_club().zone)
    if not redemption.is_open or redemption.has_lapsed(now) or redemption.is_past_validity(today):
        raise refusals.WrongState(state=_word(redemption, now))
    if redemption.state == RedemptionState.RESERVED:
        return
    if reward.kind in FINAL_KINDS:
        raise refusals.NotCancellable
    if by_club:
        return
    if not reward.can_be_given_back:
        raise refusals.NotCancellable
    if session is not None and (session.booking_closes_at or session.starts_at) <= now:
        raise refusals.SessionBegun
    delivery = Delivery.objects.filter(pk=redemption.pk).first()
    if delivery is not None and delivery.state != DeliveryState.TO_PACK:
        raise refusals.AlreadyOnItsWay


def _word(redemption: Redemption, now: dt.datetime) -> Any:
    """Its state in a word, also where the sweep has yet to write it down."""
    today = day_of(now, get_club().zone)
    if redemption.has_lapsed(now) or redemption.is_past_validity(today):
        return RedemptionState.EXPIRED.label
    return redemption.get_state_display()


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
        try:
            cancel_redemption(booking, by=by, by_club=True, now=now)
        except (refusals.WrongState, OwnRecord):  # used meanwhile; one's own is for a colleague
            continue
        count += 1
    return count


@transaction.atomic
def close_open_redemptions(member: Member, now: dt.datetime) -> None:
    """Before a member is erased: what is under way is cancelled, what was shown is void; what
    has been sent is complete (docs/points.md 21).
    """
    found = list(Redemption.objects.open().of(member).order_by("pk"))
    if not found:
        return
    lock_in_order(found, members=[member.pk], now=now)
    for redemption in found:
        _close(redemption.pk, now)


def _close(pk: int, now: dt.datetime) -> None:
    locked, spending = open_redemption(pk, now=now)
    if not locked.is_open:
        return
    if locked.state != RedemptionState.FULFILLED:
        _cancel(locked, spending, cause="left", by=None, now=now)
        return
    if locked.reward.is_delivered:  # sent: complete
        return
    writer = RowWriter()
    take_step(writer, locked, RedemptionState.EXPIRED, cause="left", by=None, now=now)
    writer.execute(CODE_VOID, [now, locked.pk])
    writer.flush()
