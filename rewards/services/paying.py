"""Paying part of a bill with points or store credit: the reservation. What becomes of it is in
``rewards.services.payments``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.errors import DomainError
from core.services.audit import keeps_refusals
from members.models import Member
from purchases.models import Source
from rewards.enums import PaymentKind, PaymentState
from rewards.models import Payment
from rewards.selectors.payments import count_worth, get_rate, quote_points
from rewards.services.consent import check_consent
from rewards.services.credit import hold_credit
from rewards.services.holding import CannotSpend, take_shares
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.payments import IS_OVERDUE, audit_payment
from rewards.services.redemption.lapsing import let_go_before
from rewards.services.settlement import open_settled_ledger

HOLD = dt.timedelta(minutes=30)


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
    message = _("Points pay at most %(percent)s%% of a bill: here %(most)s points.")


class MoreThanBill(DomainError):
    code = "more_than_bill"
    field = "amount"
    message = _("This is more than what is left of the bill.")


class OtherPayment(DomainError):
    code = "other_payment"
    status = 409
    field = "key"
    message = _("This key was already used for another payment.")


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
        let_go_before([member.pk], now=now)
        paid = _lock_bill(asked)  # some of it may have been what let go
    check(paid)
    ledger = open_settled_ledger([member.pk], now=now)
    payment = _create(asked, now)
    hold(ledger, payment)
    write_ledger(ledger, now=now)
    audit_payment(payment, "reserved", by, now)
    return payment


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
