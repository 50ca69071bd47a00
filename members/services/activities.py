"""The one stream of what members do (docs/architecture.md)."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core.bulk import RowWriter, reserve_ids
from core.wakes import wake_once_committed
from members import registry
from members.registry import Receipt

_BATCH_COLUMNS = ("id", "kind", "recorded_at", "activity_count")
_ACTIVITY_COLUMNS = (
    "id",
    "batch_id",
    "member_id",
    "kind",
    "effective_at",
    "recorded_at",
    "subject_type",
    "subject_id",
    "facts",
)
_WORK_COLUMNS = ("batch_id", "consumer", "recorded_at", "due_at")


@dataclass(slots=True)
class ActivityRow:
    """One activity to record. ``id`` is filled in where the caller reserved none."""

    member_id: int
    kind: str
    effective_at: dt.datetime
    subject_type: str = ""
    subject_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    id: int | None = None


@transaction.atomic(savepoint=False)
def record_batch(
    kind: str,
    activities: Sequence[ActivityRow],
    *,
    payload: Any = None,
    now: dt.datetime,
    writer: RowWriter | None = None,
    batch_id: int | None = None,
) -> list[Receipt]:
    """Record activities as one batch of ``kind`` and let the listeners of that kind earn.

    Writes the batch, its activities (each keeps its own ``kind``) and one work row per consumer
    of the batch's kind, then calls every listener of the kind with ``(batch_id, activities,
    payload, now)`` in the same transaction. The activities carry their ids by then.

    A ``writer`` that already holds the caller's rows is flushed here together with these, in
    one round trip, before the listeners run. Ids may be reserved by the caller along with its
    own (tables ``members_activitybatch`` and ``members_activity``); else that is one trip more.

    Returns the receipts summed by label, in the order in which the labels first appeared. An
    empty batch records nothing, but still flushes the writer.
    """
    own = writer if writer is not None else RowWriter()
    if not activities:
        own.flush()
        return []
    nameless = [activity for activity in activities if activity.id is None]
    if nameless or batch_id is None:
        ids = reserve_ids(
            members_activitybatch=0 if batch_id is not None else 1, members_activity=len(nameless)
        )
        for activity, activity_id in zip(nameless, ids["members_activity"], strict=True):
            activity.id = activity_id
        if batch_id is None:
            batch_id = ids["members_activitybatch"][0]
    own.add("members_activitybatch", _BATCH_COLUMNS, [(batch_id, kind, now, len(activities))])
    own.add(
        "members_activity",
        _ACTIVITY_COLUMNS,
        [
            (
                activity.id,
                batch_id,
                activity.member_id,
                activity.kind,
                activity.effective_at,
                now,
                activity.subject_type,
                activity.subject_id,
                json.dumps(activity.facts) if activity.facts else "{}",
            )
            for activity in activities
        ],
    )
    consumers = registry.list_consumers(kind)
    own.add(
        "members_workitem",
        _WORK_COLUMNS,
        [(batch_id, consumer.code, now, now) for consumer in consumers],
    )
    own.flush()
    if consumers:
        wake_once_committed("members.tasks.sweep_work")
    return _call_listeners(kind, batch_id, activities, payload, now)


def _call_listeners(kind, batch_id, activities, payload, now):
    totals: dict[str, int] = {}
    for listen in registry.list_listeners(kind):
        for receipt in listen(batch_id, activities, payload, now) or ():
            totals[receipt.label] = totals.get(receipt.label, 0) + receipt.number
    return [Receipt(label, number) for label, number in totals.items()]


def sum_receipts(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Receipts of several batches as one list, summed by label."""
    totals: dict[str, int] = {}
    for receipt in receipts:
        totals[receipt.label] = totals.get(receipt.label, 0) + receipt.number
    return [Receipt(label, number) for label, number in totals.items()]
