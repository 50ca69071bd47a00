"""Stamp cards: one engine over the activity stream (docs/challenges.md)."""

from rewards.services.challenges.by_hand import give_stamps, preview_stamps
from rewards.services.challenges.counting import count_batch
from rewards.services.challenges.publishing import (
    ChallengeEnded,
    InvalidChallenge,
    change_challenge,
    create_challenge,
    end_challenge,
    publish_version,
)

__all__ = [
    "ChallengeEnded",
    "InvalidChallenge",
    "change_challenge",
    "count_batch",
    "create_challenge",
    "end_challenge",
    "give_stamps",
    "preview_stamps",
    "publish_version",
]
