"""The one way in: purchases and returns of one source, one or thousands, set-based.

A batch is one transaction. What it refers to is looked up in one pipelined trip, members in
another; purchases are inserted once per (source, external id), parents in key order; lines,
activities and work rows travel together; then the listeners earn, in the same transaction.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from core.bulk import RowWriter, read_together
from core.errors import DomainError
from members.selectors.club import get_club
from members.services.activities import ActivityRow, record_batch
from members.services.enrolment import MemberLookup, ensure_members
from purchases import errors
from purchases.facts import LineFacts, PurchaseFacts, ReturnFacts
from purchases.incoming import IncomingPurchase, IncomingReturn, hash_purchase
from purchases.models import Source
from purchases.services.checking import check_purchase
from purchases.services.known import Known
from purchases.services.outcome import (
    CREATED,
    KNOWN,
    PURCHASE,
    REFUSED,
    RETURN,
    IntakeResult,
    Outcome,
    refuse,
)
from purchases.services.returning import take_back

BATCH_KIND = "purchase"

_KNOWN_PURCHASES = """
    SELECT external_id, id, content_hash FROM purchases_purchase
    WHERE source_id = %s AND external_id = ANY(%s)
"""
_IDS = """
    SELECT (SELECT array_agg(nextval('purchases_purchase_id_seq')) FROM generate_series(1, %s)),
           (SELECT array_agg(nextval('members_activity_id_seq')) FROM generate_series(1, %s)),
           nextval('members_activitybatch_id_seq')
"""
_INSERT_PURCHASES = """
    INSERT INTO purchases_purchase (id, source_id, external_id, content_hash, member_id, store_id,
        channel_id, purchased_at, recorded_at, currency, total_amount, discount_amount, line_count)
    SELECT id, %s, external_id, content_hash, member_id, store_id, channel_id, purchased_at, %s, %s,
        total_amount, discount_amount, line_count
    FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::timestamptz[], %s::bigint[], %s::bigint[], %s::int[])
        AS new (id, external_id, content_hash, member_id, store_id, channel_id, purchased_at,
            total_amount, discount_amount, line_count)
    ORDER BY external_id
    ON CONFLICT (source_id, external_id) DO NOTHING
    RETURNING id
"""
_LINE_COLUMNS = (
    "purchase_id",
    "position",
    "external_id",
    "product_id",
    "category_id",
    "quantity",
    "amount",
    "discount_amount",
    "tax_amount",
    "paid_otherwise_amount",
    "cost_amount",
)


@dataclass(slots=True)
class _Item:
    """A purchase on its way through the batch."""

    incoming: IncomingPurchase
    outcome: Outcome
    content_hash: bytes
    channel_id: int = 0
    store_id: int | None = None
    zone: str = ""
    member_id: int | None = None
    total: int = 0
    discount: int = 0
    twins: list[Outcome] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def take_in(
    source: Source,
    purchases: Sequence[IncomingPurchase],
    returns: Sequence[IncomingReturn] = (),
    *,
    now: dt.datetime,
    known: Known | None = None,
) -> IntakeResult:
    """Take in one batch of ``source``; refuses item by item and never raises for one item.

    The same content under the same external id again is silent; other content is refused. A
    listener's exception undoes the whole batch. ``known`` may be kept between batches of one
    file; it must be thrown away after an exception.
    """
    known = known or Known(source)
    result = IntakeResult()
    items = _check_all(purchases, result, now)
    lookup = MemberLookup(
        (item.incoming.member for item in items if item.incoming.member), source=source.code
    )
    ids = _look_up(known, items, len(returns), lookup)
    wanted = [item for item in items if _is_new(item, ids) and _find_place(item, known)]
    wanted = _enrol(wanted, source, lookup, now)
    new = _insert_purchases(wanted, known, ids, now)
    facts: list = []
    writer = RowWriter()
    _write_lines(new, known, writer, facts)
    _count(items, result)
    if returns:
        writer.flush()
        facts += take_back(source, returns, result, now=now)
    facts.sort(key=_processing_order)
    result.receipts = record_batch(
        BATCH_KIND,
        _build_activities(facts, ids.activities),
        payload=facts,
        now=now,
        writer=writer,
        batch_id=ids.batch,
    )
    result.batch_id = ids.batch if facts else None
    return result


def _processing_order(fact):
    """By time, then external id; at one instant a purchase stands before its return."""
    return fact.effective_at, isinstance(fact, ReturnFacts), fact.external_id


def _check_all(purchases, result, now) -> list[_Item]:
    """One item per external id, in key order; what can't be one is refused here."""
    items: dict[str, _Item] = {}
    currency = get_club().currency
    for purchase in purchases:
        outcome = Outcome(PURCHASE, purchase.external_id, CREATED)
        result.outcomes.append(outcome)
        try:
            check_purchase(purchase, currency, now)
            content_hash = purchase.content_hash or hash_purchase(purchase)
            first = items.get(purchase.external_id)
            if first and first.content_hash != content_hash:
                raise errors.OtherContent(value=purchase.external_id)
        except DomainError as refusal:
            refuse(outcome, refusal)
            continue
        if first:
            first.twins.append(outcome)
        else:
            items[purchase.external_id] = _Item(purchase, outcome, content_hash)
    return sorted(items.values(), key=lambda item: item.incoming.external_id)


