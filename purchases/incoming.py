"""What a source says of a purchase or a return, before anything is looked up."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from members.services.enrolment import MemberKey

SEPARATOR = "\x1f"

MAX_QUANTITY = Decimal(10_000_000)
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CLOCK_TOLERANCE = dt.timedelta(days=1)  # a shop's clock may be ahead


@dataclass(slots=True)
class IncomingLine:
    """One line; amounts are minor units of the club's currency."""

    quantity: Decimal
    amount: int
    product: str = ""
    category: str = ""
    line_id: str = ""
    discount: int = 0
    tax: int = 0
    paid_otherwise: int = 0
    cost: int | None = None
    product_name: str = ""


@dataclass(slots=True)
class IncomingPurchase:
    """One purchase. ``said_at`` is the time as its source wrote it: content is compared by
    that, so that a store whose zone is put right later doesn't make its past look changed.
    """

    external_id: str
    purchased_at: dt.datetime
    lines: list[IncomingLine]
    member: MemberKey | None = None
    store: str = ""
    channel: str = ""
    currency: str = ""
    said_at: str = ""
    content_hash: bytes = b""


@dataclass(slots=True)
class IncomingReturnLine:
    """Part of a line that came back, found by line id, position or product (in this order).

    Without quantity and amount, all that is left of the line.
    """

    quantity: Decimal | None = None
    amount: int | None = None
    line_id: str = ""
    product: str = ""
    position: int | None = None


@dataclass(slots=True)
class IncomingReturn:
    """One return. Without lines, all that is left of the purchase comes back."""

    external_id: str
    returned_of: str
    returned_at: dt.datetime
    lines: list[IncomingReturnLine] = field(default_factory=list)
    said_at: str = ""
    content_hash: bytes = b""


def write_said(moment: dt.datetime) -> str:
    """The canonical text of a time as its source said it, naive or aware."""
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


def write_quantity(quantity: Decimal) -> str:
    """The canonical text of a quantity: ``1``, ``0.5``, ``89638``."""
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def hash_content(head: Iterable[str], lines: Iterable[str]) -> bytes:
    """SHA-256 of a head and its lines, whatever their order.

    ``services.staging`` computes the same in SQL; a test holds them together.
    """
    text = "\n".join([SEPARATOR.join(head), *sorted(lines)])
    return hashlib.sha256(text.encode()).digest()


def hash_purchase(purchase: IncomingPurchase) -> bytes:
    key = purchase.member or MemberKey()
    head = (
        key.external_id or "",
        key.number or "",
        key.email or "",
        key.phone or "",
        purchase.said_at or write_said(purchase.purchased_at),
        purchase.store,
        purchase.channel,
        "",
    )
    return hash_content(
        head,
        (
            SEPARATOR.join(
                (
                    line.line_id,
                    line.product,
                    line.category,
                    write_quantity(line.quantity),
                    str(line.amount),
                    str(line.discount),
                    str(line.tax),
                    str(line.paid_otherwise),
                    "" if line.cost is None else str(line.cost),
                )
            )
            for line in purchase.lines
        ),
    )


def hash_return(item: IncomingReturn) -> bytes:
    head = ("", "", "", "", item.said_at or write_said(item.returned_at), "", "", item.returned_of)
    return hash_content(
        head,
        (
            SEPARATOR.join(
                (
                    line.line_id,
                    line.product,
                    "" if line.position is None else str(line.position),
                    "" if line.quantity is None else write_quantity(line.quantity),
                    "" if line.amount is None else str(line.amount),
                    "0",
                    "0",
                    "0",
                    "",
                )
            )
            for line in item.lines
        ),
    )
