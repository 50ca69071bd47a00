"""What people did after a message: purchases and redemptions within the campaign's window.

This says what followed, not what the campaign caused: that is the lift (``reports.lift``). A
purchase counts once: for the campaign whose message came last, and of several messages of that one
for the message that was clicked, else the last. What came back is taken off.
"""

from dataclasses import dataclass

from django.db import connection

from campaigns.models import Campaign
from campaigns.selectors.reports.breakdowns import BY_VARIANT, Breakdown

_SQL = """
    WITH touched AS (
        SELECT m.id, m.member_id, m.sent_at AS since,
               m.sent_at + make_interval(days => %(days)s) AS until,
               EXISTS (SELECT 1 FROM campaigns_messageevent e WHERE e.message_id = m.id
                       AND e.kind = 'clicked' AND e.actor = 'human') AS clicked
        FROM campaigns_message m
        WHERE m.mailing_id = %(mailing)s AND m.sent_at IS NOT NULL
    ), bought AS (
        SELECT DISTINCT ON (p.id) t.id, t.member_id, t.clicked,
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
        ORDER BY p.id, t.clicked DESC, t.since DESC, t.id DESC
    ), redeemed AS (
        SELECT DISTINCT ON (r.id) t.id
        FROM touched t JOIN rewards_redemption r ON r.member_id = t.member_id
            AND r.reserved_at >= t.since AND r.reserved_at < t.until
            AND r.state NOT IN ('cancelled', 'expired')
        ORDER BY r.id, t.clicked DESC, t.since DESC, t.id DESC
    ), did AS (
        SELECT id, member_id, clicked, revenue, 0 AS redemption FROM bought
        UNION ALL SELECT id, NULL, false, 0, 1 FROM redeemed
    )
    SELECT {key},
           count(DISTINCT d.member_id), count(d.member_id), sum(d.revenue),
           count(DISTINCT d.member_id) FILTER (WHERE d.clicked),
           coalesce(sum(d.revenue) FILTER (WHERE d.clicked), 0), sum(d.redemption)
    FROM did d JOIN campaigns_message m ON m.id = d.id
    {joins}
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one variant, channel, segment or domain; money in minor units, after returns.
    ``clicked_*`` of those who clicked.
    """

    key: str
    buyers: int = 0
    purchases: int = 0
    revenue: int = 0
    clicked_buyers: int = 0
    clicked_revenue: int = 0
    redemptions: int = 0


def list_results(campaign: Campaign, by: Breakdown = BY_VARIANT) -> list[Result]:
    """Only of those after whose messages something happened."""
    values = {"mailing": campaign.pk, "days": campaign.attribution_days, **by.params}
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(key=by.key, joins=by.joins), values)
        return [Result(row[0], *map(int, row[1:])) for row in cursor.fetchall()]


def add_results(results: list[Result]) -> Result:
    """All variants together: nobody is in two."""
    sums = [
        sum(getattr(each, name) for each in results)
        for name in (
            "buyers", "purchases", "revenue", "clicked_buyers", "clicked_revenue", "redemptions",
        )
    ]  # fmt: skip
    return Result("", *sums)