# --- Looking up ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ids:
    known_purchases: dict[str, tuple[int, bytes]]
    purchases: list[int]
    activities: list[int]
    batch: int


def _look_up(known: Known, items: list[_Item], return_count: int, lookup: MemberLookup) -> _Ids:
    """Everything that the batch refers to, and ids for what it will write: one round trip."""
    stores = {item.incoming.store for item in items}
    lines = [line for item in items for line in item.incoming.lines]
    known_rows, ids, *answers = read_together(
        [
            (_KNOWN_PURCHASES, [known.source.pk, [item.incoming.external_id for item in items]]),
            (_IDS, [len(items), len(items) + return_count]),
            *known.build_reads(
                stores - {""},
                {line.product for line in lines} - {""},
                {line.category for line in lines} - {""},
            ),
            *lookup.build_reads(),
        ]
    )
    known.take(*answers[:4])
    lookup.take(answers[4:])
    purchase_ids, activity_ids, batch_id = ids[0]
    return _Ids(
        {external_id: (pk, bytes(digest)) for external_id, pk, digest in known_rows},
        purchase_ids or [],
        activity_ids or [],
        batch_id,
    )


def _is_new(item, ids) -> bool:
    before = ids.known_purchases.get(item.incoming.external_id)
    if before:
        _answer_known(item, *before)
    return before is None


def _answer_known(item, pk, digest):
    if digest == item.content_hash:
        item.outcome.state = KNOWN
        item.outcome.id = pk
    else:
        refuse(item.outcome, errors.OtherContent(value=item.incoming.external_id))


def _find_place(item, known) -> bool:
    """Store, zone and channel: the row's own, else the store's, else the source's."""
    store = known.stores.get(item.incoming.store) or known.default_store
    item.channel_id = store.channel_id if store else known.source.default_channel_id
    if code := item.incoming.channel:
        if code not in known.channels:
            refuse(item.outcome, errors.UnknownChannel(value=code[:40]))
            return False
        item.channel_id = known.channels[code][0]
    return True


def _enrol(items, source, lookup, now) -> list[_Item]:
    """Find or make the members; a purchase whose member can't be told is refused."""
    keys = [item.incoming.member for item in items if item.incoming.member]
    if not keys:
        return items
    enrolled = ensure_members(keys, source=source.code, now=now, lookup=lookup)
    for item in items:
        key = item.incoming.member
        if key in enrolled.refused:
            refuse(item.outcome, errors.name_field("member", enrolled.refused[key]))
        elif key:
            item.member_id = enrolled.ids[key]
    return [item for item in items if item.outcome.state == CREATED]


# --- Writing -------------------------------------------------------------------------------------


