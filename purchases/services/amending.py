"""A shop's own change of an order that was taken in: another version of the purchase.

What stood there is kept, the lines become what the shop says now, and what came back is divided
over them anew; then the listeners hear of it, in the same transaction (docs/points.md 18).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.bulk import read_together
from members.registry import Receipt
from members.services.activities import ActivityRow, record_batch
from purchases.facts import AmendmentFacts, LineFacts, PurchaseFacts, ReturnFacts
from purchases.incoming import IncomingLine, write_quantity
from purchases.models import Line, Purchase, PurchaseVersion, Return, ReturnLine
from purchases.services.known import Known
from purchases.services.outcome import PURCHASE, RETURN
from purchases.services.shops.dividing import LineLeft, Taken, divide_refund

AMENDMENT = "amendment"


@dataclass(slots=True)
class _Goods:
    """A line with the goods that rules ask for."""

    row: Line
    category_ids: tuple[int, ...] = ()


@dataclass(slots=True)
class _Work:
    """A purchase under its lock, while it becomes another version."""

    purchase: Purchase
    now: dt.datetime
    effective_at: dt.datetime
    zone: str
    return_window_days: int
    rows: list[Line] = field(default_factory=list)
    said: list[_Goods] = field(default_factory=list)  # in the order of the shop


def record_first_version(
    purchase: Purchase, *, said_at: dt.datetime | None, now: dt.datetime, known: Known
) -> PurchaseVersion:
    """What the shop said first, when the purchase has just been taken in, or as it stands."""
    store = purchase.store
    zone = store.zone if store else known.zone
    window = known.windows.get(purchase.channel_id, purchase.channel.return_window_days)
    return PurchaseVersion.objects.create(
        purchase=purchase,
        number=purchase.version,
        said_at=said_at,
        recorded_at=now,
        total_amount=purchase.total_amount,
        discount_amount=purchase.discount_amount,
        zone=zone,
        return_window_days=window,
        lines=_write_lines(purchase.lines.order_by("position")),
    )


@transaction.atomic(savepoint=False)
def amend_purchase(
    purchase_id: int,
    *,
    lines: Sequence[IncomingLine],
    content_hash: bytes,
    member_id: int | None,
    said_at: dt.datetime,
    is_tax_included: bool,
    now: dt.datetime,
) -> list[Receipt]:
    """Make a purchase what its shop says now; returns what the listeners did.

    No ``lines`` means that the order was cancelled. ``member_id`` names whom the shop names; None
    leaves the member as it is, since a shop that forgets a customer takes nothing from a member.
    Time, store and channel stay those of the first version. The caller holds the order's lock and
    has found the member.
    """
    purchase = (
        Purchase.objects.select_for_update(of=("self",))
        .select_related("store", "channel", "source__default_store")
        .get(pk=purchase_id)
    )
    known = Known(purchase.source)
    first = purchase.versions.order_by("number").first() or record_first_version(
        purchase, said_at=None, now=purchase.recorded_at, known=known
    )
    work = _Work(
        purchase,
        now,
        effective_at=max(said_at, purchase.purchased_at),
        zone=first.zone,
        return_window_days=first.return_window_days,
        rows=list(Line.objects.filter(purchase=purchase).order_by("position")),
    )
    _change_lines(work, lines, known)
    return _finish(work, first, content_hash, member_id, said_at, is_tax_included)


@transaction.atomic(savepoint=False)
def divide_returns_again(
    purchase_id: int, *, said_at: dt.datetime, is_tax_included: bool, now: dt.datetime
) -> list[Receipt]:
    """Count a purchase's returns by their own time, after one came later than a younger one.

    Where a refund names no lines, what it takes depends on what was left. Another version with the
    same lines; the caller holds the order's lock.
    """
    purchase = Purchase.objects.select_for_update(of=("self",)).get(pk=purchase_id)
    last = purchase.versions.order_by("-number")[0]
    work = _Work(
        purchase,
        now,
        effective_at=max(said_at, purchase.purchased_at),
        zone=last.zone,
        return_window_days=last.return_window_days,
        rows=list(
            Line.objects.filter(purchase=purchase).select_related("category").order_by("position")
        ),
    )
    rows = {row.position: row for row in work.rows}
    work.said = [_Goods(row, _list_lineage(row)) for row in (rows[line[0]] for line in last.lines)]
    first = purchase.versions.order_by("number")[0]
    content_hash = bytes(purchase.content_hash)
    return _finish(work, first, content_hash, None, said_at, is_tax_included)


def _list_lineage(row: Line) -> tuple[int, ...]:
    return tuple(row.category.lineage) if row.category else ()


def _finish(
    work: _Work, first: PurchaseVersion, content_hash: bytes, member_id: int | None,
    said_at: dt.datetime, is_tax_included: bool,
) -> list[Receipt]:  # fmt: skip
    purchase = work.purchase
    before, former_id = purchase.total_amount, purchase.member_id
    version = _raise_version(work, content_hash, member_id, said_at)
    returns = _divide_returns(work, is_tax_included)
    facts = _build_facts(work, version, first.recorded_at, returns, former_id)
    if not facts:
        return []
    return record_batch(
        AMENDMENT if former_id else PURCHASE,
        [_build_activity(fact, before, purchase) for fact in facts],
        payload=facts,
        now=work.now,
    )


# --- Lines --------------------------------------------------------------------------------------


def _change_lines(work: _Work, lines: Sequence[IncomingLine], known: Known) -> None:
    """Each line keeps its row and position by its id; what is not said any more is emptied."""
    _learn_goods(known, lines)
    by_id = {row.external_id: row for row in work.rows if row.external_id}
    position = max((row.position for row in work.rows), default=0)
    added, kept = [], []
    for line in lines:
        row = by_id.pop(line.line_id, None)
        if row is None:
            position += 1
            row = Line(purchase=work.purchase, position=position, external_id=line.line_id)
            added.append(row)
        else:
            kept.append(row)
        product_id, category_id, lineage = known.find_goods(line.product, line.category)
        row.product_id, row.category_id = product_id, category_id
        row.quantity, row.amount = line.quantity, line.amount
        row.discount_amount, row.tax_amount = line.discount, line.tax
        row.paid_otherwise_amount, row.cost_amount = line.paid_otherwise, line.cost
        work.said.append(_Goods(row, lineage))
    gone = [row for row in work.rows if all(row is not other for other in kept)]
    for row in gone:
        row.quantity, row.amount, row.discount_amount = Decimal(0), 0, 0
        row.tax_amount = row.paid_otherwise_amount = 0
    Line.objects.bulk_update(
        [*kept, *gone],
        ["product", "category", "quantity", "amount", "discount_amount", "tax_amount",
         "paid_otherwise_amount", "cost_amount"],
    )  # fmt: skip
    Line.objects.bulk_create(added)
    work.rows = sorted([*work.rows, *added], key=lambda row: row.position)


def _learn_goods(known: Known, lines: Sequence[IncomingLine]) -> None:
    products = {line.product: (line.product_name, line.category) for line in lines if line.product}
    categories = {line.category for line in lines} - {""}
    known.take(*read_together(known.build_reads(set(), set(products), categories)))
    known.add_missing(set(), products, categories)


def _write_lines(rows) -> list[list[Any]]:
    """For ``PurchaseVersion.lines``."""
    return [
        [
            row.position, row.external_id, row.product_id, row.category_id,
            write_quantity(row.quantity), row.amount, row.discount_amount, row.tax_amount,
            row.paid_otherwise_amount,
        ]
        for row in rows
    ]  # fmt: skip


def _raise_version(
    work: _Work, content_hash: bytes, member_id: int | None, said_at: dt.datetime
) -> PurchaseVersion:
    purchase = work.purchase
    purchase.version += 1
    purchase.content_hash = content_hash
    purchase.total_amount = sum(goods.row.amount for goods in work.said)
    purchase.discount_amount = sum(goods.row.discount_amount for goods in work.said)
    purchase.line_count = len(work.rows)
    if member_id is not None:
        purchase.member_id = member_id
    purchase.save(
        update_fields=["version", "content_hash", "total_amount", "discount_amount", "line_count",
                       "member"]
    )  # fmt: skip
    return PurchaseVersion.objects.create(
        purchase=purchase,
        number=purchase.version,
        said_at=said_at,
        recorded_at=work.now,
        is_void=not work.said,
        total_amount=purchase.total_amount,
        discount_amount=purchase.discount_amount,
        zone=work.zone,
        return_window_days=work.return_window_days,
        lines=_write_lines(goods.row for goods in work.said),
    )


# --- Returns ------------------------------------------------------------------------------------


def _divide_returns(work: _Work, is_tax_included: bool) -> list[ReturnFacts]:
    """What came back before, by the lines as they are now; a shop's refunds are divided anew."""
    left = [
        LineLeft(row.position, row.external_id, row.quantity, row.amount, row.quantity, row.amount)
        for row in work.rows
    ]
    by_position = {line.position: line for line in left}
    ids = {row.position: row.pk for row in work.rows}
    returns = sorted(
        Return.objects.filter(purchase=work.purchase)
        .select_related("shop_refund")
        .prefetch_related("lines__line"),
        key=lambda each: (each.returned_at, len(each.external_id), each.external_id),
    )
    found, back = [], {position: (Decimal(0), 0) for position in ids}
    for each in returns:
        refund = getattr(each, "shop_refund", None)
        if refund is not None:
            taken = divide_refund(refund.content, left, is_tax_included=is_tax_included)
            _rewrite(each, taken, ids)
        else:
            taken = {row.line.position: (row.quantity, row.amount) for row in each.lines.all()}
            for position, part in taken.items():
                by_position[position].take(*part)
        before = {position: part for position, part in back.items() if part[0] or part[1]}
        for position, part in taken.items():
            back[position] = (back[position][0] + part[0], back[position][1] + part[1])
        found.append(
            ReturnFacts(
                each.pk,
                each.external_id,
                work.purchase.pk,
                work.purchase.member_id or 0,
                each.returned_at,
                [(position, *part) for position, part in sorted(taken.items())],
                before,
            )
        )
    return found


