from campaigns.models.mailing import PLAIN_VARIANT, Content, Edition, Link, Mailing
from campaigns.models.message import Handover, Message, MessageEvent

__all__ = [
    "PLAIN_VARIANT",
    "Content",
    "Edition",
    "Handover",
    "Link",
    "Mailing",
    "Message",
    "MessageEvent",
]
