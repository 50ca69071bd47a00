"""Work rows: what follows an activity later, once, and never lost."""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Min

from members import registry
from members.models import WorkItem
from members.models.activity import WorkItemQuerySet
from members.registry import Consumer

logger = logging.getLogger(__name__)

AT_ONCE = 500  # rows
_LONGEST_WAIT = dt.timedelta(hours=6)
LATE_AFTER = dt.timedelta(minutes=15)  # a worker busy with a large file is not to blame yet


def process_due_work(*, now: dt.datetime, limit: int = AT_ONCE) -> int:
    """Run every consumer's waiting rows, oldest first, ``limit`` of each at most, so that one
    with plenty to do holds up no other; returns how many were done.

    Each row is claimed with ``skip_locked`` and processed in its own transaction, in which it
    is deleted, so that several workers share the rows and a kill leaves none half done. A row
    that fails waits longer each time (a minute, two, four … six hours) and blocks no other. A
    row whose consumer is not registered any more waits untouched.
    """
    return sum(_process_some(consumer, limit, now) for consumer in registry.consumers)


def _process_some(consumer: Consumer, limit: int, now: dt.datetime) -> int:
    done = 0
    while done < limit:
        outcome = _process(consumer, now, WorkItem.objects.due(now))
        if outcome is None:
            break
        done += outcome
    return done


def process_batch(code: str, batch_id: int, *, now: dt.datetime) -> bool:
    """Run one consumer's row of one batch at once, for whoever stands there and waits.

    Call it after the batch's own commit. False where a worker has it, or had it already; a row
    that fails waits for the next sweep, as any other.
    """
    consumer = registry.consumers[code]
    return bool(_process(consumer, now, WorkItem.objects.filter(batch=batch_id)))


def _process(consumer: Consumer, now: dt.datetime, items: WorkItemQuerySet) -> int | None:
    """1 where a row was done, 0 where it failed, None where there is none to take."""
    item = None
    try:
        with transaction.atomic():
            item = (
                items.of_consumer(consumer.code)
                .select_for_update(skip_locked=True)
                .order_by("due_at", "pk")
                .first()
            )
            if item is None:
                return None
            consumer.process(item.batch_id, now)
            item.delete()
    except Exception as error:
        if item is None:
            raise
        # Whatever a consumer raises, its row must wait and the others must go on.
        logger.exception("Work of %s failed", consumer.code)
        _postpone(item, error, now)
        return 0
    return 1


def _postpone(item: WorkItem, error: Exception, now: dt.datetime) -> None:
    wait = min(dt.timedelta(minutes=2 ** min(item.attempt_count, 10)), _LONGEST_WAIT)
    WorkItem.objects.filter(pk=item.pk, attempt_count=item.attempt_count).update(
        attempt_count=item.attempt_count + 1,
        due_at=now + wait,
        last_error=f"{type(error).__name__}: {error}"[:200],
    )


def list_waiting(now: dt.datetime) -> dict[str, dt.timedelta]:
    """The age of the oldest waiting row of each consumer (for the readiness page)."""
    oldest = WorkItem.objects.values_list("consumer").annotate(oldest=Min("recorded_at"))
    return {consumer: now - recorded_at for consumer, recorded_at in oldest}
