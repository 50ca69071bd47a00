"""Messages leave in small batches, outside of any transaction, and come again until answered.

Signed as the Standard Webhooks specification says (standardwebhooks.com, version 1): HMAC-SHA256
over ``id.timestamp.body`` in the headers webhook-id, webhook-timestamp and webhook-signature.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json

import requests
from django.db import transaction
from django.db.models import F

from core.errors import DomainError
from core.sealing import CannotUnseal, unseal
from core.services.audit import record_audit
from rewards.enums import WebhookState
from rewards.models import WebhookEndpoint, WebhookMessage
from rewards.services.webhooks.endpoints import check_address

BATCH = 20
LEASE = dt.timedelta(minutes=5)  # a sender that dies is followed after so long
TIMEOUT = (5, 10)  # seconds to connect, and to answer
KEPT_FOR = dt.timedelta(days=30)
GIVE_UP_ENDPOINT = dt.timedelta(days=5)
_BACK_OFF = (
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
    dt.timedelta(hours=12),
    dt.timedelta(days=1),
    dt.timedelta(days=1),
)


def sign(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the signature in base 64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{uid}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def send_due_messages(*, now: dt.datetime, limit: int = 200) -> int:
    """Send what is due, oldest first; returns how many were tried.

    A message is leased before it leaves: two senders never send the same attempt, and one that
    is killed leaves it to the next. An address that fails holds nobody else up for more than its
    time-out.
    """
    tried = 0
    while tried < limit:
        claimed = _claim(now)
        if not claimed:
            break
        down: set[int] = set()
        for message in claimed:
            if message.endpoint_id in down:
                _finish(message, None, "after the failure before it", now)
            elif not _send(message, now):
                down.add(message.endpoint_id)
            tried += 1
    return tried


def forget_old_messages(*, now: dt.datetime) -> int:
    """Delete what was delivered or given up a month ago."""
    old = WebhookMessage.objects.exclude(state=WebhookState.WAITING)
    count, _by_model = old.filter(occurred_at__lt=now - KEPT_FOR).delete()
    return count


@transaction.atomic
def _claim(now: dt.datetime) -> list[WebhookMessage]:
    due = WebhookMessage.objects.waiting().filter(
        due_at__lte=now, endpoint__disabled_at__isnull=True
    )
    claimed = list(
        due.select_for_update(skip_locked=True, of=("self",))
        .select_related("endpoint")
        .order_by("due_at", "id")[:BATCH]
    )
    ids = [message.pk for message in claimed]
    WebhookMessage.objects.filter(pk__in=ids).update(
        due_at=now + LEASE, attempt_count=F("attempt_count") + 1
    )
    for message in claimed:
        message.attempt_count += 1
    return claimed


def _send(message: WebhookMessage, now: dt.datetime) -> bool:
    body = json.dumps(
        {
            "type": message.event,
            "timestamp": message.occurred_at.isoformat(),
            "data": message.payload,
        },
        separators=(",", ":"),
    ).encode()
    try:
        check_address(message.endpoint.url)  # a name may lead elsewhere than it did
        timestamp = int(now.timestamp())
        secret = unseal(message.endpoint.sealed_secret)
        answer = requests.post(
            message.endpoint.url,
            data=body,
            headers={
                "content-type": "application/json",
                "user-agent": "loyalty-club",
                "webhook-id": str(message.uid),
                "webhook-timestamp": str(timestamp),
                "webhook-signature": sign(secret, str(message.uid), timestamp, body),
            },
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,  # the answer's body is never read
        )
        answer.close()
    except (requests.RequestException, DomainError, CannotUnseal) as error:
        _finish(message, None, type(error).__name__, now)
        return False
    _finish(message, answer.status_code, "", now)
    return 200 <= answer.status_code < 300


@transaction.atomic
def _finish(message: WebhookMessage, status: int | None, error: str, now: dt.datetime) -> None:
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=message.endpoint_id)
    message.answer_status, message.last_error = status, error[:200]
    if status is not None and 200 <= status < 300:
        message.state, message.sent_at = WebhookState.SENT, now
        endpoint.failing_since_at = None
    else:
        if message.attempt_count > len(_BACK_OFF):
            message.state = WebhookState.FAILED
        else:
            message.due_at = now + _BACK_OFF[message.attempt_count - 1]
        endpoint.failing_since_at = endpoint.failing_since_at or now
        if endpoint.disabled_at is None and now - endpoint.failing_since_at >= GIVE_UP_ENDPOINT:
            endpoint.disabled_at = now
            record_audit("webhook.given_up", endpoint, by=None, now=now)
    message.save(update_fields=["state", "sent_at", "due_at", "answer_status", "last_error"])
    endpoint.save(update_fields=["failing_since_at", "disabled_at"])
