"""Rows of a file to rows of the staging table, checked cell by cell."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from core.errors import DomainError
from core.time import get_zone, resolve_local
from purchases import errors
from purchases.incoming import EARLIEST, write_said
from purchases.parsing.cells import clean_text, read_amount, read_moment, read_quantity

# In the order of what ``RowNormaliser`` writes.
STAGE_COLUMNS = (
    "row_no", "kind", "external_id", "member", "member_number", "member_email", "member_phone",
    "said_at", "store", "channel", "returned_of", "line_id", "product", "product_name", "category",
    "field", "error", "at", "shifted", "quantity", "amount", "discount", "tax", "paid_otherwise",
    "cost",
)  # fmt: skip
_LIMITS = {
    "external_id": 200, "returned_of": 200, "member": 120, "member_number": 40, "member_email": 254,
    "member_phone": 40, "store": 64, "channel": 50, "line_id": 100, "product": 100,
    "product_name": 200, "category": 200, "currency": 3,
}  # fmt: skip
_NULL = r"\N"
_KEPT_TIMES = 20_000


def find_newest_day(
    rows: Iterable[tuple[int, Sequence[str]]],
    header: Sequence[str],
    mapping: Mapping[str, Sequence[str]],
    date_format: str,
) -> dt.date | None:
    """The latest day in the file as it is written; cells that hold no date don't count."""
    indexes = [
        header.index(column)
        for field in ("purchased_at", "returned_at")
        for column in mapping.get(field, ())
    ]
    newest, seen = None, ""
    for _number, cells in rows:
        for index in indexes:
            text = cells[index] if index < len(cells) else ""
            if text == seen or not text:
                continue
            seen = text
            try:
                day = read_moment(text, date_format).date()
            except DomainError:
                continue
            if newest is None or day > newest:
                newest = day
    return newest


