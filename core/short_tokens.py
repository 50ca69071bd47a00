"""Values that somebody holds and can't change: short enough for a text message.

A token is the value and the first 96 bits of an HMAC-SHA256 of it, under a key of its salt's own
(Django's ``signing`` takes ten times as long, and a mail holds a dozen).
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac

_SIGNED_BYTES = 12


def sign_short(salt: str, value: str) -> str:
    return _sign(salt, value, settings.SECRET_KEY)


def read_short(salt: str, token: str) -> str:
    """The value. Raises BadSignature for what wasn't signed under this salt."""
    value, _dot, _signature = token.rpartition(".")
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    given = token.encode()  # compare_digest takes no other letters as text
    if not any(hmac.compare_digest(given, _sign(salt, value, key).encode()) for key in known):
        raise BadSignature(salt)
    return value


def _sign(salt: str, value: str, secret: str) -> str:
    mac = _get_mac(salt, secret).copy()
    mac.update(value.encode())
    signature = base64.urlsafe_b64encode(mac.digest()[:_SIGNED_BYTES]).decode()
    return f"{value}.{signature}"


@lru_cache(maxsize=16)
def _get_mac(salt: str, secret: str) -> hmac.HMAC:
    key = salted_hmac(salt, "", secret=secret, algorithm="sha256").digest()
    return hmac.new(key, digestmod=hashlib.sha256)
