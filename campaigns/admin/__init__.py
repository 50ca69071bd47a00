from campaigns.admin import (
    act_names,
    automations,
    campaigns,
    messages,
    panels,
    policy,
    print_batches,
    public_notices,
    segments,
    sms_prices,
    suppression,
    words,
)

__all__ = [
    "act_names",
    "automations",
    "campaigns",
    "messages",
    "panels",
    "policy",
    "print_batches",
    "public_notices",
    "segments",
    "sms_prices",
    "suppression",
    "words",
]
