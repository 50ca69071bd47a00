"""What became of a mailing: from those who were meant to those who answered, in one statement."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from campaigns.models import Mailing
from campaigns.selectors.reports.breakdowns import BY_VARIANT, WHOLE, Breakdown

# One row per message: what became of it, by whom. Opens and clicks of machines stand apart.
_FATE = """
    SELECT e.message_id,
           bool_or(e.kind = 'delivered') AS delivered,
           bool_or(e.kind = 'opened' AND e.actor = 'human') AS opened,
           bool_or(e.kind = 'opened') AS opened_at_all,
           bool_or(e.kind = 'clicked' AND e.actor = 'human') AS clicked,
           bool_or(e.kind = 'clicked') AS clicked_at_all,
           bool_or(e.kind = 'bounced') AS bounced,
           bool_or(e.kind = 'complained') AS complained,
           bool_or(e.kind = 'unsubscribed') AS unsubscribed
    FROM campaigns_messageevent e JOIN campaigns_message x ON x.id = e.message_id
    WHERE x.mailing_id = %(mailing)s
    GROUP BY e.message_id
"""
# What stands on the club's own pages is delivered, and opened once its member read it.
_OPENED = "(f.opened OR m.channel = 'on_site' AND m.read_at IS NOT NULL)"
_COUNTS = f"""
    count(DISTINCT m.member_id) FILTER (WHERE m.reason <> 'same_address'),
    count(DISTINCT m.member_id) FILTER (WHERE m.reason = 'holdout'),
    count(*) FILTER (WHERE m.reason <> 'same_address'),
    count(*) FILTER (WHERE m.state IN ('waiting', 'sending')),
    count(*) FILTER (WHERE m.state = 'not_sent' AND m.reason <> 'holdout'),
    count(*) FILTER (WHERE m.state = 'unknown'),
    count(*) FILTER (WHERE m.state = 'failed' OR coalesce(f.bounced, false)),
    count(*) FILTER (WHERE m.state = 'sent'),
    count(*) FILTER (WHERE f.delivered OR m.state = 'sent' AND m.channel = 'on_site'),
    count(*) FILTER (WHERE {_OPENED}),
    count(*) FILTER (WHERE f.opened_at_all AND NOT {_OPENED}),
    count(*) FILTER (WHERE f.clicked),
    count(*) FILTER (WHERE f.clicked_at_all AND NOT f.clicked),
    count(*) FILTER (WHERE f.unsubscribed),
    count(*) FILTER (WHERE f.complained),
    coalesce(sum(m.cost), 0),
    count(DISTINCT m.member_id) FILTER (WHERE m.state = 'sent'),
    count(DISTINCT m.member_id)
        FILTER (WHERE f.delivered OR m.state = 'sent' AND m.channel = 'on_site'),
    count(DISTINCT m.member_id) FILTER (WHERE {_OPENED}),
    count(DISTINCT m.member_id) FILTER (WHERE f.clicked)
"""
_SQL = """
    WITH f AS ({fate})
    SELECT {key}, {counts}
    FROM campaigns_message m
    LEFT JOIN f ON f.message_id = m.id
    {joins}
    WHERE m.mailing_id = %(mailing)s
    GROUP BY 1 ORDER BY {order}
    LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of messages, but ``meant``, ``held_out`` and ``members_…``, which count members: one
    may be written to by several channels. ``cost`` in the club's currency.

    ``meant`` is everybody in the audience, ``held_out`` of them the control group; ``messages`` are
    what was planned for them. ``opened`` and ``clicked`` are people; what machines opened or
    clicked, or nobody knows who, stands beside.
    """

    key: str
    meant: int = 0
    held_out: int = 0
    messages: int = 0
    waiting: int = 0
    not_sent: int = 0
    unknown: int = 0
    bounced: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    opened_by_machines: int = 0
    clicked: int = 0
    clicked_by_machines: int = 0
    unsubscribed: int = 0
    complained: int = 0
    cost: Decimal = Decimal(0)
    members_sent: int = 0
    members_delivered: int = 0
    members_opened: int = 0
    members_clicked: int = 0

    @property
    def is_delivery_told(self) -> bool:
        """Most mail servers tell nobody what they delivered: no news is not a failure."""
        return self.delivered > 0

    def share(self, name: str) -> float | None:
        """A count as a share of those sent; None where nothing was."""
        return getattr(self, name) / self.sent if self.sent else None


def get_funnel(mailing: Mailing) -> Funnel:
    rows = list_funnels(mailing, WHOLE)
    return rows[0] if rows else Funnel("")


def list_funnels_by_variant(mailing: Mailing) -> list[Funnel]:
    return list_funnels(mailing, BY_VARIANT)


def list_funnels(
    mailing: Mailing, by: Breakdown, *, most_first: bool = False, limit: int = 100
) -> list[Funnel]:
    order = "2 DESC, 1" if most_first else "1"
    sql = _SQL.format(fate=_FATE, key=by.key, counts=_COUNTS, joins=by.joins, order=order)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"mailing": mailing.pk, "limit": limit, **by.params})
        return [Funnel(*row) for row in cursor.fetchall()]


def list_reasons(mailing: Mailing) -> list[tuple[str, int]]:
    """Why messages were not sent, most first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT reason, count(*) FROM campaigns_message
            WHERE mailing_id = %s AND state IN ('not_sent', 'failed')
            GROUP BY reason ORDER BY 2 DESC, 1
            """,
            [mailing.pk],
        )
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Hour:
    """How many people opened and clicked within an hour since the first message left."""

    at: dt.datetime
    opened: int
    clicked: int


def list_hours(mailing: Mailing, *, limit: int = 72) -> list[Hour]:
    """The hours of the response, for a chart: gaps stand as hours without one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH e AS (
                SELECT date_trunc('hour', e.effective_at) AS at, e.kind
                FROM campaigns_messageevent e JOIN campaigns_message x ON x.id = e.message_id
                WHERE x.mailing_id = %(mailing)s AND e.actor = 'human'
                  AND e.kind IN ('opened', 'clicked')
                UNION ALL
                SELECT date_trunc('hour', read_at), 'opened' FROM campaigns_message
                WHERE mailing_id = %(mailing)s AND channel = 'on_site' AND read_at IS NOT NULL
            ), span AS (
                SELECT generate_series(
                    min(at), least(max(at), min(at) + make_interval(hours => %(hours)s)), '1 hour'
                ) AS at FROM e
            )
            SELECT span.at, count(*) FILTER (WHERE e.kind = 'opened'),
                   count(*) FILTER (WHERE e.kind = 'clicked')
            FROM span LEFT JOIN e ON e.at = span.at GROUP BY 1 ORDER BY 1
            """,
            {"mailing": mailing.pk, "hours": limit - 1},
        )
        return [Hour(*row) for row in cursor.fetchall()]
