"""Which rooms of the site have something in them."""

import datetime as dt
from typing import Any

from core.bulk import read_together
from core.kept import Kept
from members import registry
from members.registry import Room

kept = Kept()


def list_rooms(user: Any, *, now: dt.datetime) -> list[Room]:
    """Rooms to lead to, in their order; members alone see those that are not for visitors.

    One query where no answer is kept, whatever is registered.
    """
    rooms = sorted(registry.rooms, key=lambda room: room.order)
    found = kept.get("open")
    if found is None and rooms:
        asked = ", ".join(f"EXISTS ({room.probe})" for room in rooms)
        ((answers,),) = read_together([(f"SELECT {asked}", {"now": now})])
        found = {room.code for room, speaks in zip(rooms, answers, strict=True) if speaks}
        kept.put("open", found)
    return [
        room
        for room in rooms
        if room.code in (found or ()) and (room.for_visitors or user.is_authenticated)
    ]
