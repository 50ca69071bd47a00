"""What is asked of a message to fill in its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from campaigns.models import Message


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of a batch; ``id`` is None for a preview, ``locale`` the language of its words.

    ``facts`` are coded facts of what brought it about: ``reward`` (an id), ``redemption``,
    ``entitlement``, ``purchase``, ``products``, ``invitation`` (ids), and numbers and days under
    other names.
    """

    id: int | None
    member_id: int
    locale: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Message, locale: str) -> Self:
        return cls(message.pk, message.member_id, locale, message.facts)