def _rewrite(each: Return, taken: Taken, line_ids: dict[int, int]) -> None:
    before = {row.line.position: (row.quantity, row.amount) for row in each.lines.all()}
    if before == taken:
        return
    each.lines.all().delete()
    ReturnLine.objects.bulk_create(
        ReturnLine(of_return=each, line_id=line_ids[position], quantity=quantity, amount=amount)
        for position, (quantity, amount) in sorted(taken.items())
    )
    each.total_amount = sum(amount for _quantity, amount in taken.values())
    each.save(update_fields=["total_amount"])


# --- Facts --------------------------------------------------------------------------------------


def _build_facts(
    work: _Work, version: PurchaseVersion, recorded_at: dt.datetime, returns: list[ReturnFacts],
    former_id: int | None,
) -> list[Any]:  # fmt: skip
    """What the listeners get: an amendment for whoever had the purchase, a purchase for whoever
    has it only now.
    """
    purchase = work.purchase
    member_id = purchase.member_id
    bought = _build_purchase(work, version) if member_id and not version.is_void else None
    facts: list[Any] = []
    if former_id:
        is_same = former_id == member_id
        facts.append(
            AmendmentFacts(
                id=version.pk,
                external_id=purchase.external_id,
                purchase_id=purchase.pk,
                member_id=former_id,
                effective_at=work.effective_at,
                purchased_at=purchase.purchased_at,
                recorded_at=recorded_at,
                purchase=bought if is_same else None,
                returns=returns if is_same else [],
            )
        )
        if is_same:
            return facts
    if bought is not None:
        facts += [bought, *returns]
    return facts


