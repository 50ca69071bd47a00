"""What waits behind the door, one message at a time, each in its own transaction."""

import datetime as dt
import logging

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.services.audit import record_audit
from members.selectors.club import get_club
from purchases.enums import DeliveryState, PrivacyKind, RefundState, ShopKind, Verdict
from purchases.models import ShopRefund, WebhookBody, WebhookDelivery
from purchases.parsing import shopify, woocommerce
from purchases.parsing.shops import read_body, read_id
from purchases.services.shops.door import wake_workers
from purchases.services.shops.orders import Settled, delete_order, lock_order, settle_order
from purchases.services.shops.privacy import note_privacy_request
from purchases.services.shops.refunds import note_refunds, settle_refunds

logger = logging.getLogger(__name__)

_LONGEST_WAIT = dt.timedelta(hours=6)

SHOPIFY_ORDERS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
SHOPIFY_REFUND = "refunds/create"
SHOPIFY_PRIVACY = {
    "customers/redact": PrivacyKind.ERASURE,
    "customers/data_request": PrivacyKind.EXPORT,
    "shop/redact": PrivacyKind.SHOP,
}
WOOCOMMERCE_ORDERS = ("order.created", "order.updated", "order.restored")
WOOCOMMERCE_DELETED = "order.deleted"


class BodyGone(DomainError):
    code = "body_gone"
    status = 409
    message = gettext_lazy("The body is no longer kept: ask the shop to send it again.")


class NotForReplay(DomainError):
    code = "not_for_replay"
    status = 409
    message = gettext_lazy("Only what the shop has signed can be processed again.")


# --- The queue ----------------------------------------------------------------------------------


def process_due_deliveries(*, now: dt.datetime, limit: int = 500) -> int:
    """Process what waits, oldest first; returns how many. Not in a transaction.

    Each row is claimed with ``skip_locked`` and settled in the transaction of the claim, so that
    workers share them and a kill leaves none half done. One that fails waits longer each time
    and blocks no other.
    """
    done = 0
    for _attempt in range(limit):
        outcome = _process_next(now)
        if outcome is None:
            break
        done += outcome
    return done


def _process_next(now: dt.datetime) -> int | None:
    """1 where a row was settled, 0 where it failed, None where none is due."""
    delivery = None
    try:
        with transaction.atomic():
            delivery = (
                WebhookDelivery.objects.due(now)
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("connection__source", "connection__store", "connection__channel")
                .order_by("due_at", "pk")
                .first()
            )
            if delivery is None:
                return None
            _settle(delivery, now)
    except Exception as error:
        # Whatever one message brings up, the others must go on.
        logger.exception("A webhook delivery failed")
        if delivery is not None:
            _postpone(delivery, error, now)
        return 0
    return 1


def _postpone(delivery: WebhookDelivery, error: Exception, now: dt.datetime) -> None:
    wait = min(dt.timedelta(minutes=2 ** min(delivery.attempt_count, 10)), _LONGEST_WAIT)
    WebhookDelivery.objects.filter(
        pk=delivery.pk, attempt_count=delivery.attempt_count, state=DeliveryState.WAITING
    ).update(
        attempt_count=delivery.attempt_count + 1,
        due_at=now + wait,
        last_error=type(error).__name__[:200],  # its text may hold what a customer wrote
    )


@transaction.atomic
def replay_delivery(delivery: WebhookDelivery, *, by, now: dt.datetime) -> None:
    """Have a message processed again: harmless, since what is known changes nothing.

    Also one that was signed with the old secret, once a person has decided that it is genuine.
    Raises NotForReplay or BodyGone.
    """
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.verdict not in (Verdict.ACCEPTED, Verdict.OLD_SECRET):
        raise NotForReplay
    if not WebhookBody.objects.filter(pk=delivery.pk).exists():
        raise BodyGone
    delivery.state, delivery.due_at, delivery.processed_at = DeliveryState.WAITING, now, None
    delivery.last_error = ""
    delivery.save(update_fields=["state", "due_at", "processed_at", "last_error"])
    record_audit(
        "delivery.replayed", delivery, by=by, now=now,
        changes={"topic": delivery.topic, "verdict": delivery.verdict},
    )  # fmt: skip
    wake_workers()


# --- One message --------------------------------------------------------------------------------


def _settle(delivery: WebhookDelivery, now: dt.datetime) -> None:
    body = WebhookBody.objects.filter(pk=delivery.pk).values_list("content", flat=True).first()
    try:
        if body is None:
            raise BodyGone
        settled = _look_into(delivery, bytes(body), now)
    except DomainError as refusal:
        settled = Settled(DeliveryState.REFUSED, str(refusal))
    delivery.state, delivery.note = settled.state, settled.note[:300]
    delivery.order_external_id = settled.order_id or delivery.order_external_id
    delivery.purchase = settled.purchase or delivery.purchase
    delivery.attempt_count += 1
    delivery.due_at, delivery.processed_at, delivery.last_error = None, now, ""
    delivery.save(
        update_fields=["state", "note", "order_external_id", "purchase", "attempt_count", "due_at",
                       "processed_at", "last_error"]
    )  # fmt: skip


def _look_into(delivery: WebhookDelivery, body: bytes, now: dt.datetime) -> Settled:
    connection, topic = delivery.connection, delivery.topic
    sent_at = delivery.sent_at or delivery.received_at
    if connection.kind == ShopKind.SHOPIFY:
        if topic in SHOPIFY_ORDERS:
            said = shopify.read_order(read_body(body))
            return settle_order(connection, said, sent_at=sent_at, now=now)
        if topic == SHOPIFY_REFUND:
            return _settle_refund(delivery, read_body(body), now)
        if topic in SHOPIFY_PRIVACY:
            kind = SHOPIFY_PRIVACY[topic]
            note = note_privacy_request(delivery, kind, read_body(body), now=now)
            return Settled(DeliveryState.DONE, note)
    elif topic in WOOCOMMERCE_ORDERS:
        said = woocommerce.read_order(read_body(body))
        return settle_order(connection, said, sent_at=sent_at, now=now)
    elif topic == WOOCOMMERCE_DELETED:
        order_id = read_id(read_body(body), "id")
        return delete_order(connection, order_id, deleted_at=delivery.received_at, now=now)
    return Settled(DeliveryState.IGNORED, _("The club has no use for this topic."))


def _settle_refund(delivery: WebhookDelivery, data, now: dt.datetime) -> Settled:
    """A refund by itself: applied where its order counts, else it waits for the order."""
    connection = delivery.connection
    said = shopify.read_refund(data, get_club().currency)
    order = lock_order(connection, said.order_id, now=now)
    note_refunds(connection.source, [said], now=now)
    settle_refunds(order, now=now)
    refund = ShopRefund.objects.get(source=connection.source, external_id=said.external_id)
    return Settled(_STATES[RefundState(refund.state)], _say(refund), said.order_id, order.purchase)


_STATES = {
    RefundState.PARKED: DeliveryState.PARKED,
    RefundState.REFUSED: DeliveryState.REFUSED,
    RefundState.EMPTY: DeliveryState.IGNORED,
    RefundState.APPLIED: DeliveryState.DONE,
    RefundState.DROPPED: DeliveryState.IGNORED,
}


def _say(refund: ShopRefund) -> str:
    if refund.state == RefundState.PARKED:
        return _("Parked until its order comes.")
    return refund.reason or _("Applied.")
