"""What a shop says of an order or a refund, whichever shop system it runs on."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from core.money import MAX_MINOR, get_exponent
from purchases import errors
from purchases.incoming import MAX_QUANTITY, IncomingLine


class Standing(StrEnum):
    """Whether an order counts, as its shop says."""

    OPEN = "open"  # nobody has paid it, or not all of it
    PAID = "paid"
    VOID = "void"  # cancelled or failed
    TEST = "test"


@dataclass(frozen=True, slots=True)
class SaidCustomer:
    """Whom the shop names: its own customer id, and how the order was placed."""

    external_id: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class SaidRefund:
    """``lines`` are (line id, quantity, net, tax); ``loose`` was given beside them and names
    none; ``total`` is all that the customer got. Minor units.
    """

    external_id: str
    order_id: str
    refunded_at: dt.datetime
    lines: tuple[tuple[str, str, int, int], ...] = ()
    loose: int = 0
    total: int = 0

    def build_content(self) -> dict[str, Any]:
        """For ``ShopRefund.content``."""
        return {
            "lines": [list(line) for line in self.lines],
            "loose": self.loose,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class SaidOrder:
    """An order as it stood at ``said_at``. Its lines are goods alone: what was paid for
    shipping, fees, tips and gift cards is no part of them.
    """

    external_id: str
    name: str
    said_at: dt.datetime
    ordered_at: dt.datetime
    standing: Standing
    currency: str
    total: int
    is_tax_included: bool
    customer: SaidCustomer
    lines: list[IncomingLine] = field(default_factory=list)
    refunds: list[SaidRefund] = field(default_factory=list)


# --- Reading ------------------------------------------------------------------------------------


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; numbers with a fraction stay exact."""
    try:
        data = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise errors.UnreadableMessage(field="", value=str(error)[:80]) from error
    if not isinstance(data, dict):
        raise errors.UnreadableMessage(value=type(data).__name__)
    return data


def _refuse_constant(text: str) -> None:
    raise ValueError(text)


def read_id(data: Mapping[str, Any], name: str) -> str:
    """An id as text; shops write them as numbers."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str) or value in ("", 0):
        raise errors.UnreadableMessage(field=name, value=str(value)[:40])
    text = str(value)
    if len(text) > 100 or not text.isprintable():
        raise errors.UnreadableMessage(field=name, value=text[:40])
    return text


def read_text(data: Mapping[str, Any], name: str, limit: int = 200) -> str:
    """A text on one line; whatever is no text is none."""
    value = data.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(char if char.isprintable() else " " for char in value).strip()[:limit]


def read_list(data: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value = data.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise errors.UnreadableMessage(field=name, value=str(value)[:40])
    return value


def read_minor(data: Mapping[str, Any], name: str, currency: str) -> int:
    """Minor units of a price; a shop's further digits are rounded half up."""
    value = data.get(name)
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise errors.UnreadableMessage(field=name, value=str(value)[:40])
    try:
        scaled = Decimal(value).scaleb(get_exponent(currency))
        minor = int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise errors.UnreadableMessage(field=name, value=str(value)[:40]) from error
    if abs(minor) > MAX_MINOR:
        raise errors.UnreadableMessage(field=name, value=str(value)[:40])
    return minor


def read_number(data: Mapping[str, Any], name: str) -> Decimal:
    """A quantity, zero or more."""
    value = data.get(name)
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not 0 <= number < MAX_QUANTITY:
        raise errors.UnreadableMessage(field=name, value=str(value)[:40])
    return number.quantize(Decimal("0.0001")) if number % 1 else number.quantize(Decimal(1))


def read_moment(data: Mapping[str, Any], *names: str, zone: dt.tzinfo | None = None) -> dt.datetime:
    """The first of these times that is there; without an offset it is in ``zone``."""
    for name in names:
        value = data.get(name)
        if not value:
            continue
        try:
            moment = dt.datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise errors.UnreadableMessage(field=name, value=str(value)[:40]) from error
        if moment.tzinfo is None:
            if zone is None:
                raise errors.UnreadableMessage(field=name, value=str(value)[:40])
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(dt.UTC)
    raise errors.UnreadableMessage(field=names[0], value="")