def _build_purchase(work: _Work, version: PurchaseVersion) -> PurchaseFacts:
    purchase = work.purchase
    return PurchaseFacts(
        purchase.pk,
        purchase.external_id,
        None,
        purchase.member_id or 0,
        purchase.store_id,
        purchase.channel_id,
        purchase.purchased_at,
        work.zone,
        work.return_window_days,
        [
            LineFacts(
                goods.row.position,
                goods.row.product_id,
                goods.category_ids,
                goods.row.quantity,
                goods.row.amount,
                goods.row.tax_amount,
                goods.row.paid_otherwise_amount,
            )
            for goods in work.said
        ],
        version.number,
    )


def _build_activity(fact: Any, before: int, purchase: Purchase) -> ActivityRow:
    if isinstance(fact, AmendmentFacts):
        left = purchase.total_amount if fact.purchase else 0
        kind, subject, amount = AMENDMENT, PURCHASE, left - before
        subject_id = fact.purchase_id
    elif isinstance(fact, PurchaseFacts):
        kind = subject = PURCHASE
        subject_id, amount = fact.id, purchase.total_amount
    else:
        kind = subject = RETURN
        subject_id, amount = fact.id, sum(line[2] for line in fact.lines)
    return ActivityRow(
        fact.member_id,
        kind,
        fact.effective_at,
        f"purchases.{subject}",
        subject_id,
        {"amount": amount},
    )
