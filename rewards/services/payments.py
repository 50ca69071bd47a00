"""Points and store credit as part of a bill: captured or let go, refunded in parts.

Reserving them is in ``rewards.services.paying``.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from purchases.models import Purchase
from rewards.enums import PaymentKind, PaymentState
from rewards.models import Payment, PointsRate
from rewards.services.credit import (
    build_credit_statements,
    capture_credit,
    return_credit,
)
from rewards.services.holding import (
    capture_held,
    open_spending,
    refund_spent,
    release_held,
)
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

# Whether a member has a reservation that is over, and that nobody has let go yet.
IS_OVERDUE = """
    EXISTS (SELECT FROM rewards_redemption o
            WHERE o.member_id = %(member)s AND o.state = 'reserved' AND o.lapses_at <= %(now)s)
    OR EXISTS (SELECT FROM rewards_payment p
               WHERE p.member_id = %(member)s AND p.state = 'reserved' AND p.lapses_at <= %(now)s)
"""


class PaymentClosed(DomainError):
    code = "payment_closed"
    status = 409
    message = _("This payment is %(state)s already.")


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
    audit_payment(locked, "captured", by, now)
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
    audit_payment(locked, "released", by, now)
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
    audit_payment(locked, "refunded", by, now, amount=amount, points=points)
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


def audit_payment(payment: Payment, act: str, by: Any, now: dt.datetime, **changes: Any) -> None:
    facts = {"kind": payment.kind, "amount": payment.amount, "points": payment.points} | changes
    record_audit(f"payment.{act}", payment, by=by, changes=facts, now=now)
