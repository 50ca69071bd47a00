"""What the channels beside e-mail tell the registries."""

from campaigns.channels.base import register_adapter
from campaigns.channels.on_site import OnSiteAdapter
from campaigns.selectors.inbox import UNREAD_MESSAGES
from members import registry


def register() -> None:
    register_adapter(OnSiteAdapter())
    registry.register_unread_source("campaigns.messages", UNREAD_MESSAGES)
