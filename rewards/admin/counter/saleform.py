"""What stands in the form of a bill, as text: read, added to, reckoned."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.money import to_decimal
from members.models import Member
from members.numbers import clean_number, is_valid_number
from purchases.incoming import MAX_QUANTITY, write_quantity
from purchases.parsing.typed import read_typed_amount
from rewards.selectors.counter import Good, UsualGood, find_goods, list_goods
from rewards.services.counter.draft import MOST_LINES, Draft, DraftLine
from rewards.services.counter.finding import find_at_counter

_TIMES = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*[x*×✕]\s*(\S.*)\Z", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*[%％]\Z")
_WHOLE = re.compile(r"\d{1,9}\Z")
_BAR_CODE_FROM = 8  # digits; a shorter number is an amount


@dataclass(slots=True)
class Row:
    """One line as it stands in the form."""

    price: str = ""
    quantity: str = "1"
    product_id: int | None = None
    name: str = ""
    error: str = ""
    line: DraftLine | None = None

    def read(self, currency: str) -> None:
        """Sets ``line``, or ``error`` where a number can't be read."""
        try:
            quantity = Decimal(_plain(self.quantity).replace(",", ".") or "1")
            if not (quantity.is_finite() and 0 < quantity < MAX_QUANTITY):
                raise InvalidOperation
            quantity = quantity.quantize(Decimal("0.0001")).normalize()
        except InvalidOperation:
            self.error = _("“%(value)s” is no quantity.") % {"value": self.quantity[:20]}
            return
        try:
            price = read_typed_amount(self.price, currency)
        except DomainError:
            self.error = _("Enter the price of one.")
            return
        if price < 0:
            self.error = _("A price is never below zero: goods come back as a return.")
            return
        self.line = DraftLine(price, quantity, self.product_id)


@dataclass(slots=True)
class SaleForm:
    """The bill in the making. ``note`` says what an entry led to, ``goods`` what it may mean."""

    currency: str
    rows: list[Row] = field(default_factory=list)
    entry: str = ""
    discount: str = ""
    points: str = ""
    credit: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    goods: Sequence[Good] = ()
    found: Member | None = None

    @classmethod
    def read(cls, data: QueryDict, currency: str) -> "SaleForm":
        """The form as it was sent, nothing judged yet."""
        rows = [
            Row(price[:40], quantity[:20], int(product) if _WHOLE.match(product) else None)
            for price, quantity, product in zip(
                data.getlist("price"),
                data.getlist("quantity"),
                data.getlist("product"),
                strict=False,
            )
        ][:MOST_LINES]
        texts = {
            name: data.get(name, "").strip()[:120]
            for name in ("entry", "discount", "points", "credit")
        }
        return cls(currency, rows, **texts)

    # --- Acts of the buttons ---

    def act(self, do: str, usual: Sequence[UsualGood]) -> None:
        """What a button asks: add, add a good, the usual, take a line out."""
        verb, _colon, value = do.partition(":")
        number = int(value) if _WHOLE.match(value) else None
        if verb == "remove" and number is not None and number < len(self.rows):
            del self.rows[number]
        elif verb == "goods" and number is not None:
            self.entry = ""
            self._add_goods(list_goods([number]).get(number))
        elif verb == "usual":
            for good in usual:
                if number is None or good.product_id == number:
                    self.rows.append(self._build_usual(good))
        self._take_entry()

    def _take_entry(self) -> None:
        """Turn what was typed or scanned into a line, a member, or goods to choose from."""
        text = _plain(self.entry)
        if not text:
            return
        if is_valid_number(clean_number(text)):
            self.found = find_at_counter(text).member
            self.entry = "" if self.found else self.entry
            if self.found is None:
                self.errors["entry"] = _("No member has this number.")
            return
        times = _TIMES.match(text)
        quantity, price = (times[1], times[2]) if times else ("1", text)
        is_bar_code = text.isdigit() and len(text) >= _BAR_CODE_FROM
        if not is_bar_code and self._add_amount(price, quantity):
            return
        self.goods = find_goods(price)
        if len(self.goods) == 1:
            self._add_goods(self.goods[0], quantity)
            self.goods, self.entry = (), ""
        elif not self.goods and not (is_bar_code and self._add_amount(price, quantity)):
            self.errors["entry"] = _("“%(text)s” is no amount, and no goods have this name.") % {
                "text": self.entry[:40]
            }

    def _add_amount(self, price: str, quantity: str) -> bool:
        try:
            amount = read_typed_amount(price, self.currency)
        except DomainError:
            return False
        if amount < 0:
            return False
        self.rows.append(Row(self._write(amount), quantity.replace(",", ".")))
        self.entry = ""
        return True

    def _add_goods(self, good: Good | None, quantity: str = "1") -> None:
        if good is None:
            return
        price = "" if good.price_amount is None else self._write(good.price_amount)
        self.rows.append(Row(price, quantity.replace(",", "."), good.product_id))

    def _build_usual(self, good: UsualGood) -> Row:
        return Row(self._write(good.price_amount), write_quantity(good.quantity), good.product_id)

    # --- Reckoning ---

    def reckon(self) -> Draft:
        """The bill as far as it can be read; what can't is named in ``errors`` and rows."""
        names = list_goods([row.product_id for row in self.rows if row.product_id])
        for row in self.rows:
            good = names.get(row.product_id or 0)
            row.product_id, row.name = (good.product_id, good.name) if good else (None, "")
            row.read(self.currency)
        lines = [row.line for row in self.rows if row.line is not None]
        return Draft(lines, self._read_discount(sum(line.gross_amount for line in lines)))

    def _read_discount(self, gross: int) -> int:
        text = _plain(self.discount)
        if not text:
            return 0
        if percent := _PERCENT.match(text):
            share = Decimal(percent[1].replace(",", ".")) / 100
            if share <= 1:
                return int((gross * share).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        else:
            try:
                amount = read_typed_amount(text, self.currency)
            except DomainError:
                amount = -1
            if 0 <= amount <= gross:
                return amount
        self.errors["discount"] = _("A discount is an amount up to the bill's, or a percentage.")
        return 0

    def read_points(self) -> int:
        text = _plain(self.points).replace(",", "").replace(" ", "")
        if not text:
            return 0
        if not _WHOLE.match(text):
            self.errors["points"] = _("Write a whole number of points.")
            return 0
        return int(text)

    def read_credit(self) -> int:
        if not _plain(self.credit):
            return 0
        try:
            amount = read_typed_amount(self.credit, self.currency)
        except DomainError as error:
            self.errors["credit"] = str(error)
            return 0
        return max(amount, 0)

    @property
    def is_right(self) -> bool:
        return not self.errors and not any(row.error for row in self.rows)

    def _write(self, amount: int) -> str:
        return format(to_decimal(amount, self.currency), "f")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\x00", "").strip()
