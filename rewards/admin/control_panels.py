"""What staff may do by hand for a member, on the page of the member."""

from members import registry
from members.registry import STAFF_MEMBER, Panel
from members.services.conduct import list_own_member_ids
from rewards.admin.control_tiers import PERMISSION as TIER_PERMISSION
from rewards.admin.control_tiers import list_promises
from rewards.models import Adjustment

SHOWN = 5


def _build(request, member, now):
    user = request.user
    is_open = member.is_active and member.pk not in list_own_member_ids(user)
    adjustments = Adjustment.objects.filter(member=member).for_list().order_by("-pk")[:SHOWN]
    return {
        "member": member,
        "can_adjust": is_open and user.has_perm("rewards.add_adjustment"),
        "can_decide_tier": is_open and user.has_perm(TIER_PERMISSION),
        "is_own": member.is_active and not is_open,
        "adjustments": list(adjustments),
        "promises": list_promises(member),
    }


registry.register_panel(
    Panel(
        "rewards.staff_by_hand",
        STAFF_MEMBER,
        "admin/rewards/_panel_by_hand.html",
        _build,
        order=6,
        permission="rewards.view_adjustment",
    )
)
