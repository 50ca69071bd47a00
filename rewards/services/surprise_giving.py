"""Giving the presents of a surprise, a batch at a time; what nobody got goes back on the shelf.

No notice goes out: the member's home shows that something waits, and nothing of what is in it.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from core.bulk import RowWriter, reserve_ids
from rewards.enums import BulkOutcome, SpinSource
from rewards.models import BulkAct, Surprise
from rewards.selectors.surprises import CAUSE
from rewards.services.ledger import Ledger
from rewards.services.prizes import Won, add_prizes, get_prize

_COLUMNS = ("id", "surprise_id", "member_id", "given_at")
# Whoever has a present of this surprise, on their own record or one that was merged into it.
_HAVE_ONE = """
    WITH RECURSIVE whole AS (
        SELECT id AS root_id, id FROM unnest(%(members)s::bigint[]) AS meant (id)
        UNION
        SELECT w.root_id, m.id FROM whole w JOIN members_member m ON m.merged_into_id = w.id
    )
    SELECT DISTINCT w.root_id FROM whole w
    JOIN rewards_surprisegift g ON g.member_id = w.id AND g.surprise_id = %(surprise)s
"""
_COUNT = """
    UPDATE rewards_surprise SET given_worth = given_worth + %s, stock_held = stock_held - %s
    WHERE act_id = %s
"""
_STOCK_BACK = """
    WITH held AS (
        SELECT prize_reward_id, stock_held FROM rewards_surprise WHERE act_id = %(surprise)s
    ), emptied AS (
        UPDATE rewards_surprise SET stock_held = 0 WHERE act_id = %(surprise)s
    )
    UPDATE rewards_reward r SET stock_left = r.stock_left + held.stock_held
    FROM held WHERE r.id = held.prize_reward_id AND r.stock_left IS NOT NULL
      AND held.stock_held > 0
"""

_TAKE_STOCK = """
    UPDATE rewards_reward SET stock_left = stock_left - %(count)s
    WHERE id = %(reward)s AND (stock_left IS NULL OR stock_left >= %(count)s)
    RETURNING stock_left
"""


def give_gifts(
    act: BulkAct, ledger: Ledger, writer: RowWriter, member_ids: Sequence[int], *, now: dt.datetime
) -> dict[int, tuple[str, int]]:
    """Put a batch of presents into open, settled books and rows; the caller writes both.

    Runs under the locks of the act and of the members' standings. Returns the outcome for each
    member, and with how many points.
    """
    surprise = Surprise.objects.get(pk=act.pk)
    have_one = _list_who_have_one(surprise.pk, member_ids)
    results: dict[int, tuple[str, int]] = {}
    for member_id in member_ids:
        if not ledger.books[member_id].is_active:
            results[member_id] = (BulkOutcome.GONE, 0)
        elif member_id in have_one:
            results[member_id] = (BulkOutcome.NOTHING, 0)
        else:
            results[member_id] = (BulkOutcome.DONE, surprise.prize_points)
    given = [pk for pk, (outcome, _points) in results.items() if outcome == BulkOutcome.DONE]
    if not given:
        return results
    ids = reserve_ids(rewards_surprisegift=len(given))["rewards_surprisegift"]
    rows = [(pk, surprise.pk, member_id, now) for pk, member_id in zip(ids, given, strict=True)]
    writer.add("rewards_surprisegift", _COLUMNS, rows)
    is_set_aside = surprise.stock_held > 0
    prize = get_prize(surprise)
    won = [
        Won(member_id, prize, (CAUSE, pk), f"{CAUSE}:{surprise.pk}:{member_id}", is_set_aside)
        for pk, _surprise, member_id, _now in rows
    ]
    add_prizes(ledger, writer, won, source=SpinSource.CLUB, now=now)
    stock = len(given) if is_set_aside else 0
    writer.execute(_COUNT, [surprise.worth * len(given), stock, surprise.pk])
    return results


def _list_who_have_one(surprise_id: int, member_ids: Sequence[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_ONE, {"members": list(member_ids), "surprise": surprise_id})
        return {member_id for (member_id,) in cursor.fetchall()}


def give_back_stock(act: BulkAct) -> None:
    """What was set aside and is not going to be given; under the act's lock, and as often as one
    likes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STOCK_BACK, {"surprise": act.pk})


def take_stock(reward_id: int, count: int) -> int | None:
    """Set so many aside from the catalogue: how many are held for it (0 where there is no end of
    them), or None where there are too few.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_STOCK, {"reward": reward_id, "count": count})
        taken = cursor.fetchone()
    if taken is None:
        return None
    return 0 if taken[0] is None else count
