"""What every way out of the house has in common: what goes in, what comes back.

A channel is one adapter, registered by its code. The outbox claims messages, fills in their words
and hands each one to a session of the adapter; it knows nothing of SMTP, LINE or paper.
"""

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from members.registry import Registry


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words of one message for one member: ``html`` is "" where the channel has none."""

    subject: str
    text: str
    html: str = ""
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it is handed over.

    ``address`` is what the channel knows the member by: an e-mail address, a number in E.164, a
    LINE user id. ``headers`` are those of a mail.
    """

    message_id: int
    member_id: int
    address: str
    locale: str
    rendered: Rendered
    headers: Mapping[str, str] = field(default_factory=dict)
    is_marketing: bool = True


class Result(StrEnum):
    SENT = "sent"
    RETRY = "retry"  # not now: a temporary refusal, a rate
    REFUSED = "refused"  # this message never
    DEAD = "dead"  # this address never again
    LEFT = "left"  # not before they follow the club again


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the other side said. ``retry_after`` is its own wish, where it told one."""

    result: Result
    provider_id: str = ""
    detail: str = ""
    retry_after: dt.timedelta | None = None
    cost: Decimal | None = None  # in the club's currency


class Session(Protocol):
    """One open connection; not shared between threads."""

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one message over. Raises ConnectionLost where the connection broke *before* the
        other side can have taken it, AnswerLost where it may have; any other exception leaves the
        message unknown too, and ends the round.
        """
        ...


class ConnectionLost(Exception):
    """The other side can't be reached, or hung up before it took the message."""


class AnswerLost(Exception):
    """The message left whole and the answer didn't come: the other side may have it, or not."""


class Adapter(Protocol):
    code: str

    def open(self) -> AbstractContextManager[Session]:
        """Connect. Raises ConnectionLost."""
        ...

    def estimate_cost(self, rendered: Rendered | None, address: str) -> Decimal | None:
        """What one such message costs, in the club's currency, or one of the usual length where
        there are no words yet; None where it costs nothing.
        """
        ...


adapters: Registry[Adapter] = Registry("channel")


def register_adapter(adapter: Adapter) -> None:
    adapters.add(adapter.code, adapter)
