"""A bill that waits for the money that points and credit don't pay."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rewards.admin.counter.desk import Desk, at_desk, show
from rewards.admin.counter.people import build_head
from rewards.enums import BillState
from rewards.models import Bill
from rewards.selectors.counter import list_bill_payments
from rewards.services.counter import cancel_bill, pay_bill


def _get_bill(pk: int) -> Bill:
    return get_object_or_404(Bill.objects.for_list(), pk=pk)


@require_safe
@at_desk
def show_bill(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """What is left to pay, in large figures; then: paid, or cancelled."""
    bill = _get_bill(pk)
    if bill.state == BillState.PAID:
        return redirect("admin:counter_receipt", bill.purchase_id)
    payments = list_bill_payments(bill)
    context = {
        "bill": bill,
        "head": build_head(bill.member),
        "payments": payments,
        "left_amount": bill.total_amount - sum(payment.amount for payment in payments),
        "is_open": bill.state == BillState.OPEN,
        "lapses_at": min((payment.lapses_at for payment in payments), default=None),
        "has_lapsed": any(payment.lapses_at <= desk.now for payment in payments),
    }
    return show(request, "bill", context, desk=desk)


@require_POST
@at_desk
def pay(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The money is in the drawer: the bill becomes a purchase. A second press shows the same."""
    bill = pay_bill(_get_bill(pk), by=desk.clerk, now=desk.now)
    return redirect("admin:counter_receipt", bill.purchase_id)


@require_POST
@at_desk
def cancel(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Points and credit go back to the member."""
    bill = cancel_bill(_get_bill(pk), by=desk.clerk, now=desk.now)
    messages.success(request, _("The bill is cancelled. Points and credit are back."))
    return redirect("admin:counter_member", bill.member_id)
