"""Rewards judged for a member: a fixed number of queries, however many they are."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    Min,
    OuterRef,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

from core.time import day_of, start_of
from core.words import shown
from members.enums import AudienceKind
from members.models import AudienceMember, Member
from members.selectors.club import get_club
from rewards.engine.limits import list_period_starts
from rewards.models import Redemption, Reward, RewardGate, RewardSession, Tier
from rewards.selectors.offers.doors import (
    TOLD_KINDS,
    Door,
    GateLine,
    build_gate_line,
    describe_turn,
    judge_door,
)
from rewards.selectors.offers.offer import Offer
from rewards.selectors.rotation import Turn

CODES_COUNTED = 100  # of a pool; beyond it there are enough
_FREE_CODES = f"""
    (SELECT count(*) FROM (
        SELECT FROM rewards_rewardcode c
        WHERE c.reward_id = rewards_reward.id AND c.redemption_id IS NULL AND c.voided_at IS NULL
          AND (c.expires_on IS NULL OR c.expires_on >= %s)
        LIMIT {CODES_COUNTED}) AS free)
"""
_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def build_offers(
    ids: Sequence[int],
    member: Member | None,
    *,
    now: dt.datetime,
    available_points: int | None,
    resting: dict[int, Turn | None] | None = None,
) -> list[Offer]:
    """The rewards of ``ids`` in that order, judged for the member; two queries however many.

    ``resting`` are those whose turn it isn't (``rewards.selectors.rotation.list_resting``).
    """
    rewards = {reward.pk: reward for reward in _with_facts(Reward.objects.all(), ids, member, now)}
    gates = _list_gates(ids, member)
    today = day_of(now, get_club().zone)
    build = partial(_build, now=now, today=today, available_points=available_points)
    resting = resting or {}
    return [
        build(rewards[pk], gates.get(pk, []), is_resting=pk in resting, turn=resting.get(pk))
        for pk in ids
        if pk in rewards
    ]


def _with_facts(rewards: Any, ids: Sequence[int], member: Member | None, now: dt.datetime) -> Any:
    """What has to be counted of each reward, in the query that reads them."""
    club = get_club()
    today = day_of(now, club.zone)
    bookable = RewardSession.objects.bookable(now).filter(reward=OuterRef("pk")).order_by()
    facts: dict[str, Any] = {
        "seats_left": Subquery(
            bookable.values("reward").annotate(count=Sum("seats_left")).values("count")
        ),
        "next_session_at": Subquery(
            bookable.values("reward").annotate(first=Min("starts_at")).values("first")
        ),
        "codes_left": RawSQL(_FREE_CODES, [today]),  # noqa: S611 (a constant)
    }
    if member is not None:
        counting = (
            Redemption.objects.counting()
            .filter(member=member, reward=OuterRef("pk"), reserved_at__gte=_since(today, club.zone))
            .order_by()
            .values("reward")
        )
        facts["used_count"] = Subquery(counting.annotate(count=Count("pk")).values("count"))
        rewards = rewards.with_wishes(member)
    return rewards.for_list().filter(pk__in=ids).annotate(**facts)


def _since(today: dt.date, zone: str) -> Case:
    """Since when redemptions count towards their reward's limit."""
    return Case(
        *(
            When(reward__limit_period=period, then=Value(start_of(day, zone)))
            for period, day in list_period_starts(today).items()
        ),
        default=Value(_EVER),
        output_field=DateTimeField(),
    )


def _list_gates(ids: Sequence[int], member: Member | None) -> dict[int, list[RewardGate]]:
    tier = Tier.objects.filter(audience=OuterRef("audience"))
    rows: Any = RewardGate.objects.filter(reward__in=ids).select_related("audience")
    rows = rows.annotate(
        tier_color=Subquery(tier.values("color"), output_field=CharField()),
        tier_name=Subquery(tier.values_list(shown("name")), output_field=CharField()),
    )
    if member is not None:
        mine = AudienceMember.objects.filter(audience=OuterRef("audience"), member=member)
        rows = rows.annotate(is_mine=Exists(mine))
    gates: dict[int, list[RewardGate]] = {}
    for gate in rows.order_by("opens_at", "pk"):
        if member is None:  # they would be in it as soon as they join
            gate.is_mine = gate.audience.kind == AudienceKind.EVERYONE
        gates.setdefault(gate.reward_id, []).append(gate)
    return gates


def _build(
    reward: Any,
    gates: list[Any],
    *,
    now: dt.datetime,
    today: dt.date,
    available_points: int | None,
    is_resting: bool,
    turn: Turn | None,
) -> Offer:
    lines = [
        build_gate_line(gate, reward, now)
        for gate in gates
        if gate.is_mine or gate.audience.kind in TOLD_KINDS
    ]
    door, reason = (
        (Door.RESTING, describe_turn(turn, today)) if is_resting else judge_door(gates, lines, now)
    )
    is_wished = getattr(reward, "is_wished", False)
    return Offer(
        reward,
        door,
        reason,
        *_find_price(reward, lines, now),
        gates=[line for line in lines if line.closes_at is None or line.closes_at > now],
        left=_count_left(reward),
        next_session_at=reward.next_session_at,
        used_count=getattr(reward, "used_count", 0) or 0,
        is_wished=is_wished,
        is_shown=bool(lines) or is_wished,
        available_points=available_points,
    )


def _find_price(reward: Reward, lines: list[GateLine], now: dt.datetime) -> tuple[int, int]:
    """Of the gate with the lowest that is open to the member, or will be; else the reward's own."""
    mine = [line for line in lines if line.is_mine]
    gates = [line for line in mine if line.is_open] or [
        line for line in mine if line.opens_at > now
    ]
    prices = ((line.price_points, line.price_amount) for line in gates)
    return min(prices, default=(reward.price_points, reward.price_amount))


def _count_left(reward: Any) -> int | None:
    """The scarcest of stock, seats and codes; None where nothing runs out soon."""
    counts = [reward.stock_left]
    if reward.has_sessions:
        counts.append(reward.seats_left or 0)
    if reward.has_pool and reward.codes_left < CODES_COUNTED:
        counts.append(reward.codes_left)
    return min((count for count in counts if count is not None), default=None)
