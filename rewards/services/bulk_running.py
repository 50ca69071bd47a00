"""Running an act for many: batches that commit as they go, each member once.

Batches claim rows that others leave (``skip_locked``), so any number of workers may run one act,
and a killed one leaves nothing half done. Every member is settled under the lock first.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core.bulk import RowWriter
from core.services.audit import record_audit
from core.time import day_of
from rewards.engine.book import Book, LotState, NoticeDraft
from rewards.engine.terms import Terms
from rewards.enums import BulkKind, BulkOutcome, BulkState, TierReason, Unit
from rewards.models import BulkAct, Lot
from rewards.services.grants import open_grant
from rewards.services.holding import load_lot
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger
from rewards.services.surprise_giving import give_back_stock, give_gifts
from rewards.services.tier_decisions import hold_tier

logger = logging.getLogger(__name__)

BATCH = 500
SILENT_FOR = dt.timedelta(minutes=2)  # then whoever ran it is taken for dead
CAUSE = "bulk"
_CLAIM = """
    SELECT r.member_id FROM rewards_bulkactmember r
    WHERE r.act_id = %s AND r.outcome = 'waiting'
    ORDER BY r.member_id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_HELD_LOTS = """
    SELECT id FROM rewards_lot
    WHERE member_id = ANY(%s) AND unit = 'points' AND held > 0 AND available = 0 AND pending = 0
"""
_MARK = """
    UPDATE rewards_bulkactmember r SET outcome = u.outcome, points = u.points
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS u (member_id, outcome, points)
    WHERE r.act_id = %s AND r.member_id = u.member_id
"""
_COUNT = """
    UPDATE rewards_bulkact SET done_count = done_count + %s, skipped_count = skipped_count + %s,
        moved_points = moved_points + %s, seen_at = %s
    WHERE id = %s
"""
_FINISH = """
    UPDATE rewards_bulkact SET state = 'done', finished_at = %s
    WHERE id = %s AND state = 'running' AND NOT EXISTS (
        SELECT FROM rewards_bulkactmember WHERE act_id = %s AND outcome = 'waiting')
"""
Result = tuple[str, int]  # the outcome for one member, and with how many points


def list_silent_acts(*, now: dt.datetime) -> list[int]:
    """Acts that should be running and gave no sign of life for a while."""
    silent = BulkAct.objects.silent(now - SILENT_FOR)
    return list(silent.order_by("pk").values_list("pk", flat=True))


def run_bulk_act(
    act_id: int, *, now: dt.datetime, on_progress: Callable[[int], None] | None = None
) -> None:
    """Run what is left of an act; nothing to do where it waits, is over or was cancelled.

    Opens a transaction for each batch; must not run inside one.
    """
    while True:
        for attempt in range(3):
            try:
                done = _run_batch(act_id, now=now)
                break
            except OperationalError:
                # A deadlock or a lost connection: the batch is undone, and tried again.
                if attempt == 2:
                    raise
                logger.warning("act for many %s: a batch is tried again", act_id)
        if not done:
            break
        if on_progress:
            on_progress(done)
    _finish(act_id, now=now)


@transaction.atomic
def _run_batch(act_id: int, *, now: dt.datetime) -> int:
    act = BulkAct.objects.select_related("asked_by").get(pk=act_id)
    if act.kind == BulkKind.GIFT:
        # One batch at a time: who cancels gives the stock back that no batch has given yet.
        act = BulkAct.objects.select_for_update(no_key=True).get(pk=act_id)
    if act.state != BulkState.RUNNING:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [act_id, BATCH])
        member_ids = [member_id for (member_id,) in cursor.fetchall()]
    if not member_ids:
        return 0
    ledger = open_settled_ledger(
        member_ids,
        now=now,
        build_extra=lambda terms: [(_HELD_LOTS, [member_ids])],
    )
    writer = RowWriter()
    if act.kind == BulkKind.GIFT:
        results = give_gifts(act, ledger, writer, member_ids, now=now)
    else:
        _load_held_lots(ledger)
        results = {
            member_id: _apply(act, ledger, ledger.books[member_id], now) for member_id in member_ids
        }
    write_ledger(ledger, now=now, writer=writer)
    rows = [(member_id, *result) for member_id, result in results.items()]
    writer.execute(_MARK, [*map(list, zip(*rows, strict=True)), act_id])
    done = sum(outcome == BulkOutcome.DONE for _id, outcome, _points in rows)
    points = sum(points for _id, _outcome, points in rows)
    counted = [done, len(rows) - done, points, timezone.now(), act_id]
    writer.execute(_COUNT, counted)
    writer.flush()
    return len(rows)


