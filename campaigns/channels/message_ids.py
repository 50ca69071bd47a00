"""The Message-ID of a mail, always the same for a message of the outbox: a second copy, should one
ever leave, is seen as one by mail servers and readers, and a bounce leads back to its row.
"""

import hmac
import re
from functools import lru_cache

from django.conf import settings

_SALT = b"campaigns.message-id:"
_PATTERN = re.compile(r"<?(\d{1,19})\.([0-9a-f]{16})@")


def make_message_id(message_id: int, domain: str) -> str:
    """``<id.hash@domain>``."""
    return f"<{message_id}.{_sign(message_id, settings.SECRET_KEY)}@{domain}>"


def read_message_id(text: str) -> int | None:
    """The message whose own Message-ID this is; None for any other, and for a made-up one."""
    found = _PATTERN.search(text)
    if not found:
        return None
    message_id = int(found[1])
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if any(hmac.compare_digest(found[2], _sign(message_id, key)) for key in keys):
        return message_id
    return None


def _sign(message_id: int, key: str) -> str:
    return hmac.digest(_derive(key), b"%d" % message_id, "sha256").hex()[:16]


@lru_cache(maxsize=8)
def _derive(key: str) -> bytes:
    return hmac.digest(key.encode(), _SALT, "sha256")
