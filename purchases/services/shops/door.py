"""The door: is it the shop, is it whole, was it here before? What is accepted waits as a row."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction

from core.bulk import read_together
from core.wakes import send_once_committed
from purchases.enums import DeliveryState, ShopKind, Verdict
from purchases.models import ShopConnection, WebhookBody, WebhookDelivery
from purchases.services.shops.connections import clean_host, open_secret

PROCESS_TASK = "purchases.tasks.process_deliveries"
_PING_BYTES = 200
# What tells one message from another, and helps to find it in the shop's own log.
_KEPT_HEADERS = (
    "content-type",
    "user-agent",
    "x-shopify-topic",
    "x-shopify-shop-domain",
    "x-shopify-api-version",
    "x-shopify-webhook-id",
    "x-shopify-event-id",
    "x-shopify-triggered-at",
    "x-shopify-test",
    "x-wc-webhook-source",
    "x-wc-webhook-topic",
    "x-wc-webhook-resource",
    "x-wc-webhook-event",
    "x-wc-webhook-id",
    "x-wc-webhook-delivery-id",
    "x-wc-delivery-id",
)
# The first one stays; the same message again only counts.
_KEEP = """
    INSERT INTO purchases_webhookdelivery (connection_id, received_at, topic, external_id, event_id,
        sent_at, sender, headers, digest, byte_count, verdict, state, seen_count, last_seen_at,
        attempt_count, due_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, 'accepted', 'waiting', 1, %s, 0, %s)
    ON CONFLICT (connection_id, topic, external_id, digest) WHERE verdict = 'accepted'
    DO UPDATE SET seen_count = purchases_webhookdelivery.seen_count + 1,
        last_seen_at = EXCLUDED.last_seen_at
    RETURNING id, seen_count = 1
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop hears; ``delivery_id`` is the row, where one was written."""

    status: HTTPStatus
    verdict: Verdict | None = None
    delivery_id: int | None = None


_STATUS = {
    Verdict.ACCEPTED: HTTPStatus.OK,
    Verdict.PING: HTTPStatus.OK,
    # Shopify's reviewers ask for 401 on a wrong signature.
    Verdict.OLD_SECRET: HTTPStatus.UNAUTHORIZED,
    Verdict.WRONG_SIGNATURE: HTTPStatus.UNAUTHORIZED,
    Verdict.OTHER_SHOP: HTTPStatus.FORBIDDEN,
    Verdict.INACTIVE: HTTPStatus.FORBIDDEN,
    Verdict.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Label:
    """What the headers of a delivery say."""

    topic: str
    external_id: str
    event_id: str
    sent_at: dt.datetime | None
    sender: str
    signature: str


def read_label(kind: str, headers: Mapping[str, str]) -> Label:
    """Topic, ids, sender and signature; ``headers`` have lower-case names."""

    def text(name: str, limit: int = 100) -> str:
        value = headers.get(name, "")
        return "".join(char for char in value if char.isprintable()).strip()[:limit]

    if kind == ShopKind.SHOPIFY:
        return Label(
            text("x-shopify-topic", 80),
            text("x-shopify-webhook-id"),
            text("x-shopify-event-id"),
            _read_moment(text("x-shopify-triggered-at")),
            clean_host(text("x-shopify-shop-domain", 200)),
            text("x-shopify-hmac-sha256"),
        )
    topic = text("x-wc-webhook-topic", 80)
    return Label(
        topic
        or ".".join(filter(None, [text("x-wc-webhook-resource"), text("x-wc-webhook-event")])),
        text("x-wc-webhook-delivery-id") or text("x-wc-delivery-id"),
        "",
        None,
        clean_host(text("x-wc-webhook-source", 200)),
        text("x-wc-webhook-signature"),
    )


def _read_moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def sign(secret: str, body: bytes) -> str:
    """HMAC-SHA256 over the bytes as they came, in base64: both shop systems sign so."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@transaction.atomic
