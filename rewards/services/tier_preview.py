"""Who would stand on which tier under other terms: one statement over the status credits."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.time import day_of
from members.selectors.club import get_club
from rewards.engine.terms import Programme
from rewards.enums import TierWindow

# Each member's present tier period and the one before it (both for the whole club, or counted
# from a day of their own), the credits in both, and the level that these reach. The same law as
# engine.tiers: up at once to what is reached; down one step where neither period keeps it.
_MOVES = """
    WITH level (tier_id, rank, threshold) AS (
        SELECT * FROM unnest(%(tiers)s::bigint[], %(ranks)s::int[], %(thresholds)s::bigint[])
    ), span AS ({span}), credit AS (
        SELECT span.member_id, span.tier_id,
            coalesce(sum(lot.available) FILTER (
                WHERE lot.counts_on BETWEEN span.first_on AND span.last_on), 0) AS present,
            coalesce(sum(lot.available) FILTER (
                WHERE lot.counts_on BETWEEN span.before_on AND span.first_on - 1), 0) AS previous
        FROM span
        LEFT JOIN rewards_lot lot ON lot.member_id = span.member_id AND lot.unit = 'status'
            AND lot.counts_on BETWEEN span.before_on AND span.last_on
        GROUP BY span.member_id, span.tier_id
    ), judged AS (
        SELECT credit.member_id, credit.tier_id, coalesce(own.rank, 0) AS rank,
            own.threshold, greatest(credit.present, credit.previous) AS best,
            (SELECT max(rank) FROM level WHERE threshold <= credit.present) AS reached
        FROM credit LEFT JOIN level own ON own.tier_id = credit.tier_id
    ), moved AS (
        SELECT member_id, tier_id, rank AS old_rank, CASE
            WHEN reached > rank THEN reached
            WHEN rank > 0 AND best < threshold AND NOT EXISTS (
                SELECT FROM rewards_standing s, jsonb_array_elements(s.kept_tiers) AS kept
                JOIN rewards_tier t ON t.id = (kept ->> 0)::bigint
                WHERE s.member_id = judged.member_id AND t.rank >= judged.rank
                  AND (kept ->> 1)::date >= %(today)s)
                THEN (SELECT max(below.rank) FROM level below WHERE below.rank < judged.rank)
            ELSE rank END AS new_rank
        FROM judged
    )
"""
_COUNTED = """
    SELECT 0, moved.tier_id, level.tier_id, level.rank - moved.old_rank, count(*)
    FROM moved JOIN level ON level.rank = moved.new_rank
    GROUP BY 1, 2, 3, 4 ORDER BY 2, 3
"""
_LISTED = """
    SELECT moved.member_id, moved.tier_id, level.tier_id, level.rank - moved.old_rank, 1
    FROM moved JOIN level ON level.rank = moved.new_rank
"""
_STANDING = """
    FROM rewards_standing s JOIN members_member m ON m.id = s.member_id
    WHERE m.status = 'active' {only}
"""
_CLUB_SPAN = """
    SELECT s.member_id, s.tier_id, %(first_on)s::date AS first_on, %(last_on)s::date AS last_on,
        %(before_on)s::date AS before_on
"""
# Periods counted from a day of the member's own; adding months clamps as ``add_months`` does.
_OWN_SPAN = """
    SELECT member_id, tier_id,
        (anchor + number * step)::date AS first_on,
        ((anchor + (number + 1) * step)::date - 1) AS last_on,
        (anchor + (number - 1) * step)::date AS before_on
    FROM (
        SELECT *, guess - ((anchor + guess * step)::date > %(today)s::date)::int AS number
        FROM (
            SELECT *, make_interval(months => %(months)s) AS step,
                floor(((extract(year FROM %(today)s::date) - extract(year FROM anchor)) * 12
                    + extract(month FROM %(today)s::date) - extract(month FROM anchor)
                ) / %(months)s)::int AS guess
            FROM (
                SELECT s.member_id, s.tier_id, {anchor} AS anchor {standing}
            ) AS anchored
        ) AS guessed
    ) AS numbered
"""
_JOINED = "(m.joined_at AT TIME ZONE %(zone)s)::date"
_ANCHORS: dict[str, str] = {
    TierWindow.JOINING: _JOINED,
    TierWindow.UPGRADE: f"coalesce(s.tier_since_on, {_JOINED})",
}


@dataclass(frozen=True, slots=True)
class TierMove:
    """``member_count`` members from one tier to another; ``steps`` above 0 is up, 0 is staying.

    ``member_id`` is 0 where members are counted.
    """

    member_id: int
    from_tier_id: int
    to_tier_id: int
    steps: int
    member_count: int


def list_tier_moves(
    programme: Programme, *, now: dt.datetime, member_ids: Sequence[int] | None = None
) -> list[TierMove]:
    """Where the members' status credits of today would take them under ``programme``.

    Counted by pair of tiers, or one row each for ``member_ids``. Those who would go down do so
    after the grace period, and only if they collect nothing more.
    """
    zone = get_club().zone
    today = day_of(now, zone)
    params: dict[str, Any] = {
        "tiers": [level.tier_id for level in programme.levels],
        "ranks": [level.rank for level in programme.levels],
        "thresholds": [level.threshold for level in programme.levels],
        "members": list(member_ids or ()),
        "months": programme.tier_months,
        "today": today,
        "zone": zone,
    }
    only = "AND s.member_id = ANY(%(members)s)" if member_ids is not None else ""
    standing = _STANDING.format(only=only)
    if anchor := _ANCHORS.get(programme.tier_window):
        span = _OWN_SPAN.format(anchor=anchor, standing=standing)
    else:
        span = _CLUB_SPAN + standing
        params |= _find_club_span(programme, today)
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVES.format(span=span) + (_COUNTED if member_ids is None else _LISTED), params
        )
        return [TierMove(*row) for row in cursor.fetchall()]


def _find_club_span(programme: Programme, today: dt.date) -> dict[str, dt.date]:
    if programme.tier_window == TierWindow.LIFETIME:
        first = dt.date(1, 1, 2)  # a day with a day before it
        return {"first_on": first, "last_on": dt.date.max, "before_on": first}
    first, last = programme.tier_period(today, today, today)
    before = first
    if programme.tier_window != TierWindow.ROLLING:
        before = programme.tier_period(first - dt.timedelta(days=1), today, today)[0]
    return {"first_on": first, "last_on": last, "before_on": before}
