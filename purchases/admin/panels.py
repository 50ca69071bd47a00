"""A member's last purchases, on the page of the member."""

from django.db.models import Sum
from django.urls import reverse
from django.utils.http import urlencode

from core.money import format_money
from members import registry
from members.registry import STAFF_MEMBER, Panel
from members.selectors.club import get_club
from purchases.models import Return
from purchases.selectors import list_purchases

SHOWN = 10


def _build_purchases(request, member, now):
    purchases = list(list_purchases(member)[:SHOWN])
    came_back = dict(
        Return.objects.filter(purchase__in=purchases)
        .values_list("purchase")
        .annotate(Sum("total_amount"))
    )
    currency = get_club().currency
    rows = [
        {
            "purchase": purchase,
            "total": format_money(purchase.total_amount, purchase.currency),
            "returned": format_money(came_back[purchase.pk], currency)
            if purchase.pk in came_back
            else "",
        }
        for purchase in purchases
    ]
    query = urlencode({"member__id__exact": member.pk})
    return {"rows": rows, "all_url": f"{reverse('admin:purchases_purchase_changelist')}?{query}"}


registry.register_panel(
    Panel(
        "purchases.staff_purchases",
        STAFF_MEMBER,
        "admin/purchases/_panel_purchases.html",
        _build_purchases,
        order=50,
        permission="purchases.view_purchase",
    )
)
