"""Two connected shops, and what they sent: everything came through the real door, signed."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.money import to_decimal
from loyalty_site.demo.data import LANGUAGE, read_club, read_shop_goods, read_words, translate
from members.models import Member, User
from purchases.enums import ShopKind
from purchases.models import Channel, Product, ShopConnection, Source, Store, WebhookDelivery
from purchases.services.shops.connections import create_connection, make_secret, rotate_secret
from purchases.services.shops.door import Answer, receive_delivery, sign
from purchases.services.shops.processing import process_due_deliveries, replay_delivery

CODES = {ShopKind.SHOPIFY: "plumtree-pantry", ShopKind.WOOCOMMERCE: "plumtree-kitchen"}
HOSTS = {
    ShopKind.SHOPIFY: "plumtree-pantry.myshopify.com",
    ShopKind.WOOCOMMERCE: "kitchen.plumtree.example.com",
}
_WORDS = {ShopKind.SHOPIFY: "pantry", ShopKind.WOOCOMMERCE: "kitchen"}
_SET_UP = dt.timedelta(days=16)  # ago
_SHIPPING = 800
_CUSTOMERS = 3
_Steps = list[tuple[float, Callable[..., object]]]  # days ago, what to do


@dataclass(slots=True)
class _Shop:
    """A shop as it sends: moments are given as days before ``now``."""

    connection: ShopConnection
    secret: str
    now: dt.datetime
    sent: list[int] = field(default_factory=list)  # ids of the rows, in order

    def ago(self, days: float) -> dt.datetime:
        return (self.now - dt.timedelta(days=days)).replace(microsecond=0)

    def send(
        self, topic: str, message: Any, *, days: float, secret: str = "", again: bool = False
    ) -> Answer:
        """One message, looked into at once; ``again`` sends the same a minute later, too."""
        moment = self.ago(days)
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        headers = self._write_headers(topic, sign(secret or self.secret, body), moment)
        for minutes in (0, 1)[: 2 if again else 1]:
            received_at = moment + dt.timedelta(minutes=minutes)
            answer = receive_delivery(self.connection, headers=headers, body=body, now=received_at)
            process_due_deliveries(now=received_at)
        self.sent.append(answer.delivery_id or 0)
        return answer

    def _write_headers(self, topic: str, signature: str, moment: dt.datetime) -> dict[str, str]:
        host, number = HOSTS[ShopKind(self.connection.kind)], f"{len(self.sent) + 1:04d}"
        if self.connection.kind == ShopKind.SHOPIFY:
            return {
                "content-type": "application/json",
                "x-shopify-topic": topic,
                "x-shopify-hmac-sha256": signature,
                "x-shopify-shop-domain": host,
                "x-shopify-webhook-id": f"b54557e4-bdd9-4b37-8a5f-bf7d70bc{number}",
                "x-shopify-event-id": f"98880550-7158-44d4-b7cd-2c97c8a1{number}",
                "x-shopify-triggered-at": moment.isoformat(),
            }
        resource, _dot, event = topic.partition(".")
        return {
            "content-type": "application/json" if topic else "application/x-www-form-urlencoded",
            "x-wc-webhook-source": f"https://{host}/",
            **({"x-wc-webhook-topic": topic, "x-wc-webhook-resource": resource,
                "x-wc-webhook-event": event, "x-wc-webhook-signature": signature,
                "x-wc-webhook-delivery-id": number} if topic else {}),
        }  # fmt: skip


def sell_online(members: Sequence[Member], owner: User, manager: User, *, now: dt.datetime) -> None:
    """Some days of both shops. ``members`` have an e-mail address, by which they are known."""
    long_there = now - _SET_UP
    customers = [each for each in members if each.email and each.joined_at < long_there]
    if len(customers) < _CUSTOMERS:
        return
    pantry = _set_up(ShopKind.SHOPIFY, owner, now)
    kitchen = _set_up(ShopKind.WOOCOMMERCE, owner, now)
    steps = [
        *_plan_shopify(pantry, customers[:_CUSTOMERS], manager),
        *_plan_woocommerce(kitchen, customers[:_CUSTOMERS], owner),
    ]
    for days, step in sorted(steps, key=lambda each: -each[0]):
        step(days=days)
    _translate_goods()


def _translate_goods() -> None:
    """A shop's messages bring one language; staff write the others."""
    for kind, goods in read_shop_goods().items():
        for good in goods:
            known = Product.objects.filter(
                source__code=CODES[ShopKind(kind)], name=good["name"][LANGUAGE]
            )
            known.update(i18n=translate("name", good["name"]))


