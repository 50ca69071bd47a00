"""What a campaign brought: revenue per member beside those who heard nothing, with its interval.

Everybody who was meant is compared, whether the message reached them or not: the control group was
drawn by chance from all of them before consent was asked ("intention to treat"), so nothing but
chance and the campaign tells the groups apart. The interval is Welch's for the difference of two
means (B. L. Welch, "The generalization of 'Student's' problem", Biometrika 34, 1947), with the
normal quantile, since no figure is shown below ``FEWEST`` members a group.
"""

import math
from dataclasses import dataclass

from django.db import connection

from campaigns.models import Campaign

QUANTILE = 1.959964  # of the normal distribution, for 95 %
FEWEST = 100  # members in each group
FEWEST_BUYERS = 10  # in both together

_SQL = """
    WITH people AS (
        SELECT DISTINCT ON (m.member_id) m.member_id, {key} AS key,
               coalesce(m.first_due_at, m.due_at) AS since
        FROM campaigns_message m
        WHERE m.mailing_id = %(mailing)s
        ORDER BY m.member_id, m.id
    ), bought AS (
        SELECT p.member_id, sum(p.total_amount - coalesce(r.returned, 0)) AS revenue
        FROM people JOIN purchases_purchase p ON p.member_id = people.member_id
            AND p.purchased_at >= people.since
            AND p.purchased_at < people.since + make_interval(days => %(days)s)
        LEFT JOIN LATERAL (
            SELECT sum(total_amount) AS returned FROM purchases_return WHERE purchase_id = p.id
        ) r ON true
        GROUP BY p.member_id
    )
    SELECT people.key, count(*), count(bought.member_id), coalesce(sum(bought.revenue), 0),
           coalesce(sum(bought.revenue::numeric * bought.revenue), 0)
    FROM people LEFT JOIN bought USING (member_id)
    GROUP BY 1 ORDER BY 1
"""
# Who was meant and left out by chance, and everybody else.
_HELD_OUT = "CASE WHEN m.reason = 'holdout' THEN '' ELSE 'told' END"
_VARIANT = "CASE WHEN m.reason = 'holdout' THEN '' ELSE m.variant END"


@dataclass(frozen=True, slots=True)
class Group:
    """Members of one group; money in minor units, ``squares`` the sum of its squares."""

    key: str
    members: int
    buyers: int
    revenue: int
    squares: int

    @property
    def mean(self) -> float:
        return self.revenue / self.members if self.members else 0.0

    @property
    def variance(self) -> float:
        """Of the sample."""
        if self.members < 2:
            return 0.0
        spread = self.squares - self.revenue * self.revenue / self.members
        return max(float(spread), 0.0) / (self.members - 1)


@dataclass(frozen=True, slots=True)
class Lift:
    """Revenue per member that one group made more than the other, in minor units.

    ``is_enough`` is False where the groups are too small to say anything: then the figures are not
    shown. ``is_clear`` where the interval leaves out nothing at all.
    """

    difference: float
    low: float
    high: float
    is_enough: bool

    @property
    def is_clear(self) -> bool:
        return self.is_enough and (self.low > 0 or self.high < 0)


def list_groups(campaign: Campaign, *, by_variant: bool = False) -> list[Group]:
    """The control group (key "") and those who were told, or each variant.

    Each member's days begin when their own message was due, in a test of two stages the rest's
    later than the sample's; of the control group, when it would have been.
    """
    if campaign.started_at is None:
        return []
    sql = _SQL.format(key=_VARIANT if by_variant else _HELD_OUT)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"mailing": campaign.pk, "days": campaign.attribution_days})
        return [Group(key, n, buyers, int(total), int(squares))
                for key, n, buyers, total, squares in cursor.fetchall()]  # fmt: skip


def compare(told: Group, held_out: Group) -> Lift:
    """The difference of the means with its 95 % interval."""
    difference = told.mean - held_out.mean
    enough = (
        min(told.members, held_out.members) >= FEWEST
        and told.buyers + held_out.buyers >= FEWEST_BUYERS
    )
    error = 0.0
    if told.members and held_out.members:
        error = math.sqrt(told.variance / told.members + held_out.variance / held_out.members)
    return Lift(difference, difference - QUANTILE * error, difference + QUANTILE * error, enough)


def get_lift(campaign: Campaign) -> Lift | None:
    """Told against held out; None without a control group."""
    groups = {group.key: group for group in list_groups(campaign)}
    if "" not in groups or "told" not in groups:
        return None
    return compare(groups["told"], groups[""])