def _load_held_lots(ledger: Ledger) -> None:
    """Reserved points too: they may come back, and shall have the later day then."""
    for row in Lot.objects.filter(pk__in=[pk for (pk,) in ledger.extra[0]]):
        ledger.books[row.member_id].lots.append(load_lot(row))


def _apply(act: BulkAct, ledger: Ledger, book: Book, now: dt.datetime) -> Result:
    if not book.is_active:
        return BulkOutcome.GONE, 0
    outcome, points = _APPLY[BulkKind(act.kind)](act, ledger, book, now)
    if outcome == BulkOutcome.DONE:
        facts: dict[str, Any] = {"act": act.pk, "points": points}
        if act.until_on:
            facts["until"] = act.until_on.isoformat()
        if act.kind == BulkKind.TIER:
            facts["tier_id"] = book.tier_id
        book.notices.append(NoticeDraft(f"bulk_{act.kind}", f"{CAUSE}:{act.pk}", now, facts))
    return outcome, points


def _grant(act: BulkAct, ledger: Ledger, book: Book, now: dt.datetime) -> Result:
    points = act.points or 0
    if act.until_on is not None and act.until_on < day_of(now, ledger.terms.zone):
        return BulkOutcome.NOTHING, 0  # it was stopped for so long that the gift would be over
    open_grant(
        book, points, ledger.terms, expires_on=act.until_on, cause=(CAUSE, act.pk), now=now,
        key=f"{CAUSE}:{act.pk}:{book.member_id}",
    )  # fmt: skip
    return BulkOutcome.DONE, points


def _extend(act: BulkAct, ledger: Ledger, book: Book, now: dt.datetime) -> Result:
    until = act.until_on or dt.date.min
    points = 0
    for lot in list_lots_to_extend(book, until, ledger.terms, now):
        points += lot.available + lot.held
        if lot.expires_on is not None:
            book.redate(lot, until, decision_id=act.decision_id)
    if points and book.points_expire_on is not None and book.points_expire_on < until:
        book.points_expire_on = until
        book.standing_dirty = True
    return (BulkOutcome.DONE, points) if points else (BulkOutcome.NOTHING, 0)


def list_lots_to_extend(
    book: Book, until: dt.date, terms: Terms, now: dt.datetime
) -> list[LotState]:
    """Lots with usable or reserved points whose last usable day would come before ``until``;
    those that live by activity have the standing's.
    """
    today = day_of(now, terms.zone)
    found = []
    for lot in book.lots:
        if lot.unit != Unit.POINTS or not (lot.available or lot.held):
            continue
        last = lot.expires_on or book.points_expire_on
        if last is not None and today <= last < until:
            found.append(lot)
    return found


def _keep(act: BulkAct, ledger: Ledger, book: Book, now: dt.datetime) -> Result:
    """Each keeps the tier that they have, or is raised to the one that is given."""
    programme = ledger.terms.programme_on(day_of(now, ledger.terms.zone))
    own, until = programme.level_of(book.tier_id), act.until_on or dt.date.min
    level = own
    if act.tier_id is not None:
        level = max(own, programme.level_of(act.tier_id), key=lambda each: each.rank)
    promised = any(
        programme.level_of(tier_id).rank >= level.rank and last >= until
        for tier_id, last in book.kept_tiers
    )
    if level.rank == 0 or promised or until < day_of(now, ledger.terms.zone):
        return BulkOutcome.NOTHING, 0
    hold_tier(
        ledger, book.member_id, level.tier_id, until, reason=TierReason.DECISION, by=act.asked_by,
        now=now, tell=False,
    )  # fmt: skip
    return BulkOutcome.DONE, 0


_APPLY: dict[BulkKind, Callable[[BulkAct, Ledger, Book, dt.datetime], Result]] = {
    BulkKind.GRANT: _grant,
    BulkKind.EXPIRY: _extend,
    BulkKind.TIER: _keep,
}


@transaction.atomic
def _finish(act_id: int, *, now: dt.datetime) -> None:
    """Whoever finds nothing waiting any more ends it; others may still hold a batch."""
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [timezone.now(), act_id, act_id])
        if not cursor.rowcount:
            return
    act = BulkAct.objects.get(pk=act_id)
    if act.kind == BulkKind.GIFT:
        give_back_stock(act)
    changes = {
        "done": act.done_count,
        "left_out": act.skipped_count,
        "points": act.moved_points,
    }
    record_audit("bulk.finished", act, by=None, now=now, changes=changes)
