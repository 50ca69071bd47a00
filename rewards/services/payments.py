"""Points and store credit as part of a bill: reserved, captured or let go, refunded in parts."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.models import Member
from purchases.models import Purchase, Source
from rewards.enums import PaymentKind, PaymentState
from rewards.models import Payment, PointsRate
from rewards.selectors.payments import count_worth, get_rate, quote_points
from rewards.services.consent import check_consent
from rewards.services.credit import (
    build_credit_statements,
    capture_credit,
    hold_credit,
    return_credit,
)
from rewards.services.holding import (
    CannotSpend,
    capture_held,
    open_spending,
    refund_spent,
    release_held,
    take_shares,
)
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

HOLD = dt.timedelta(minutes=30)
# Whether a member has a reservation that is over, and that nobody has let go yet.
IS_OVERDUE = """
    EXISTS (SELECT FROM rewards_redemption o
            WHERE o.member_id = %(member)s AND o.state = 'reserved' AND o.lapses_at <= %(now)s)
    OR EXISTS (SELECT FROM rewards_payment p
               WHERE p.member_id = %(member)s AND p.state = 'reserved' AND p.lapses_at <= %(now)s)
"""


class PointsDontPay(DomainError):
    code = "points_dont_pay"
    message = _("Points can't be used for payment now.")


class BelowMinimum(DomainError):
    code = "below_minimum"
    field = "points"
    message = _("At least %(minimum)s points, in steps of %(step)s.")


class ShareTooLarge(DomainError):
    code = "share_too_large"
    field = "points"
    message = _("Points pay at most %(percent)s %% of a bill: here %(most)s points.")


class MoreThanBill(DomainError):
    code = "more_than_bill"
    field = "amount"
    message = _("This is more than what is left of the bill.")


class PaymentClosed(DomainError):
    code = "payment_closed"
    status = 409
    message = _("This payment is %(state)s already.")


class OtherPayment(DomainError):
    code = "other_payment"
    status = 409
    field = "key"
    message = _("This key was already used for another payment.")


class RefundTooLarge(DomainError):
    code = "refund_too_large"
    field = "amount"
    message = _("No more than what was paid can be refunded.")


class InvalidRate(DomainError):
    code = "invalid_rate"
    message = _("Each number must be at least 1, and the share between 1 and 100 percent.")


@transaction.atomic
def publish_rate(
    *, starts_at: dt.datetime, rate_points: int, rate_amount: int, minimum_points: int,
    step_points: int, largest_percent: int, is_open: bool = True, by: Any, now: dt.datetime,
) -> PointsRate:  # fmt: skip
    """What points are worth from ``starts_at`` on. Reservations keep the worth of their day."""
    numbers = (rate_points, rate_amount, step_points, largest_percent)
    if min(numbers) < 1 or minimum_points < 0 or largest_percent > 100:
        raise InvalidRate
    rate = PointsRate.objects.create(
        starts_at=starts_at,
        is_open=is_open,
        rate_points=rate_points,
        rate_amount=rate_amount,
        minimum_points=minimum_points,
        step_points=step_points,
        largest_percent=largest_percent,
        published_by=by,
    )
    changes = {"points": rate_points, "amount": rate_amount, "percent": largest_percent}
    record_audit("points_rate.published", rate, by=by, changes=changes, now=now)
    return rate


@dataclass(frozen=True, slots=True)
class _Asked:
    """A part of a bill, as it was asked for."""

    member: Member
    kind: str
    amount: int
    points: int
    bill_amount: int
    source: Source
    external_id: str
    key: str


@keeps_refusals
@transaction.atomic
def reserve_points_payment(
    member: Member, points: int, *, bill_amount: int, source: Source, external_id: str, key: str,
    by: Any, now: dt.datetime,
) -> Payment:  # fmt: skip
    """Reserve points for part of the bill ``external_id`` of ``source`` (minor units).

    The same key with the same content returns the first. Raises PointsDontPay, BelowMinimum,
    ShareTooLarge, BalanceTooLow, CannotSpend, GuardianNeeded (ConsentMissing for staff) or
    OtherPayment.
    """
    rate = get_rate(now)
    if rate is None:
        raise PointsDontPay
    amount = count_worth(points, rate)

    def check(paid: dict[str, int]) -> None:
        if points < max(rate.minimum_points, 1) or points % rate.step_points or amount < 1:
            raise BelowMinimum(minimum=rate.minimum_points, step=rate.step_points)
        quote = quote_points(
            rate, available=points, bill_amount=bill_amount, paid_amount=paid[PaymentKind.POINTS]
        )
        if quote.points < points or sum(paid.values()) + amount > bill_amount:
            raise ShareTooLarge(percent=rate.largest_percent, most=quote.points)

    def hold(ledger: Ledger, payment: Payment) -> None:
        take_shares(ledger, [(member.pk, points)], cause=payment.cause, now=now)

    asked = _Asked(
        member, PaymentKind.POINTS, amount, points, bill_amount, source, external_id, key
    )
    return _reserve(asked, check=check, hold=hold, by=by, now=now)


@keeps_refusals
@transaction.atomic
def reserve_credit_payment(
    member: Member, amount: int, *, bill_amount: int, source: Source, external_id: str, key: str,
    by: Any, now: dt.datetime,
) -> Payment:  # fmt: skip
    """Reserve store credit for part or all of a bill; otherwise as ``reserve_points_payment``.

    Raises CreditTooLow, MoreThanBill, CannotSpend, GuardianNeeded (ConsentMissing for staff) or
    OtherPayment.
    """

    def check(paid: dict[str, int]) -> None:
        if amount < 1 or sum(paid.values()) + amount > bill_amount:
            raise MoreThanBill

    def hold(ledger: Ledger, payment: Payment) -> None:
        hold_credit(ledger.books[member.pk], amount, cause=payment.cause, now=now)

    asked = _Asked(member, PaymentKind.CREDIT, amount, 0, bill_amount, source, external_id, key)
    return _reserve(asked, check=check, hold=hold, by=by, now=now)


def _reserve(
    asked: _Asked, *, check: Callable[[dict[str, int]], None],
    hold: Callable[[Ledger, Payment], None], by: Any, now: dt.datetime,
) -> Payment:  # fmt: skip
    """What both ways have in common: once per key, by whom it may be, under the bill's lock.

    ``check`` gets what has been paid of the bill by kind, ``hold`` moves what is reserved.
    """
    member = asked.member
    known, has_overdue = _look_up(asked, now)
    if known is not None:
        return known
    if not member.can_spend:
        raise CannotSpend
    check_consent(member, by=by, act="payment", now=now)
    paid = _lock_bill(asked)
    if has_overdue:
        # Redemptions let go of payments too, so their module imports this one.
        from rewards.services.redemption.lapsing import let_go_before

        let_go_before([member.pk], now=now)
        paid = _lock_bill(asked)  # some of it may have been what let go
    check(paid)
    ledger = open_settled_ledger([member.pk], now=now)
    payment = _create(asked, now)
    hold(ledger, payment)
    write_ledger(ledger, now=now)
    _audit(payment, "reserved", by, now)
    return payment


@transaction.atomic
def capture_payment(payment: Payment, *, by: Any, now: dt.datetime) -> Payment:
    """The bill is paid: what was reserved is spent. A repeat changes nothing.

    Raises PaymentClosed where the reservation was let go.
    """
    locked, ledger = _open(payment, now)
    if locked.state == PaymentState.CAPTURED:
        return locked
    if locked.state == PaymentState.RELEASED or locked.lapses_at <= now:
        raise PaymentClosed(state=PaymentState.RELEASED.label)
    if locked.kind == PaymentKind.CREDIT:
        book = ledger.books[locked.member_id]
        capture_credit(book, locked.amount, cause=locked.cause, now=now)
    locked.state, locked.captured_at = PaymentState.CAPTURED, now
    locked.purchase = Purchase.objects.filter(
        source=locked.source_id, external_id=locked.external_id
    ).first()
    locked.save(update_fields=["state", "captured_at", "purchase"])
    write_ledger(ledger, now=now)
    _audit(locked, "captured", by, now)
    return locked


@transaction.atomic
def release_payment(
    payment: Payment, *, by: Any, by_club: bool = False, now: dt.datetime
) -> Payment:
    """Let a reservation go. A repeat changes nothing. Raises PaymentClosed once it is captured."""
    locked, ledger = _open(payment, now, release=True, by_club=by_club)
    if locked.state == PaymentState.RELEASED:
        return locked
    if locked.state == PaymentState.CAPTURED:
        raise PaymentClosed(state=PaymentState.CAPTURED.label)
    if locked.kind == PaymentKind.CREDIT:
        book = ledger.books[locked.member_id]
        return_credit(ledger, book, locked.amount, cause=locked.cause, from_held=True, now=now)
    locked.state, locked.released_at = PaymentState.RELEASED, now
    locked.save(update_fields=["state", "released_at"])
    write_ledger(ledger, now=now)
    _audit(locked, "released", by, now)
    return locked


@transaction.atomic
def refund_payment(payment: Payment, amount: int, *, by: Any, now: dt.datetime) -> Payment:
    """Give back part or all of what was paid, in the kind it was paid with.

    Points come back in proportion, rounded down until the last part takes the rest. Callers that
    retry go through ``core.services.idempotency``. Raises RefundTooLarge, PaymentClosed.
    """
    if amount < 1:
        raise RefundTooLarge
    payment = Payment.objects.get(pk=payment.pk)
    points = _count_refund(payment, amount)
    locked, ledger = _open(payment, now, refund_points=points)
    if locked.state != PaymentState.CAPTURED:
        raise PaymentClosed(state=locked.get_state_display())
    if locked.refunded_amount + amount > locked.amount:
        raise RefundTooLarge
    if _count_refund(locked, amount) != points:
        raise PaymentClosed(state=_("being refunded"))  # by another, at this moment
    if locked.kind == PaymentKind.CREDIT:
        book = ledger.books[locked.member_id]
        return_credit(ledger, book, amount, cause=locked.cause, from_held=False, now=now)
    locked.refunded_amount += amount
    locked.refunded_points += points
    locked.save(update_fields=["refunded_amount", "refunded_points"])
    write_ledger(ledger, now=now)
    _audit(locked, "refunded", by, now, amount=amount, points=points)
    return locked


def let_go_of_overdue_payments(*, now: dt.datetime, limit: int = 500) -> int:
    """Reservations that no till captured let go, each in its own transaction."""
    overdue = list(Payment.objects.overdue(now).order_by("lapses_at")[:limit])
    for payment in overdue:
        try:
            release_payment(payment, by=None, now=now)
        except DomainError:  # captured a moment ago, or being merged: the next sweep finds it
            continue
    return len(overdue)


def _count_refund(payment: Payment, amount: int) -> int:
    """Points of a refund: the share of all refunds to date, less what came back before."""
    if payment.kind != PaymentKind.POINTS:
        return 0
    to_date = min(payment.refunded_amount + amount, payment.amount)
    return payment.points * to_date // payment.amount - payment.refunded_points


_KNOWN = "SELECT id FROM rewards_payment WHERE source_id = %s AND key = %s"
_LOCK_BILL = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))"
_PAID = """
    SELECT kind, sum(amount - refunded_amount)::bigint FROM rewards_payment
    WHERE source_id = %s AND external_id = %s AND state <> 'released' GROUP BY kind
