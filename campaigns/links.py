"""Addresses in a message that open something for who holds it: a link, the sign that it was
opened, letting go. Pure: no models; each purpose has a key of its own.

A token is the message, the number of the link, and the first 96 bits of an HMAC-SHA256 under the
site's secret key (Django's ``signing`` takes ten times as long, and a mail holds a dozen).
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac

LINK, OPEN, UNSUBSCRIBE = "link", "open", "unsubscribe"
_SIGNED_BYTES = 12


def sign_message_link(message_id: int, number: int) -> str:
    """The path that leads to the edition's link of this number."""
    return f"/m/{_sign(LINK, f'{message_id}.{number}')}/"


def sign_open(message_id: int) -> str:
    """The path of the picture that tells that a mail was shown."""
    return f"/m/o/{_sign(OPEN, str(message_id))}.gif"


def sign_unsubscribe(message_id: int) -> str:
    """The path of the page on which its reader lets go, and of RFC 8058's POST."""
    return f"/m/u/{_sign(UNSUBSCRIBE, str(message_id))}/"


def read_signed(token: str, purpose: str) -> tuple[int, ...]:
    """The message and, of a link, its number. Raises BadSignature for anything else."""
    value, _dot, _signature = token.rpartition(".")
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(token, _sign(purpose, value, key)) for key in known):
        raise BadSignature(purpose)
    try:
        return tuple(int(part) for part in value.split("."))
    except ValueError as error:
        raise BadSignature(purpose) from error


def _sign(purpose: str, value: str, secret: str = "") -> str:
    mac = _get_mac(purpose, secret or settings.SECRET_KEY).copy()
    mac.update(value.encode())
    signature = base64.urlsafe_b64encode(mac.digest()[:_SIGNED_BYTES]).decode()
    return f"{value}.{signature}"


@lru_cache(maxsize=16)
def _get_mac(purpose: str, secret: str) -> hmac.HMAC:
    key = salted_hmac(f"campaigns.link.{purpose}", "", secret=secret, algorithm="sha256").digest()
    return hmac.new(key, digestmod=hashlib.sha256)
