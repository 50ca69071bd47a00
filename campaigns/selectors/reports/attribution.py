"""What people did after a message: purchases and redemptions within the campaign's window.

This says what followed, not what the campaign caused: that is the lift (``reports.lift``). A
purchase after two campaigns counts for the one whose message came last.
"""

from dataclasses import dataclass

from django.db import connection

from campaigns.models import Campaign

_SQL = """
    WITH touched AS (
        SELECT m.id, m.member_id, m.variant, m.sent_at AS since,
               m.sent_at + make_interval(days => %(days)s) AS until,
               EXISTS (SELECT 1 FROM campaigns_messageevent e WHERE e.message_id = m.id
                       AND e.kind = 'clicked' AND e.actor = 'human') AS clicked
        FROM campaigns_message m
        WHERE m.mailing_id = %(mailing)s AND m.sent_at IS NOT NULL
    ), bought AS (
        SELECT t.id, p.id AS purchase_id,
               p.total_amount - coalesce((SELECT sum(total_amount) FROM purchases_return
                                          WHERE purchase_id = p.id), 0) AS revenue
        FROM touched t JOIN purchases_purchase p ON p.member_id = t.member_id
            AND p.purchased_at >= t.since AND p.purchased_at < t.until
        WHERE NOT EXISTS (
            SELECT 1 FROM campaigns_message later JOIN campaigns_campaign c
                ON c.mailing_id = later.mailing_id
            WHERE later.member_id = t.member_id AND later.sent_at > t.since
              AND later.sent_at <= p.purchased_at AND later.mailing_id <> %(mailing)s
        )
    ), per_message AS (
        SELECT id, count(*) AS purchases, sum(revenue) AS revenue FROM bought GROUP BY id
    ), redeemed AS (
        SELECT t.id, count(*) AS redemptions
        FROM touched t JOIN rewards_redemption r ON r.member_id = t.member_id
            AND r.reserved_at >= t.since AND r.reserved_at < t.until
        GROUP BY t.id
    )
    SELECT t.variant,
           count(b.id), coalesce(sum(b.purchases), 0), coalesce(sum(b.revenue), 0),
           count(b.id) FILTER (WHERE t.clicked),
           coalesce(sum(b.revenue) FILTER (WHERE t.clicked), 0),
           coalesce(sum(r.redemptions), 0)
    FROM touched t LEFT JOIN per_message b ON b.id = t.id LEFT JOIN redeemed r ON r.id = t.id
    GROUP BY t.variant ORDER BY t.variant
"""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one variant; money in minor units, after returns. ``clicked_*`` of those who clicked."""

    variant: str
    buyers: int
    purchases: int
    revenue: int
    clicked_buyers: int
    clicked_revenue: int
    redemptions: int


def list_results(campaign: Campaign) -> list[Result]:
    values = {"mailing": campaign.pk, "days": campaign.attribution_days}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        return [Result(row[0], *map(int, row[1:])) for row in cursor.fetchall()]


def add_results(results: list[Result]) -> Result:
    """All variants together."""
    sums = [
        sum(getattr(each, name) for each in results)
        for name in (
            "buyers", "purchases", "revenue", "clicked_buyers", "clicked_revenue", "redemptions",
        )
    ]  # fmt: skip
    return Result("", *sums)