"""


def _look_up(asked: _Asked, now: dt.datetime) -> tuple[Payment | None, bool]:
    """What the key has led to before, and whether anything of the member's is overdue."""
    values = {"member": asked.member.pk, "now": now}
    rows, ((has_overdue,),) = read_together(
        [(_KNOWN, [asked.source.pk, asked.key]), (f"SELECT {IS_OVERDUE}", values)]
    )
    if not rows:
        return None, has_overdue
    known = Payment.objects.get(pk=rows[0][0])
    if (known.member_id, known.kind, known.amount) != (asked.member.pk, asked.kind, asked.amount):
        raise OtherPayment
    return known, has_overdue


def _lock_bill(asked: _Asked) -> dict[str, int]:
    """What has been paid of a bill by kind; nobody adds to it until this transaction ends."""
    bill = [asked.source.pk, asked.external_id]
    _locked, rows = read_together([(_LOCK_BILL, ["{}:{}".format(*bill)]), (_PAID, bill)])
    return dict.fromkeys(PaymentKind.values, 0) | dict(rows)


def _create(asked: _Asked, now: dt.datetime) -> Payment:
    return Payment.objects.create(
        member=asked.member,
        kind=asked.kind,
        state=PaymentState.RESERVED,
        amount=asked.amount,
        points=asked.points,
        bill_amount=asked.bill_amount,
        source=asked.source,
        external_id=asked.external_id,
        key=asked.key,
        reserved_at=now,
        lapses_at=now + HOLD,
    )


