"""What redemptions tell the registries: what waits, who may do what, a panel of the home page."""

import datetime as dt
from typing import Any

from members import registry
from members.models import Member
from members.registry import MEMBER_HOME, Panel
from rewards import cause_texts, notice_texts
from rewards.selectors.redemptions import (
    AT_HAND,
    find_member_id,
    list_at_hand,
    list_waiting_reservations,
    show_redemption,
)

SHOWN = 3


def register() -> None:
    registry.register_panel(
        Panel(
            "rewards.redemptions", MEMBER_HOME, "rewards/_redemption_panel.html", build_panel,
            order=25, probe=AT_HAND,
        )
    )  # fmt: skip
    cause_texts.register()
    notice_texts.register()
    for name in ("change", "cancel", "step"):
        registry.register_viewed(
            f"admin:rewards_redemption_{name}", "rewards.Redemption", member_of=find_member_id
        )
    registry.register_waiting_queue(
        "reservations", list_waiting_reservations, late_after=dt.timedelta(minutes=10)
    )
    registry.register_role_permissions(
        "rewards.redemption",
        {
            "clerk": [
                "rewards.view_redemption",
                "rewards.view_redemptionevent",
                "rewards.use_redemption",
            ],
            "manager": [
                "rewards.use_redemption",
                "rewards.cancel_redemption",
                "rewards.send_redemption",
            ],
        },
    )


def build_panel(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    """What the member has to use, newest first; nothing where there is none."""
    waiting, found = list_at_hand(member, now=now, limit=SHOWN)
    shown = [show_redemption(each, now=now) for each in found]
    return {"waiting": waiting, "shown": shown} if waiting or shown else None
