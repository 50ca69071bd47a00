"""Addresses as keys: the same whatever case or spaces they were typed with, and no address."""

import hashlib
import uuid


def normalise_address(channel: str, address: str) -> str:
    """How the club compares addresses of a channel."""
    text = address.strip()
    return text.lower() if channel == "email" else text


def make_address_key(channel: str, address: str) -> uuid.UUID:
    """MD5 as a UUID, as PostgreSQL makes it: ``ADDRESS_KEY_SQL``. It hides nothing from a guess;
    it keeps indexes small and lists free of addresses.
    """
    digest = hashlib.md5(normalise_address(channel, address).encode(), usedforsecurity=False)
    return uuid.UUID(bytes=digest.digest())


# For a column that the services keep trimmed (members.models.fields lower-cases e-mail).
ADDRESS_KEY_SQL = "md5(lower(btrim({column})))::uuid"
