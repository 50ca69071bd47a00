"""What a reward is at this instant, for this member: read in one round trip at the press."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.bulk import read_together
from members.selectors.gates import judge_gates
from rewards.enums import RewardKind
from rewards.models import Reward, Rotation
from rewards.selectors.rotation import list_rewards_on_show
from rewards.services.redemption import refusals

_REWARD = """
    SELECT kind, price_points, price_amount, value_amount, cost_amount, stock_left,
           limit_count, limit_period, hold_minutes, valid_days, is_cancellable, rotation_id,
           tier_id, tier_days, published_at IS NOT NULL AND retired_at IS NULL
    FROM rewards_reward WHERE id = %s
"""
_GATES = """
    SELECT g.audience_id, g.opens_at, g.closes_at, g.price_points, g.price_amount,
           EXISTS (SELECT FROM members_audiencemember a
                   WHERE a.audience_id = g.audience_id AND a.member_id = %s)
    FROM rewards_rewardgate g WHERE g.reward_id = %s
"""
KNOWN = """
    SELECT id, reward_id, session_id FROM rewards_redemption WHERE member_id = %s AND key = %s
"""
_OVERDUE = """
    SELECT EXISTS (SELECT FROM rewards_redemption
                   WHERE member_id = %s AND state = 'reserved' AND lapses_at <= %s),
           EXISTS (SELECT FROM rewards_payment
                   WHERE member_id = %s AND state = 'reserved' AND lapses_at <= %s)
"""
_IDS = """
    SELECT nextval('rewards_redemption_id_seq'), nextval('members_activitybatch_id_seq'),
           nextval('members_activity_id_seq')
"""


@dataclass(frozen=True, slots=True)
class _Gate:
    audience_id: int
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    price_points: int | None
    price_amount: int | None
    is_mine: bool

    def is_open(self, now: dt.datetime) -> bool:
        return (
            self.is_mine
            and self.opens_at <= now
            and (self.closes_at is None or now < self.closes_at)
        )


@dataclass(slots=True)
class Offer:
    """A reward's terms as of the press, and ids for what may come of it."""

    reward_id: int
    kind: str
    price_points: int
    price_amount: int
    value_amount: int
    cost_amount: int
    stock_left: int | None
    limit_count: int | None
    limit_period: str
    hold_minutes: int
    valid_days: int | None
    is_cancellable: bool
    rotation_id: int | None
    tier_id: int | None
    tier_days: int | None
    is_published: bool
    gates: list[_Gate]
    known: tuple[int, int, int | None] | None
    has_overdue: bool
    redemption_id: int
    batch_id: int
    activity_id: int

    @property
    def has_pool(self) -> bool:
        return self.kind in (RewardKind.POOL, RewardKind.PARTNER)


def read_offer(member_id: int, reward: Reward, key: str, *, now: dt.datetime) -> Offer:
    """Read the reward, its gates for the member, and what the key has done before."""
    terms, gates, known, overdue, ids = read_together(
        [
            (_REWARD, [reward.pk]),
            (_GATES, [member_id, reward.pk]),
            (KNOWN, [member_id, key]),
            (_OVERDUE, [member_id, now, member_id, now]),
            (_IDS, []),
        ]
    )
    return Offer(  # type: ignore[call-arg]  # the columns of _REWARD and _IDS, in their order
        reward.pk, *terms[0], [_Gate(*row) for row in gates], known[0] if known else None,
        any(overdue[0]), *ids[0],
    )  # fmt: skip


def check_offer(offer: Offer, *, now: dt.datetime, today: dt.date) -> None:
    """Raises NotOnOffer, SoldOut, or the gate's own refusal with its reason; then sets the price
    of the lowest gate that is open to the member.
    """
    if not offer.is_published or offer.kind in (RewardKind.DONATION, RewardKind.SPINS):
        raise refusals.NotOnOffer
    if offer.rotation_id is not None:
        rotation = Rotation.objects.get(pk=offer.rotation_id)
        if offer.reward_id not in list_rewards_on_show(rotation, today):
            raise refusals.NotOnOffer
    mine = {gate.audience_id for gate in offer.gates if gate.is_mine}
    judge_gates(mine, offer.gates, now=now)
    offer.price_points, offer.price_amount = min(
        _price(gate, offer) for gate in offer.gates if gate.is_open(now)
    )
    # Nobody waits for a lock to hear it; where the last ones go at this moment, the claim decides.
    if offer.stock_left == 0:
        raise refusals.SoldOut


def _price(gate: _Gate, offer: Offer) -> tuple[int, int]:
    points, amount = gate.price_points, gate.price_amount
    return (
        offer.price_points if points is None else points,
        offer.price_amount if amount is None else amount,
    )


def list_claims(
    offer: Offer, session_id: int | None, *, now: dt.datetime, last_day: dt.date
) -> Sequence[tuple[str, list[Any], type]]:
    """What is scarce, in the fixed order stock, seat, code: statement, values, refusal.

    ``last_day`` is that on which a reservation ends: until then its code must be good.
    """
    claims: list[tuple[str, list[Any], type]] = []
    if offer.stock_left is not None:
        claims.append((_TAKE_STOCK, [offer.reward_id], refusals.SoldOut))
    if session_id is not None:
        claims.append((_TAKE_SEAT, [session_id, offer.reward_id, now, now], refusals.NoSeatLeft))
    if offer.has_pool:
        values = [offer.redemption_id, offer.reward_id, last_day]
        claims.append((_TAKE_CODE, values, refusals.SoldOut))
    return claims


_TAKE_STOCK = """
    UPDATE rewards_reward SET stock_left = stock_left - 1
    WHERE id = %s AND stock_left > 0 RETURNING stock_left
"""
_TAKE_SEAT = """
    UPDATE rewards_rewardsession SET seats_left = seats_left - 1
    WHERE id = %s AND reward_id = %s AND seats_left > 0 AND cancelled_at IS NULL
      AND starts_at > %s AND (booking_closes_at IS NULL OR booking_closes_at > %s)
    RETURNING seats_left
"""
_TAKE_CODE = """
    UPDATE rewards_rewardcode SET redemption_id = %s
    WHERE id = (
        SELECT id FROM rewards_rewardcode
        WHERE reward_id = %s AND redemption_id IS NULL AND voided_at IS NULL
          AND (expires_on IS NULL OR expires_on >= %s)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, code, expires_on
"""
