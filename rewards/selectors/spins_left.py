"""Which wheels are open to a member and how many free spins wait there: for home, in one query."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.models import Wheel, WheelVersion

# The same rules as on the wheel's page (``selectors.wheel``), for all wheels together.
_OPEN = """
    FROM rewards_wheelversion v
    JOIN rewards_wheelday d ON d.starts_at <= %(now)s AND d.ends_at > %(now)s
        AND d.state = 'sealed'
    JOIN rewards_wheel w ON w.id = v.wheel_id
    WHERE v.published_at IS NOT NULL AND v.starts_at <= %(now)s
      AND (v.ends_at IS NULL OR v.ends_at > %(now)s)
      AND EXISTS (
          SELECT FROM rewards_wheelgate g
          JOIN members_audiencemember a ON a.audience_id = g.audience_id
          WHERE g.version_id = v.id AND a.member_id = %(member)s AND g.opens_at <= %(now)s
            AND (g.closes_at IS NULL OR g.closes_at > %(now)s))
"""
HAS_WHEEL = f"SELECT {_OPEN}"
_LEFT = f"""
    SELECT w.*, v.has_price,
           coalesce((SELECT l.daily_spin_count FROM rewards_wheelallowance l
                     JOIN rewards_standing t ON t.tier_id = l.tier_id
                     WHERE l.version_id = v.id AND t.member_id = %(member)s),
                    v.daily_spin_count) AS daily_count,
           (SELECT count(*) FROM rewards_spin s JOIN rewards_wheelplayer p ON p.id = s.player_id
            WHERE s.day_id = d.id AND s.pay = 'free' AND p.wheel_id = v.wheel_id
              AND p.member_id = %(member)s) AS used_count,
           (SELECT coalesce(sum(g.spin_count - g.used_count), 0) FROM rewards_spingrant g
            WHERE g.member_id = %(member)s AND g.wheel_id = v.wheel_id
              AND g.used_count < g.spin_count
              AND (g.expires_on IS NULL OR g.expires_on >= %(today)s)) AS grant_count
    {_OPEN} ORDER BY w.id
"""


@dataclass(frozen=True, slots=True)
class SpinsLeft:
    """``left_count`` free spins now, those of the day and those given; ``daily_count`` a day."""

    wheel: Wheel
    left_count: int
    daily_count: int
    has_price: bool


def list_spins_left(member: Member, *, now: dt.datetime) -> list[SpinsLeft]:
    """The wheels open to the member, most free spins first."""
    values = {"member": member.pk, "now": now, "today": day_of(now, get_club().zone)}
    rows: Any = Wheel.objects.raw(_LEFT, values)
    found = [
        SpinsLeft(
            wheel,
            max(wheel.daily_count - wheel.used_count, 0) + int(wheel.grant_count),
            wheel.daily_count,
            wheel.has_price,
        )
        for wheel in rows
    ]
    return sorted(found, key=lambda each: -each.left_count)


def list_turning(*, now: dt.datetime) -> list[Wheel]:
    """Wheels with a version in force, for anybody."""
    in_force = WheelVersion.objects.in_force(now).values("wheel")
    return list(Wheel.objects.filter(pk__in=in_force).order_by("pk"))
