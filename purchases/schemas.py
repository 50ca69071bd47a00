"""The shapes of the API. Prices are decimal texts: a float can't hold a cent."""

import datetime as dt
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

MAX_BATCH = 1_000

Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(strict=True, max_length=64)]
LineId = Annotated[str, StringConstraints(strict=True, max_length=100)]
Text = Annotated[str, StringConstraints(strict=True, max_length=200)]
Money = Annotated[str, StringConstraints(strict=True, max_length=30), Field(examples=["18.40"])]
Number = Annotated[str, StringConstraints(strict=True, max_length=30), Field(examples=["1", "0.5"])]
Moment = Annotated[
    str,
    StringConstraints(strict=True, max_length=40),
    Field(
        description="ISO 8601. Without an offset it is in the store's zone.",
        examples=["2026-11-21T17:04:05"],
    ),
]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class MemberIn(_Strict):
    """How the till names the member: its own id, the membership number, e-mail or phone."""

    external_id: Annotated[str, StringConstraints(strict=True, max_length=120)] | None = None
    number: Code | None = None
    email: Annotated[str, StringConstraints(strict=True, max_length=254)] | None = None
    phone: Code | None = None


class LineIn(_Strict):
    amount: Money = Field(description="Paid: after discount, tax included.")
    quantity: Number = "1"
    product: LineId = ""
    product_name: Text = ""
    category: Text = Field("", description="A path such as “Dairy > Milk”.")
    line_id: LineId = ""
    discount: Money = "0"
    tax: Money = "0"
    paid_otherwise: Money = Field("0", description="With credit or points; earns nothing.")
    cost: Money | None = None


class PurchaseIn(_Strict):
    external_id: Id
    purchased_at: Moment
    currency: Annotated[str, StringConstraints(strict=True, pattern="^[A-Z]{3}$")] | None = None
    member: MemberIn | None = None
    store: Code = ""
    channel: Code = ""
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=5_000)]


class PurchaseBatchIn(_Strict):
    purchases: Annotated[list[PurchaseIn], Field(min_length=1, max_length=MAX_BATCH)]


class ReturnLineIn(_Strict):
    """Which line came back, by line id, position or product, and how much of it."""

    line_id: LineId = ""
    position: Annotated[int, Field(strict=True, ge=1)] | None = None
    product: LineId = ""
    quantity: Number | None = Field(None, description="Left out: all that is left.")
    amount: Money | None = Field(None, description="Left out: the share of the quantity.")


class ReturnIn(_Strict):
    external_id: Id
    returned_of: Id = Field(description="The external id of the purchase.")
    returned_at: Moment
    currency: Annotated[str, StringConstraints(strict=True, pattern="^[A-Z]{3}$")] | None = None
    lines: Annotated[list[ReturnLineIn], Field(max_length=5_000)] = Field(
        default=[], description="Left out: the whole purchase."
    )


class ReturnBatchIn(_Strict):
    returns: Annotated[list[ReturnIn], Field(min_length=1, max_length=MAX_BATCH)]


class ErrorOut(Schema):
    field: str = Field(description="Such as “lines.2.amount”; empty where no field is to blame.")
    code: str
    message: str


class ResultOut(Schema):
    external_id: str
    state: Literal["created", "known", "refused"]
    id: int | None = None
    time_moved: bool = Field(False, description="The clock skipped this time; it was moved on.")
    errors: list[ErrorOut] = []


class ReceiptOut(Schema):
    label: str
    number: int


class AnswerOut(Schema):
    """Items in the order of the request, and what listeners did with the batch."""

    results: list[ResultOut]
    receipts: list[ReceiptOut] = []


class ProblemOut(Schema):
    errors: list[ErrorOut]


class StoredLineOut(Schema):
    position: int
    line_id: str
    product: str
    name: str
    quantity: str
    amount: str
    discount: str
    tax: str
    returned_quantity: str
    returned_amount: str


class StoredPurchaseOut(Schema):
    id: int
    external_id: str
    member_number: str | None
    store: str
    channel: str
    purchased_at: dt.datetime
    recorded_at: dt.datetime
    currency: str
    total: str
    lines: list[StoredLineOut]
