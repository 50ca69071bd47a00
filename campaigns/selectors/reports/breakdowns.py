"""How messages are divided for a report: the same for what became of them and what they brought."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Breakdown:
    """SQL over ``m``, a message: what it is counted under, and what that takes."""

    key: str
    joins: str = ""
    params: dict[str, Any] = field(default_factory=dict)


WHOLE = Breakdown("''")
BY_VARIANT = Breakdown("m.variant")
BY_CHANNEL = Breakdown("m.channel")
# Of e-mail, by the part after the @ of the member's address as it is now.
BY_DOMAIN = Breakdown(
    "split_part(r.email, '@', 2)",
    """JOIN members_member r ON r.id = m.member_id
           AND m.channel = 'email' AND r.email IS NOT NULL""",
)


def by_segment(audience_ids: Sequence[int]) -> Breakdown:
    """By the audiences that members are in today; who is in two counts in both."""
    return Breakdown(
        "a.audience_id::text",
        """JOIN members_audiencemember a ON a.member_id = m.member_id
               AND a.audience_id = ANY(%(audiences)s)""",
        {"audiences": list(audience_ids)},
    )
