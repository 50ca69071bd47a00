"""A bill: lines, discount, points and credit; what it will earn; rung up once."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, IdempotencyConflict
from members.models import Member
from rewards.admin.counter.desk import Desk, at_desk, get_key, make_key, show
from rewards.admin.counter.people import build_head, get_member
from rewards.admin.counter.saleform import SaleForm
from rewards.enums import Unit
from rewards.selectors.balances import Balances, get_balances
from rewards.selectors.counter import count_credit, list_usual
from rewards.selectors.payments import Quote, count_worth, get_rate, quote_points
from rewards.selectors.wording import format_points, join_words
from rewards.services.counter import RungUp, quote_earning, ring_up
from rewards.services.counter.draft import Draft
from rewards.services.counter.selling import find_rung_up

RING_UP, MOST = "ring_up", "most"
_UNITS = {"points": Unit.POINTS, "status credits": Unit.STATUS}  # by the label of a receipt
_FIELDS = ("entry", "discount", "points", "credit")


@dataclass(slots=True)
class Reckoning:
    """The bill's sums, and what points and credit may pay of it."""

    draft: Draft
    balances: Balances | None = None
    quote: Quote | None = None
    rate: Any = None
    credit_amount: int = 0
    points: int = 0
    points_amount: int = 0
    paid_credit: int = 0
    earned: tuple = ()

    @property
    def earned_words(self) -> str:
        """ "54 points and 24 status credits"."""
        words = [
            format_points(number, _UNITS[label]) for label, number in self.earned if label in _UNITS
        ]
        return join_words(words)

    @property
    def left_amount(self) -> int:
        return max(self.draft.total_amount - self.points_amount - self.paid_credit, 0)

    @property
    def credit_possible(self) -> int:
        return min(self.credit_amount, max(self.draft.total_amount - self.points_amount, 0))


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def sell(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The bill. Every button but the last only reckons again; the last one rings it up, once."""
    member = _get_customer(request)
    form = SaleForm.read(request.POST, desk.currency)
    do = request.POST.get("do", "")
    is_asked = not form.rows or do.startswith("usual")
    usual = list_usual(member) if member and is_asked else []
    form.act(do, usual)
    if form.found is not None:
        member, form.found = form.found, None
    reckoning = _reckon(form, member, desk, wants_most=do == MOST)
    status = 200
    if do == RING_UP and form.is_right and not form.entry:
        try:
            return _finish(request, desk, _ring_up(request, desk, form, reckoning, member))
        except IdempotencyConflict:
            return _show_first(request, desk)
        except DomainError as refusal:
            field = refusal.field if refusal.field in _FIELDS else "bill"
            if refusal.field == "amount":  # of the two that pay, only credit is given as money
                field = "credit"
            form.errors[field] = str(refusal)
            status = 422
    if member and reckoning.draft.lines and form.is_right:
        _quote(form, reckoning, member, desk)
    context = {
        "head": build_head(member) if member else None,
        "form": form,
        "bill": reckoning,
        "usual": usual,
        "key": get_key(request) if request.method == "POST" else make_key(),
    }
    return show(request, "sale", context, desk=desk, status=status)


def _get_customer(request: HttpRequest) -> Member | None:
    value = request.POST.get("member", "") or request.GET.get("member", "")
    if request.POST.get("do") == "nobody" or not value.isdigit() or len(value) > 15:
        return None
    return get_member(int(value))


def _reckon(form: SaleForm, member: Member | None, desk: Desk, *, wants_most: bool) -> Reckoning:
    reckoning = Reckoning(form.reckon())
    if member is None:
        form.points = form.credit = ""
        return reckoning
    total = reckoning.draft.total_amount
    reckoning.balances = get_balances(member, now=desk.now)
    if member.can_spend:
        reckoning.rate = get_rate(desk.now)
        reckoning.credit_amount = count_credit(reckoning.balances)
    if reckoning.rate is not None:
        reckoning.quote = quote_points(
            reckoning.rate, available=reckoning.balances.available, bill_amount=total
        )
        if wants_most:
            form.points = str(reckoning.quote.points)
        reckoning.points = form.read_points()
        reckoning.points_amount = count_worth(reckoning.points, reckoning.rate)
    reckoning.paid_credit = form.read_credit()
    return reckoning


def _quote(form: SaleForm, reckoning: Reckoning, member: Member, desk: Desk) -> None:
    """What the bill will earn, as far as it could be rung up so."""
    paid = min(reckoning.points_amount + reckoning.paid_credit, reckoning.draft.total_amount)
    try:
        receipts = quote_earning(
            desk.register, reckoning.draft, member=member, paid_amount=paid, now=desk.now
        )
    except DomainError as refusal:
        form.errors.setdefault("bill", str(refusal))
    else:
        reckoning.earned = tuple((each.label, each.number) for each in receipts)


def _ring_up(
    request: HttpRequest, desk: Desk, form: SaleForm, reckoning: Reckoning, member: Member | None
) -> RungUp:
    return ring_up(
        desk.register,
        reckoning.draft,
        member=member,
        points=reckoning.points,
        credit_amount=reckoning.paid_credit,
        key=get_key(request),
        by=desk.clerk,
        now=desk.now,
    )


def _finish(request: HttpRequest, desk: Desk, done: RungUp) -> HttpResponse:
    if done.bill_id is not None:
        return redirect("admin:counter_bill", done.bill_id)
    return redirect("admin:counter_receipt", done.purchase_id)


def _show_first(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The key has rung up another bill: the page was gone back to and changed."""
    done = find_rung_up(desk.register, get_key(request))
    if done is None:
        raise IdempotencyConflict
    messages.warning(
        request, _("This bill was rung up already, as you see here. A changed one is a new bill.")
    )
    return _finish(request, desk, done)
