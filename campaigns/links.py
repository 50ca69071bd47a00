"""Addresses in a message that open something for who holds it: a link, the sign that it was
opened, letting go. Pure: no models; each purpose has a key of its own (``core.short_tokens``).
"""

from django.core.signing import BadSignature

from core.short_tokens import read_short, sign_short

LINK, OPEN, UNSUBSCRIBE = "link", "open", "unsubscribe"


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
    value = read_short(_get_salt(purpose), token)
    try:
        return tuple(int(part) for part in value.split("."))
    except ValueError as error:
        raise BadSignature(purpose) from error


def _sign(purpose: str, value: str) -> str:
    return sign_short(_get_salt(purpose), value)


def _get_salt(purpose: str) -> str:
    return f"campaigns.link.{purpose}"
