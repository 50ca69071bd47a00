"""PINs at the counter: who of staff is standing there."""

import datetime as dt
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.time import get_zone
from members.models import StaffPin, User
from members.models.pin import SPENT_AFTER
from members.selectors.club import get_club

DIGITS = 6
TRIES = 5  # wrong ones in a row, then it is locked
LOCKED = dt.timedelta(minutes=15)
# A million PINs are soon tried, however slow the hash: what guards them is the site's secret, which
# a copy of the database doesn't hold. So it need not cost the second that a password's does.
_ITERATIONS = 60_000


class InvalidPin(DomainError):
    code = "invalid_pin"
    field = "pin"
    message = _("A PIN has six digits.")


class GuessablePin(DomainError):
    code = "guessable_pin"
    field = "pin"
    message = _("That is one of the first that anybody would try. Choose another.")


class NoPin(DomainError):
    code = "no_pin"
    field = "pin"
    message = _("This person has no PIN yet, or may not serve at the counter any more.")


class WrongPin(DomainError):
    code = "wrong_pin"
    field = "pin"
    message = _("That is not the PIN.")


class PinLocked(DomainError):
    code = "pin_locked"
    status = 429
    field = "pin"
    message = _("Too many wrong tries: this PIN is locked until %(time)s.")


class PinSpent(DomainError):
    code = "pin_spent"
    field = "pin"
    message = _("Too many wrong tries: this PIN is void. Its owner sets a new one.")


@transaction.atomic
def set_pin(user: User, pin: str, *, by: User | None, now: dt.datetime) -> StaffPin:
    """Give a login of staff a PIN; an earlier one is gone, with its wrong tries.

    The caller has made sure that it is their own login. Raises InvalidPin or GuessablePin.
    """
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        raise InvalidPin
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 or pin[:3] == pin[3:] or pin[:2] * 3 == pin:
        raise GuessablePin
    kept, _created = StaffPin.objects.update_or_create(
        user=user,
        defaults={
            "pin_hash": _hash(user, pin),
            "set_at": now,
            "failed_count": 0,
            "locked_until_at": None,
        },
    )
    record_audit("pin.set", kept, by=by, now=now)
    return kept


@transaction.atomic
def remove_pin(kept: StaffPin, *, by: User | None, now: dt.datetime) -> None:
    """Its owner serves no more, or sets a new one."""
    record_audit("pin.removed", kept, by=by, now=now)
    kept.delete()


def check_pin(user: User, pin: str, *, place: dict[str, Any], now: dt.datetime) -> StaffPin:
    """The PIN row of ``user``, where ``pin`` is right.

    Five wrong tries in a row lock it for a quarter of an hour, each further one again; after
    twenty it is void. Every wrong try is in the audit trail with ``place`` (coded facts). Tries
    queue at the row, and a refused one stays counted: call it outside of any transaction.

    Raises NoPin, WrongPin, PinLocked or PinSpent.
    """
    with transaction.atomic(durable=True):
        kept = StaffPin.objects.select_for_update().filter(user=user).first()
        refusal = _try(kept, pin, place, now) if kept else NoPin()
    if refusal is not None or kept is None:
        raise refusal or NoPin()
    return kept


def _try(kept: StaffPin, pin: str, place: dict[str, Any], now: dt.datetime) -> DomainError | None:
    if kept.is_spent:
        return PinSpent()
    if kept.locked_until_at is not None and kept.locked_until_at > now:
        return _say_locked(kept)
    if _matches(kept, pin):
        if kept.failed_count:
            kept.failed_count, kept.locked_until_at = 0, None
            kept.save(update_fields=["failed_count", "locked_until_at"])
        return None
    kept.failed_count += 1
    changes = {**place, "tries": kept.failed_count}
    record_audit("pin.wrong", kept, by=None, changes=changes, now=now)
    if kept.failed_count >= TRIES:
        kept.locked_until_at = now + LOCKED
        action = "pin.spent" if kept.is_spent else "pin.locked"
        record_audit(action, kept, by=None, changes=changes, now=now)
    kept.save(update_fields=["failed_count", "locked_until_at"])
    if kept.failed_count >= SPENT_AFTER:
        return PinSpent()
    return WrongPin() if kept.failed_count < TRIES else _say_locked(kept)


def _hash(user: User, pin: str) -> str:
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(
        _pepper(user.pk, pin, settings.SECRET_KEY), hasher.salt(), iterations=_ITERATIONS
    )


def _matches(kept: StaffPin, pin: str) -> bool:
    """Whether it is the PIN; former keys of the site count as long as they do for sessions."""
    hasher = PBKDF2PasswordHasher()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hasher.verify(_pepper(kept.user_id, pin, key), kept.pin_hash) for key in keys)


def _pepper(user_id: int, pin: str, key: str) -> str:
    value = f"{user_id}:{pin}"
    return salted_hmac("members.pin", value, secret=key, algorithm="sha256").hexdigest()


def _say_locked(kept: StaffPin) -> PinLocked:
    moment = localtime(kept.locked_until_at, get_zone(get_club().zone))
    return PinLocked(time=date_format(moment, "TIME_FORMAT"))
