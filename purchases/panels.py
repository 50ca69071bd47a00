"""Pieces that this app adds to the pages of members."""

from members import registry
from members.registry import Panel
from purchases.selectors import LatestPurchase, list_latest
from purchases.tables import list_remarks

LATEST = 5


def register() -> None:
    registry.register_panel(
        Panel(
            "purchases.latest",
            registry.MEMBER_HOME,
            "purchases/_latest_panel.html",
            build_latest,
            order=40,
        )
    )


def build_latest(request, member, now):
    """The last purchases, also where there are none yet: then it says what to do."""
    purchases = get_latest_once(request, member)
    remarks = list_remarks([purchase.pk for purchase in purchases])
    return {"purchases": [(purchase, remarks.get(purchase.pk, ())) for purchase in purchases]}


def get_latest_once(request, member) -> list[LatestPurchase]:
    """Read once for all panels of a page: others ask whether there is a purchase at all."""
    if not hasattr(request, "_purchases_latest"):
        request._purchases_latest = list_latest(member, LATEST)
    return request._purchases_latest
