"""Secrets that must be read again are kept sealed: a copy of the database alone opens none."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotUnseal(Exception):
    """Sealed under a key that the settings no longer hold (``SECRET_KEY_FALLBACKS``)."""


def seal(text: str) -> bytes:
    """Encrypt under ``SECRET_KEY``."""
    return _box().encrypt(text.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Decrypt what was sealed under this key or a former one. Raises CannotUnseal."""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def reseal(sealed: bytes) -> bytes | None:
    """The same under the present key; None where it is already. Raises CannotUnseal."""
    lock = _make_lock(settings.SECRET_KEY)
    try:
        lock.decrypt(bytes(sealed))
    except InvalidToken:
        return lock.encrypt(unseal(sealed).encode())
    return None


def _box() -> MultiFernet:
    return MultiFernet(
        [_make_lock(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _make_lock(key: str) -> Fernet:
    """A key of its own, so that no other use of the site's secret opens the same."""
    digest = hashlib.sha256(b"core.sealing:" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
