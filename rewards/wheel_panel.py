"""The wheel at home: how many free spins wait, and the way there."""

import datetime as dt
from typing import Any

from django.utils.safestring import mark_safe

from core.pictures.wheel import draw_emblem
from members.models import Member
from rewards.selectors.spins_left import list_spins_left

_EMBLEM = mark_safe(draw_emblem())  # noqa: S308 (drawn from numbers alone)


def build_wheel(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """None where no wheel is open to the member, and for staff, who may not play."""
    if not member.can_spend or request.user.is_staff:
        return None
    wheels = list_spins_left(member, now=now)
    if not wheels:
        return None
    return {"best": wheels[0], "has_more": len(wheels) > 1, "emblem": _EMBLEM}
