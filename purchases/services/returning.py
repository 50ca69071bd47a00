"""Returns: what came back, never more than was bought."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.bulk import RowWriter, read_together
from core.errors import DomainError
from purchases import errors
from purchases.facts import ReturnFacts
from purchases.incoming import IncomingReturn, hash_return
from purchases.models import Source
from purchases.services.checking import check_return
from purchases.services.outcome import CREATED, KNOWN, RETURN, IntakeResult, Outcome, refuse

# The lock comes first: what the later statements read is as the last holder left it.
_LOCK = """
    SELECT id, external_id, member_id, purchased_at FROM purchases_purchase
    WHERE source_id = %s AND external_id = ANY(%s) ORDER BY id FOR UPDATE
"""
_LINES = """
    SELECT line.purchase_id, line.id, line.position, line.external_id, product.external_id,
        line.quantity, line.amount, coalesce(sum(back.quantity), 0),
        coalesce(sum(back.amount), 0)::bigint
    FROM purchases_line AS line
    JOIN purchases_purchase AS purchase ON purchase.id = line.purchase_id
    LEFT JOIN purchases_product AS product ON product.id = line.product_id
    LEFT JOIN purchases_returnline AS back ON back.line_id = line.id
    WHERE purchase.source_id = %s AND purchase.external_id = ANY(%s)
    GROUP BY line.id, product.external_id
    ORDER BY line.purchase_id, line.position
"""
_KNOWN_RETURNS = """
    SELECT external_id, id, content_hash FROM purchases_return
    WHERE source_id = %s AND external_id = ANY(%s)
"""
_IDS = "SELECT nextval('purchases_return_id_seq') FROM generate_series(1, %s)"
_INSERT = """
    INSERT INTO purchases_return (id, source_id, external_id, content_hash, purchase_id,
        returned_at, recorded_at, total_amount)
    SELECT id, %s, external_id, content_hash, purchase_id, returned_at, %s, total_amount
    FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::bigint[], %s::timestamptz[],
        %s::bigint[])
        AS new (id, external_id, content_hash, purchase_id, returned_at, total_amount)
    ORDER BY external_id
    ON CONFLICT (source_id, external_id) DO NOTHING
    RETURNING id
