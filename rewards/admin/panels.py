"""Standing, balances and the ledger of a member, on the page of the member."""

from django.urls import reverse
from django.utils.http import urlencode

from members import registry
from members.registry import STAFF_MEMBER, Panel
from rewards.models import Lot, TierChange, Transfer
from rewards.selectors.balances import get_balances
from rewards.selectors.explanations import explain_transfers
from rewards.selectors.standing import get_progress

SHOWN = 15


def _build_standing(request, member, now):
    """The same reckoning as the member's own page: as of now, nothing written."""
    balances = get_balances(member, now=now)
    changes = TierChange.objects.filter(member=member).select_related("from_tier", "to_tier")
    return {
        "balances": balances,
        "progress": get_progress(balances),
        "changes": list(changes.order_by("-effective_at", "-id")[:5]),
    }


def _build_ledger(request, member, now):
    newest = Transfer.objects.of_member(member).for_list().order_by("-effective_at", "-id")
    return {
        "entries": explain_transfers(list(newest[:SHOWN]), now=now),
        "all_url": _list_url("transfer", member),
    }


def _build_lots(request, member, now):
    lots = Lot.objects.open().filter(member=member, unit="points").order_by("expires_on", "pk")
    return {"lots": list(lots[:SHOWN]), "all_url": _list_url("lot", member)}


def _list_url(model, member):
    query = urlencode({"member__id__exact": member.pk})
    return f"{reverse(f'admin:rewards_{model}_changelist')}?{query}"


for code, build, order, permission in (
    ("standing", _build_standing, 5, "rewards.view_standing"),
    ("ledger", _build_ledger, 30, "rewards.view_transfer"),
    ("lots", _build_lots, 60, "rewards.view_lot"),
):
    registry.register_panel(
        Panel(
            f"rewards.staff_{code}",
            STAFF_MEMBER,
            f"admin/rewards/_panel_{code}.html",
            build,
            order=order,
            permission=permission,
        )
    )
