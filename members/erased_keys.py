"""Keyed hashes of contacts and shops' ids of people who were erased.

The key lies in the settings, outside of the database: whoever has only the database can't find
out by trying numbers and addresses who was here.
"""

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

EMAIL, PHONE, REFERENCE = "email", "phone", "reference"


@dataclass(frozen=True, slots=True)
class KeyHash:
    kind: str
    key_id: str
    key_hash: str


@lru_cache(maxsize=16)
def _derive(secret: str) -> tuple[str, bytes]:
    """A key of its own from a secret of the settings, and a short name for it."""
    key = hashlib.sha256(f"members.erased_keys:{secret}".encode()).digest()
    return hashlib.sha256(b"id:" + key).hexdigest()[:8], key


def name_key(secret: str) -> str:
    """The short name under which a hash remembers the key that made it."""
    return _derive(secret)[0]


def list_key_ids() -> list[str]:
    return [name_key(secret) for secret in settings.ERASURE_KEYS]


def write_reference(source_code: str, external_id: str) -> str:
    return f"{source_code}\x00{external_id}"


def _digest(key: bytes, kind: str, value: str) -> str:
    return hmac.digest(key, f"{kind}\x00{value}".encode(), "sha256").hex()


def hash_key(kind: str, value: str) -> KeyHash:
    """Under the first key: what an erasure leaves."""
    key_id, key = _derive(settings.ERASURE_KEYS[0])
    return KeyHash(kind, key_id, _digest(key, kind, value))


def list_hashes(kind: str, value: str) -> list[str]:
    """Under every key: what is looked up."""
    return [_digest(_derive(secret)[1], kind, value) for secret in settings.ERASURE_KEYS]
