"""What gateways of text messages tell: what became of one, and who wants no more."""

import datetime as dt

from django.db import transaction

from campaigns.addresses import make_address_key
from campaigns.enums import EventActor, EventKind, SuppressionReason
from campaigns.models import Message
from campaigns.services.reply_words import START, STOP, read_wish
from campaigns.services.responses import SOFT, EventRow, record_events
from campaigns.services.suppression import lift_keys, suppress_keys
from members.enums import Channel, ConsentSource
from members.models import Member
from members.purposes import MESSAGES, list_asked
from members.services.consents import Answer, record_answers

_DELIVERED = {"delivered", "read"}
_FAILED = {"failed", "undelivered"}
_GONE = {"30005", "30006"}  # unknown number; a line that can't take them


@transaction.atomic
def record_sms_event(
    message_id: int, *, provider_id: str, status: str, error_code: str = "", now: dt.datetime
) -> int:
    """What became of a message, as Twilio calls it; returns how many events are new."""
    if status in _DELIVERED:
        kind = EventKind.DELIVERED
    elif status in _FAILED:
        kind = EventKind.BOUNCED
    else:
        return 0  # on its way
    if not Message.objects.filter(pk=message_id, channel=Channel.SMS).exists():
        return 0
    evidence: dict[str, str | bool] = {"code": error_code} if error_code else {}
    if kind == EventKind.BOUNCED and error_code not in _GONE:
        evidence[SOFT] = True
    row = EventRow(message_id, kind, EventActor.MACHINE, None, now, provider_id, evidence)
    return record_events([row], now=now)


@transaction.atomic
def read_reply(phone: str, text: str, *, now: dt.datetime) -> str:
    """What somebody wrote back: "stop" takes back what they agreed to by text message and keeps
    the number off every mailing; "start" lets the number in again, and agrees to nothing.
    Returns "stop", "start" or "".
    """
    wish = read_wish(text, letters=True)
    key = (str(Channel.SMS), make_address_key(Channel.SMS, phone))
    if wish == STOP:
        answers = [Answer(purpose.code, Channel.SMS, False) for purpose in list_asked(MESSAGES)]
        for member in Member.objects.filter(phone=phone).order_by("pk"):
            record_answers(member, answers, source=ConsentSource.LINK, by=None, now=now)
        suppress_keys([key], reason=SuppressionReason.UNSUBSCRIBED, now=now)
        return STOP
    if wish == START:
        lift_keys([key], reason=SuppressionReason.UNSUBSCRIBED)
        return START
    return ""
