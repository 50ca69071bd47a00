"""The figures of closed days, counted once each (docs/control.md, "The first page")."""

import datetime as dt

from django.db import connection, transaction
from django.db.models import Max, Min

from core.time import start_of
from members.selectors import get_club
from rewards.enums import AccountKind, Unit
from rewards.models import Account, DayClose, DayFigures
from rewards.selectors.work import count_waiting

ACTIVE_DAYS = 30  # a member is active who bought within so many days
AGAIN_DAYS = 90  # and came again who bought once more within so many
HISTORY = 120  # closed days before the newest that are counted where they are missing

# One pass over the days on which members bought, each with the member's next one. A member is
# active from such a day on until the next, for ACTIVE_DAYS at most: so the active of a day are a
# sum of comings and goings, and many days together need no pass of their own each.
_COUNT = """
    WITH visit AS MATERIALIZED (
        SELECT member_id, day_on,
               lead(day_on) OVER (PARTITION BY member_id ORDER BY day_on) AS next_on
        FROM (
            SELECT DISTINCT member_id, (purchased_at AT TIME ZONE %(zone)s)::date AS day_on
            FROM purchases_purchase
            WHERE member_id IS NOT NULL
              AND purchased_at >= %(visits_since)s AND purchased_at < %(until)s
        ) AS days
    ), turn AS MATERIALIZED (
        SELECT day_on, count(*) AS many FROM visit GROUP BY day_on
        UNION ALL
        SELECT least(next_on, day_on + %(active)s) AS day_on, -count(*) FROM visit GROUP BY 1
    ), again AS MATERIALIZED (
        SELECT day_on + %(again)s AS day_on, count(*) AS visits,
               count(*) FILTER (WHERE next_on <= day_on + %(again)s) AS followed
        FROM visit GROUP BY 1
    ), moved AS (
        SELECT (effective_at AT TIME ZONE %(zone)s)::date AS day_on,
               sum(amount) FILTER (WHERE debit_account_id = %(issued)s) AS issued,
               coalesce(sum(amount) FILTER (WHERE credit_account_id = %(redeemed)s), 0)
               - coalesce(sum(amount) FILTER (WHERE debit_account_id = %(redeemed)s), 0) AS spent
        FROM rewards_transfer
        WHERE unit = 'points' AND effective_at >= %(since)s AND effective_at < %(until)s
        GROUP BY 1
    )
    INSERT INTO rewards_dayfigures (close_id, counted_at, active_count, visit_count,
                                    followed_count, issued_points, spent_points)
    SELECT c.id, %(now)s,
           (SELECT coalesce(sum(many), 0) FROM turn WHERE turn.day_on <= c.day_on),
           coalesce(again.visits, 0), coalesce(again.followed, 0),
           coalesce(moved.issued, 0), coalesce(moved.spent, 0)
    FROM rewards_dayclose c
    LEFT JOIN again USING (day_on)
    LEFT JOIN moved USING (day_on)
    WHERE c.day_on BETWEEN %(first)s AND %(last)s
      AND NOT EXISTS (SELECT FROM rewards_dayfigures f WHERE f.close_id = c.id)
    ORDER BY c.day_on
    ON CONFLICT (close_id) DO NOTHING
"""


@transaction.atomic
def count_figures(*, now: dt.datetime) -> int:
    """Count the closed days that have no figures yet; what was counted stays as it was.

    Returns how many days there were. The newest also keeps how much work waits at ``now``.
    """
    newest = DayClose.objects.aggregate(day_on=Max("day_on"))["day_on"]
    if newest is None:
        return 0
    recent = DayClose.objects.filter(day_on__gt=newest - dt.timedelta(days=HISTORY), figures=None)
    days = recent.aggregate(first=Min("day_on"), last=Max("day_on"))
    first, last = days["first"], days["last"]
    if first is None:
        return 0
    programme = dict(
        Account.objects.filter(
            member=None, unit=Unit.POINTS, kind__in=[AccountKind.ISSUED, AccountKind.REDEEMED]
        ).values_list("kind", "pk")
    )
    zone = get_club().zone
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "zone": zone,
                "first": first,
                "last": last,
                "visits_since": start_of(first - dt.timedelta(days=AGAIN_DAYS), zone),
                "since": start_of(first, zone),
                "until": start_of(last + dt.timedelta(days=1), zone),
                "active": ACTIVE_DAYS,
                "again": AGAIN_DAYS,
                "issued": programme.get(AccountKind.ISSUED),
                "redeemed": programme.get(AccountKind.REDEEMED),
                "now": now,
            },
        )
        counted = cursor.rowcount
    waiting = sum(each.count for each in count_waiting(now=now))
    DayFigures.objects.filter(close__day_on=newest, waiting_count=None).update(
        waiting_count=waiting
    )
    return counted
