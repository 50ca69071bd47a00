"""What the page of a member shows of campaigns."""

from django.urls import reverse
from django.utils.http import urlencode

from campaigns.selectors.of_member import list_written
from members import registry
from members.registry import STAFF_MEMBER, Panel


def _build_messages(request, member, now):
    query = urlencode({"member__id__exact": member.pk})
    return {
        "written": list_written(member),
        "all_url": f"{reverse('admin:campaigns_message_changelist')}?{query}",
    }


registry.register_panel(
    Panel(
        "campaigns.staff_messages",
        STAFF_MEMBER,
        "admin/campaigns/_panel_messages.html",
        _build_messages,
        order=75,
        permission="campaigns.view_message",
    )
)