def receive_delivery(
    connection: ShopConnection,
    *,
    headers: Mapping[str, str],
    body: bytes,
    is_too_large: bool = False,
    now: dt.datetime,
) -> Answer:
    """Judge one message and keep it: its row is written in every case.

    The body is only kept where the signature is the shop's, be it by the old secret. Nothing is
    looked into here: a worker does that, so that the shop hears at once.
    """
    label = read_label(connection.kind, headers)
    verdict = _judge(connection, label, body, is_too_large, now)
    digest = hashlib.sha256(body).digest()
    kept = {name: headers[name][:300] for name in _KEPT_HEADERS if headers.get(name)}
    if verdict == Verdict.ACCEPTED:
        delivery_id, is_new = _keep(connection, label, kept, digest, len(body), now)
    else:
        delivery_id, is_new = _note(connection, label, kept, digest, len(body), verdict, now), True
    if is_new and verdict in (Verdict.ACCEPTED, Verdict.OLD_SECRET):
        WebhookBody.objects.create(delivery_id=delivery_id, content=body)
    if is_new and verdict == Verdict.ACCEPTED:
        wake_workers()
    return Answer(_STATUS[verdict], verdict, delivery_id)


def wake_workers() -> None:
    send_once_committed(PROCESS_TASK)


def _judge(
    connection: ShopConnection, label: Label, body: bytes, is_too_large: bool, now: dt.datetime
) -> Verdict:
    if is_too_large:
        return Verdict.TOO_LARGE
    if not connection.is_active:
        return Verdict.INACTIVE
    if _is_ping(connection, label, body):
        return Verdict.PING
    verdict = _check_signature(connection, label, body, now)
    if verdict != Verdict.ACCEPTED:
        return verdict
    if connection.shop_host and label.sender != connection.shop_host:
        return Verdict.OTHER_SHOP
    return Verdict.ACCEPTED


def _is_ping(connection: ShopConnection, label: Label, body: bytes) -> bool:
    """WooCommerce greets a new address once, unsigned, with ``webhook_id=`` and the number."""
    return (
        connection.kind == ShopKind.WOOCOMMERCE
        and not label.signature
        and len(body) <= _PING_BYTES
        and body.startswith(b"webhook_id=")
        and body[len(b"webhook_id=") :].isdigit()
    )


def _check_signature(
    connection: ShopConnection, label: Label, body: bytes, now: dt.datetime
) -> Verdict:
    if _matches(open_secret(connection.sealed_secret), label.signature, body):
        return Verdict.ACCEPTED
    if _matches(open_secret(connection.sealed_former_secret), label.signature, body):
        until = connection.former_until_at
        return Verdict.ACCEPTED if until is not None and now < until else Verdict.OLD_SECRET
    return Verdict.WRONG_SIGNATURE


def _matches(secret: str | None, signature: str, body: bytes) -> bool:
    return secret is not None and hmac.compare_digest(
        sign(secret, body).encode(), signature.encode()
    )


def _keep(connection, label, headers, digest, byte_count, now) -> tuple[int, bool]:
    ((row,),) = read_together(
        [
            (
                _KEEP,
                [
                    connection.pk, now, label.topic, label.external_id, label.event_id,
                    label.sent_at, label.sender, json.dumps(headers), digest, byte_count, now, now,
                ],
            )
        ]
    )  # fmt: skip
    return row


def _note(connection, label, headers, digest, byte_count, verdict, now) -> int:
    is_ping = verdict == Verdict.PING
    return WebhookDelivery.objects.create(
        connection=connection,
        received_at=now,
        last_seen_at=now,
        topic="ping" if is_ping else label.topic,
        external_id=label.external_id,
        event_id=label.event_id,
        sent_at=label.sent_at,
        sender=label.sender,
        headers=headers,
        digest=digest,
        byte_count=byte_count,
        verdict=verdict,
        state=DeliveryState.IGNORED if is_ping else DeliveryState.REFUSED,
        processed_at=now,
    ).pk
