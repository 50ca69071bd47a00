"""What became of the messages of a handover, written down in one statement."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from campaigns.channels.base import Outcome, Result
from campaigns.enums import EventActor, EventKind, MessageReason, MessageState
from campaigns.services.bindings import record_left
from campaigns.services.fates import tell_fates
from campaigns.services.responses import EventRow, record_events

# After each refusal for the time being; then the club gives up, two days later.
BACK_OFF = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=15),
    dt.timedelta(hours=1),
    dt.timedelta(hours=3),
    dt.timedelta(hours=6),
    dt.timedelta(hours=12),
    dt.timedelta(hours=24),
)

MOST_COST = Decimal(10**6)  # of one message: as much as its column holds

_SETTLE = """
    UPDATE campaigns_message m
    SET state = s.state, reason = s.reason, detail = s.detail, provider_id = s.provider_id,
        cost = s.cost, sent_at = s.sent_at, due_at = coalesce(s.due_at, m.due_at),
        first_due_at = CASE WHEN s.due_at IS NULL THEN m.first_due_at
                            ELSE coalesce(m.first_due_at, m.due_at) END,
        attempt_count = m.attempt_count + s.attempts
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[],
                %s::timestamptz[], %s::timestamptz[], %s::int[])
         AS s (id, state, reason, detail, provider_id, cost, sent_at, due_at, attempts)
    WHERE m.id = s.id
"""
_COLUMNS = (
    "state", "reason", "detail", "provider_id", "cost", "sent_at", "due_at", "attempts",
)  # fmt: skip
# What becomes of nearly all of them.
_SETTLE_SENT = f"""
    UPDATE campaigns_message m
    SET state = '{MessageState.SENT}', reason = '', detail = '', provider_id = '', cost = NULL,
        sent_at = s.sent_at, attempt_count = m.attempt_count + 1
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS s (id, sent_at) WHERE m.id = s.id
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """The columns of one message after its handover; ``due_at`` None leaves it as it is."""

    state: str
    reason: str = ""
    detail: str = ""
    provider_id: str = ""
    cost: Decimal | None = None
    sent_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    attempts: int = 1

    @property
    def is_plain(self) -> bool:
        """Nothing to tell but that it was sent, and when."""
        known = self.reason or self.detail or self.provider_id
        return (
            self.state == MessageState.SENT
            and not known
            and self.cost is self.due_at is None
            and self.attempts == 1
        )

    def as_note(self) -> dict[str, Any]:
        """For ``Handover.outcomes``."""
        found = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        return {
            name: value if isinstance(value, (str, int)) else str(value)
            for name, value in found.items()
        }

    @classmethod
    def from_note(cls, note: Mapping[str, Any]) -> "Settled":
        values = dict(note)
        for name in ("sent_at", "due_at"):
            if name in values:
                values[name] = dt.datetime.fromisoformat(values[name])
        if "cost" in values:
            values["cost"] = Decimal(values["cost"])
        return cls(**values)


_TAKEN = Outcome(Result.SENT)
UNTOUCHED = Settled(MessageState.WAITING, attempts=0)
UNKNOWN = Settled(MessageState.UNKNOWN)


def judge_outcome(outcome: Outcome, *, attempts: int, at: dt.datetime) -> Settled:
    """What the other side's answer makes of a message that was tried ``attempts`` times before."""
    if outcome == _TAKEN:  # what nearly every server says
        return Settled(MessageState.SENT, sent_at=at)
    known: dict[str, Any] = {
        "detail": _clean(outcome.detail)[:200],
        "provider_id": _clean(outcome.provider_id)[:120],
        "cost": _read_cost(outcome.cost),
    }
    if outcome.result == Result.SENT:
        return Settled(MessageState.SENT, sent_at=at, **known)
    if outcome.result == Result.DEAD:
        return Settled(MessageState.FAILED, MessageReason.BOUNCED, **known)
    if outcome.result == Result.LEFT:
        return Settled(MessageState.FAILED, MessageReason.UNFOLLOWED, **known)
    if outcome.result == Result.REFUSED:
        return Settled(MessageState.FAILED, MessageReason.REFUSED, **known)
    if attempts >= len(BACK_OFF):
        return Settled(MessageState.FAILED, MessageReason.GAVE_UP, **known)
    wait = max(outcome.retry_after or BACK_OFF[attempts], dt.timedelta(seconds=1))
    return Settled(MessageState.WAITING, MessageReason.RETRY, due_at=at + wait, **known)


def _clean(text: str) -> str:
    """What the other side said, without what no column can hold."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


def _read_cost(cost: Decimal | None) -> Decimal | None:
    """None for what no message costs: an answer that can't be written down would come again and
    again, and with it whatever it stands among.
    """
    return cost if cost is not None and cost.is_finite() and 0 <= cost < MOST_COST else None


@transaction.atomic
def settle_handover(
    handover_id: int, settled: Sequence[tuple[int, Settled]], *, now: dt.datetime
) -> bool:
    """Write the messages' states and let go of the handover. False, and nothing written, where
    its lease was lost: then somebody else has settled it.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_handover WHERE id = %s", [handover_id])
        if not cursor.rowcount:
            return False
    write_settled(settled, now=now)
    return True


def write_settled(settled: Iterable[tuple[int, Settled]], *, now: dt.datetime) -> None:
    """In the caller's transaction. Addresses that are dead are reported as bounces, and whoever
    listens hears what became of their messages.
    """
    rows = sorted(settled, key=lambda pair: pair[0])
    _write([(pk, each) for pk, each in rows if each.is_plain], _SETTLE_SENT, ("sent_at",))
    _write([(pk, each) for pk, each in rows if not each.is_plain], _SETTLE, _COLUMNS)
    left = [pk for pk, each in rows if each.reason == MessageReason.UNFOLLOWED]
    if left:
        record_left(left, now=now)
    dead = [pk for pk, each in rows if each.reason == MessageReason.BOUNCED]
    if dead:
        record_events(
            [
                EventRow(pk, EventKind.BOUNCED, EventActor.MACHINE, None, now, f"smtp:{pk}", {})
                for pk in dead
            ],
            now=now,
        )
    tell_fates([pk for pk, _each in rows], now=now)


def _write(rows: Sequence[tuple[int, Settled]], sql: str, names: Iterable[str]) -> None:
    if not rows:
        return
    columns = [[getattr(each, name) for _pk, each in rows] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(sql, [[pk for pk, _each in rows], *columns])
