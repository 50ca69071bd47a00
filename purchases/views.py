from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.tables import render_for, show_page
from members.access import member_page
from members.models import Member
from purchases.models import Purchase
from purchases.registry import purchase_panels
from purchases.selectors import list_purchases
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
