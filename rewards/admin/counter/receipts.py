"""A receipt: what it earned, whose it is, what comes back of it."""

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.models import AuditEntry
from core.money import to_decimal
from purchases.models import Purchase
from purchases.parsing.typed import read_typed_amount
from rewards.admin.counter.desk import Desk, at_desk, show
from rewards.admin.counter.people import build_head
from rewards.forms_returns import ReturnForm
from rewards.qr import build_qr_svg
from rewards.selectors.awards import list_reversals
from rewards.selectors.balances import get_balances
from rewards.selectors.challenges import get_counter_cards
from rewards.selectors.counter import list_returnable
from rewards.selectors.explanations import explain_awards, list_awards
from rewards.services.counter import claim_at_counter, find_at_counter
from rewards.services.returns import count_late_days, preview_return, return_purchase

RETURN = "rewards.add_returnrefund"
_JUST_NOW = dt.timedelta(minutes=15)


def _get_purchase(pk: int) -> Purchase:
    purchases = Purchase.objects.for_list().select_related("member").with_lines()
    return get_object_or_404(purchases, pk=pk)


@require_safe
@at_desk
def show_receipt(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """What was bought and what it earned; without a member, the way to one."""
    return _show(request, desk, _get_purchase(pk))


def _show(
    request: HttpRequest, desk: Desk, purchase: Purchase, *, status: int = 200, **more: str
) -> HttpResponse:
    member = purchase.member
    context: dict = {"purchase": purchase, "can_return": desk.may(RETURN), **more}
    if member is not None:
        awards = list(list_awards(purchase=purchase.pk).order_by("unit", "rule_version__priority"))
        context |= {
            "head": build_head(member),
            "balances": get_balances(member, now=desk.now),
            "awards": explain_awards(awards, now=desk.now),
            "reversals": list_reversals([award.pk for award in awards]),
            "stamps": get_counter_cards(member, now=desk.now),
            "payments": member.payments.filter(
                external_id=purchase.external_id, source=purchase.source_id
            ),
            "shows_lines": True,
        }
    else:
        is_own = _sold_a_moment_ago(purchase, desk)
        context |= {
            "is_claimable": purchase.source.claim_days > 0,
            "needs_total": not is_own,
            "shows_lines": is_own,
            "qr": build_qr_svg(_build_claim_url(purchase)) if is_own else "",
        }
    return show(request, "receipt", context, desk=desk, status=status)


def _sold_a_moment_ago(purchase: Purchase, desk: Desk) -> bool:
    """By the person who still stands there: they need not copy the total from the paper."""
    sold = AuditEntry.objects.about(purchase).filter(action="counter.sold", actor=desk.clerk)
    return sold.filter(recorded_at__gt=desk.now - _JUST_NOW).exists()


def _build_claim_url(purchase: Purchase) -> str:
    """What the paper's QR code holds: number and total, as they are printed beside it."""
    total = to_decimal(purchase.total_amount, purchase.currency)
    query = urlencode({"number": purchase.external_id, "total": format(total, "f")})
    return f"{settings.SITE_URL}{reverse('receipt_claim')}?{query}"


@require_POST
@at_desk
def claim(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The forgotten card is there now: the receipt goes to its member."""
    purchase = _get_purchase(pk)
    text = request.POST.get("text", "").strip()
    total = request.POST.get("total", "").strip()[:40]
    try:
        if _sold_a_moment_ago(purchase, desk):
            amount = purchase.total_amount
        else:
            amount = read_typed_amount(total, purchase.currency)
        member = find_at_counter(text).member
        if member is None:
            refusal = _("Name one member: scan the card, or type number, phone or e-mail.")
            return _show(request, desk, purchase, refusal=refusal, text=text, total=total,
                         status=422)  # fmt: skip
        claimed = claim_at_counter(
            purchase, member, total_amount=amount, by=desk.clerk, now=desk.now
        )
    except DomainError as error:
        return _show(
            request, desk, purchase, refusal=str(error), text=text, total=total, status=422
        )
    points = claimed.count("points")
    told = ngettext("%(name)s: %(points)s point.", "%(name)s: %(points)s points.", points)
    messages.success(request, told % {"name": member, "points": points})
    return redirect("admin:counter_receipt", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def take_back(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Goods come back: chosen, previewed with the points that go back, settled once."""
    desk.check(RETURN)
    purchase = _get_purchase(pk)
    late_days = count_late_days(purchase, desk.now)
    form = ReturnForm(
        request.POST or None,
        lines=list_returnable(purchase),
        late_days=late_days,
        has_member=purchase.member_id is not None,
    )
    preview, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            terms = {
                "kind": form.cleaned_data["kind"],
                "late_reason": form.cleaned_data.get("late_reason", ""),
                "now": desk.now,
            }
            try:
                if request.POST.get("step") == "confirm":
                    return _take_back(request, desk, purchase, form, terms)
                preview, status = preview_return(purchase, form.parts, **terms), 200
            except DomainError as error:
                form.add_error(None, str(error))
    context = {
        "purchase": purchase,
        "head": build_head(purchase.member) if purchase.member else None,
        "form": form,
        "late_days": late_days,
        "preview": preview,
    }
    return show(request, "return", context, desk=desk, status=status)


def _take_back(request, desk, purchase, form, terms):
    refund = return_purchase(
        purchase,
        form.parts,
        key=str(form.cleaned_data["key"]),
        note=form.cleaned_data["note"],
        by=desk.clerk,
        **terms,
    )
    return show(
        request,
        "returned",
        {
            "purchase": purchase,
            "refund": refund,
            "head": build_head(purchase.member) if purchase.member else None,
        },
        desk=desk,
    )
