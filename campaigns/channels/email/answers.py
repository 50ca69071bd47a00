"""What a mail server's answer means for the message: later, never, or never to this address."""

import re

from campaigns.channels.base import Outcome, Result

CLOSING = 421  # the server says good-bye; another connection may do
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Of RFC 3463: no such mailbox, system, or syntax; moved away; disabled.
_DEAD = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
# At the recipient, where a server gives no code of the finer kind.
_DEAD_CODES = {550, 551, 553}


def read_answer(code: int, text: bytes | str, *, about_recipient: bool = False) -> Outcome:
    """An answer other than yes."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    detail = " ".join(f"{code} {words}".split())[:200]
    if not 500 <= code <= 599:
        return Outcome(Result.RETRY, detail=detail)
    fine = _ENHANCED.search(words)
    if fine:
        is_dead = (int(fine[2]), int(fine[3])) in _DEAD
    else:
        is_dead = about_recipient and code in _DEAD_CODES
    return Outcome(Result.DEAD if is_dead else Result.REFUSED, detail=detail)
