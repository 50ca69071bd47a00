"""What is asked of a message to fill in its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from campaigns.models import Message


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of a batch; ``id`` is None for a preview.

    ``facts`` are coded facts of what brought it about: ``reward`` (an id), ``redemption``,
    ``entitlement``, ``purchase``, ``products``, ``invitation`` (ids), and numbers and days under
    other names.
    """

    id: int | None
    member_id: int
    mailing_id: int
    edition_id: int
    variant: str
    channel: str
    locale: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Message, locale: str) -> Self:
        """``locale`` is the language of its words, which is who reads them's own."""
        return cls(
            id=message.pk,
            member_id=message.member_id,
            mailing_id=message.mailing_id,
            edition_id=message.edition_id,
            variant=message.variant,
            channel=message.channel,
            locale=locale,
            facts=message.facts,
        )
