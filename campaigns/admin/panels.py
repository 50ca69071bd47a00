"""What the page of a member shows of campaigns."""

from django.urls import reverse
from django.utils.http import urlencode

from campaigns.models import ChannelBinding
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


def _build_messengers(request, member, now):
    """Where nothing was ever connected there is nothing to show."""
    bindings = list(ChannelBinding.objects.of_member(member)[:10])
    if not bindings:
        return None
    may_end = request.user.has_perm("campaigns.change_channelbinding")
    return {"bindings": bindings, "may_end": may_end}


registry.register_panel(
    Panel(
        "campaigns.staff_messengers",
        STAFF_MEMBER,
        "admin/campaigns/_panel_messengers.html",
        _build_messengers,
        order=76,
        permission="campaigns.view_channelbinding",
    )
)