def _insert_purchases(items, known, ids, now) -> list[_Item]:
    """Insert purchases in key order; whoever came first in another transaction stays."""
    if not items:
        return []
    _add_missing(items, known)
    rows = []
    for item, pk in zip(items, ids.purchases, strict=False):
        incoming, lines = item.incoming, item.incoming.lines
        store = known.stores.get(incoming.store) or known.default_store
        item.outcome.id = pk
        item.store_id = store.id if store else None
        item.zone = store.zone if store else known.zone
        item.total = sum(line.amount for line in lines)
        item.discount = sum(line.discount for line in lines)
        rows.append(
            (
                pk,
                incoming.external_id,
                item.content_hash,
                item.member_id,
                item.store_id,
                item.channel_id,
                incoming.purchased_at,
                item.total,
                item.discount,
                len(lines),
            )
        )
    columns = [list(column) for column in zip(*rows, strict=True)]
    currency = get_club().currency
    (inserted,) = read_together([(_INSERT_PURCHASES, [known.source.pk, now, currency, *columns])])
    if len(inserted) < len(items):
        return _answer_overtaken(items, {pk for (pk,) in inserted}, known.source)
    return items


def _add_missing(items, known):
    products: dict[str, tuple[str, str]] = {}
    for item in items:
        for line in item.incoming.lines:
            if line.product and line.product not in products and line.product not in known.products:
                products[line.product] = (line.product_name, line.category)
    known.add_missing(
        {item.incoming.store for item in items} - {""},
        products,
        {line.category for item in items for line in item.incoming.lines} - {""},
    )


def _answer_overtaken(items, inserted, source):
    """Another transaction wrote some of these meanwhile: compare with what it wrote."""
    late = [item for item in items if item.outcome.id not in inserted]
    (rows,) = read_together(
        [(_KNOWN_PURCHASES, [source.pk, [item.incoming.external_id for item in late]])]
    )
    before = {external_id: (pk, bytes(digest)) for external_id, pk, digest in rows}
    for item in late:
        _answer_known(item, *before[item.incoming.external_id])
    return [item for item in items if item.outcome.id in inserted]


def _write_lines(items, known, writer, facts):
    """Collect the rows of lines, and the facts that listeners get, in one walk."""
    rows = []
    for item in items:
        incoming, pk = item.incoming, item.outcome.id
        line_facts = []
        for position, line in enumerate(incoming.lines, start=1):
            product_id, category_id, lineage = known.find_goods(line.product, line.category)
            rows.append(
                (
                    pk,
                    position,
                    line.line_id,
                    product_id,
                    category_id,
                    line.quantity,
                    line.amount,
                    line.discount,
                    line.tax,
                    line.paid_otherwise,
                    line.cost,
                )
            )
            line_facts.append(
                LineFacts(
                    position,
                    product_id,
                    lineage,
                    line.quantity,
                    line.amount,
                    line.tax,
                    line.paid_otherwise,
                )
            )
        if item.member_id:
            facts.append(
                PurchaseFacts(
                    pk,
                    incoming.external_id,
                    None,
                    item.member_id,
                    item.store_id,
                    item.channel_id,
                    incoming.purchased_at,
                    item.zone,
                    known.windows[item.channel_id],
                    line_facts,
                )
            )
    writer.add("purchases_line", _LINE_COLUMNS, rows)


def _count(items, result):
    for item in items:
        outcome = item.outcome
        for twin in item.twins:
            twin.id, twin.refusal = outcome.id, outcome.refusal
            twin.state = REFUSED if outcome.state == REFUSED else KNOWN
        if outcome.state == CREATED:
            result.purchase_count += 1
            result.line_count += len(item.incoming.lines)
            result.total_amount += item.total
            if item.member_id:
                result.member_ids.add(item.member_id)
    result.known_count = sum(outcome.state == KNOWN for outcome in result.outcomes)


def _build_activities(facts, activity_ids) -> list[ActivityRow]:
    activities = []
    for fact, activity_id in zip(facts, activity_ids, strict=False):
        fact.activity_id = activity_id
        if isinstance(fact, PurchaseFacts):
            kind = subject = PURCHASE
            amount = sum(line.amount for line in fact.lines)
        else:
            kind = subject = RETURN
            amount = sum(line[2] for line in fact.lines)
        activities.append(
            ActivityRow(
                fact.member_id,
                kind,
                fact.effective_at,
                f"purchases.{subject}",
                fact.id,
                {"amount": amount},
                activity_id,
            )
        )
    return activities
