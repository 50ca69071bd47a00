"""Whether one version is nowhere worse for members than another: then it may follow at once."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from core.time import day_of, start_of
from members.selectors.club import get_club
from rewards.models import Slice, WheelGate, WheelVersion
from rewards.selectors.wheel import list_slices
from rewards.services.prizes import Prize, get_prize


def find_start(version: WheelVersion, *, now: dt.datetime) -> dt.datetime:
    """When a draft comes into force if it is published now.

    At once where nothing is in force, or where it is nowhere worse for members than what is; else
    from the next programme day on. Never before its own ``starts_at``.
    """
    current = WheelVersion.objects.in_force(now).filter(wheel=version.wheel_id).first()
    first = now
    if current is not None and not is_in_favour(current, version):
        zone = get_club().zone
        first = start_of(day_of(now, zone) + dt.timedelta(days=1), zone)
    return max(first, version.starts_at) if version.starts_at else first


def is_in_favour(old: WheelVersion, new: WheelVersion) -> bool:
    """What isn't plainly as good (other weights, other rewards, other rules) counts as worse."""
    return (
        _has_time(old, new)
        and _has_spins(old, new)
        and _has_price(old, new)
        and all(_is_open(gate, new.gates.all()) for gate in old.gates.all())
        and _has_slices(list_slices(old), list_slices(new))
        and old.rules_text == new.rules_text
        and (old.i18n or {}) == (new.i18n or {})
    )


def _has_time(old: WheelVersion, new: WheelVersion) -> bool:
    return new.ends_at is None or (old.ends_at is not None and new.ends_at >= old.ends_at)


def _has_spins(old: WheelVersion, new: WheelVersion) -> bool:
    before = dict(old.allowances.values_list("tier_id", "daily_spin_count"))
    after = dict(new.allowances.values_list("tier_id", "daily_spin_count"))
    return new.daily_spin_count >= old.daily_spin_count and all(
        after.get(tier, new.daily_spin_count) >= before.get(tier, old.daily_spin_count)
        for tier in before.keys() | after.keys()
    )


def _has_price(old: WheelVersion, new: WheelVersion) -> bool:
    if not old.has_price:
        return not new.has_price
    return new.has_price and new.price_points <= old.price_points


def _is_open(gate: WheelGate, gates: Iterable[WheelGate]) -> bool:
    return any(
        each.audience_id == gate.audience_id
        and each.opens_at <= gate.opens_at
        and (
            each.closes_at is None
            or (gate.closes_at is not None and each.closes_at >= gate.closes_at)
        )
        for each in gates
    )


def _has_slices(old: list[Slice], new: list[Slice]) -> bool:
    return len(old) == len(new) and all(
        before.weight == after.weight
        and _is_as_good(get_prize(before), get_prize(after))
        and _lasts(before, after)
        and _is_as_good(_get_substitute(before), _get_substitute(after))
        for before, after in zip(old, new, strict=True)
    )


def _lasts(before: Slice, after: Slice) -> bool:
    """As many are left as would have been."""
    if after.stock_count is None:
        return True
    return before.left_count is not None and after.stock_count >= before.left_count


def _get_substitute(row: Any) -> Prize | None:
    return get_prize(row.substitute) if hasattr(row, "substitute") else None


def _is_as_good(before: Prize | None, after: Prize | None) -> bool:
    if before is None or after is None:
        return before is after or before is None
    return (
        (before.kind, before.reward_id, before.wheel_id)
        == (after.kind, after.reward_id, after.wheel_id)
        and after.points >= before.points
        and after.amount >= before.amount
        and after.spin_count >= before.spin_count
        and (after.days is None or (before.days is not None and after.days >= before.days))
    )
