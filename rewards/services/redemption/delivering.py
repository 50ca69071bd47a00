"""Goods from the shelf to the door."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from core.bulk import RowWriter
from core.services.audit import record_audit
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption
from rewards.services.redemption import refusals
from rewards.services.redemption.rows import take_step, tell

_GONE = (DeliveryState.SENT, DeliveryState.DELIVERED)


def _lock(redemption: Redemption) -> tuple[Redemption, Delivery]:
    rows = Redemption.objects.select_for_update(of=("self",)).select_related("reward")
    locked = rows.get(pk=redemption.pk)
    delivery = Delivery.objects.filter(pk=locked.pk).first()
    if delivery is None or not locked.is_open:
        raise refusals.NothingToSend
    return locked, delivery


@transaction.atomic
def pack_deliveries(redemptions: Iterable[Redemption], *, by: Any, now: dt.datetime) -> int:
    """Mark parcels as packed; from then on members can't cancel by themselves."""
    ids = [each.pk for each in redemptions]
    list(Redemption.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    packed = list(Delivery.objects.to_pack().filter(pk__in=ids).select_related("redemption"))
    Delivery.objects.filter(pk__in=[each.pk for each in packed]).update(
        state=DeliveryState.PACKED, packed_at=now
    )
    for delivery in packed:
        record_audit("delivery.packed", delivery.redemption, by=by, now=now)
    return len(packed)


@transaction.atomic
def send_delivery(
    redemption: Redemption, *, carrier: str = "", tracking_number: str = "", by: Any,
    now: dt.datetime,
) -> Redemption:  # fmt: skip
    """The parcel has left; the member is told. Again, it only puts the tracking number right;
    what came back may be sent once more.

    Raises NothingToSend where the redemption has no parcel or was cancelled.
    """
    locked, delivery = _lock(redemption)
    delivery.carrier, delivery.tracking_number = carrier.strip(), tracking_number.strip()
    if delivery.state not in _GONE:
        _send(locked, delivery, by=by, now=now)
    delivery.save(update_fields=["carrier", "tracking_number", "state", "sent_at"])
    record_audit("delivery.sent", locked, by=by, now=now, changes={"carrier": delivery.carrier})
    return locked


def _send(locked: Redemption, delivery: Delivery, *, by: Any, now: dt.datetime) -> None:
    writer = RowWriter()
    if delivery.state != DeliveryState.RETURNED:
        if locked.state != RedemptionState.CONFIRMED:
            raise refusals.NothingToSend
        take_step(writer, locked, RedemptionState.FULFILLED, cause="sent", by=by, now=now)
    delivery.state, delivery.sent_at = DeliveryState.SENT, now
    tell(writer, locked, "reward_sent", now=now, occasion=f"{now.timestamp():.0f}")
    writer.flush()


@transaction.atomic
def end_delivery(
    redemption: Redemption, *, came_back: bool = False, by: Any, now: dt.datetime
) -> None:
    """The parcel has arrived, or came back to the club (where staff then cancel or send again).

    Raises NothingToSend where it isn't on its way.
    """
    locked, delivery = _lock(redemption)
    if delivery.state not in _GONE:
        raise refusals.NothingToSend
    delivery.state = DeliveryState.RETURNED if came_back else DeliveryState.DELIVERED
    delivery.delivered_at = None if came_back else now
    delivery.save(update_fields=["state", "delivered_at"])
    record_audit(f"delivery.{delivery.state}", locked, by=by, now=now)
