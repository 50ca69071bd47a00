"""WooCommerce's orders, as its REST API documents them and its webhooks send (docs/shops.md)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from purchases.incoming import IncomingLine, write_quantity
from purchases.parsing.shops import (
    SaidCustomer,
    SaidOrder,
    SaidRefund,
    Standing,
    read_id,
    read_list,
    read_minor,
    read_moment,
    read_number,
    read_text,
)

_VOID = {"cancelled", "failed", "trash"}
_OPEN = {"pending", "on-hold", "draft", "auto-draft", "checkout-draft"}
_REFUNDED_ITEM = "_refunded_item_id"


def read_order(data: Mapping[str, Any]) -> SaidOrder:
    """An order of ``order.created``, ``order.updated`` and ``order.restored``."""
    currency = read_text(data, "currency", 3)
    order_id = read_id(data, "id")
    said_at = read_moment(data, "date_modified_gmt", "date_created_gmt", zone=dt.UTC)
    lines = [_read_line(item, currency) for item in read_list(data, "line_items")]
    _take_off_fees(data, lines, currency)
    return SaidOrder(
        external_id=order_id,
        name=read_text(data, "number", 60),
        said_at=said_at,
        ordered_at=read_moment(data, "date_created_gmt", zone=dt.UTC),
        standing=_read_standing(data),
        currency=currency,
        total=read_minor(data, "total", currency),
        is_tax_included=False,  # amounts of refunded lines come without it
        customer=_read_customer(data),
        lines=lines,
        refunds=[
            _read_refund(each, order_id, said_at, currency) for each in read_list(data, "refunds")
        ],
    )


def _read_standing(data: Mapping[str, Any]) -> Standing:
    """Paid once WooCommerce has set the date of payment; a shop's own statuses count then too."""
    status = read_text(data, "status", 40)
    if status in _VOID:
        return Standing.VOID
    if status in _OPEN or not data.get("date_paid_gmt"):
        return Standing.OPEN
    return Standing.PAID


def _read_customer(data: Mapping[str, Any]) -> SaidCustomer:
    billing = data.get("billing")
    address = billing if isinstance(billing, dict) else {}
    customer_id = data.get("customer_id")
    return SaidCustomer(
        external_id=read_id(data, "customer_id") if customer_id else "",  # a guest has 0
        email=read_text(address, "email", 254),
        phone=read_text(address, "phone", 60),
    )


def _read_line(item: Mapping[str, Any], currency: str) -> IncomingLine:
    """``total`` is after discounts and without tax, whatever the shop's prices show."""
    net, tax = read_minor(item, "total", currency), read_minor(item, "total_tax", currency)
    before = read_minor(item, "subtotal", currency) + read_minor(item, "subtotal_tax", currency)
    paid = max(net + tax, 0)
    return IncomingLine(
        quantity=read_number(item, "quantity"),
        amount=paid,
        product=read_id(item, "product_id") if item.get("product_id") else "",
        line_id=read_id(item, "id"),
        discount=max(before - paid, 0),
        tax=min(max(tax, 0), paid),
        product_name=read_text(item, "name"),
    )


def _take_off_fees(data: Mapping[str, Any], lines: list[IncomingLine], currency: str) -> None:
    """A negative fee is a discount on the whole order: each line bears its share."""
    off = -sum(
        min(read_minor(fee, "total", currency) + read_minor(fee, "total_tax", currency), 0)
        for fee in read_list(data, "fee_lines")
    )
    left = sum(line.amount for line in lines)
    off = min(off, left)
    for line in lines:
        if not left:
            break
        part = off * line.amount // left  # of what is left: the last line takes the rest
        off, left = off - part, left - line.amount
        line.tax = line.tax * (line.amount - part) // line.amount if line.amount else 0
        line.amount -= part
        line.discount += part


def _read_refund(
    data: Mapping[str, Any], order_id: str, said_at: dt.datetime, currency: str
) -> SaidRefund:
    """The order's list gives a refund's id, reason and total, and no more.

    Where a shop adds the refund's own ``line_items`` and date (docs/shops.md says how), they
    name the lines; else the whole amount is loose.
    """
    total = abs(read_minor(data, "total", currency) or read_minor(data, "amount", currency))
    lines = [
        line
        for item in read_list(data, "line_items")
        if (line := _read_refunded_line(item, currency)) is not None
    ]
    return SaidRefund(
        external_id=read_id(data, "id"),
        order_id=order_id,
        refunded_at=(
            read_moment(data, "date_created_gmt", zone=dt.UTC)
            if data.get("date_created_gmt")
            else said_at
        ),
        lines=tuple(lines),
        loose=0 if lines else total,
        total=total,
    )


def _read_refunded_line(item: Mapping[str, Any], currency: str) -> tuple[str, str, int, int] | None:
    """A refund's own line holds negative numbers and names the order's line in its meta data."""
    meta = {str(each.get("key")): each.get("value") for each in read_list(item, "meta_data")}
    if not meta.get(_REFUNDED_ITEM):
        return None
    quantity = item.get("quantity")
    number = Decimal(0)
    if quantity:
        number = read_number({"quantity": str(quantity).removeprefix("-")}, "quantity")
    net, tax = read_minor(item, "total", currency), read_minor(item, "total_tax", currency)
    return read_id(meta, _REFUNDED_ITEM), write_quantity(number), abs(net), abs(tax)
