"""A bill before it is rung up: plain values, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from rewards.engine.earning import allocate

MOST_LINES = 100


class EmptyBill(DomainError):
    code = "empty_bill"
    field = "entry"
    message = _("Enter at least one amount.")


class TooManyLines(DomainError):
    code = "too_many_lines"
    field = "entry"
    message = _("A bill has at most %(most)s lines. Ring up the rest as another one.")


class DiscountTooLarge(DomainError):
    code = "discount_too_large"
    field = "discount"
    message = _("The discount is more than the bill.")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line: the price of one, before any discount, in minor units."""

    price_amount: int
    quantity: Decimal = Decimal(1)
    product_id: int | None = None

    @property
    def gross_amount(self) -> int:
        gross = self.price_amount * self.quantity
        return int(gross.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class PricedLine:
    """What is paid for a line after its share of the discount."""

    product_id: int | None
    quantity: Decimal
    amount: int
    discount_amount: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Lines, and a discount on all of them together."""

    lines: Sequence[DraftLine] = ()
    discount_amount: int = 0

    @property
    def gross_amount(self) -> int:
        return sum(line.gross_amount for line in self.lines)

    @property
    def total_amount(self) -> int:
        return self.gross_amount - self.discount_amount

    def price(self) -> list[PricedLine]:
        """The lines with the discount divided by largest remainder.

        Raises EmptyBill, TooManyLines or DiscountTooLarge.
        """
        if not self.lines:
            raise EmptyBill
        if len(self.lines) > MOST_LINES:
            raise TooManyLines(most=MOST_LINES)
        if not 0 <= self.discount_amount <= self.gross_amount:
            raise DiscountTooLarge
        gross = [line.gross_amount for line in self.lines]
        discounts = allocate(self.discount_amount, gross)
        return [
            PricedLine(line.product_id, line.quantity, whole - discount, discount)
            for line, whole, discount in zip(self.lines, gross, discounts, strict=True)
        ]


def allocate_paid(lines: Sequence[PricedLine], paid_amount: int) -> list[int]:
    """What points and credit paid of each line, by largest remainder: never more than its own."""
    return allocate(paid_amount, [line.amount for line in lines])
