"""What a kind of reward does when it is confirmed."""

import datetime as dt
from typing import Any

from core.time import day_of
from members.selectors.club import get_club
from rewards.engine.book import Cause
from rewards.enums import AccountKind, Reason, RewardKind, TierReason, Unit
from rewards.services.ledger import Ledger
from rewards.services.tier_decisions import hold_tier

# These are with the member from the moment they are confirmed.
_AT_ONCE = frozenset(
    {
        RewardKind.POOL,
        RewardKind.PARTNER,
        RewardKind.VOUCHER,
        RewardKind.CREDIT,
        RewardKind.TIER,
        RewardKind.DOWNLOAD,
    }
)
# A code of a pool may have a last day of its own.
FOLLOW_CODE = """
    UPDATE rewards_redemption r SET expires_on = least(r.expires_on, c.expires_on)
    FROM rewards_rewardcode c
    WHERE r.id = %s AND c.redemption_id = r.id AND c.expires_on IS NOT NULL
"""
# Of these nothing is shown, handed over or taken back once the member has them.
FINAL_KINDS = frozenset({RewardKind.CREDIT, RewardKind.TIER, RewardKind.DOWNLOAD})


def is_fulfilled_at_once(kind: str) -> bool:
    return kind in _AT_ONCE


def fulfil(
    ledger: Ledger, member_id: int, reward: Any, value_amount: int, cause: Cause, *, by: Any,
    today: dt.date, now: dt.datetime,
) -> None:  # fmt: skip
    """Points become store credit by a second transfer with the same cause (docs/points.md 1), or
    a tier until a day. ``reward`` is a Reward or an Offer, the books are the caller's to write.
    """
    if reward.kind == RewardKind.CREDIT:
        ledger.books[member_id].transfer(
            AccountKind.ISSUED, AccountKind.CREDIT_GRANTED, value_amount, Reason.GRANT,
            at=now, key=f"{cause[0]}:{cause[1]}:credit", unit=Unit.MONEY, cause=cause,
        )  # fmt: skip
    elif reward.kind == RewardKind.TIER:
        # Whether it adds anything was asked before the points were taken; what stands is kept.
        hold_tier(
            ledger, member_id, reward.tier_id, tier_until(reward, today),
            reason=TierReason.BOOST, by=by, now=now,
        )  # fmt: skip


def tier_until(reward: Any, today: dt.date) -> dt.date:
    """The last day in the tier that a boost confirmed today gives."""
    return today + dt.timedelta(days=reward.tier_days)


def last_day(reward: Any, session: Any, today: dt.date) -> dt.date | None:
    """The last usable day of what is confirmed today: a date's own, else by the reward's life.

    ``reward`` is a Reward or an Offer. Goods on their way have none.
    """
    if session is not None:
        return day_of(session.ends_at, get_club().zone)
    if reward.kind == RewardKind.TIER:
        return tier_until(reward, today)
    if reward.kind == RewardKind.GOODS or reward.valid_days is None:
        return None
    return today + dt.timedelta(days=reward.valid_days)
