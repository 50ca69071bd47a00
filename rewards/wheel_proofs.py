"""One draw computed again, for its player."""

import hashlib
import hmac
from dataclasses import dataclass

from rewards.engine.draw import draw, hash_seed
from rewards.models import Slice, Spin


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
