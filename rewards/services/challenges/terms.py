"""The versions of challenges, as counting asks for them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.bulk import read_together
from rewards.engine.stamps import CardTerms
from rewards.services.prizes import Prize

_VERSIONS = """
    SELECT v.id, v.challenge_id, v.starts_at, v.ends_at, c.ended_at, v.activity_kind, v.measure,
           v.count_by, v.distinct_of, v.product_ids, v.category_ids, v.channel_ids, v.store_ids,
           v.minimum_amount, v.day_limit, v.target, v.round_limit, v.prize_kind, v.prize_reward_id,
           v.prize_points, v.prize_amount, v.prize_spin_count, v.prize_wheel_id, v.prize_days
    FROM rewards_challengeversion v JOIN rewards_challenge c ON c.id = v.challenge_id
    ORDER BY v.challenge_id, v.number
"""
# A category counts with all that is inside it.
_INSIDE = """
    WITH RECURSIVE inside (id) AS (
        SELECT unnest(%s::bigint[])
        UNION
        SELECT c.id FROM inside JOIN purchases_category c ON c.parent_id = inside.id
    )
    SELECT id FROM inside
"""


@dataclass(slots=True)
class VersionTerms:
    """One version, with the span in which it is the one that judges."""

    id: int
    challenge_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    activity_kind: str
    measure: str
    count_by: str
    distinct_of: str
    product_ids: list[int]
    category_ids: list[int]
    channel_ids: list[int]
    store_ids: list[int]
    minimum_amount: int
    day_limit: int | None
    cards: CardTerms
    prize: Prize
    sibling_ids: list[int] = field(default_factory=list)  # all versions of the challenge

    def overlaps(self, first_at: dt.datetime, last_at: dt.datetime) -> bool:
        return self.starts_at <= last_at and (self.ends_at is None or first_at < self.ends_at)


def load_versions() -> dict[int, VersionTerms]:
    """All versions by their id; one ends where the next of its challenge begins."""
    (rows,) = read_together([(_VERSIONS, [])])
    by_challenge: dict[int, list[VersionTerms]] = defaultdict(list)
    for (
        pk, challenge_id, starts_at, ends_at, ended_at, activity_kind, measure, count_by,
        distinct_of, product_ids, category_ids, channel_ids, store_ids, minimum_amount, day_limit,
        target, round_limit, *prize,
    ) in rows:  # fmt: skip
        version = VersionTerms(
            pk, challenge_id, starts_at, _earliest(ends_at, ended_at), activity_kind, measure,
            count_by, distinct_of, product_ids, category_ids, channel_ids, store_ids,
            minimum_amount, day_limit, CardTerms(pk, target, round_limit), Prize(*prize),
        )  # fmt: skip
        for before in by_challenge[challenge_id]:
            before.ends_at = _earliest(before.ends_at, starts_at)
        by_challenge[challenge_id].append(version)
    for versions in by_challenge.values():
        for version in versions:
            version.sibling_ids = [each.id for each in versions]
    return {version.id: version for versions in by_challenge.values() for version in versions}


def list_inside(category_ids: Sequence[int]) -> list[int]:
    if not category_ids:
        return []
    (rows,) = read_together([(_INSIDE, [list(category_ids)])])
    return [pk for (pk,) in rows]


def _earliest(*moments: dt.datetime | None) -> dt.datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
