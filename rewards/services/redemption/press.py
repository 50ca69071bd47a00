"""One press of the button, and what it makes: known before it is written, and read by nobody."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from members.models import Member
from rewards.codes import generate_code
from rewards.engine.book import Cause
from rewards.enums import DeliveryState, RedemptionState, RewardKind
from rewards.models import Delivery, Redemption, Reward, RewardCode, RewardSession
from rewards.services.redemption.fulfilment import is_fulfilled_at_once, last_day
from rewards.services.redemption.offer import Offer

COLUMNS = (
    "id", "member_id", "reward_id", "session_id", "state", "code", "key", "price_points",
    "price_amount", "value_amount", "cost_amount", "place", "is_from_stock", "reserved_at",
    "lapses_at", "confirmed_at", "fulfilled_at", "expires_on",
)  # fmt: skip
DELIVERY_COLUMNS = (
    "redemption_id", "state", "recipient", "phone", "country", "address_text", "carrier",
    "tracking_number",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """Where goods are sent: what is written on the parcel, line by line."""

    recipient: str
    country: str
    address_text: str
    phone: str = ""


@dataclass(slots=True)
class Press:
    """One press of the button: who, what, and how it was meant."""

    member: Member
    reward: Reward
    offer: Offer
    key: str
    by: Any
    now: dt.datetime
    today: dt.date
    place: str
    session: RewardSession | None
    parcel: Parcel | None
    reserve_only: bool
    shares: list[tuple[int, int]]

    @property
    def state(self) -> RedemptionState:
        if self.reserve_only:
            return RedemptionState.RESERVED
        if is_fulfilled_at_once(self.offer.kind):
            return RedemptionState.FULFILLED
        return RedemptionState.CONFIRMED

    @property
    def lapses_at(self) -> dt.datetime | None:
        return (
            self.now + dt.timedelta(minutes=self.offer.hold_minutes) if self.reserve_only else None
        )

    @property
    def cause(self) -> Cause:
        return ("redemption", self.offer.redemption_id)


def build_redemption(press: Press) -> Redemption:
    """The row, unsaved, with what it refers to."""
    offer, now, state = press.offer, press.now, press.state
    is_reserved = press.reserve_only
    return Redemption(
        id=offer.redemption_id,
        member=press.member,
        reward=press.reward,
        session=press.session,
        state=state,
        code=generate_code(),
        key=press.key,
        price_points=offer.price_points,
        price_amount=offer.price_amount,
        value_amount=offer.value_amount,
        cost_amount=offer.cost_amount,
        place=press.place,
        is_from_stock=offer.stock_left is not None,
        reserved_at=now,
        lapses_at=press.lapses_at,
        confirmed_at=None if is_reserved else now,
        fulfilled_at=now if state == RedemptionState.FULFILLED else None,
        expires_on=None if is_reserved else last_day(offer, press.session, press.today),
    )


def build_delivery(press: Press) -> Delivery | None:
    parcel = press.parcel
    if parcel is None or press.offer.kind != RewardKind.GOODS:
        return None
    return Delivery(
        redemption_id=press.offer.redemption_id,
        state=DeliveryState.TO_PACK,
        recipient=parcel.recipient,
        phone=parcel.phone,
        country=parcel.country,
        address_text=parcel.address_text,
    )


def complete(
    made: Redemption, press: Press, delivery: Delivery | None, code: Sequence[Any] | None
) -> Redemption:
    """The row as ``Redemption.objects.for_list`` would read it after it was written.

    ``code`` is the pool's, as its claim answered: id, code and last day.
    """
    pool_code = None
    if code is not None:
        pk, text, expires_on = code
        pool_code = RewardCode(
            id=pk, reward_id=made.reward_id, code=text, expires_on=expires_on, redemption=made
        )
        pool_code._state.adding = False
        if not press.reserve_only and expires_on is not None:
            made.expires_on = min(made.expires_on or expires_on, expires_on)
    related: tuple[tuple[str, Any], ...] = (("pool_code", pool_code), ("delivery", delivery))
    for name, row in related:
        field: Any = Redemption._meta.get_field(name)
        field.set_cached_value(made, row)
    written: tuple[Any, ...] = (made, delivery)
    for row in written:
        if row is not None:
            row._state.adding, row._state.db = False, "default"
    return made
