"""A shop that sends signed messages to the club, as Shopify and WooCommerce do."""

import copy
import datetime as dt
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import time_machine
from django.test import Client

from purchases.models import Channel, ShopConnection, Source, WebhookDelivery
from purchases.services.shops.connections import create_connection
from purchases.services.shops.door import sign
from purchases.services.shops.processing import process_due_deliveries

DATA = Path(__file__).parent / "data" / "shops"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
_numbers = itertools.count(1)


def read_file(name: str) -> Any:
    """A message of ``data/shops``, as ``"shopify/orders_paid"``."""
    return json.loads((DATA / f"{name}.json").read_text())


def change(message: dict, **fields) -> dict:
    """A copy with other fields; ``a__b=1`` goes one level down."""
    changed = copy.deepcopy(message)
    for name, value in fields.items():
        *path, last = name.split("__")
        place = changed
        for part in path:
            place = place[part]
        place[last] = value
    return changed


@dataclass
class SendingShop:
    """Sends messages to its connection and has the club look into them."""

    connection: ShopConnection
    now: dt.datetime
    secret: str = SECRET
    client: Client = field(default_factory=Client)

    def post(
        self, topic: str, message: Any, *, delivery_id: str = "", secret: str | None = None,
        sent_at: dt.datetime | None = None, host: str = "", **headers,
    ):  # fmt: skip
        """One message, signed; ``message`` may be bytes. Nothing is looked into yet."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        delivery_id = delivery_id or f"delivery-{next(_numbers)}"
        signature = sign(secret or self.secret, body)
        if self.connection.kind == "shopify":
            own = {
                "X-Shopify-Topic": topic,
                "X-Shopify-Hmac-Sha256": signature,
                "X-Shopify-Shop-Domain": host or "harbor-goods.myshopify.com",
                "X-Shopify-API-Version": "2026-04",
                "X-Shopify-Webhook-Id": delivery_id,
                "X-Shopify-Event-Id": f"event-{delivery_id}",
                "X-Shopify-Triggered-At": (sent_at or self.now).isoformat(),
            }
        else:
            resource, _dot, event = topic.partition(".")
            own = {
                "X-WC-Webhook-Source": f"https://{host or 'kitchen.example.com'}/",
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Resource": resource,
                "X-WC-Webhook-Event": event,
                "X-WC-Webhook-Signature": signature,
                "X-WC-Webhook-ID": "142",
                "X-WC-Webhook-Delivery-ID": delivery_id,
            }
        with time_machine.travel(self.now, tick=False):
            return self.client.post(
                self.connection.get_webhook_path(),
                data=body,
                content_type="application/json",
                headers={name: value for name, value in {**own, **headers}.items() if value},
            )

    def send(self, topic: str, message: Any, **more) -> WebhookDelivery:
        """Post, look into what waits, and return the row of the message."""
        response = self.post(topic, message, **more)
        assert response.status_code == 200, response.content
        self.process()
        return WebhookDelivery.objects.order_by("-last_seen_at", "-pk").first()

    def process(self) -> int:
        return process_due_deliveries(now=self.now)


def make_shop(
    kind: str, now: dt.datetime, *, source: Source | None = None, window: int = 14
) -> SendingShop:
    """A shop of that kind, selling through a channel with a return window."""
    if source is None:
        channel = Channel.objects.get_or_create(
            code=f"web-{window}", defaults={"name": "Web", "return_window_days": window}
        )[0]
        source = Source.objects.get_or_create(
            code=kind, defaults={"name": kind.title(), "default_channel": channel}
        )[0]
    connection = create_connection(
        kind=kind, name=f"{kind} shop", source=source, secret=SECRET, by=None, now=now
    )
    return SendingShop(connection, now)