def _open(
    payment: Payment, now: dt.datetime, *, release: bool = False, by_club: bool = False,
    refund_points: int = 0,
) -> tuple[Payment, Ledger]:  # fmt: skip
    """The payment and its member under lock; points are moved here, credit by the caller.

    Without ``release`` or ``refund_points`` what is reserved is captured.
    """
    if payment.kind == PaymentKind.CREDIT:
        ledger = open_settled_ledger(
            [payment.member_id],
            now=now,
            build_extra=lambda terms: build_credit_statements(payment.cause),
        )
        return Payment.objects.select_for_update().get(pk=payment.pk), ledger
    spending = open_spending(payment.cause, now=now, also=[payment.member_id])
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    if locked.state == PaymentState.RESERVED:
        if release:
            release_held(spending, by_club=by_club, now=now)
        elif not refund_points and locked.lapses_at > now:
            capture_held(spending, now=now)
    elif locked.state == PaymentState.CAPTURED and refund_points:
        refund_spent(spending, refund_points, now=now)
    return locked, spending.ledger


def _audit(payment: Payment, act: str, by: Any, now: dt.datetime, **changes: Any) -> None:
    facts = {"kind": payment.kind, "amount": payment.amount, "points": payment.points} | changes
    record_audit(f"payment.{act}", payment, by=by, changes=facts, now=now)
