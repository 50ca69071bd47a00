"""Bearer tokens: made once, shown once, kept as a hash, revoked for good."""

import datetime as dt
import hashlib
import secrets

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from purchases.enums import Scope
from purchases.models import ApiToken, Source

_MARK = "club_"
_USE_NOTED_EVERY = dt.timedelta(minutes=1)


class UnknownScope(DomainError):
    code = "unknown_scope"
    message = _("“%(scope)s” is not a scope.")


class TokenRevoked(DomainError):
    code = "token_revoked"
    status = 409
    message = _("This token was already revoked.")


def hash_token(token: str) -> bytes:
    """A plain hash is enough: the token holds 256 random bits, nobody can guess it."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def create_token(*, source: Source, name: str, scopes, by, now) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can read again later."""
    scopes = sorted(set(scopes))
    for scope in scopes:
        if scope not in Scope.values:
            raise UnknownScope(scope=str(scope)[:40])
    if not scopes:
        raise UnknownScope(scope="")
    text = _MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        source=source,
        name=name,
        prefix=text[:12],
        token_hash=hash_token(text),
        scopes=scopes,
        created_at=now,
        created_by=by,
    )
    record_audit(
        "token.created", token, by=by, changes={"scopes": scopes, "source": source.code}, now=now
    )
    return token, text


@transaction.atomic
def revoke_token(token: ApiToken, *, by, now) -> None:
    if not ApiToken.objects.usable().filter(pk=token.pk).update(revoked_at=now):
        raise TokenRevoked
    token.revoked_at = now
    record_audit("token.revoked", token, by=by, now=now)


def find_token(text: str, *, now: dt.datetime) -> ApiToken | None:
    """The usable token of this text, its use noted about once a minute."""
    token = (
        ApiToken.objects.usable()
        .select_related("source", "source__default_store")
        .filter(token_hash=hash_token(text))
        .first()
    )
    if token and (token.last_used_at is None or token.last_used_at < now - _USE_NOTED_EVERY):
        ApiToken.objects.filter(pk=token.pk).filter(
            Q(last_used_at=None) | Q(last_used_at__lt=now)
        ).update(last_used_at=now)
    return token
