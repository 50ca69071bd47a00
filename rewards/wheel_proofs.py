"""Draws computed again: one for its player, a day for everybody."""

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class DayProof:
    """What came of computing a day's log again. ``wrong`` are the numbers of draws that differ."""

    draw_count: int
    is_seed_right: bool
    wrong: list[int] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return self.is_seed_right and not self.wrong


def prove_day(log: dict[str, Any]) -> DayProof | None:
    """From the public log alone, as anyone can; None before the seed is there."""
    if not log["seed"]:
        return None
    seed = bytes.fromhex(log["seed"])
    proof = DayProof(len(log["draws"]), hash_seed(seed) == log["seed_hash"])
    versions = {each["version"]: each["slices"] for each in log["versions"]}
    hits: dict[int, int] = defaultdict(int)
    for each in log["draws"]:
        slices = versions[each["version"]]
        weights = [one["weight"] for one in slices]
        found = slices[draw(seed, each["version"], each["player"], each["counter"], weights)]
        if found["id"] != each["slice"] or not _is_paid_right(each, found, hits):
            proof.wrong.append(each["number"])
    return proof


def _is_paid_right(draw_: dict[str, Any], found: dict[str, Any], hits: dict[int, int]) -> bool:
    """The first so many draws of a slice pay its prize, and their numbers leave no gap."""
    if found["stock"] is None:
        return draw_["stock_event"] is None and draw_["paid"] == "prize"
    event, before = draw_["stock_event"], hits[found["id"]]
    hits[found["id"]] = event
    is_next = not before or event == before + 1
    return is_next and draw_["paid"] == ("substitute" if event > found["stock"] else "prize")
