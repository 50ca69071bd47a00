"""What a purchase or a return was, handed to listeners in memory: nobody reads it again."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(slots=True)
class LineFacts:
    position: int
    product_id: int | None
    category_ids: tuple[int, ...]  # its own and its ancestors', nearest first
    quantity: Decimal
    amount: int  # paid, after discount, tax included
    tax: int = 0
    paid_otherwise: int = 0


@dataclass(slots=True)
class PurchaseFacts:
    id: int
    external_id: str
    activity_id: int | None
    member_id: int
    store_id: int | None
    channel_id: int
    effective_at: dt.datetime
    zone: str
    return_window_days: int
    lines: list[LineFacts]
    version: int = 1


@dataclass(slots=True)
class ReturnFacts:
    id: int
    external_id: str
    purchase_id: int
    member_id: int
    effective_at: dt.datetime
    lines: list[tuple[int, Decimal, int]]  # position, quantity, amount
    before: dict[int, tuple[Decimal, int]] = field(default_factory=dict)
    """Position to the quantity and amount that had come back before this return."""
    activity_id: int | None = None


@dataclass(slots=True)
class AmendmentFacts:
    """What a shop's own change of an order is to the member who had earned on it.

    ``purchase`` is the new version, None where nothing is left for this member (a cancelled
    order, or one that was another's). ``returns`` came back before, oldest first.
    """

    id: int  # of the PurchaseVersion
    external_id: str
    purchase_id: int
    member_id: int
    effective_at: dt.datetime
    purchased_at: dt.datetime
    recorded_at: dt.datetime  # when the first version came in
    purchase: PurchaseFacts | None
    returns: list[ReturnFacts] = field(default_factory=list)
    activity_id: int | None = None
