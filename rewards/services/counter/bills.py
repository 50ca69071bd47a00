"""A bill that waits for its money: paid, or cancelled."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.models import Member
from rewards.enums import BillState, PaymentState
from rewards.models import Bill, Payment
from rewards.selectors.counter import list_bill_payments
from rewards.services.counter.draft import PricedLine
from rewards.services.counter.intake import take_in_bill
from rewards.services.counter.selling import note_sale
from rewards.services.paying import HOLD
from rewards.services.payments import capture_payment, release_payment


class BillClosed(DomainError):
    code = "bill_closed"
    status = 409
    message = _("This bill is %(state)s already.")


class BillLapsed(DomainError):
    code = "bill_lapsed"
    status = 409
    message = _(
        "The points were kept for half an hour, then let go. Cancel the bill and ring it up again."
    )


@transaction.atomic
def pay_bill(bill: Bill, *, by: Any, now: dt.datetime) -> Bill:
    """The rest was paid: the bill becomes a purchase, what was reserved is spent. Once.

    A repeat answers with the same. Raises BillClosed, BillLapsed, or what intake refuses.
    """
    bill = _lock(bill)
    if bill.state == BillState.PAID:
        return bill
    if bill.state != BillState.OPEN:
        raise BillClosed(state=bill.get_state_display())
    payments = list_bill_payments(bill)
    if any(not _is_held(payment, now) for payment in payments):
        raise BillLapsed
    lines = [
        PricedLine(product_id, Decimal(quantity), amount, discount)
        for product_id, quantity, amount, discount in bill.lines
    ]
    purchase_id, _receipts = take_in_bill(
        bill.register,
        bill.number,
        lines,
        member=bill.member,
        paid_amount=sum(payment.amount for payment in payments),
        now=now,
    )
    for payment in payments:
        capture_payment(payment, by=by, now=now)
    bill.purchase_id = purchase_id
    _close(bill, BillState.PAID, now)
    note_sale(bill.register, purchase_id, lines, by=by, now=now)
    return bill


@transaction.atomic
def cancel_bill(bill: Bill, *, by: Any, now: dt.datetime) -> Bill:
    """The member thought better of it: points and credit go back. A repeat changes nothing.

    Raises BillClosed where it was paid.
    """
    bill = _lock(bill)
    if bill.state == BillState.CANCELLED:
        return bill
    if bill.state != BillState.OPEN:
        raise BillClosed(state=bill.get_state_display())
    for payment in list_bill_payments(bill):
        release_payment(payment, by=by, now=now)
    _close(bill, BillState.CANCELLED, now)
    record_audit(
        "counter.bill_cancelled", bill, by=by, now=now, changes={"register": bill.register_id}
    )
    return bill


def cancel_lapsed_bills(*, now: dt.datetime, limit: int = 500) -> int:
    """Bills whose points have been let go end by themselves, each in its own transaction."""
    lapsed = Bill.objects.open().filter(opened_at__lte=now - HOLD).order_by("opened_at")
    count = 0
    for bill in lapsed[:limit]:
        try:
            cancel_bill(bill, by=None, now=now)
        except BillClosed:  # paid a moment ago
            continue
        count += 1
    return count


@transaction.atomic
def cancel_open_bills(member: Member, now: dt.datetime) -> None:
    """Before a member is erased: nobody waits for their money any more."""
    for bill in Bill.objects.open().filter(member=member).order_by("pk"):
        cancel_bill(bill, by=None, now=now)


def _lock(bill: Bill) -> Bill:
    return Bill.objects.for_list().select_for_update(of=("self",)).get(pk=bill.pk)


def _is_held(payment: Payment, now: dt.datetime) -> bool:
    return payment.state == PaymentState.RESERVED and payment.lapses_at > now


def _close(bill: Bill, state: str, now: dt.datetime) -> None:
    bill.state, bill.closed_at = state, now
    bill.save(update_fields=["state", "closed_at", "purchase"])
