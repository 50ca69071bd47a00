"""Giving points to charities, and paying the charities (docs/giving.md)."""

from rewards.services.giving.donating import donate_points, round_down
from rewards.services.giving.editing import (
    close_appeal,
    delete_appeal,
    delete_charity,
    publish_appeal,
    retire_charity,
    save_appeal,
    save_charity,
    save_match,
)
from rewards.services.giving.prizes import donate_prize, donate_reward
from rewards.services.giving.settling import (
    close_period,
    close_periods,
    mark_paid,
    preview_settlement,
    read_period,
)
from rewards.services.giving.shares import end_share, set_share
from rewards.services.giving.undoing import undo_donation

__all__ = [
    "close_appeal",
    "close_period",
    "close_periods",
    "delete_appeal",
    "delete_charity",
    "donate_points",
    "donate_prize",
    "donate_reward",
    "end_share",
    "mark_paid",
    "preview_settlement",
    "publish_appeal",
    "read_period",
    "retire_charity",
    "round_down",
    "save_appeal",
    "save_charity",
    "save_match",
    "set_share",
    "undo_donation",
]
