"""A member's redemptions on their page in the back office."""

from django.urls import reverse
from django.utils.http import urlencode

from members import registry
from members.registry import STAFF_MEMBER, Panel
from rewards.selectors.redemptions import list_redemptions, show_redemption

SHOWN = 8


def build_panel(request, member, now):
    rows = list_redemptions(member, now=now)[: SHOWN + 1]
    query = urlencode({"member__id__exact": member.pk})
    return {
        "shown": [show_redemption(each, now=now) for each in rows[:SHOWN]],
        "all_url": f"{reverse('admin:rewards_redemption_changelist')}?{query}",
        "has_more": len(rows) > SHOWN,
    }


registry.register_panel(
    Panel(
        "rewards.staff_redemptions",
        STAFF_MEMBER,
        "admin/rewards/redemption_panel.html",
        build_panel,
        order=25,
        permission="rewards.view_redemption",
    )
)
