"""Rewards and spins that were won or given: how they end, and where set-aside stock goes."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.engine.book import Cause
from rewards.enums import EntitlementEnd

# What was set aside goes back on the shelf.
_CLOSE = """
    WITH over AS (
        SELECT id, member_id, reward_id, is_set_aside, cause_type, cause_id
        FROM rewards_entitlement
        WHERE {which} AND redemption_id IS NULL AND closed_at IS NULL
        ORDER BY id LIMIT %(limit)s FOR UPDATE {waiting}
    ), ended AS (
        UPDATE rewards_entitlement e SET closed_at = %(now)s, end_reason = %(reason)s
        FROM over WHERE e.id = over.id
    ), stock AS (
        UPDATE rewards_reward r SET stock_left = r.stock_left + back.count
        FROM (SELECT reward_id, count(*) AS count FROM over WHERE is_set_aside GROUP BY reward_id
              ORDER BY reward_id) back
        WHERE r.id = back.reward_id AND r.stock_left IS NOT NULL
    )
    SELECT cause_type, cause_id FROM over
"""
_ALL = 2**31
# Of spins, those that were used stay used; a grant of which none was is over since yesterday.
_CLOSE_SPINS = """
    WITH open AS (
        SELECT id, used_count, cause_id FROM rewards_spingrant
        WHERE cause_type = %(type)s AND cause_id = ANY(%(causes)s) AND used_count < spin_count
          AND (expires_on IS NULL OR expires_on >= %(today)s)
        ORDER BY id FOR UPDATE
    ), ended AS (
        UPDATE rewards_spingrant g
        SET spin_count = CASE WHEN g.used_count > 0 THEN g.used_count ELSE g.spin_count END,
            expires_on = CASE WHEN g.used_count > 0 THEN g.expires_on ELSE %(today)s - 1 END
        FROM open WHERE g.id = open.id
    )
    SELECT cause_id FROM open WHERE used_count = 0
"""


@transaction.atomic
def withdraw_entitlements(
    cause_type: str, cause_ids: Iterable[int], *, reason: str = EntitlementEnd.WITHDRAWN,
    now: dt.datetime,
) -> set[int]:  # fmt: skip
    """End what was given for these causes and wasn't taken yet.

    Must run under the locks of the members. Returns the causes of which something was withdrawn:
    what is missing there was taken already.
    """
    which = "cause_type = %(type)s AND cause_id = ANY(%(causes)s)"
    values = {"type": cause_type, "causes": list(cause_ids)}
    return {cause_id for _type, cause_id in _close(which, values, reason, now)}


@transaction.atomic
def withdraw_spins(cause_type: str, cause_ids: Iterable[int], *, now: dt.datetime) -> set[int]:
    """End the spins that were given for these causes and weren't used yet.

    Must run under the locks of the members. Returns the causes of which none was used.
    """
    today = day_of(now, get_club().zone)
    values: dict[str, Any] = {"type": cause_type, "causes": list(cause_ids), "today": today}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_SPINS, values)
        return {cause_id for (cause_id,) in cursor.fetchall()}


def end_past_entitlements(*, now: dt.datetime, limit: int = 1000) -> int:
    """What nobody took by its last day ends, set by set, each in its own transaction."""
    today = day_of(now, get_club().zone)
    count = 0
    while True:
        with transaction.atomic():
            ended = _close(
                "expires_on < %(today)s", {"today": today}, EntitlementEnd.EXPIRED, now,
                limit=limit, waiting="SKIP LOCKED",
            )  # fmt: skip
        count += len(ended)
        if len(ended) < limit:
            return count


def close_entitlements(member: Member, now: dt.datetime) -> None:
    """Before a member is erased: what was not taken stays with the club."""
    _close("member_id = %(member)s", {"member": member.pk}, EntitlementEnd.ERASED, now)


def _close(
    which: str, values: dict, reason: str, now: dt.datetime, *, limit: int = _ALL,
    waiting: str = "",
) -> list[Cause]:  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE.format(which=which, waiting=waiting),
            {**values, "reason": str(reason), "now": now, "limit": limit},
        )
        return cursor.fetchall()
