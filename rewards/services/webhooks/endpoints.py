"""Addresses that are told of events."""

import base64
import datetime as dt
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.sealing import seal
from core.services.audit import record_audit
from rewards.enums import WebhookEvent, WebhookState
from rewards.models import WebhookEndpoint, WebhookMessage


class UnsafeAddress(DomainError):
    code = "unsafe_address"
    field = "url"
    message = _("Only an https address that is open to the internet can be told of events.")


class UnknownEvent(DomainError):
    code = "unknown_event"
    field = "events"
    message = _("Choose at least one of the events.")


@transaction.atomic
def create_endpoint(
    *, name: str, url: str, events: Iterable[str], by: Any, now: dt.datetime
) -> tuple[WebhookEndpoint, str]:
    """A new address and its secret, which nobody can read again. Raises UnsafeAddress,
    UnknownEvent.
    """
    check_address(url)
    wanted = sorted(set(events))
    if not wanted or not set(wanted) <= set(WebhookEvent.values):
        raise UnknownEvent
    secret = make_secret()
    endpoint = WebhookEndpoint.objects.create(
        name=name,
        url=url,
        events=wanted,
        sealed_secret=seal(secret),
        created_at=now,
        created_by=by,
    )
    record_audit("webhook.created", endpoint, by=by, changes={"events": wanted}, now=now)
    return endpoint, secret


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, by: Any, now: dt.datetime) -> str:
    """A new secret; messages that wait are signed with it."""
    secret = make_secret()
    endpoint.sealed_secret = seal(secret)
    endpoint.save(update_fields=["sealed_secret"])
    record_audit("webhook.secret_rotated", endpoint, by=by, now=now)
    return secret


@transaction.atomic
def disable_endpoint(endpoint: WebhookEndpoint, *, by: Any, now: dt.datetime) -> None:
    """Nothing more is queued or sent; what waits is kept for when it is switched on again."""
    endpoint.disabled_at = now
    endpoint.save(update_fields=["disabled_at"])
    record_audit("webhook.disabled", endpoint, by=by, now=now)


@transaction.atomic
def enable_endpoint(endpoint: WebhookEndpoint, *, by: Any, now: dt.datetime) -> None:
    """Tell the address again, at once of all that waited. Raises UnsafeAddress."""
    check_address(endpoint.url)
    endpoint.disabled_at = endpoint.failing_since_at = None
    endpoint.save(update_fields=["disabled_at", "failing_since_at"])
    WebhookMessage.objects.waiting().filter(endpoint=endpoint).update(due_at=now)
    record_audit("webhook.enabled", endpoint, by=by, now=now)


@transaction.atomic
def replay_messages(messages: Any, *, by: Any, now: dt.datetime) -> int:
    """Send messages again under their own ids, which receivers drop if they have them."""
    count = 0
    for message in messages.select_related("endpoint"):
        message.state, message.due_at, message.sent_at = WebhookState.WAITING, now, None
        message.attempt_count = 0
        message.save(update_fields=["state", "due_at", "sent_at", "attempt_count"])
        record_audit("webhook.replayed", message, by=by, now=now)
        count += 1
    return count


def make_secret() -> str:
    """As the Standard Webhooks specification writes it: ``whsec_`` and 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def check_address(url: str) -> None:
    """Raises UnsafeAddress unless the address is https and leads out of this network, or
    ``WEBHOOKS_TO_PRIVATE_NETWORKS`` allows the rest.
    """
    parts = urlsplit(url)
    if settings.WEBHOOKS_TO_PRIVATE_NETWORKS:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UnsafeAddress
        return
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise UnsafeAddress
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnsafeAddress from error
    if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        raise UnsafeAddress
