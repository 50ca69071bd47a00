"""What an act for many would do, reckoned set by set: how many members, how many points."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.enums import BulkKind
from rewards.models import BulkAct, Tier
from rewards.services.preview import count_liability

SAMPLES = 6
# Who is meant: the audience's active members, or, once it is confirmed, the act's own rows.
_AUDIENCE = """
    SELECT r.member_id FROM members_audiencemember r
    JOIN members_member m ON m.id = r.member_id AND m.status = 'active'
    WHERE r.audience_id = %(audience)s AND r.member_id <> ALL(%(left_out)s)
"""
_ROWS = """
    SELECT r.member_id FROM rewards_bulkactmember r
    WHERE r.act_id = %(act)s AND r.outcome = 'waiting'
"""
# Points whose last usable day lies before the new one. Sliding points have theirs on the standing.
_DATED = """
    SELECT l.member_id, sum(l.available + l.held)::bigint AS points, min(l.expires_on) AS first_on
    FROM rewards_lot l JOIN who ON who.member_id = l.member_id
    WHERE l.unit = 'points' AND l.available + l.held > 0
      AND l.expires_on >= %(today)s AND l.expires_on < %(until)s
    GROUP BY l.member_id
    UNION ALL
    SELECT l.member_id, sum(l.available)::bigint, s.points_expire_on
    FROM rewards_standing s JOIN who ON who.member_id = s.member_id
    JOIN rewards_lot l ON l.member_id = s.member_id AND l.unit = 'points' AND l.available > 0
        AND l.expires_on IS NULL
    WHERE s.points_expire_on >= %(today)s AND s.points_expire_on < %(until)s
    GROUP BY l.member_id, s.points_expire_on
"""
_TOUCHED = {
    BulkKind.GRANT: """
        SELECT member_id, %(points)s::bigint AS points, NULL::date AS first_on FROM who
    """,
    BulkKind.EXPIRY: f"""
        SELECT member_id, sum(points)::bigint AS points, min(first_on) AS first_on
        FROM ({_DATED}) AS dated GROUP BY member_id
    """,
    BulkKind.TIER: """
        SELECT who.member_id, 0::bigint AS points, NULL::date AS first_on
        FROM who LEFT JOIN rewards_standing s ON s.member_id = who.member_id
        LEFT JOIN rewards_tier own ON own.id = s.tier_id
        LEFT JOIN rewards_tier wanted ON wanted.id = %(tier)s
        WHERE greatest(own.rank, wanted.rank, 0) > 0 AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(s.kept_tiers) AS kept
            JOIN rewards_tier t ON t.id = (kept ->> 0)::bigint
            WHERE t.rank >= greatest(own.rank, wanted.rank)
              AND (kept ->> 1)::date >= %(until)s)
    """,
}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many are meant, for how many it changes something, and with how many points."""

    member_count: int
    touched_count: int
    points: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One member whom it would touch: their points, or the day on which the first of them lapse."""

    member: Member
    tier: str
    points: int
    first_on: dt.date | None


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """``liability_before`` and ``liability_after`` are what the club owes all its members: today
    for a gift, on the day after the new last day for points that would have lapsed by then.
    """

    reckoning: Reckoning
    liability_before: int
    liability_after: int
    tiers: list[tuple[Tier, int]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def preview_bulk(act: BulkAct, *, left_out: set[int], now: dt.datetime) -> BulkPreview:
    """What a draft would do if it ran now; nothing is written."""
    reckoning = reckon(act, left_out=left_out, now=now)
    today = count_liability()
    before, after = today, today + reckoning.points
    if act.kind == BulkKind.EXPIRY:
        before, after = today - reckoning.points, today
    return BulkPreview(
        reckoning,
        before,
        after,
        _count_tiers(act, left_out, now) if act.kind == BulkKind.TIER else [],
        _list_samples(act, left_out, now),
    )


def reckon(act: BulkAct, *, left_out: set[int] = frozenset(), now: dt.datetime) -> Reckoning:  # type: ignore[assignment]  # an empty set
    """One statement over the lots or standings of everybody who is meant."""
    sql, params = _build(act, left_out, now)
    rows = _fetch(
        sql + " SELECT (SELECT count(*) FROM who), count(*), coalesce(sum(points), 0)::bigint"
        " FROM touched",
        params,
    )
    return Reckoning(*rows[0])


def _count_tiers(act: BulkAct, left_out: set[int], now: dt.datetime) -> list[tuple[Tier, int]]:
    sql, params = _build(act, left_out, now)
    rows = _fetch(
        sql + " SELECT s.tier_id, count(*) FROM touched"
        " JOIN rewards_standing s ON s.member_id = touched.member_id GROUP BY s.tier_id",
        params,
    )
    tiers = Tier.objects.in_bulk([tier_id for tier_id, _count in rows])
    return sorted(((tiers[pk], count) for pk, count in rows), key=lambda pair: pair[0].rank)


def _list_samples(act: BulkAct, left_out: set[int], now: dt.datetime) -> list[Sample]:
    """Some members from anywhere in the set, the same at every look."""
    sql, params = _build(act, left_out, now)
    rows = _fetch(
        sql + " SELECT touched.member_id, points, first_on, t.name FROM touched"
        " LEFT JOIN rewards_standing s ON s.member_id = touched.member_id"
        " LEFT JOIN rewards_tier t ON t.id = s.tier_id"
        " ORDER BY md5(touched.member_id::text) LIMIT %(many)s",
        params,
    )
    members = Member.objects.in_bulk([row[0] for row in rows])
    return [Sample(members[pk], tier or "–", points, day) for pk, points, day, tier in rows]


def _build(act: BulkAct, left_out: set[int], now: dt.datetime) -> tuple[str, dict[str, Any]]:
    who = _AUDIENCE if act.confirmed_at is None else _ROWS
    sql = f"WITH who AS ({who}), touched AS ({_TOUCHED[BulkKind(act.kind)]})"
    return sql, {
        "act": act.pk,
        "audience": act.audience_id,
        "left_out": list(left_out),
        "points": act.points,
        "until": act.until_on,
        "tier": act.tier_id,
        "today": day_of(now, get_club().zone),
        "many": SAMPLES,
    }


def _fetch(sql: str, params: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
