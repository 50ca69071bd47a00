from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.tables import render_for, show_page
from members.access import member_page
from members.forms import SIGNUP_SOURCE
from members.models import Member
from purchases.forms import ReceiptClaimForm
from purchases.models import Purchase, Store
from purchases.registry import purchase_panels
from purchases.selectors import list_purchases
from purchases.services.claiming import Claimed, claim_purchase
from purchases.tables import PurchaseTable, build_lines

PER_PAGE = 20


@require_safe
@member_page
def purchase_list(request: HttpRequest, member: Member) -> HttpResponse:
    table = PurchaseTable(list_purchases(member))
    show_page(table, request, per_page=PER_PAGE)
    return render_for(
        request,
        "purchases/purchase_list.html",
        {"table": table},
        partials={"table": "table"},
    )


@require_safe
@member_page
def purchase_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One's own receipt: lines, returns, and what other floors made of it."""
    purchases = Purchase.objects.of(member).for_list().with_lines()
    purchase = get_object_or_404(purchases.prefetch_related("returns__lines__line__product"), pk=pk)
    now = timezone.now()
    panels = [
        {"template": panel.template, "context": context}
        for panel in purchase_panels
        if (context := panel.build_context(request, purchase, now)) is not None
    ]
    context = {"purchase": purchase, "panels": panels, **build_lines(purchase)}
    return render(request, "purchases/purchase_detail.html", context)


# --- Without the card, and before there was one --------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def receipt_claim(request: HttpRequest, member: Member) -> HttpResponse:
    """A purchase without the card finds its member; the receipt's QR code fills the form in."""
    if request.method != "POST":
        known = {name: request.GET.get(name, "")[:200] for name in ("number", "total")}
        return render(
            request, "purchases/receipt_claim.html", {"form": ReceiptClaimForm(initial=known)}
        )
    form = ReceiptClaimForm(request.POST)
    if form.is_valid():
        try:
            claimed = claim_purchase(
                member,
                external_id=form.cleaned_data["number"],
                total_amount=form.cleaned_data["total"],
                purchased_on=form.cleaned_data["purchased_on"],
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _describe_claim(claimed))
            return redirect("purchase_detail", claimed.purchase.pk)
    return render(request, "purchases/receipt_claim.html", {"form": form}, status=422)


def _describe_claim(claimed: Claimed) -> str:
    if not claimed.is_new:
        return _("This purchase was yours already.")
    points = claimed.count("points")
    if not points:
        return _("The purchase is yours now.")
    return ngettext(
        "The purchase is yours now, and so is %(points)s point.",
        "The purchase is yours now, and so are %(points)s points.",
        points,
    ) % {"points": points}


@require_safe
@never_cache
def join_at_store(request: HttpRequest, code: str) -> HttpResponse:
    """The poster's QR code: on to the sign-up, which notes the store."""
    if store := Store.objects.filter(code=code).first():
        request.session[SIGNUP_SOURCE] = f"store:{store.code}"[:40]
    return redirect("account_signup")
