"""What sending tells the registries: its channel, what waits, who may see it."""

import datetime as dt

from campaigns.channels.base import register_adapter
from campaigns.channels.email import EmailAdapter
from campaigns.selectors.outbox import list_waiting_messages
from members import registry
from members.roles import CLERK, MANAGER, MARKETER

_LATE = dt.timedelta(minutes=30)  # a large mailing takes its time

_STAFF = ("view_message", "view_messageevent")
_SENDERS = (*_STAFF, "change_message", "view_ratelimit", "add_ratelimit", "change_ratelimit")


def register() -> None:
    register_adapter(EmailAdapter())
    registry.register_waiting_queue("messages", list_waiting_messages, late_after=_LATE)
    registry.register_role_permissions(
        "campaigns.sending",
        {
            CLERK: [f"campaigns.{name}" for name in _STAFF],
            MARKETER: [f"campaigns.{name}" for name in _SENDERS],
            MANAGER: [f"campaigns.{name}" for name in _SENDERS],
        },
    )
