"""What this app tells the registries of ``members``."""

from campaigns import personal_data, reach
from campaigns.enums import MessageReason
from members.registry import register_message_reason


def register() -> None:
    personal_data.register()
    reach.register()
    for reason in MessageReason:
        if reason:
            register_message_reason(reason.value, reason.label)
