"""Reading purchases."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import Case, Min, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.words import shown_sql
from members.selectors.club import get_club
from purchases.enums import DeliveryState, ShopKind
from purchases.facts import LineFacts, PurchaseFacts
from purchases.models import (
    ImportJob,
    Line,
    Purchase,
    ShopConnection,
    Source,
    WebhookDelivery,
)


def list_purchases(member) -> QuerySet[Purchase]:
    """A member's purchases, newest first, ready for a list."""
    return Purchase.objects.of(member).newest_first().for_list()


class LatestPurchase(NamedTuple):
    """What a line about a purchase shows."""

    pk: int
    purchased_at: dt.datetime
    total_amount: int
    currency: str
    store: str | None
    channel: str


_LATEST = """
    SELECT p.id, p.purchased_at, p.total_amount, p.currency, {store}, {channel}
    FROM purchases_purchase p
    JOIN purchases_channel c ON c.id = p.channel_id
    LEFT JOIN purchases_store s ON s.id = p.store_id
    WHERE p.member_id = %s ORDER BY p.purchased_at DESC, p.id DESC LIMIT %s
"""


def list_latest(member, limit: int) -> list[LatestPurchase]:
    """A member's last purchases as plain values, by a prepared statement: home shows them on
    every visit.
    """
    sql = _LATEST.format(store=shown_sql("s.name"), channel=shown_sql("c.name"))
    (rows,) = read_together([(sql, [member.pk, limit])])
    return [LatestPurchase(*row) for row in rows]


def get_purchase_of(source: Source, purchase_id: int) -> Purchase | None:
    """One purchase with its lines and returns, if ``source`` sent it."""
    return (
        Purchase.objects.filter(source=source)
        .for_list()
        .select_related("member")
        .with_lines()
        .prefetch_related("returns__lines__line")
        .filter(pk=purchase_id)
        .first()
    )


def iter_facts(purchases: QuerySet[Purchase], chunk_size: int = 2_000) -> Iterator[PurchaseFacts]:
    """The facts of stored purchases with a member, in processing order (for previews).

    The same that listeners got at intake, as far as stores, channels and categories haven't
    changed since; ``services.intake`` builds those.
    """
    club_zone = get_club().zone
    ordered = (
        purchases.exclude(member=None)
        .select_related("store", "channel", "source")
        .order_by("purchased_at", "external_id")
    )
    chunk: list[Purchase] = []
    for purchase in ordered.iterator(chunk_size=chunk_size):
        chunk.append(purchase)
        if len(chunk) == chunk_size:
            yield from _build_facts(chunk, club_zone)
            chunk = []
    yield from _build_facts(chunk, club_zone)


def _build_facts(purchases, club_zone):
    lines: dict[int, list[LineFacts]] = {purchase.pk: [] for purchase in purchases}
    stored = Line.objects.present().filter(purchase_id__in=lines)
    stored = stored.order_by("purchase_id", "position")
    rows: Iterable[tuple] = stored.values_list(
        "purchase_id",
        "category__lineage",
        "position",
        "product_id",
        "quantity",
        "amount",
        "tax_amount",
        "paid_otherwise_amount",
    )
    for purchase_id, lineage, *values in rows:
        position, product_id, quantity, amount, tax, otherwise = values
        lines[purchase_id].append(
            LineFacts(position, product_id, tuple(lineage or ()), quantity, amount, tax, otherwise)
        )
    for purchase in purchases:
        zone = purchase.store.zone if purchase.store else purchase.source.zone or club_zone
        yield PurchaseFacts(
            purchase.pk,
            purchase.external_id,
            None,
            purchase.member_id,
            purchase.store_id,
            purchase.channel_id,
            purchase.purchased_at,
            zone,
            purchase.channel.return_window_days,
            lines[purchase.pk],
            purchase.version,
        )


def list_waiting_imports(now: dt.datetime) -> dict[str, dt.timedelta]:
    """How long the quietest unfinished import has been silent (for the readiness probe)."""
    silent_since = ImportJob.objects.unfinished().aggregate(
        first=Min(Coalesce("seen_at", "created_at"))
    )["first"]
    return {} if silent_since is None else {"": now - silent_since}


def list_waiting_deliveries(now: dt.datetime) -> dict[str, dt.timedelta]:
    """How long the oldest message of a shop has waited (for the readiness probe); one that fails
    has waited since it came.
    """
    since = Case(When(last_error="", then="due_at"), default="received_at")
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING)
    oldest = waiting.aggregate(oldest=Min(since))["oldest"]
    return {"": now - oldest} if oldest is not None and oldest < now else {}


class TopicState(NamedTuple):
    """A kind of message that a shop may send, and the last one that came."""

    topic: str
    label: Any  # as the shop's own settings call it
    why: Any
    last: WebhookDelivery | None


_TOPICS: dict[str, tuple[tuple[str, Any, Any], ...]] = {
    ShopKind.SHOPIFY: (
        ("orders/paid", "Order payment", _("Orders, as soon as they are paid.")),
        ("orders/updated", "Order update", _("What is changed in an order later.")),
        ("refunds/create", "Refund create", _("Refunds, also those that come before the order.")),
        ("orders/cancelled", "Order cancellation", _("Not needed where updates are sent.")),
        ("customers/redact", "customers/redact", _("A customer asks to be erased: apps only.")),
        (
            "customers/data_request",
            "customers/data_request",
            _("A customer asks for their data: apps only."),
        ),
        ("shop/redact", "shop/redact", _("The shop left the app: apps only.")),
    ),
    ShopKind.WOOCOMMERCE: (
        ("ping", "", _("The greeting when a webhook is saved.")),
        ("order.created", "Order created", _("Orders that are paid at once.")),
        ("order.updated", "Order updated", _("Payment, changes and refunds.")),
        ("order.deleted", "Order deleted", _("Orders that were thrown away.")),
        ("order.restored", "Order restored", _("Orders that were brought back.")),
    ),
}


def list_topics(connection: ShopConnection) -> list[TopicState]:
    """What a shop should send, each with its last message: one indexed look-up per topic."""
    found = []
    for topic, label, why in _TOPICS[connection.kind]:
        messages = WebhookDelivery.objects.filter(connection=connection, topic=topic)
        found.append(TopicState(topic, label, why, messages.order_by("-received_at").first()))
    return found
