"""Shopify's orders and refunds, as its webhook reference documents them (docs/shops.md)."""

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

# A partly refunded order was paid whole; its refunds are told apart.
_PAID = {"paid", "partially_refunded", "refunded"}


def read_order(data: Mapping[str, Any]) -> SaidOrder:
    """An order of ``orders/paid``, ``orders/updated`` and their like."""
    currency = read_text(data, "currency", 3)
    order_id = read_id(data, "id")
    refunds = [read_refund(each, currency) for each in read_list(data, "refunds")]
    return SaidOrder(
        external_id=order_id,
        name=read_text(data, "name", 60),
        said_at=read_moment(data, "updated_at", "created_at"),
        ordered_at=read_moment(data, "processed_at", "created_at"),
        standing=_read_standing(data),
        currency=currency,
        total=read_minor(data, "total_price", currency),
        is_tax_included=data.get("taxes_included") is True,
        customer=_read_customer(data),
        lines=_read_lines(data, currency),
        refunds=refunds,
    )


def _read_standing(data: Mapping[str, Any]) -> Standing:
    if data.get("test") is True:
        return Standing.TEST
    if data.get("cancelled_at"):
        return Standing.VOID
    return Standing.PAID if data.get("financial_status") in _PAID else Standing.OPEN


def _read_customer(data: Mapping[str, Any]) -> SaidCustomer:
    customer = data.get("customer")
    known = customer if isinstance(customer, dict) else {}
    return SaidCustomer(
        external_id=read_id(known, "id") if known.get("id") else "",
        email=read_text(data, "email", 254) or read_text(known, "email", 254),
        phone=read_text(known, "phone", 60) or read_text(data, "phone", 60),
    )


def is_goods(item: Mapping[str, Any]) -> bool:
    """Gift cards count where they are spent, tips are for the staff."""
    return item.get("gift_card") is not True and not item.get("tip")


def _read_lines(data: Mapping[str, Any], currency: str) -> list[IncomingLine]:
    refunded: dict[str, Decimal] = {}
    for refund in read_list(data, "refunds"):
        for part in read_list(refund, "refund_line_items"):
            key = read_id(part, "line_item_id")
            refunded[key] = refunded.get(key, Decimal(0)) + read_number(part, "quantity")
    is_tax_included = data.get("taxes_included") is True
    return [
        _read_line(item, currency, refunded.get(read_id(item, "id"), Decimal(0)), is_tax_included)
        for item in read_list(data, "line_items")
        if is_goods(item)
    ]


def _read_line(
    item: Mapping[str, Any], currency: str, refunded: Decimal, is_tax_included: bool
) -> IncomingLine:
    """What was paid for a line. Its price is of one; discounts and taxes are of all.

    What was refunded stays part of the line, since refunds are told by themselves; what an edit
    of the order took off without a refund does not.
    """
    ordered = read_number(item, "quantity")
    bought = ordered
    if item.get("current_quantity") is not None:
        bought = min(ordered, read_number(item, "current_quantity") + refunded)
    gross = int(read_minor(item, "price", currency) * ordered)
    discount = sum(
        read_minor(part, "amount", currency) for part in read_list(item, "discount_allocations")
    )
    tax = sum(read_minor(part, "price", currency) for part in read_list(item, "tax_lines"))
    paid = max(gross - discount + (0 if is_tax_included else tax), 0)
    if bought < ordered:
        paid, discount, tax = (int(part * bought // ordered) for part in (paid, discount, tax))
    variant = read_text(item, "variant_title", 80)
    title = read_text(item, "title")
    return IncomingLine(
        quantity=bought,
        amount=paid,
        product=read_id(item, "product_id") if item.get("product_id") else "",
        line_id=read_id(item, "id"),
        discount=max(discount, 0),
        tax=min(tax, paid),
        product_name=f"{title}, {variant}"[:200] if variant else title,
    )


def _is_discrepancy(adjustment: Mapping[str, Any]) -> bool:
    """Money beside the lines; below zero, the customer got more. That some of it is still on its
    way, and then arrives, is told by a pair of adjustments that cancel out.
    """
    reason = read_text(adjustment, "reason").lower().replace("_", " ")
    return adjustment.get("kind") != "shipping_refund" and not reason.startswith("pending")


def read_refund(data: Mapping[str, Any], currency: str) -> SaidRefund:
    """A refund of ``refunds/create``, or of an order's list of them.

    Goods that came back count at their own price, whatever was kept back as a fee or given as
    other goods. What was given beyond the lines, or without any, is loose. Refunded shipping is
    no concern of goods.
    """
    lines = []
    for part in read_list(data, "refund_line_items"):
        item = part.get("line_item")
        if isinstance(item, dict) and not is_goods(item):
            continue
        lines.append(
            (
                read_id(part, "line_item_id"),
                write_quantity(read_number(part, "quantity")),
                read_minor(part, "subtotal", currency),
                read_minor(part, "total_tax", currency),
            )
        )
    beyond = -sum(
        read_minor(each, "amount", currency) + read_minor(each, "tax_amount", currency)
        for each in read_list(data, "order_adjustments")
        if _is_discrepancy(each)
    )
    given = sum(
        read_minor(each, "amount", currency)
        for each in read_list(data, "transactions")
        if each.get("kind") == "refund"
        and each.get("status") in ("success", "pending")
        and each.get("currency", currency) == currency
    )
    return SaidRefund(
        external_id=read_id(data, "id"),
        order_id=read_id(data, "order_id"),
        refunded_at=read_moment(data, "processed_at", "created_at"),
        lines=tuple(lines),
        loose=max(beyond, 0),
        total=given,
    )
