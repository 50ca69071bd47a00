"""Addresses that the club tells of events, with what was sent and what failed.

The messages are the events' own. What became of them is written as their sender would have: a
demonstration calls nobody, so both addresses end switched off.
"""

import datetime as dt
from collections.abc import Sequence

from core.sealing import seal
from core.services.audit import record_audit
from loyalty_site.demo.data import read_words
from members.models import User
from rewards.enums import WebhookEvent, WebhookState
from rewards.models import WebhookEndpoint, WebhookMessage
from rewards.services.webhooks.endpoints import disable_endpoint, make_secret
from rewards.services.webhooks.sending import forget_old_messages

URLS = {
    "screen": "https://screen.plumtree.example.com/hooks/club",
    "letters": "https://letters.example.org/webhooks/plumtree",
}
_EVENTS = {
    "screen": [WebhookEvent.REDEMPTION_CHANGED],
    "letters": [WebhookEvent.POINTS_CHANGED, WebhookEvent.TIER_CHANGED],
}
_OPENED = dt.timedelta(days=60)  # ago
_FAILING = dt.timedelta(days=6, hours=4)  # ago: the last answer of the one that was given up
_GIVEN_UP = dt.timedelta(days=1, hours=4)
_MOST_ATTEMPTS = 9


def open_endpoints(owner: User, *, now: dt.datetime) -> list[WebhookEndpoint]:
    """From here on events become messages. The names lead nowhere, which the service of the
    back office would find out by asking the network; so the rows are written here.
    """
    made = []
    for key, url in URLS.items():
        endpoint = WebhookEndpoint.objects.create(
            name=read_words()[key],
            url=url,
            events=[str(event) for event in _EVENTS[key]],
            sealed_secret=seal(make_secret()),
            created_at=now - _OPENED,
            created_by=owner,
        )
        record_audit("webhook.created", endpoint, by=owner, now=now - _OPENED)
        made.append(endpoint)
    return made


def close_endpoints(endpoints: Sequence[WebhookEndpoint], owner: User, *, now: dt.datetime) -> None:
    """One answered and was switched off by hand, the other went silent and was given up."""
    screen, letters = endpoints
    _deliver(WebhookMessage.objects.waiting().filter(endpoint=screen))
    waiting = WebhookMessage.objects.waiting().filter(endpoint=letters)
    silent_since = now - _FAILING
    _deliver(waiting.filter(occurred_at__lt=silent_since))
    given_up_at = now - _GIVEN_UP
    # The oldest has used up its attempts; what came after it still waits.
    tried = list(waiting.order_by("occurred_at", "pk").values_list("pk", flat=True))
    WebhookMessage.objects.filter(pk__in=tried[:3]).update(
        state=WebhookState.FAILED, attempt_count=_MOST_ATTEMPTS, answer_status=503
    )
    WebhookMessage.objects.filter(pk__in=tried[3:]).update(
        attempt_count=4, last_error="ConnectTimeout", due_at=given_up_at
    )
    WebhookEndpoint.objects.filter(pk=letters.pk).update(
        failing_since_at=silent_since, disabled_at=given_up_at
    )
    record_audit("webhook.given_up", letters, by=None, now=given_up_at)
    disable_endpoint(screen, by=owner, now=now)
    forget_old_messages(now=now)


def _deliver(messages) -> None:
    for message in messages:
        message.state, message.sent_at = WebhookState.SENT, message.occurred_at + _soon(message)
        message.attempt_count, message.answer_status = 1, 204
    WebhookMessage.objects.bulk_update(
        messages, ["state", "sent_at", "attempt_count", "answer_status"], batch_size=500
    )


def _soon(message: WebhookMessage) -> dt.timedelta:
    return dt.timedelta(seconds=2 + message.pk % 5)
