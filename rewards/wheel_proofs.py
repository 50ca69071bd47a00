"""Draws computed again: one for its player, a whole day for everybody."""

import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from rewards.engine.draw import draw, hash_seed
from rewards.models import Slice, Spin, Wheel, WheelDay
from rewards.selectors.wheel_log import build_public_log, write_log_json
from rewards.verification.verify_wheel import check_logs

_LIFE = 24 * 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Proof:
    """One draw by hand. Without a ``seed`` the day isn't revealed, and nothing can be computed."""

    version: int
    pseudonym: str
    counter: int
    seed_hash: str
    seed: str
    message: str
    digest: str = ""
    number: int = 0
    total: int = 0
    remainder: int = 0
    is_same: bool = False


def prove_spin(spin_id: int) -> Proof:
    """Two queries. The digest is that of the first attempt; it all but never takes a second."""
    spin = Spin.objects.select_related("day").get(pk=spin_id)
    message = f"{spin.version_id}:{spin.pseudonym}:{spin.counter}"
    day = spin.day
    if not day.revealed_seed:
        return Proof(spin.version_id, spin.pseudonym, spin.counter, day.seed_hash, "", message)
    slices = list(
        Slice.objects.filter(version=spin.version_id)
        .order_by("position")
        .values_list("pk", "weight")
    )
    seed = bytes.fromhex(day.revealed_seed)
    weights = [weight for _pk, weight in slices]
    digest = hmac.new(seed, message.encode("ascii"), hashlib.sha256).hexdigest()
    number, total = int(digest[:16], 16), sum(weights)
    found = draw(seed, spin.version_id, spin.pseudonym, spin.counter, weights)
    return Proof(
        spin.version_id, spin.pseudonym, spin.counter, day.seed_hash, day.revealed_seed, message,
        digest, number, total, number % total,
        is_same=slices[found][0] == spin.slice_id and hash_seed(seed) == day.seed_hash,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownLog:
    """A day's log as its file has it; ``problems`` are what the offered script says of it, None
    before the seed is shown.
    """

    text: str
    problems: list[str] | None

    def read(self) -> dict[str, Any]:
        return json.loads(self.text)


def get_log(wheel: Wheel, day: WheelDay) -> ShownLog:
    """Computed once: of a day whose seed is shown nothing changes any more, so the server need not
    draw it again for every visitor. ``manage.py verify_wheel`` always reads the rows.
    """
    if not day.is_revealed:
        return ShownLog(write_log_json(build_public_log(wheel, day)), None)
    key = f"wheel-log:{wheel.pk}:{day.seed_hash}"
    kept = cache.get(key)
    if kept is not None:
        return ShownLog(zlib.decompress(kept[0]).decode(), kept[1])
    log = build_public_log(wheel, day)
    text, problems = write_log_json(log), list(check_logs([log]))
    cache.set(key, (zlib.compress(text.encode()), problems), _LIFE)
    return ShownLog(text, problems)