class RowNormaliser:
    """Turns cells into a line of COPY text; what it can't read becomes an error in the row."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping[str, Sequence[str]],
        *,
        currency: str,
        latest: dt.datetime,
        zone: str,
        zones: Mapping[str, str],
        date_format: str = "",
        shift_days: int = 0,
    ):
        self._width = len(header)
        self._getters = {
            field: _build_getter([header.index(column) for column in columns])
            for field, columns in mapping.items()
        }
        self._currency = currency
        self._latest = latest
        self._zone = zone
        self._zones = zones
        self._date_format = date_format
        self._shift = dt.timedelta(days=shift_days)
        self._times: dict[tuple[str, str], tuple[str, str, str]] = {}

    def normalise(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[str]:
        for number, cells in rows:
            yield self._normalise(number, cells)

    def _normalise(self, number: int, cells: list[str]) -> str:
        texts = dict.fromkeys(_LIMITS, "")
        kind, field = "p", ""
        try:
            if len(cells) != self._width:
                self._read_id(cells, texts)
                raise errors.WrongCellCount(count=len(cells), expected=self._width)
            for field in _LIMITS:
                if getter := self._getters.get(field):
                    texts[field] = _check_text(getter(cells), _LIMITS[field])
            if not texts["external_id"]:
                raise errors.Missing(field="external_id")
            if texts["currency"] and texts["currency"].upper() != self._currency:
                raise errors.WrongCurrency(value=texts["currency"], currency=self._currency)
            if texts["returned_of"]:
                kind = "r"
                numbers = self._read_return(cells)
            else:
                numbers = self._read_line(cells)
            field = (
                "returned_at" if kind == "r" and self._has(cells, "returned_at") else "purchased_at"
            )
            said, at, shifted = self._read_time(self._getters[field](cells), texts["store"])
            if kind == "r":
                for name in ("member", "member_number", "member_email", "member_phone", "store",
                             "channel", "category"):  # fmt: skip
                    texts[name] = ""
            elif self._has(cells, "returned_at"):
                raise errors.NoReturn
        except DomainError as error:
            named = getattr(error, "field", "") or field
            return self._write_error(number, kind, texts, named, str(error))
        written = "\t".join(
            (
                texts["external_id"], texts["member"], texts["member_number"],
                texts["member_email"], texts["member_phone"], said, texts["store"],
                texts["channel"], texts["returned_of"], texts["line_id"], texts["product"],
                texts["product_name"], texts["category"],
            )
        )  # fmt: skip
        if "\\" in written:
            written = written.replace("\\", "\\\\")
        return f"{number}\t{kind}\t{written}\t\t\t{at}\t{shifted}\t{numbers}\n"

    def _has(self, cells, field) -> bool:
        getter = self._getters.get(field)
        return bool(getter and getter(cells).strip())

    def _read_id(self, cells, texts):
        """The id of a row of the wrong length, so that it refuses the rows beside it."""
        try:
            texts["external_id"] = clean_text(self._getters["external_id"](cells))[:200]
        except (IndexError, DomainError):
            texts["external_id"] = ""

    def _read_line(self, cells) -> str:
        getters, currency = self._getters, self._currency
        quantity = "1"
        if getter := getters.get("quantity"):
            quantity = read_quantity(getter(cells))
            if quantity[0] == "-":
                raise errors.InvalidQuantity(value=quantity)
        raw = getters["amount"](cells)
        amount = read_amount(raw, currency)
        if amount < 0:
            raise errors.NegativeAmount(value=raw.strip()[:40])
        if amount == 0 and not raw.strip():
            raise errors.Missing(field="amount")
        parts = [quantity, str(amount)]
        for name in ("discount", "tax", "paid_otherwise"):
            value = 0
            if getter := getters.get(name):
                value = read_amount(getter(cells), currency)
                if value < 0:
                    raise errors.NegativeAmount(field=name, value=getter(cells).strip()[:40])
                if value > amount and name != "discount":
                    raise errors.PartTooLarge(field=name)
            parts.append(str(value))
        cost = _NULL
        if (getter := getters.get("cost")) and getter(cells).strip():
            cost = str(read_amount(getter(cells), currency))
        parts.append(cost)
        return "\t".join(parts)

    def _read_return(self, cells) -> str:
        """Tills write what came back with or without a minus; both mean the same."""
        quantity = amount = _NULL
        if self._has(cells, "quantity"):
            quantity = read_quantity(self._getters["quantity"](cells)).lstrip("-")
        if self._has(cells, "amount"):
            amount = str(abs(read_amount(self._getters["amount"](cells), self._currency)))
        return f"{quantity}\t{amount}\t0\t0\t0\t{_NULL}"

    def _read_time(self, raw: str, store: str) -> tuple[str, str, str]:
        known = self._times.get((raw, store))
        if known:
            return known
        moment = read_moment(raw, self._date_format)
        try:
            moment += self._shift
        except OverflowError as error:
            raise errors.DateOutOfRange(value=raw[:40]) from error
        shifted = False
        if moment.tzinfo is None:
            if not 1900 < moment.year < 9000:
                raise errors.DateOutOfRange(value=raw.strip()[:40])
            at, shifted = resolve_local(moment, self._zones.get(store, self._zone))
        else:
            at = moment.astimezone(get_zone("UTC"))
        if not EARLIEST <= at <= self._latest:
            raise errors.DateOutOfRange(value=raw.strip()[:40])
        answer = (write_said(moment), at.isoformat(), "t" if shifted else "f")
        if len(self._times) > _KEPT_TIMES:
            self._times.clear()
        self._times[raw, store] = answer
        return answer

    def _write_error(self, number, kind, texts, field, message) -> str:
        name = texts["external_id"].replace("\\", "\\\\")
        message = "".join(char if char.isprintable() else " " for char in message)
        message = message.replace("\\", "\\\\")
        blanks = "\t" * 12
        return (
            f"{number}\t{kind}\t{name}\t{blanks}{field}\t{message}"
            f"\t{_NULL}\tf\t0\t0\t0\t0\t0\t{_NULL}\n"
        )


def _build_getter(indexes: Sequence[int]) -> Callable[[Sequence[str]], str]:
    if len(indexes) == 1:
        (index,) = indexes
        return lambda cells: cells[index]
    return lambda cells: ":".join([cells[index].strip() for index in indexes])


def _check_text(value: str, limit: int) -> str:
    text = clean_text(value)
    if len(text) > limit:
        raise errors.TooLong(value=text[:40], limit=limit)
    return text
