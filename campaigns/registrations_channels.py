"""What the channels beside e-mail tell the registries."""

from campaigns.channels.base import register_adapter
from campaigns.channels.on_site import OnSiteAdapter
from campaigns.channels.on_site.inbox import UNREAD_MESSAGES
from campaigns.channels.sms import SmsAdapter
from campaigns.reach import register_address
from members import registry
from members.enums import Channel
from members.roles import MANAGER, MARKETER

_LETTERS = ("campaigns.view_printbatch", "campaigns.change_printbatch")
# The address where they live, the usual one first: as campaigns.services.print_batches finds it.
_POST = """
    (SELECT concat_ws(' ', a.country, a.postal_code, a.region, a.city, a.district, a.street,
                      a.building)
     FROM members_address a WHERE a.member_id = m.id
     ORDER BY a.purpose = 'home' DESC, a.is_default DESC, a.id LIMIT 1)"""


def register() -> None:
    register_adapter(OnSiteAdapter())
    register_adapter(SmsAdapter())
    register_address(Channel.POST, _POST)
    registry.register_unread_source("campaigns.messages", UNREAD_MESSAGES)
    registry.register_role_permissions(
        "campaigns.channels",
        {
            MARKETER: ["campaigns.view_smsprice", *_LETTERS],
            MANAGER: [
                *(f"campaigns.{act}_smsprice" for act in ("view", "add", "change", "delete")),
                *_LETTERS,
            ],
        },
    )
