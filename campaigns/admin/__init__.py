from campaigns.admin import (
    act_names,
    automations,
    campaigns,
    policy,
    public_notices,
    segments,
    suppression,
    words,
)

__all__ = [
    "act_names",
    "automations",
    "campaigns",
    "policy",
    "public_notices",
    "segments",
    "suppression",
    "words",
]
