"""What every end of a redemption has in common: its locks, and giving back what it took."""

import datetime as dt
from collections.abc import Iterable

from django.db import connection

from core.bulk import RowWriter, read_together
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption
from rewards.services.holding import (
    HoldMoved,
    Spending,
    open_spending,
    refund_spent,
    release_held,
)
from rewards.services.settlement import open_settled_ledger

_STOCK_BACK = """
    UPDATE rewards_reward SET stock_left = stock_left + 1
    WHERE id = %s AND stock_left IS NOT NULL
"""
_SEAT_BACK = "UPDATE rewards_rewardsession SET seats_left = seats_left + 1 WHERE id = %s"
# Nobody has seen the code of a reservation; one that was shown is void.
_CODE_BACK = "UPDATE rewards_rewardcode SET redemption_id = NULL WHERE redemption_id = %s"
# What was won may be taken again; what has left the house is no longer set aside for it.
_RIGHT_BACK = """
    UPDATE rewards_entitlement SET redemption_id = NULL, is_set_aside = is_set_aside AND %s
    WHERE redemption_id = %s
"""
CODE_VOID = "UPDATE rewards_rewardcode SET voided_at = %s WHERE redemption_id = %s"
_PAYERS = """
    SELECT DISTINCT l.member_id FROM rewards_transfer t
    JOIN rewards_lotmove m ON m.transfer_id = t.id AND m.kind IN ('held', 'taken', 'restored')
    JOIN rewards_lot l ON l.id = m.lot_id
    WHERE t.cause_type = 'redemption' AND t.cause_id = ANY(%s)
      AND t.reason IN ('hold', 'capture', 'restore')
"""
_LOCK_STOCK = "SELECT id FROM rewards_reward WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_LOCK_SEATS = (
    "SELECT id FROM rewards_rewardsession WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
)


def open_redemption(pk: int, *, now: dt.datetime) -> tuple[Redemption, Spending]:
    """Lock the payers, then the redemption; what is read after is as the last step left it.

    Raises HoldMoved where its member was merged with another at this moment.
    """
    member_id = Redemption.objects.values_list("member_id", flat=True).get(pk=pk)
    spending = open_spending(("redemption", pk), now=now, also=[member_id])
    rows = Redemption.objects.select_for_update(of=("self",))
    locked = rows.select_related("reward", "session", "member").get(pk=pk)
    if locked.member_id not in spending.ledger.books:
        raise HoldMoved
    return locked, spending


def lock_in_order(
    redemptions: Iterable[Redemption], *, members: Iterable[int] = (),
    rewards: Iterable[int] = (), sessions: Iterable[int] = (), now: dt.datetime,
) -> None:  # fmt: skip
    """Take every lock that several steps in one transaction will need, in the one order: members,
    stock, seats. One redemption alone takes them so by itself.
    """
    redemptions = list(redemptions)
    with connection.cursor() as cursor:
        cursor.execute(_PAYERS, [[each.pk for each in redemptions]])
        payers = {pk for (pk,) in cursor.fetchall()}
    open_settled_ledger({*payers, *members}, now=now)
    stock = {*rewards, *(each.reward_id for each in redemptions)}
    seats = {*sessions, *(each.session_id for each in redemptions if each.session_id)}
    read_together([(_LOCK_STOCK, [sorted(stock)]), (_LOCK_SEATS, [sorted(seats)])])


def give_back(
    writer: RowWriter, redemption: Redemption, spending: Spending, *, by_club: bool = False,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Points to their lots; stock, seat and code to where they came from.

    Not what has left the house: goods on their way, and a code that was shown, which is void.
    """
    is_shown = redemption.state == RedemptionState.FULFILLED and redemption.reward.has_pool
    if spending.held:
        release_held(spending, by_club=by_club, now=now)
    elif spending.spent:
        refund_spent(spending, by_club=by_club, now=now)
    is_here = not is_shown and not _has_left(redemption)
    if redemption.is_from_stock and is_here:
        writer.execute(_STOCK_BACK, [redemption.reward_id])
    if not redemption.price_points:
        writer.execute(_RIGHT_BACK, [is_here, redemption.pk])
    if redemption.session_id is not None:
        writer.execute(_SEAT_BACK, [redemption.session_id])
    if is_shown:
        writer.execute(CODE_VOID, [now, redemption.pk])
    elif redemption.reward.has_pool:
        writer.execute(_CODE_BACK, [redemption.pk])


def _has_left(redemption: Redemption) -> bool:
    """Goods that are on their way or have arrived; what came back is on the shelf again."""
    if redemption.state != RedemptionState.FULFILLED or not redemption.reward.is_delivered:
        return False
    gone = Delivery.objects.filter(state__in=[DeliveryState.SENT, DeliveryState.DELIVERED])
    return gone.filter(pk=redemption.pk).exists()
