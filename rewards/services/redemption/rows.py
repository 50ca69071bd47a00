"""Rows of redemptions and of their history, as the steps write them."""

import datetime as dt
from typing import Any

from core.bulk import RowWriter
from core.services.audit import record_audit
from core.words import pack_words
from members.services.notices import NoticeRow, add_notices
from rewards.enums import RedemptionState, WebhookEvent
from rewards.models import Redemption
from rewards.services.webhooks.queueing import queue_events

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
    writer: RowWriter, redemption_id: int, before: str, after: str, *, member_id: int,
    reward_id: int, cause: str = "", by: Any, now: dt.datetime,
) -> None:  # fmt: skip
    """One step of the history, also for whoever listens outside."""
    row = (redemption_id, before, after, cause, by.pk if by else None, now)
    writer.add("rewards_redemptionevent", _EVENT_COLUMNS, [row])
    facts = {"redemption": redemption_id, "reward": reward_id, "state": after, "before": before}
    queue_events(writer, WebhookEvent.REDEMPTION_CHANGED, [(member_id, facts, now)], now=now)


def take_step(
    writer: RowWriter, redemption: Redemption, state: str, *, cause: str = "", by: Any,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Move a locked redemption to ``state`` and write the step down; ``writer`` flushes both."""
    before, redemption.state = redemption.state, state
    setattr(redemption, _TIMES[RedemptionState(state)], now)
    redemption.lapses_at = None
    add_event(
        writer, redemption.pk, before, state, member_id=redemption.member_id,
        reward_id=redemption.reward_id, cause=cause, by=by, now=now,
    )  # fmt: skip
    writer.execute(
        _UPDATE,
        [
            state, redemption.lapses_at, redemption.confirmed_at, redemption.fulfilled_at,
            redemption.used_at, redemption.closed_at, redemption.expires_on, redemption.pk,
        ],
    )  # fmt: skip


def tell(
    writer: RowWriter, redemption: Redemption, code: str, *, now: dt.datetime, occasion: str = ""
) -> None:
    """A notice about a redemption; its words stand in ``rewards.notice_texts``."""
    params = {
        "redemption": redemption.pk, "reward": redemption.reward_id,
        **pack_words(redemption.reward, "name"),
    }  # fmt: skip
    key = f"{code}:{redemption.pk}{occasion and f':{occasion}'}"
    add_notices([NoticeRow(redemption.member_id, code, now, key, params)], now=now, writer=writer)


def record_staff_act(
    action: str, redemption: Redemption, *, by: Any, now: dt.datetime, **changes: Any
) -> None:
    """The audit row of what staff do for a member. What members do for themselves is told by the
    redemption's own history.
    """
    if by is not None and by.pk != redemption.member.user_id:
        record_audit(f"redemption.{action}", redemption, by=by, changes=changes, now=now)
