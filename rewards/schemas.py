"""The shapes of the API of points, rewards and payments; money is decimal text."""

import datetime as dt
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=60)]
Short = Annotated[str, StringConstraints(strict=True, max_length=200)]
Money = Annotated[str, StringConstraints(strict=True, max_length=30), Field(examples=["18.40"])]
Points = Annotated[int, Field(strict=True, ge=0, le=10**12)]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


# --- Members -------------------------------------------------------------------------------------


class DayOut(Schema):
    day: dt.date
    points: int


class BalanceOut(Schema):
    """What a member has as of now. Credit in decimal text: given by the club, and refunded."""

    member: str = Field(description="The membership number.")
    tier: str = Field(description="Its code; empty before the first programme.")
    available: int
    pending: int
    held: int
    owed: int
    releases: list[DayOut]
    expiries: list[DayOut]
    credit_granted: Money
    credit_refunded: Money
    can_spend: bool = Field(description="False until the person has claimed the membership.")


# --- Rewards -------------------------------------------------------------------------------------


class OfferOut(Schema):
    reward: str = Field(description="Its code.")
    name: str
    kind: str
    summary: str
    price_points: int
    price_amount: Money
    state: Literal["open", "early", "soon", "others", "over", "resting"]
    reason: str = Field(description="Why it isn't open, in the language asked for.")
    left: int | None = Field(description="Null where there are enough.")
    missing_points: int | None = Field(description="Null where no member is named.")


class OfferPageOut(Schema):
    page: int
    page_count: int
    total: int
    rewards: list[OfferOut]


# --- Redemptions ---------------------------------------------------------------------------------


class ParcelIn(_Strict):
    recipient: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=160)]
    country: Annotated[str, StringConstraints(strict=True, pattern="^[A-Z]{2}$")]
    address: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000)] = Field(
        description="As it is written on the parcel, line by line."
    )
    phone: Annotated[str, StringConstraints(strict=True, max_length=40)] = ""


class RedemptionIn(_Strict):
    member: Short = Field(description="The membership number.")
    reward: Short = Field(description="Its code.")
    session: int | None = Field(None, description="For an experience: the id of the date.")
    parcel: ParcelIn | None = None
    price_points: Points | None = Field(
        None, description="The price that the person saw; a higher one now is refused."
    )
    reserve: bool = Field(False, description="Only reserve; confirm when it is paid.")


class RedemptionOut(Schema):
    id: int
    member: str
    reward: str
    state: str
    code: str = Field(description="What the member shows; empty until it is confirmed.")
    price_points: int
    price_amount: Money
    reserved_at: dt.datetime
    lapses_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    used_at: dt.datetime | None
    closed_at: dt.datetime | None
    expires_on: dt.date | None


class VoucherIn(_Strict):
    code: Annotated[str, StringConstraints(strict=True, min_length=4, max_length=80)]
    member: Short = Field("", description="If given, the voucher must be theirs.")
    store: Short = ""


# --- Payments ------------------------------------------------------------------------------------


class QuoteOut(Schema):
    points: int = Field(description="The most points that this bill takes; 0 if none.")
    amount: Money
    minimum_points: int
    step_points: int
    credit: Money = Field(description="Store credit that could pay.")


class PaymentIn(_Strict):
    """Points or an amount of store credit, as part of a bill of the token's source."""

    member: Short
    receipt: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)] = Field(
        description="The external id that the purchase has, or will have."
    )
    bill: Money
    points: Points | None = None
    credit: Money | None = None


class RefundIn(_Strict):
    amount: Money


class PaymentOut(Schema):
    id: int
    member: str
    kind: Literal["points", "credit"]
    state: str
    receipt: str
    amount: Money
    points: int
    refunded_amount: Money
    refunded_points: int
    lapses_at: dt.datetime


# --- Views ---------------------------------------------------------------------------------------


class ViewIn(_Strict):
    """That a logged-in member looked at the page of a product."""

    member: Key = Field(description="The membership number.")
    product: Key = Field(description="The product, by this source's own number.")


class ViewOut(Schema):
    counted: bool = Field(description="False where it was counted within the hour before.")
