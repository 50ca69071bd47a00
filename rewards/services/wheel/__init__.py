"""Wheels: drafted, published, spun, and proved (docs/wheel.md)."""

from rewards.services.wheel.players import choose_seed, ensure_player
from rewards.services.wheel.seeds import (
    discard_open_seeds,
    prepare_days,
    reveal_day,
    reveal_days,
)
from rewards.services.wheel.spinning import spin_wheel

__all__ = [
    "choose_seed",
    "discard_open_seeds",
    "ensure_player",
    "prepare_days",
    "reveal_day",
    "reveal_days",
    "spin_wheel",
]
