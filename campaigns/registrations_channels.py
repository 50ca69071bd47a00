"""What the channels beside e-mail tell the registries."""

from campaigns.channels.base import register_adapter
from campaigns.channels.on_site import OnSiteAdapter
from campaigns.channels.sms import SmsAdapter
from campaigns.channels.on_site.inbox import UNREAD_MESSAGES
from members import registry
from members.roles import MANAGER, MARKETER


def register() -> None:
    register_adapter(OnSiteAdapter())
    register_adapter(SmsAdapter())
    registry.register_unread_source("campaigns.messages", UNREAD_MESSAGES)
    registry.register_role_permissions(
        "campaigns.channels",
        {
            MARKETER: ["campaigns.view_smsprice"],
            MANAGER: [f"campaigns.{act}_smsprice" for act in ("view", "add", "change", "delete")],
        },
    )
