"""Goods from the shelf to the door."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import RowWriter
from core.errors import DomainError
from core.services.audit import record_audit
from members.services.activities import ActivityRow, record_batch
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption
from rewards.services.redemption import refusals
from rewards.services.redemption.rows import take_step, tell

DELIVERED = "delivered"  # in the stream of activities
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
    waiting = Delivery.objects.filter(pk__in=ids).to_pack()
    packed = list(waiting.select_related("redemption"))
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
    is_news = not came_back and delivery.state != DeliveryState.DELIVERED
    delivery.state = DeliveryState.RETURNED if came_back else DeliveryState.DELIVERED
    delivery.delivered_at = None if came_back else now
    delivery.save(update_fields=["state", "delivered_at"])
    record_audit(f"delivery.{delivery.state}", locked, by=by, now=now)
    if is_news:
        facts = {"reward": locked.reward_id}
        row = ActivityRow(locked.member_id, DELIVERED, now, "rewards.redemption", locked.pk, facts)
        record_batch(DELIVERED, [row], payload=[row], now=now)


# --- Many at once, from the carrier's file ------------------------------------------------------

NUMBER, CARRIER, TRACKING = "number", "carrier", "tracking_number"
MOST_ROWS = 2000


class UnreadableList(DomainError):
    code = "unreadable_list"
    field = "file"
    message = _("The file has no columns “number” and “tracking_number”, or isn't UTF-8 text.")


class ListTooLong(DomainError):
    code = "list_too_long"
    field = "file"
    message = _("At most %(most)s rows at once.")


@dataclass(frozen=True, slots=True)
class SentReport:
    """How many parcels were sent, and per line of the file why one was not."""

    sent_count: int
    refused: Sequence[tuple[int, str]] = field(default_factory=list)


def send_from_list(data: bytes, *, by: Any, now: dt.datetime) -> SentReport:
    """Send the parcels of a CSV file, each in a transaction of its own.

    The packing list's own download with its columns ``carrier`` and ``tracking_number`` filled
    in; rows without a tracking number are passed over. Again, it only puts numbers right. Raises
    UnreadableList, ListTooLong.
    """
    rows = _read_list(data)
    known = Redemption.objects.in_bulk({pk for _line, pk, *_rest in rows if pk is not None})
    count, refused = 0, []
    for line, pk, carrier, tracking_number in rows:
        redemption = known.get(pk) if pk is not None else None
        try:
            if redemption is None:
                raise refusals.NothingToSend
            send_delivery(
                redemption, carrier=carrier, tracking_number=tracking_number, by=by, now=now
            )
            count += 1
        except DomainError as refusal:
            refused.append((line, str(refusal)))
    return SentReport(count, refused)


def _read_list(data: bytes) -> list[tuple[int, int | None, str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableList from error
    if not {NUMBER, TRACKING} <= set(reader.fieldnames or ()):
        raise UnreadableList
    if len(rows) > MOST_ROWS:
        raise ListTooLong(most=MOST_ROWS)
    found = []
    for line, row in rows:
        number = (row[NUMBER] or "").strip()
        # A spreadsheet is kept from running what looks like a formula by an apostrophe.
        tracking_number = (row[TRACKING] or "").strip().removeprefix("'")[:80]
        if tracking_number:
            pk = int(number) if number.isascii() and number.isdigit() else None
            carrier = (row.get(CARRIER) or "").strip()[:80]
            found.append((line, pk, carrier, tracking_number))
    return found
