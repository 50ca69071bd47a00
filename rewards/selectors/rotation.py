"""Whose turn it is: a function of the day, so that nothing has to run for it."""

import datetime as dt
from collections.abc import Sequence

from rewards.models import Reward, Rotation


def pick_turn(members: Sequence[int], rotation: Rotation, day: dt.date) -> set[int]:
    """Those of ``members`` (ids in order) that are on show on ``day``: the next ``slot_count`` at
    each turn, round and round. Before the first turn, none.
    """
    turn = (day - rotation.starts_on).days // rotation.turn_days
    if turn < 0 or not members:
        return set()
    slots = min(rotation.slot_count, len(members))
    first = turn * slots
    return {members[(first + slot) % len(members)] for slot in range(slots)}


def list_rewards_on_show(rotation: Rotation, day: dt.date) -> set[int]:
    """Ids of the rotation's published rewards whose turn it is."""
    members = Reward.objects.published().filter(rotation=rotation)
    ids = list(members.order_by("rotation_position", "pk").values_list("pk", flat=True))
    return pick_turn(ids, rotation, day)
