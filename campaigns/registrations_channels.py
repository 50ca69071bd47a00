"""What the channels beside e-mail tell the registries."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.channels.base import register_adapter
from campaigns.channels.line import LineAdapter
from campaigns.channels.on_site import OnSiteAdapter
from campaigns.channels.on_site.inbox import UNREAD_MESSAGES
from campaigns.channels.sms import SmsAdapter
from campaigns.channels.wechat import WechatAdapter
from campaigns.models import CHAT_CHANNELS, ChannelBinding
from campaigns.reach import register_address
from campaigns.selectors.chat import is_connected
from campaigns.services.bindings import BOUND_NOTICE
from members import registry
from members.enums import Channel
from members.registry import NoticeText
from members.roles import CLERK, MANAGER, MARKETER

_PRICES = ("campaigns.view_smsprice", "campaigns.view_channelprice")
_ACCOUNTS = ("campaigns.view_channelbinding", "campaigns.change_channelbinding")
_LETTERS = ("campaigns.view_printbatch", "campaigns.change_printbatch")
# The address where they live, the usual one first: as campaigns.services.print_batches finds it.
_POST = """
    (SELECT concat_ws(' ', a.country, a.postal_code, a.region, a.city, a.district, a.street,
                      a.building)
     FROM members_address a WHERE a.member_id = m.id
     ORDER BY a.purpose = 'home' DESC, a.is_default DESC, a.id LIMIT 1)"""

# Also of who left the account: the list of suppressed addresses says that, and the reason shows it.
_ACCOUNT = """
    (SELECT b.external_id FROM campaigns_channelbinding b
     WHERE b.member_id = m.id AND b.channel = '{channel}' AND b.ended_at IS NULL)"""


def register() -> None:
    register_adapter(OnSiteAdapter())
    register_adapter(SmsAdapter())
    register_adapter(LineAdapter())
    register_adapter(WechatAdapter())
    register_address(Channel.POST, _POST)
    for channel in CHAT_CHANNELS:
        sql = _ACCOUNT.format(channel=channel.value)
        register_address(channel, sql, is_connected=partial(is_connected, channel))
    registry.register_notice_text(
        NoticeText(BOUND_NOTICE, _write_bound, build_url=lambda params: reverse("messengers"))
    )
    registry.register_viewed(
        "admin:campaigns_channelbinding_change",
        "campaigns.ChannelBinding",
        member_of=_find_member_of_binding,
    )
    registry.register_unread_source("campaigns.messages", UNREAD_MESSAGES)
    registry.register_role_permissions(
        "campaigns.channels",
        {
            CLERK: _ACCOUNTS,
            MARKETER: [*_ACCOUNTS[:1], *_PRICES, *_LETTERS],
            MANAGER: [
                *(
                    f"campaigns.{act}_{model}"
                    for act in ("view", "add", "change", "delete")
                    for model in ("smsprice", "channelprice")
                ),
                *_ACCOUNTS,
                *_LETTERS,
            ],
        },
    )


def _write_bound(params):
    label = Channel(params["channel"]).label
    return _("A %(channel)s account is connected with your membership.") % {"channel": label}


def _find_member_of_binding(pk):
    return ChannelBinding.objects.filter(pk=pk).values_list("member_id", flat=True).first()
