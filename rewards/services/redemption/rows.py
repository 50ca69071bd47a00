"""Rows of redemptions and of their history, as the steps write them."""

import datetime as dt
from typing import Any

from core.bulk import RowWriter
from rewards.enums import RedemptionState
from rewards.models import Redemption

_EVENT_COLUMNS = (
    "redemption_id", "from_state", "to_state", "cause", "actor_id", "effective_at"
)  # fmt: skip
_UPDATE = """
    UPDATE rewards_redemption
    SET state = %s, lapses_at = %s, confirmed_at = %s, fulfilled_at = %s, used_at = %s,
        closed_at = %s, expires_on = %s
    WHERE id = %s
"""
_TIMES = {
    RedemptionState.CONFIRMED: "confirmed_at",
    RedemptionState.FULFILLED: "fulfilled_at",
    RedemptionState.USED: "used_at",
    RedemptionState.CANCELLED: "closed_at",
    RedemptionState.EXPIRED: "closed_at",
}


def add_event(
    writer: RowWriter, redemption_id: int, before: str, after: str, *, cause: str = "", by: Any,
    now: dt.datetime,
) -> None:  # fmt: skip
    row = (redemption_id, before, after, cause, by.pk if by else None, now)
    writer.add("rewards_redemptionevent", _EVENT_COLUMNS, [row])


def take_step(
    writer: RowWriter, redemption: Redemption, state: str, *, cause: str = "", by: Any,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Move a locked redemption to ``state`` and write the step down; ``writer`` flushes both."""
    before, redemption.state = redemption.state, state
    setattr(redemption, _TIMES[RedemptionState(state)], now)
    redemption.lapses_at = None
    add_event(writer, redemption.pk, before, state, cause=cause, by=by, now=now)
    writer.execute(
        _UPDATE,
        [
            state, redemption.lapses_at, redemption.confirmed_at, redemption.fulfilled_at,
            redemption.used_at, redemption.closed_at, redemption.expires_on, redemption.pk,
        ],
    )  # fmt: skip
