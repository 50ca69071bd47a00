"""Setting up shops: their secrets are sealed, shown never or once, and replaced with care."""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.sealing import CannotUnseal, seal, unseal
from core.services.audit import record_audit
from purchases.models import Channel, ShopConnection, Source, Store

OVERLAPS = (dt.timedelta(0), dt.timedelta(hours=1), dt.timedelta(days=1))
_SHORTEST, _LONGEST = 16, 200


class WeakSecret(DomainError):
    code = "weak_secret"
    field = "secret"
    message = _("A secret has %(shortest)s to %(longest)s characters and no spaces.")


class SameSecret(DomainError):
    code = "same_secret"
    field = "secret"
    message = _("This is the secret that the connection has already.")


def check_secret(text: str) -> str:
    """The secret as it is used; raises WeakSecret."""
    text = text.strip()
    if not _SHORTEST <= len(text) <= _LONGEST or any(char.isspace() for char in text):
        raise WeakSecret(shortest=_SHORTEST, longest=_LONGEST)
    return text


def make_secret() -> str:
    """A secret to paste into a shop: nothing in it that a form would write otherwise."""
    return secrets.token_urlsafe(32)


def clean_host(text: str) -> str:
    """``https://My-Shop.example.com/`` → ``my-shop.example.com``."""
    return text.strip().lower().rpartition("://")[2].partition("/")[0].partition(":")[0]


@transaction.atomic
def create_connection(
    *,
    kind: str,
    name: str,
    source: Source,
    secret: str,
    store: Store | None = None,
    channel: Channel | None = None,
    shop_host: str = "",
    by,
    now: dt.datetime,
) -> ShopConnection:
    """A connection that takes deliveries signed with ``secret``. Raises WeakSecret."""
    connection = ShopConnection.objects.create(
        kind=kind,
        name=name,
        source=source,
        store=store,
        channel=channel,
        shop_host=clean_host(shop_host),
        sealed_secret=seal(check_secret(secret)),
        secret_set_at=now,
        created_at=now,
        created_by=by,
    )
    record_audit(
        "connection.created", connection, by=by, now=now,
        changes={"kind": kind, "source": source.code},
    )  # fmt: skip
    return connection


@transaction.atomic
def rotate_secret(
    connection: ShopConnection, secret: str, *, overlap: dt.timedelta, by, now: dt.datetime
) -> ShopConnection:
    """Put another secret in the place of the present one, which is accepted for ``overlap`` on.

    A shop system may take an hour to sign with its new secret. Where the old one has leaked, the
    overlap is nothing. Raises WeakSecret or SameSecret.
    """
    if overlap not in OVERLAPS:
        raise ValueError("No such overlap.")
    connection = ShopConnection.objects.select_for_update().get(pk=connection.pk)
    text = check_secret(secret)
    if text == open_secret(connection.sealed_secret):
        raise SameSecret
    connection.sealed_former_secret = connection.sealed_secret
    connection.former_until_at = now + overlap
    connection.sealed_secret = seal(text)
    connection.secret_set_at = now
    connection.save(
        update_fields=["sealed_secret", "secret_set_at", "sealed_former_secret", "former_until_at"]
    )
    record_audit(
        "connection.secret_rotated", connection, by=by, now=now,
        changes={"former_until": connection.former_until_at.isoformat()},
    )  # fmt: skip
    return connection


@transaction.atomic
def switch_connection(connection: ShopConnection, *, is_active: bool, by, now: dt.datetime) -> None:
    """Take deliveries, or refuse them all; nothing that was taken in changes."""
    changed = ShopConnection.objects.filter(pk=connection.pk, is_active=not is_active).update(
        is_active=is_active
    )
    if changed:
        action = "connection.switched_on" if is_active else "connection.switched_off"
        record_audit(action, connection, by=by, now=now)


def open_secret(sealed: bytes | memoryview | None) -> str | None:
    """The secret itself; None where there is none, or it was sealed under a key that is gone."""
    try:
        return unseal(sealed) if sealed else None
    except CannotUnseal:
        return None