def _set_up(kind: ShopKind, owner: User, now: dt.datetime) -> _Shop:
    name, secret = read_words()[_WORDS[kind]], make_secret()
    # Sources are staff's own to edit in the back office; there is no service to call.
    source, _created = Source.objects.get_or_create(
        code=CODES[kind],
        defaults={
            "name": name,
            "default_channel": Channel.objects.get(code="delivery"),
            "default_store": Store.objects.get(code=read_club()["stores"][0]["slug"]),
        },
    )
    connection = create_connection(
        kind=kind, name=name, source=source, channel=source.default_channel,
        store=source.default_store, shop_host=HOSTS[kind], secret=secret, by=owner,
        now=now - _SET_UP,
    )  # fmt: skip
    return _Shop(connection, secret, now)


# --- Shopify --------------------------------------------------------------------------------------


def _plan_shopify(shop: _Shop, customers: Sequence[Member], manager: User) -> _Steps:
    """Applied, amended, received twice, processed again, refunded, parked, refused."""
    first, second, third = customers
    jam, cup, tea = read_shop_goods()[ShopKind.SHOPIFY]
    order, send = partial(_write_order, shop), partial(partial, shop.send)
    paid, refund = partial(send, "orders/paid"), partial(send, "refunds/create")
    grown = order(1, first, [(jam, 1), (cup, 2), (tea, 1)], 9, changed=8.8)
    forged = order(6, third, [(tea, 9)], 0.25)
    return [
        (9, paid(order(1, first, [(jam, 1), (cup, 2)], 9))),
        (8.8, send("orders/updated", grown)),
        (7, paid(order(2, second, [(tea, 2)], 7), again=True)),
        (6.5, partial(_process_again, shop, manager)),
        (5, refund(_write_refund(shop, 1, cup, 1, 5))),
        (4, paid(order(3, third, [(cup, 4)], 4))),
        (0.3, refund(_write_refund(shop, 5, jam, 1, 0.3))),
        (0.25, paid(forged, secret=make_secret())),  # somebody's guess
    ]


def _process_again(shop: _Shop, manager: User, *, days: float) -> None:
    """Staff press “Process it again” for the newest message: nothing changes by it."""
    moment = shop.ago(days)
    replay_delivery(WebhookDelivery.objects.get(pk=shop.sent[-1]), by=manager, now=moment)
    process_due_deliveries(now=moment)


def _line_id(order: int, good: dict[str, Any]) -> int:
    return 13977000000 + order * 1000 + good["product_id"] // 100 % 1000


def _order_id(order: int) -> int:
    return 5678120300000 + order


def _cents(good: dict[str, Any], quantity: int = 1) -> int:
    return round(float(good["price"]) * 100) * quantity


def _write_money(minor: int) -> str:
    return str(to_decimal(minor, read_club()["currency"]))