"""
_LINE_COLUMNS = ("of_return_id", "line_id", "quantity", "amount")


@dataclass(slots=True)
class _BoughtLine:
    id: int
    position: int
    line_id: str
    product: str | None
    quantity: Decimal
    amount: int
    returned_quantity: Decimal
    returned_amount: int

    @property
    def left_quantity(self) -> Decimal:
        return self.quantity - self.returned_quantity

    @property
    def left_amount(self) -> int:
        return self.amount - self.returned_amount


@dataclass(slots=True)
class _Bought:
    id: int
    member_id: int | None
    purchased_at: dt.datetime
    lines: list[_BoughtLine] = field(default_factory=list)


@dataclass(slots=True)
class _Back:
    incoming: IncomingReturn
    outcome: Outcome
    content_hash: bytes
    purchase: _Bought
    taken: dict[int, tuple[Decimal, int]]  # position to quantity and amount
    before: dict[int, tuple[Decimal, int]]


def take_back(
    source: Source, returns: Sequence[IncomingReturn], result: IntakeResult, *, now: dt.datetime
) -> list[ReturnFacts]:
    """Write the returns of a batch, inside its transaction; answers in ``result``.

    Purchases are locked in id order; returns count one after the other in processing order.
    """
    pairs = _check_all(returns, result, now)
    if not pairs:
        return []
    of = sorted({item.returned_of for item, _outcome in pairs})
    names = sorted({item.external_id for item, _outcome in pairs})
    locked, line_rows, known_rows, ids = read_together(
        [
            (_LOCK, [source.pk, of]),
            (_LINES, [source.pk, of]),
            (_KNOWN_RETURNS, [source.pk, names]),
            (_IDS, [len(pairs)]),
        ]
    )
    bought = {row[1]: _Bought(row[0], row[2], row[3]) for row in locked}
    by_id = {purchase.id: purchase for purchase in bought.values()}
    for purchase_id, *columns in line_rows:
        by_id[purchase_id].lines.append(_BoughtLine(*columns))
    known = {external_id: (pk, bytes(digest)) for external_id, pk, digest in known_rows}
    backs = _match_all(pairs, bought, known, [pk for (pk,) in ids])
    return _write(source, backs, result, now)


def _check_all(returns, result, now):
    pairs = []
    for item in returns:
        outcome = Outcome(RETURN, item.external_id, CREATED)
        result.outcomes.append(outcome)
        try:
            check_return(item, now)
        except DomainError as refusal:
            refuse(outcome, refusal)
        else:
            pairs.append((item, outcome))
    return sorted(pairs, key=lambda pair: (pair[0].returned_at, pair[0].external_id))


def _match_all(pairs, bought, known, ids) -> list[_Back]:
    backs = []
    for (item, outcome), pk in zip(pairs, ids, strict=True):
        content_hash = item.content_hash or hash_return(item)
        try:
            if before := known.get(item.external_id):
                if before[1] != content_hash:
                    raise errors.OtherContent(value=item.external_id)
                outcome.state, outcome.id = KNOWN, before[0]
                continue
            purchase = bought.get(item.returned_of)
            if purchase is None:
                raise errors.UnknownPurchase(value=item.returned_of[:40])
            if item.returned_at < purchase.purchased_at:
                raise errors.ReturnedBeforePurchase
            taken, before_lines = _match_lines(item, purchase)
        except DomainError as refusal:
            refuse(outcome, refusal)
            continue
        outcome.id = pk
        known[item.external_id] = (pk, content_hash)
        backs.append(_Back(item, outcome, content_hash, purchase, taken, before_lines))
    return backs


def _match_lines(item, purchase):
    """What the return takes from each line; the lines count it only if all of it fits."""
    taken: dict[int, tuple[Decimal, int]] = {}
    parts = item.lines or [None] * 1
    for part in parts:
        if part is None:
            for line in purchase.lines:
                if line.left_quantity or line.left_amount:
                    taken[line.position] = (line.left_quantity, line.left_amount)
            continue
        line, quantity, amount = _find_line(part, purchase, taken)
        so_far = taken.get(line.position, (Decimal(0), 0))
        taken[line.position] = (so_far[0] + quantity, so_far[1] + amount)
    taken = {position: part for position, part in taken.items() if part[0] or part[1]}
    if not taken:
        raise errors.ReturnsNothing
    before = {
        line.position: (line.returned_quantity, line.returned_amount)
        for line in purchase.lines
        if line.returned_quantity or line.returned_amount
    }
    for line in purchase.lines:
        if part := taken.get(line.position):
            line.returned_quantity += part[0]
            line.returned_amount += part[1]
    return taken, before


def _find_line(part, purchase, taken):
    """The first line that is meant and has room, with the quantity and amount taken from it."""
    if part.line_id:
        meant = [line for line in purchase.lines if line.line_id == part.line_id]
    elif part.position is not None:
        meant = [line for line in purchase.lines if line.position == part.position]
    elif part.product:
        meant = [line for line in purchase.lines if line.product == part.product]
    else:
        meant = purchase.lines if len(purchase.lines) == 1 else []
    if not meant:
        raise errors.UnknownLine(value=part.line_id or part.product or part.position or "")
    for line in meant:
        gone = taken.get(line.position, (Decimal(0), 0))
        left = line.left_quantity - gone[0], line.left_amount - gone[1]
        quantity = left[0] if part.quantity is None else part.quantity
        amount = part.amount
        if amount is None:
            amount = left[1] if quantity == left[0] else _share(line, quantity)
        if quantity <= left[0] and amount <= left[1]:
            return line, quantity, amount
    raise errors.ReturnsTooMuch(position=meant[0].position)


def _share(line, quantity) -> int:
    """The price of part of a line, rounded down; the last part gets what is left."""
    return int(line.amount * quantity // line.quantity) if line.quantity else 0


def _write(source, backs, result, now) -> list[ReturnFacts]:
    if not backs:
        _count(result)
        return []
    rows = [
        (
            back.outcome.id,
            back.incoming.external_id,
            back.content_hash,
            back.purchase.id,
            back.incoming.returned_at,
            sum(amount for _quantity, amount in back.taken.values()),
        )
        for back in backs
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    (inserted,) = read_together([(_INSERT, [source.pk, now, *columns])])
    if len(inserted) < len(backs):
        # Another purchase's return took the same id a moment ago.
        present = {pk for (pk,) in inserted}
        for back in backs:
            if back.outcome.id not in present:
                back.outcome.id = None
                refuse(back.outcome, errors.OtherContent(value=back.incoming.external_id))
        backs = [back for back in backs if back.outcome.state == CREATED]
    writer = RowWriter()
    writer.add(
        "purchases_returnline",
        _LINE_COLUMNS,
        [
            (back.outcome.id, line.id, *back.taken[line.position])
            for back in backs
            for line in back.purchase.lines
            if line.position in back.taken
        ],
    )
    writer.flush()
    _count(result)
    return [
        ReturnFacts(
            back.outcome.id,
            back.incoming.external_id,
            back.purchase.id,
            back.purchase.member_id,
            back.incoming.returned_at,
            [(position, *part) for position, part in sorted(back.taken.items())],
            back.before,
        )
        for back in backs
        if back.purchase.member_id
    ]


def _count(result):
    mine = [outcome for outcome in result.outcomes if outcome.kind == RETURN]
    result.return_count = sum(outcome.state == CREATED for outcome in mine)
    result.known_count += sum(outcome.state == KNOWN for outcome in mine)
