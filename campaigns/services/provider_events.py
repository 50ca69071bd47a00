"""What a provider of mail tells, in the words of django-anymail, as events of messages."""

import datetime as dt
import hashlib
from typing import Any

from anymail.signals import EventType, RejectReason
from django.db import transaction

from campaigns.addresses import make_address_key
from campaigns.channels.message_ids import read_message_id
from campaigns.enums import EventActor, EventKind
from campaigns.models import Message
from campaigns.services.responses import (
    ADDRESS_KEY,
    SOFT,
    EventRow,
    record_events,
    withdraw_purpose,
)
from members.enums import Channel, ConsentSource

_KINDS = {
    EventType.DELIVERED: EventKind.DELIVERED,
    EventType.BOUNCED: EventKind.BOUNCED,
    EventType.REJECTED: EventKind.BOUNCED,
    EventType.FAILED: EventKind.BOUNCED,
    EventType.COMPLAINED: EventKind.COMPLAINED,
    EventType.UNSUBSCRIBED: EventKind.UNSUBSCRIBED,
}
_DEAD = {RejectReason.INVALID, RejectReason.BOUNCED}
# What some providers call a bounce and take back later.
_SOFT_WORDS = ("soft", "transient", "temporary")


@transaction.atomic
def take_provider_event(event: Any, *, provider: str, now: dt.datetime) -> bool:
    """Write down one of anymail's tracking events; whether it was new and about a message of ours.

    Opens and clicks of the provider's own tracking are left aside: the club's links tell those.
    """
    kind = _KINDS.get(event.event_type)
    message_id = _find_message(event) if kind else None
    if kind is None or message_id is None:
        return False
    evidence: dict[str, Any] = {"provider": provider}
    if event.recipient:
        evidence[ADDRESS_KEY] = str(make_address_key(Channel.EMAIL, event.recipient))
    if kind == EventKind.BOUNCED and not _is_dead(event):
        evidence[SOFT] = True
    row = EventRow(
        message_id,
        kind,
        EventActor.MACHINE if kind in (EventKind.DELIVERED, EventKind.BOUNCED)
        else EventActor.HUMAN,
        None,
        event.timestamp or now,
        _name(event),
        evidence,
    )  # fmt: skip
    is_new = bool(record_events([row], now=now))
    if is_new and kind == EventKind.UNSUBSCRIBED:
        message = Message.objects.select_related("mailing", "member").get(pk=message_id)
        withdraw_purpose(message, source=ConsentSource.LINK, now=now)
    return is_new


def _find_message(event: Any) -> int | None:
    """By what the club sent along, by the provider's id of the mail, by our own Message-ID."""
    told = str((event.metadata or {}).get("message_id", ""))
    mails = Message.objects.filter(channel=Channel.EMAIL)
    if told.isdecimal() and len(told) < 19:
        return mails.filter(pk=int(told)).values_list("pk", flat=True).first()
    provider_id = str(event.message_id or "")
    if not provider_id:
        return None
    found = mails.filter(provider_id=provider_id[:120]).values_list("pk", flat=True).first()
    return found if found is not None else read_message_id(provider_id)


def _is_dead(event: Any) -> bool:
    """Whether the address is dead; a full mailbox, a filter or an outage are not."""
    if event.reject_reason not in _DEAD:
        return False
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    words = " ".join(str(told.get(name, "")) for name in ("Type", "type", "event", "bounceType"))
    return not any(word in words.lower() for word in _SOFT_WORDS)


def _name(event: Any) -> str:
    """The provider's id of the event, the same when it is told again."""
    if event.event_id:
        return str(event.event_id)[:120]
    said = f"{event.event_type}:{event.message_id}:{event.recipient}:{event.timestamp}"
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()[:40]
