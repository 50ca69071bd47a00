"""What a surprise would cost at most and whom it could reach, before anybody is written down."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from members.models import Member
from rewards.enums import PrizeKind, SurprisePick
from rewards.models import Surprise
from rewards.services.bulk_preview import SAMPLES
from rewards.services.preview import count_liability
from rewards.services.surprises import POOL

_COUNT = f"""
    SELECT (SELECT count(*) FROM ({POOL}) AS pool),
           (SELECT count(*) FROM members_audiencemember r
            JOIN members_member m ON m.id = r.member_id AND m.status = 'active'
                AND m.user_id IS NULL
            WHERE r.audience_id = %(audience)s)
"""
# Some from anywhere in the set, the same at every look; the lot itself is drawn when it is
# confirmed, and goes by another order.
_SAMPLES = f"""
    SELECT member_id FROM ({POOL}) AS pool ORDER BY md5(member_id::text) LIMIT {SAMPLES}
"""


@dataclass(frozen=True, slots=True)
class SurprisePreview:
    """``pool_count`` could get one, ``meant_count`` would; ``unclaimed_count`` have no login to
    open it with. ``planned_worth`` is the worst case, in the measure of the prize. ``stock_left``
    is None where there is no end of it. Liability is in points, for presents of points alone.
    """

    pool_count: int
    meant_count: int
    unclaimed_count: int
    planned_worth: int
    is_over_budget: bool
    stock_left: int | None
    is_short: bool
    samples: list[Member]
    liability_before: int | None = None
    liability_after: int | None = None

    @property
    def can_go(self) -> bool:
        return bool(self.meant_count) and not self.is_over_budget and not self.is_short


def preview_surprise(surprise: Surprise, *, left_out: set[int]) -> SurprisePreview:
    """What a draft would do if it were confirmed now; it need not be saved. Nothing is written."""
    values: dict[str, Any] = {"audience": surprise.act.audience_id, "own": list(left_out)}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        pool, unclaimed = cursor.fetchone()
        cursor.execute(_SAMPLES, values)
        samples = [pk for (pk,) in cursor.fetchall()]
    is_drawn = surprise.pick == SurprisePick.RANDOM
    meant = min(pool, surprise.draw_count or 0) if is_drawn else pool
    planned = surprise.worth * meant
    stock = surprise.prize_reward.stock_left if surprise.prize_reward else None
    members = Member.objects.in_bulk(samples)
    before = count_liability() if surprise.prize_kind == PrizeKind.POINTS else None
    return SurprisePreview(
        pool,
        meant,
        unclaimed,
        planned,
        is_over_budget=planned > surprise.budget,
        stock_left=stock,
        is_short=stock is not None and stock < meant,
        samples=[members[pk] for pk in samples],
        liability_before=before,
        liability_after=None if before is None else before + planned,
    )
