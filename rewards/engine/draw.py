"""The draw of a wheel: a pure function that anyone can compute again (docs/wheel.md).

The message is ASCII: ``version ":" pseudonym ":" counter``, numbers in decimal without leading
zeros. HMAC-SHA256 under the day's seed (32 bytes) makes 32 bytes of it; the first eight are a
big-endian number. Numbers beyond the last whole multiple of the sum of weights are rejected, or
some slices would come up a little more often: then ``":1"`` is added to the message, then ``":2"``,
and so on. The remainder by the sum finds the slice, whose weights are laid end to end.
"""

import hashlib
import hmac
from collections.abc import Sequence

SPAN = 1 << 64


class NothingToDraw(ValueError):
    """The weights sum to zero, or one is below it."""


def draw(seed: bytes, version_id: int, pseudonym: str, counter: int, weights: Sequence[int]) -> int:
    """The index of the slice that a spin comes to rest on. Raises NothingToDraw."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0 or total > SPAN:
        raise NothingToDraw
    number = _find_number(seed, f"{version_id}:{pseudonym}:{counter}", total) % total
    for index, weight in enumerate(weights):
        if number < weight:
            return index
        number -= weight
    raise NothingToDraw  # can't be reached: the weights sum to the total


def _find_number(seed: bytes, message: str, total: int) -> int:
    limit = SPAN - SPAN % total
    text, attempt = message, 0
    while True:
        digest = hmac.new(seed, text.encode("ascii"), hashlib.sha256).digest()
        number = int.from_bytes(digest[:8], "big")
        if number < limit:
            return number
        attempt += 1
        text = f"{message}:{attempt}"


def hash_seed(seed: bytes) -> str:
    """What is published before the day: SHA-256 of the seed's 32 bytes, in hexadecimal."""
    return hashlib.sha256(seed).hexdigest()


def make_pseudonym(player_seed: str) -> str:
    """The name under which a player's draws stand: the first half of the SHA-256 of their seed's
    UTF-8, in hexadecimal.
    """
    return hashlib.sha256(player_seed.encode()).hexdigest()[:32]
