"""What counts as writing to a member, what keeps the club from it, and who hears what became of a
message: each app tells its own.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .entries import Registry

contact_counters: Registry[str] = Registry("counter of messages")
promotion_holds: Registry[str] = Registry("hold of promotions")
moot_subjects: Registry[str] = Registry("subjects that nobody is written to about")


def register_contact_counter(code: str, sql: str) -> None:
    """A SELECT of (member id, channel, moment), a row for each message that needed consent and was
    sent, or may have been. It is narrowed to some members and the last days from outside.
    """
    contact_counters.add(code, sql)


def register_promotion_hold(code: str, sql: str) -> None:
    """A SELECT of the ids of members who are to hear no promotion now: a complaint of theirs is
    open. It is narrowed to some members from outside.
    """
    promotion_holds.add(code, sql)


def register_moot_subjects(fact: str, sql: str) -> None:
    """A SELECT of ids, which messages' facts hold under the name ``fact``: what they are about is
    over or done, and they don't leave any more. It is narrowed to single ids from outside.
    """
    moot_subjects.add(fact, sql)


# --- What became of a message ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageFate:
    """What became of one message: ``subject`` is what its facts hold under the listener's name.

    ``is_sent`` holds also of one that may have left and of which nobody knows (a worker died);
    ``reason`` is a code for one that never left, or was refused. ``at`` is when that was settled.
    """

    member_id: int
    subject: Any
    is_sent: bool
    reason: str
    at: dt.datetime


FateListener = Callable[[Sequence[MessageFate], dt.datetime], None]
message_listeners: Registry[FateListener] = Registry("listener to messages")


def register_message_listener(fact: str, listen: FateListener) -> None:
    """Call ``listen(fates, now)`` for messages whose facts name ``fact``, once they were sent or
    never will be, in the transaction that settles it. A message that is sent again after all is
    told again; one that goes by several channels is told once for each.
    """
    message_listeners.add(fact, listen)


message_reasons: Registry[Any] = Registry("reason of a message")


def register_message_reason(code: str, words: Any) -> None:
    """What staff read for the ``reason`` of a fate, translated when it is shown."""
    message_reasons.add(code, words)
