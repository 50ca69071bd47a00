"""Whose turn it is: a function of the day, so that nothing has to run for it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.models import Reward, Rotation


def pick_turn(members: Sequence[int], rotation: Rotation, day: dt.date) -> set[int]:
    """Those of ``members`` (ids in order) that are on show on ``day``: the next ``slot_count`` at
    each turn, round and round. Before the first turn, none.
    """
    turn = count_turn(rotation, day)
    if turn < 0 or not members:
        return set()
    return set(_pick(members, rotation, turn))


def count_turn(rotation: Rotation, day: dt.date) -> int:
    """The number of the turn of ``day``, from 0; negative before the first."""
    return (day - rotation.starts_on).days // rotation.turn_days


def _pick(members: Sequence[int], rotation: Rotation, turn: int) -> list[int]:
    slots = min(rotation.slot_count, len(members))
    first = turn * slots
    return [members[(first + slot) % len(members)] for slot in range(slots)]


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is on show from ``starts_on`` to ``ends_on``, that day included."""

    starts_on: dt.date
    ends_on: dt.date
    members: list[int]


def list_turns(
    members: Sequence[int], rotation: Rotation, day: dt.date, *, count: int
) -> list[Turn]:
    """The turn of ``day``, or the first one where that is to come, and those that follow."""
    first = max(count_turn(rotation, day), 0)
    length = dt.timedelta(days=rotation.turn_days)
    turns = []
    for turn in range(first, first + count):
        start = rotation.starts_on + turn * length
        shown = _pick(members, rotation, turn) if members else []
        turns.append(Turn(start, start + length - dt.timedelta(days=1), shown))
    return turns


def find_next_turn(
    member: int, members: Sequence[int], rotation: Rotation, day: dt.date
) -> Turn | None:
    """The turn on or after ``day`` in which ``member`` is on show; None for a stranger."""
    if member not in members:
        return None
    # Each turn begins where the last one ended, so everybody's comes within one round.
    for turn in list_turns(members, rotation, day, count=len(members) + 1):
        if member in turn.members:
            return turn
    return None


# --- From the database --------------------------------------------------------------------------


def list_rewards_on_show(rotation: Rotation, day: dt.date) -> set[int]:
    """Ids of the rotation's published rewards whose turn it is."""
    return pick_turn(list_in_turn(rotation), rotation, day)


def list_in_turn(rotation: Rotation) -> list[int]:
    """Ids of the rotation's published rewards, in their order."""
    members = Reward.objects.published().filter(rotation=rotation)
    return list(members.order_by("rotation_position", "pk").values_list("pk", flat=True))


def list_resting(day: dt.date) -> dict[int, Turn | None]:
    """Published rewards whose turn it isn't, each with its next turn; one query."""
    rows = Reward.objects.published().filter(rotation__isnull=False).select_related("rotation")
    rows = rows.only("rotation").order_by("rotation_id", "rotation_position", "pk")
    rotations: dict[int, tuple[Rotation, list[int]]] = {}
    for reward in rows:
        _rotation, members = rotations.setdefault(reward.rotation_id, (reward.rotation, []))
        members.append(reward.pk)
    resting: dict[int, Turn | None] = {}
    for rotation, members in rotations.values():
        shown = pick_turn(members, rotation, day)
        for member in members:
            if member not in shown:
                resting[member] = find_next_turn(member, members, rotation, day)
    return resting
