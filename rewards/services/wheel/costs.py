"""What a version costs the club: expected for a spin, and at the very most."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rewards.enums import PrizeKind
from rewards.models import Slice, WheelVersion
from rewards.selectors.payments import get_rate
from rewards.selectors.prizes import describe_prize
from rewards.selectors.wheel import list_slices
from rewards.selectors.wheel_words import format_chance
from rewards.services.wheel.loops import find_loop


@dataclass(frozen=True, slots=True)
class SliceCost:
    """One slice in figures; amounts are exact, in minor units. ``worst_amount`` is None where
    there is no end to it.
    """

    slice: Slice
    prize: str
    substitute: str
    chance: Fraction
    chance_text: str
    cost: Fraction
    value: Fraction
    spare_value: Fraction  # of the substitute
    worst_amount: int | None


@dataclass(frozen=True, slots=True)
class VersionCost:
    """``expected`` is for one spin while every prize is there, ``point_value`` what a point costs
    (None: no rate says so), ``largest_value`` what the best prize is worth to a member. ``loop``
    names other wheels that lead back to this one: then nothing says what it costs at the most.
    """

    slices: Sequence[SliceCost]
    total_weight: int
    expected: Fraction
    point_value: Fraction | None
    worst_amount: int | None
    largest_value: Fraction
    total_value: int | None
    is_endless: bool = False
    loop: Sequence[str] = ()

    @property
    def expected_amount(self) -> int:
        return round(self.expected)


def reckon_costs(version: WheelVersion, *, now: dt.datetime) -> VersionCost:
    """Rewards count by their cost to the club, points by the rate at which they pay, credit as
    money. Spins of this very wheel are further spins like this one; those of another cost what
    its version in force expects.
    """
    rows = list_slices(version)
    rate = get_rate(now)
    point_value = Fraction(rate.rate_amount, rate.rate_points) if rate else None
    total = sum(row.weight for row in rows)
    again = Fraction(
        sum(row.weight * row.prize_spin_count for row in rows if _is_again(row, version)),
        total or 1,
    )
    chances = [Fraction(row.weight, total) if total else Fraction(0) for row in rows]
    plain = sum(
        (
            chance * _cost(row, point_value, version, now)
            for row, chance in zip(rows, chances, strict=True)
        ),
        Fraction(0),
    )
    # e = plain + again × e; a wheel that gives a spin or more for each has no end.
    expected = plain / (1 - again) if again < 1 else Fraction(0)
    slices = [
        _reckon_slice(row, chance, expected, point_value, version, now)
        for row, chance in zip(rows, chances, strict=True)
    ]
    loop = find_loop(version, now=now)
    return VersionCost(
        slices,
        total,
        expected,
        point_value,
        None if loop.names else _add_up([each.worst_amount for each in slices if each.chance]),
        max(
            (max(each.value, each.spare_value) for each in slices if each.chance),
            default=Fraction(0),
        ),
        _add_up([_total_value(each) for each in slices if each.chance]),
        is_endless=loop.is_endless,
        loop=loop.names,
    )


def _reckon_slice(
    row: Slice, chance: Fraction, expected: Fraction, point_value: Fraction | None,
    version: WheelVersion, now: dt.datetime,
) -> SliceCost:  # fmt: skip
    substitute = getattr(row, "substitute", None)
    cost = _cost(row, point_value, version, now)
    if _is_again(row, version):
        cost = row.prize_spin_count * expected
    after = _cost(substitute, point_value, version, now) if substitute else Fraction(0)
    if substitute and _is_again(substitute, version):
        after = substitute.prize_spin_count * expected
    worst: int | None = None
    if not after and row.stock_count is not None:
        worst = _round_up(
            row.stock_count * max(cost, _cost_at_most(row, point_value, version, now))
        )
    elif not after and not cost:
        worst = 0
    return SliceCost(
        row, describe_prize(row), describe_prize(substitute) if substitute else "", chance,
        format_chance(chance), cost, _value(row, point_value),
        _value(substitute, point_value) if substitute else Fraction(0), worst,
    )  # fmt: skip


def _is_again(row: Any, version: WheelVersion) -> bool:
    return row.prize_kind == PrizeKind.SPINS and row.prize_wheel_id == version.wheel_id


def _cost(
    row: Any, point_value: Fraction | None, version: WheelVersion, now: dt.datetime
) -> Fraction:
    """Of one prize, without further spins of the same wheel."""
    match row.prize_kind:
        case PrizeKind.REWARD:
            return Fraction(row.prize_reward.cost_amount)
        case PrizeKind.POINTS:
            return row.prize_points * (point_value or Fraction(0))
        case PrizeKind.CREDIT:
            return Fraction(row.prize_amount)
        case PrizeKind.SPINS if row.prize_wheel_id != version.wheel_id:
            other = WheelVersion.objects.in_force(now).filter(wheel=row.prize_wheel_id).first()
            return row.prize_spin_count * _expect_alone(other, point_value) if other else Fraction()
    return Fraction(0)


def _cost_at_most(
    row: Any, point_value: Fraction | None, version: WheelVersion, now: dt.datetime
) -> Fraction:
    """Spins of another wheel: each may come to rest on the dearest of its prizes."""
    if row.prize_kind != PrizeKind.SPINS or _is_again(row, version):
        return Fraction(0)
    other = WheelVersion.objects.in_force(now).filter(wheel=row.prize_wheel_id).first()
    prizes = [
        prize
        for each in (list_slices(other) if other else [])
        if each.weight
        for prize in (each, getattr(each, "substitute", None))
        if prize is not None and prize.prize_kind != PrizeKind.SPINS
    ]
    dearest = max((_cost(each, point_value, version, now) for each in prizes), default=Fraction(0))
    return row.prize_spin_count * dearest


def _expect_alone(version: WheelVersion, point_value: Fraction | None) -> Fraction:
    """What a spin of another wheel costs by its own prizes; two wheels may point to each other."""
    rows = list_slices(version)
    total = sum(row.weight for row in rows) or 1
    costs: dict[str, Any] = {PrizeKind.REWARD: lambda row: row.prize_reward.cost_amount,
             PrizeKind.POINTS: lambda row: row.prize_points * (point_value or 0),
             PrizeKind.CREDIT: lambda row: row.prize_amount}  # fmt: skip
    found = (
        Fraction(row.weight, total) * costs[row.prize_kind](row)
        for row in rows
        if row.prize_kind in costs
    )
    return sum(found, Fraction(0))


def _value(row: Any, point_value: Fraction | None) -> Fraction:
    """What the prize is worth to whoever wins it: what the law counts."""
    match row.prize_kind:
        case PrizeKind.REWARD:
            return Fraction(row.prize_reward.value_amount or row.prize_reward.cost_amount)
        case PrizeKind.POINTS:
            return row.prize_points * (point_value or Fraction(0))
        case PrizeKind.CREDIT:
            return Fraction(row.prize_amount)
    return Fraction(0)


def _total_value(cost: SliceCost) -> int | None:
    if cost.spare_value:
        return None  # as often as it is drawn
    if not cost.value:
        return 0
    count = cost.slice.stock_count
    return None if count is None else _round_up(count * cost.value)


def _add_up(amounts: Sequence[int | None]) -> int | None:
    known = [each for each in amounts if each is not None]
    return sum(known) if len(known) == len(amounts) else None


def _round_up(amount: Fraction) -> int:
    return -int(-amount // 1)
