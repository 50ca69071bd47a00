"""Checks of incoming purchases and returns that need no database."""

import datetime as dt

from core.money import MAX_MINOR
from members.selectors.club import get_club
from purchases import errors
from purchases.incoming import (
    CLOCK_TOLERANCE,
    EARLIEST,
    MAX_QUANTITY,
    IncomingPurchase,
    IncomingReturn,
)

_LIMITS = (("store", 64), ("channel", 50))
_LINE_LIMITS = (("product", 100), ("line_id", 100), ("category", 200))


def check_purchase(purchase: IncomingPurchase, currency: str, now: dt.datetime) -> None:
    """Raises a ``Refused`` that names the field."""
    _check_id("external_id", purchase.external_id)
    if purchase.currency and purchase.currency != currency:
        raise errors.WrongCurrency(value=purchase.currency, currency=currency)
    check_moment("purchased_at", purchase.purchased_at, now)
    for name, limit in _LIMITS:
        _check_length(name, getattr(purchase, name), limit)
    if not purchase.lines:
        raise errors.NoLines
    for position, line in enumerate(purchase.lines, start=1):
        amount = line.amount
        if (
            0 <= line.paid_otherwise <= amount <= MAX_MINOR
            and 0 <= line.tax <= amount
            and 0 <= line.discount <= MAX_MINOR
            and 0 <= line.quantity < MAX_QUANTITY
            and len(line.product) <= 100
            and len(line.line_id) <= 100
            and len(line.category) <= 200
        ):
            continue
        _refuse_line(line, position)


def _refuse_line(line, position):
    """Say what is wrong with a line that failed the one check that covers all."""
    where = f"lines.{position}."
    if not 0 <= line.quantity < MAX_QUANTITY:
        raise errors.InvalidQuantity(field=where + "quantity", value=str(line.quantity))
    for name in ("amount", "discount", "tax", "paid_otherwise"):
        value = getattr(line, name)
        if value < 0:
            raise errors.NegativeAmount(field=where + name, value=str(value))
        if value > MAX_MINOR:
            raise errors.WrongAmount(
                field=where + name, value=str(value), currency=get_club().currency
            )
    for name, limit in _LINE_LIMITS:
        _check_length(where + name, getattr(line, name), limit)
    raise errors.PartTooLarge(field=where + ("tax" if line.tax > line.amount else "paid_otherwise"))


def check_return(item: IncomingReturn, now: dt.datetime) -> None:
    """Raises a ``Refused`` that names the field."""
    _check_id("external_id", item.external_id)
    _check_id("returned_of", item.returned_of)
    check_moment("returned_at", item.returned_at, now)
    for position, line in enumerate(item.lines, start=1):
        where = f"lines.{position}."
        if line.quantity is not None and not 0 <= line.quantity < MAX_QUANTITY:
            raise errors.InvalidQuantity(field=where + "quantity", value=str(line.quantity))
        if line.amount is not None and not 0 <= line.amount <= MAX_MINOR:
            raise errors.WrongAmount(
                field=where + "amount", value=str(line.amount), currency=get_club().currency
            )


def check_moment(name: str, moment: dt.datetime, now: dt.datetime) -> None:
    """From 1970 to a day after now: a shop's clock may be ahead, a broken one is refused."""
    if not EARLIEST <= moment <= now + CLOCK_TOLERANCE:
        raise errors.DateOutOfRange(field=name, value=moment.isoformat())


def _check_id(name, value):
    if not value:
        raise errors.Missing(field=name)
    _check_length(name, value, 200)


def _check_length(name, value, limit):
    if len(value) > limit:
        raise errors.TooLong(field=name, value=value[:40], limit=limit)
