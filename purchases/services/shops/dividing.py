"""What a refund takes from each line of its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import format_money
from members.selectors.club import get_club
from purchases import errors


@dataclass(slots=True)
class LineLeft:
    """A line of the purchase, and what has not come back of it yet."""

    position: int
    line_id: str
    quantity: Decimal
    amount: int
    left_quantity: Decimal
    left_amount: int

    def take(self, quantity: Decimal, amount: int) -> None:
        self.left_quantity -= quantity
        self.left_amount -= amount


Taken = dict[int, tuple[Decimal, int]]  # position to quantity and amount


def divide_refund(
    content: Mapping[str, Any], lines: Sequence[LineLeft], *, is_tax_included: bool,
    order_left: int | None = None,
) -> Taken:  # fmt: skip
    """Quantity and amount per line; ``lines`` follow what is taken.

    What names a line is that line's: its quantity must be left, its amount is cut to what is left
    of the line (an earlier refund without lines may have taken of it). What names none goes over
    the lines by what is left of each, in whole minor units by largest remainder, and beyond
    all goods it concerns shipping. Goods first: most refunds are of goods.

    With ``order_left``, what the shop has not given back of the whole order yet, it raises
    RefundTooLarge, ReturnsTooMuch or UnknownLine and leaves the lines as they were; without, as
    for a refund that was taken in before, it takes as much as there is.
    """
    strict = order_left is not None
    by_id = {line.line_id: line for line in lines}
    wanted: list[tuple[LineLeft, Decimal, int]] = []
    for line_id, quantity, net, tax in content["lines"]:
        line = by_id.get(line_id)
        if line is None:
            if strict:
                raise errors.UnknownLine(value=line_id)
            continue
        wanted.append((line, Decimal(quantity), net + (0 if is_tax_included else tax)))
    if strict:
        _check(content, wanted, order_left or 0)
    taken: Taken = {}
    for line, quantity, amount in wanted:
        quantity = min(quantity, line.left_quantity)
        amount = min(amount, line.left_amount)
        if quantity and quantity == line.left_quantity and _is_nearly(line, quantity, amount):
            amount = line.left_amount  # a shop rounds taxes line by line: all is back
        _add(taken, line, quantity, amount)
    _spread(content["loose"], lines, taken)
    return {position: part for position, part in taken.items() if part[0] or part[1]}


def _check(
    content: Mapping[str, Any], wanted: Sequence[tuple[LineLeft, Decimal, int]], order_left: int
) -> None:
    quantities: dict[int, Decimal] = {}
    amounts: dict[int, int] = {}
    for line, quantity, amount in wanted:
        quantities[line.position] = quantities.get(line.position, Decimal(0)) + quantity
        amounts[line.position] = amounts.get(line.position, 0) + amount
        # A cent for each piece: prices with tax are rounded one by one.
        too_much = amounts[line.position] > line.amount + max(int(line.quantity), 1)
        if quantities[line.position] > line.left_quantity or too_much:
            raise errors.ReturnsTooMuch(position=line.position)
    given = max(content["total"], content["loose"])
    if given > order_left:
        currency = get_club().currency
        raise errors.RefundTooLarge(
            value=format_money(given, currency), left=format_money(order_left, currency)
        )


def _is_nearly(line: LineLeft, quantity: Decimal, amount: int) -> bool:
    return line.left_amount - amount <= max(int(quantity), 1)


def _add(taken: Taken, line: LineLeft, quantity: Decimal, amount: int) -> None:
    before = taken.get(line.position, (Decimal(0), 0))
    taken[line.position] = (before[0] + quantity, before[1] + amount)
    line.take(quantity, amount)


def _spread(amount: int, lines: Sequence[LineLeft], taken: Taken) -> None:
    """Largest remainder over what is left, ties to the earlier line; a line that is used up has
    come back with all its pieces.
    """
    whole = sum(line.left_amount for line in lines)
    amount = min(amount, whole)
    if not amount:
        return
    shares = [divmod(amount * line.left_amount, whole) for line in lines]
    parts = [share for share, _rest in shares]
    order = sorted(range(len(shares)), key=lambda index: -shares[index][1])  # stable
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    for line, part in zip(lines, parts, strict=True):
        if part:
            quantity = line.left_quantity if part == line.left_amount else Decimal(0)
            _add(taken, line, quantity, part)
