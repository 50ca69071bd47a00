"""Pieces that this app adds to the pages of members."""

from members import registry
from members.registry import Panel
from purchases.selectors import list_purchases
from purchases.tables import add_remarks

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
    purchases = list(list_purchases(member)[:LATEST])
    add_remarks(purchases)
    return {"purchases": purchases}
