"""Wheels: drafted, published, spun, and proved (docs/wheel.md)."""

from rewards.services.wheel.configuring import (
    SliceTerms,
    change_draft,
    change_wheel,
    create_wheel,
    drop_draft,
    open_draft,
)
from rewards.services.wheel.players import choose_seed, ensure_player
from rewards.services.wheel.publishing import end_wheel, publish_version, return_ended_stock
from rewards.services.wheel.seeds import (
    discard_open_seeds,
    prepare_days,
    reveal_day,
    reveal_days,
)
from rewards.services.wheel.spinning import spin_wheel

__all__ = [
    "SliceTerms",
    "change_draft",
    "change_wheel",
    "choose_seed",
    "create_wheel",
    "discard_open_seeds",
    "drop_draft",
    "end_wheel",
    "ensure_player",
    "open_draft",
    "prepare_days",
    "publish_version",
    "return_ended_stock",
    "reveal_day",
    "reveal_days",
    "spin_wheel",
]
