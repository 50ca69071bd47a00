"""What a reward is at this instant, for this member: read in one round trip at the press."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.bulk import read_together
from core.time import day_of
from members.selectors.club import get_club
from members.selectors.gates import judge_gates
from rewards.enums import RewardKind
from rewards.models import Entitlement, Reward, Rotation
from rewards.selectors.rotation import list_rewards_on_show
from rewards.services.payments import IS_OVERDUE
from rewards.services.redemption import refusals

KNOWN = """
    SELECT id, reward_id, session_id FROM rewards_redemption WHERE member_id = %s AND key = %s
"""
# All that is asked at the press, in one row: each statement more is a tenth of a millisecond.
_OFFER = f"""
    SELECT r.kind, r.price_points, r.price_amount, r.value_amount, r.cost_amount, r.stock_left,
           r.limit_count, r.limit_period, r.hold_minutes, r.valid_days, r.is_cancellable,
           r.rotation_id, r.tier_id, r.tier_days, r.has_codes,
           r.published_at IS NOT NULL AND r.retired_at IS NULL,
           (SELECT json_agg(json_build_array(
                       g.audience_id, g.opens_at, g.closes_at, g.price_points, g.price_amount,
                       EXISTS (SELECT FROM members_audiencemember a
                               WHERE a.audience_id = g.audience_id AND a.member_id = %(member)s)))
            FROM rewards_rewardgate g WHERE g.reward_id = r.id)::text,
           (SELECT ARRAY[k.id, k.reward_id, k.session_id] FROM rewards_redemption k
            WHERE k.member_id = %(member)s AND k.key = %(key)s),
           {IS_OVERDUE},
           nextval('rewards_redemption_id_seq'), nextval('members_activitybatch_id_seq'),
           nextval('members_activity_id_seq')
    FROM rewards_reward r WHERE r.id = %(reward)s
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
    has_codes: bool
    is_published: bool
    gates: list[_Gate]
    known: tuple[int, int, int | None] | None
    has_overdue: bool
    redemption_id: int
    batch_id: int
    activity_id: int
    entitlement_id: int | None = None  # taken by right, not for points

    @property
    def has_pool(self) -> bool:
        return self.kind in (RewardKind.POOL, RewardKind.PARTNER) and self.has_codes


def read_offer(member_id: int, reward: Reward, key: str, *, now: dt.datetime) -> Offer:
    """Read the reward, its gates for the member, and what the key has done before."""
    values = {"member": member_id, "reward": reward.pk, "key": key, "now": now}
    ((row,),) = read_together([(_OFFER, values)])
    gates, known, has_overdue, redemption_id, batch_id, activity_id = row[-6:]
    fields: list[Any] = [
        reward.pk,
        *row[:-6],
        [_read_gate(gate) for gate in json.loads(gates or "[]")],
        tuple(known) if known else None,
        has_overdue,
        redemption_id,
        batch_id,
        activity_id,
    ]
    return Offer(*fields)


def _read_gate(row: list) -> _Gate:
    audience_id, opens_at, closes_at, points, amount, is_mine = row
    return _Gate(
        audience_id,
        dt.datetime.fromisoformat(opens_at),
        dt.datetime.fromisoformat(closes_at) if closes_at else None,
        points,
        amount,
        is_mine,
    )


def check_offer(offer: Offer, *, now: dt.datetime, today: dt.date) -> None:
    """Raises NotOnOffer, IsDonation, SoldOut, or the gate's own refusal with its reason; then sets
    the price of the lowest gate that is open to the member.
    """
    if not offer.is_published:
        raise refusals.NotOnOffer
    if offer.kind == RewardKind.DONATION:
        raise refusals.IsDonation
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


def check_right(offer: Offer, entitlement: Entitlement, *, today: dt.date) -> None:
    """Instead of ``check_offer`` for what was won or given: no gate, no limit, no price.

    Raises NotYoursToTake, IsDonation, NotInStock. ``list_claims`` asks again at the press.
    """
    if not entitlement.is_usable(today):
        raise refusals.NotYoursToTake
    if offer.kind == RewardKind.DONATION:
        raise refusals.IsDonation
    offer.price_points = offer.price_amount = 0
    offer.limit_count = None
    offer.entitlement_id = entitlement.pk
    if entitlement.is_set_aside:
        offer.stock_left = None
    if offer.stock_left == 0:
        raise refusals.NotInStock


def _price(gate: _Gate, offer: Offer) -> tuple[int, int]:
    points, amount = gate.price_points, gate.price_amount
    return (
        offer.price_points if points is None else points,
        offer.price_amount if amount is None else amount,
    )


def list_claims(
    offer: Offer, session_id: int | None, *, now: dt.datetime, last_day: dt.date
) -> Sequence[tuple[str, Any, type]]:
    """What is scarce, in the fixed order right, stock, seat, code: statement, values, refusal.

    ``last_day`` is that on which a reservation ends: until then its code must be good.
    """
    claims: list[tuple[str, Any, type]] = []
    if offer.entitlement_id is not None:
        right = [offer.redemption_id, offer.entitlement_id, day_of(now, get_club().zone)]
        claims.append((_TAKE_RIGHT, right, refusals.NotYoursToTake))
    if offer.stock_left is not None:
        none_left = refusals.NotInStock if offer.entitlement_id else refusals.SoldOut
        claims.append((_TAKE_STOCK, [offer.reward_id], none_left))
    if session_id is not None:
        claims.append((_TAKE_SEAT, [session_id, offer.reward_id, now, now], refusals.NoSeatLeft))
    if offer.has_pool:
        values = {"redemption": offer.redemption_id, "reward": offer.reward_id, "day": last_day}
        claims.append((_TAKE_CODE, values, refusals.SoldOut))
    return claims


_TAKE_RIGHT = """
    UPDATE rewards_entitlement SET redemption_id = %s
    WHERE id = %s AND redemption_id IS NULL AND closed_at IS NULL
      AND (expires_on IS NULL OR expires_on >= %s)
    RETURNING id
"""
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
# What ends soonest goes first; two look-ups, so that codes that are over are never walked through.
_FREE_CODE = """
    SELECT id FROM rewards_rewardcode
    WHERE reward_id = %(reward)s AND redemption_id IS NULL AND voided_at IS NULL AND {which}
    ORDER BY expires_on, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_TAKE_CODE = f"""
    UPDATE rewards_rewardcode SET redemption_id = %(redemption)s
    WHERE id = coalesce(({_FREE_CODE.format(which="expires_on >= %(day)s")}),
                        ({_FREE_CODE.format(which="expires_on IS NULL")}))
    RETURNING id, code, expires_on
"""