def _write_order(
    shop: _Shop, order: int, member: Member, items: Sequence[tuple[dict[str, Any], int]],
    days: float, *, changed: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The fields of Shopify's order that say what was bought, by whom and when."""
    goods = sum(_cents(good, quantity) for good, quantity in items)
    at = shop.ago(days) - dt.timedelta(minutes=2)
    changed_at = at if changed is None else shop.ago(changed)
    return {
        "id": _order_id(order),
        "name": f"#{1000 + order}",
        "order_number": 1000 + order,
        "currency": read_club()["currency"],
        "financial_status": "paid",
        "cancelled_at": None,
        "created_at": at.isoformat(),
        "processed_at": at.isoformat(),
        "updated_at": changed_at.isoformat(),
        "email": member.email,
        "customer": {"id": 7112233440000 + order, "email": member.email},
        "taxes_included": True,
        "subtotal_price": _write_money(goods),
        "total_price": _write_money(goods + _SHIPPING),
        "shipping_lines": [{"title": "Standard", "price": _write_money(_SHIPPING)}],
        "line_items": [
            {
                "id": _line_id(order, good),
                "product_id": good["product_id"],
                "title": good["name"][LANGUAGE],
                "quantity": quantity,
                "current_quantity": quantity,
                "price": good["price"],
                "discount_allocations": [],
                "tax_lines": [],
            }
            for good, quantity in items
        ],
        "refunds": [],
        "test": False,
    }


def _write_refund(
    shop: _Shop, order: int, good: dict[str, Any], quantity: int, days: float
) -> dict[str, Any]:
    at, amount = shop.ago(days).isoformat(), _write_money(_cents(good, quantity))
    return {
        "id": 929500600000 + order,
        "order_id": _order_id(order),
        "created_at": at,
        "processed_at": at,
        "order_adjustments": [],
        "refund_line_items": [
            {
                "line_item_id": _line_id(order, good),
                "quantity": quantity,
                "subtotal": amount,
                "total_tax": "0.00",
            }
        ],
        "transactions": [
            {"kind": "refund", "status": "success", "amount": amount,
             "currency": read_club()["currency"]}
        ],
    }  # fmt: skip


# --- WooCommerce ----------------------------------------------------------------------------------


def _plan_woocommerce(shop: _Shop, customers: Sequence[Member], owner: User) -> _Steps:
    """Greeted, unpaid and then paid, a guest, and a message under the secret that was replaced."""
    first, second, _third = customers
    crock, paddle = read_shop_goods()[ShopKind.WOOCOMMERCE]
    order, send = partial(_write_woo, shop), partial(partial, shop.send)
    late = order(3, first, [(paddle, 1)], 0.5, paid=0.5)
    return [
        (15, send("", b"webhook_id=142")),
        (6, send("order.created", order(1, second, [(crock, 1)], 6, status="pending"))),
        (5.9, send("order.updated", order(1, second, [(crock, 1)], 6, paid=5.9))),
        (3, send("order.created", order(2, None, [(paddle, 2)], 3, paid=3))),
        (2, partial(_replace_secret, shop, owner)),
        (0.5, send("order.updated", late, secret=shop.secret)),
    ]


def _replace_secret(shop: _Shop, owner: User, *, days: float) -> None:
    """The old one is accepted no longer; the shop goes on signing with it once."""
    shop.secret = make_secret()
    rotate_secret(
        shop.connection, shop.secret, overlap=dt.timedelta(0), by=owner, now=shop.ago(days)
    )
    shop.connection.refresh_from_db()


def _write_woo(
    shop: _Shop, order: int, member: Member | None, items: Sequence[tuple[dict[str, Any], int]],
    days: float, *, status: str = "processing", paid: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The fields of WooCommerce's order that say what was bought, by whom and when."""
    created_at = shop.ago(days) - dt.timedelta(minutes=2)
    paid_at = None if paid is None else shop.ago(paid) - dt.timedelta(minutes=1)
    goods = sum(_cents(good, quantity) for good, quantity in items)
    return {
        "id": 720 + order,
        "number": str(720 + order),
        "status": status,
        "currency": read_club()["currency"],
        "date_created_gmt": _write_gmt(created_at),
        "date_modified_gmt": _write_gmt(paid_at or created_at),
        "date_paid_gmt": paid_at and _write_gmt(paid_at),
        "total": _write_money(goods + _SHIPPING),
        "customer_id": 25 + order if member else 0,
        "billing": {"email": member.email if member else "", "phone": ""},
        "line_items": [
            {
                "id": 300 + 10 * order + position,
                "product_id": good["product_id"],
                "name": good["name"][LANGUAGE],
                "quantity": quantity,
                "subtotal": _write_money(_cents(good, quantity)),
                "subtotal_tax": "0.00",
                "total": _write_money(_cents(good, quantity)),
                "total_tax": "0.00",
            }
            for position, (good, quantity) in enumerate(items, start=1)
        ],
        "fee_lines": [],
        "refunds": [],
    }


def _write_gmt(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat()
