"""Follow-ups: opened by low scores and by the contact form, worked by staff, answered.

``scores`` opens, eases and lowers them as answers change; ``messages`` takes in the contact form;
``working`` is what staff do; ``replying`` what the member reads of it.
"""

from .messages import take_message
from .refusals import (
    AlreadyClosed,
    NobodyToReplyTo,
    NotClosed,
    NothingSaid,
    NotTheirs,
    SomebodyElses,
)
from .replying import NOTICE, REPLIED, hear_reply_fates, reply_to_member
from .scores import follow_low_score, follow_raised_score
from .working import (
    add_note,
    begin_follow_up,
    close_follow_up,
    hand_over,
    reopen_follow_up,
    take_follow_up,
)

__all__ = [
    "NOTICE",
    "REPLIED",
    "AlreadyClosed",
    "NobodyToReplyTo",
    "NotClosed",
    "NotTheirs",
    "NothingSaid",
    "SomebodyElses",
    "add_note",
    "begin_follow_up",
    "close_follow_up",
    "follow_low_score",
    "follow_raised_score",
    "hand_over",
    "hear_reply_fates",
    "reopen_follow_up",
    "reply_to_member",
    "take_follow_up",
    "take_message",
]
