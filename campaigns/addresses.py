"""Addresses as keys: the same whatever case or spaces they were typed with, and no address."""

import hashlib
import uuid


def normalise_address(channel: str, address: str) -> str:
    """How the club compares addresses of a channel."""
    text = address.strip()
    return text.lower() if channel == "email" else text


def make_address_key(channel: str, address: str) -> uuid.UUID:
    """MD5 as a UUID, as PostgreSQL makes it (``get_address_key_sql``). It hides nothing from a
    guess; it keeps indexes small and lists free of addresses.
    """
    digest = hashlib.md5(normalise_address(channel, address).encode(), usedforsecurity=False)
    return uuid.UUID(bytes=digest.digest())


def get_address_key_sql(channel: str, sql: str) -> str:
    """The same as ``make_address_key``, over an expression that yields an address or NULL."""
    text = f"btrim({sql})"
    return f"md5({f'lower({text})' if channel == 'email' else text})::uuid"
