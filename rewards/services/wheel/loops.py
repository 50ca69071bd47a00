"""Wheels that give spins of each other: whether that ever ends, and which they are."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Q

from rewards.enums import PrizeKind
from rewards.models import Slice, Wheel, WheelVersion

type Gifts = Mapping[int, Mapping[int, Fraction]]  # spins by wheel that one spin of a wheel brings


@dataclass(frozen=True, slots=True)
class Loop:
    """``names`` are the other wheels from which a spin leads back to the version's own."""

    names: tuple[str, ...]
    is_endless: bool


def find_loop(version: WheelVersion, *, now: dt.datetime) -> Loop:
    """By the version itself and by what other wheels offer now or are to offer.

    A prize that is counted brings its substitute in the long run. One query for each wheel on the
    way.
    """
    gifts = _follow(version, now)
    own = version.wheel_id
    back = sorted(pk for pk in gifts if pk != own and own in _reach(pk, gifts))
    reached = [pk for pk in back if pk in _reach(own, gifts)]
    names = Wheel.objects.filter(pk__in=reached).order_by("pk") if reached else ()
    return Loop(tuple(wheel.name for wheel in names), _never_ends(gifts))


def _follow(version: WheelVersion, now: dt.datetime) -> Gifts:
    gifts = {version.wheel_id: _list_gifts([version.pk])}
    waiting = [*gifts[version.wheel_id]]
    while waiting:
        pk = waiting.pop()
        if pk not in gifts:
            open_versions = WheelVersion.objects.published().filter(wheel=pk)
            open_versions = open_versions.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
            gifts[pk] = _list_gifts(open_versions.values_list("pk", flat=True))
            waiting += gifts[pk]
    return gifts


def _list_gifts(version_ids: Any) -> dict[int, Fraction]:
    """Of several versions the most generous."""
    rows: dict[int, list[Slice]] = {}
    for row in Slice.objects.filter(version__in=list(version_ids)).select_related("substitute"):
        rows.setdefault(row.version_id, []).append(row)
    found: dict[int, Fraction] = {}
    for slices in rows.values():
        total = sum(each.weight for each in slices) or 1
        for pk, count in _count_spins(slices).items():
            found[pk] = max(found.get(pk, Fraction(0)), Fraction(count, total))
    return found


def _count_spins(slices: list[Slice]) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in slices:
        paid = each if each.stock_count is None else getattr(each, "substitute", None)
        if each.weight and paid is not None and paid.prize_kind == PrizeKind.SPINS:
            pk = paid.prize_wheel_id or 0
            found[pk] = found.get(pk, 0) + each.weight * paid.prize_spin_count
    return found


def _reach(start: int, gifts: Gifts) -> set[int]:
    reached: set[int] = set()
    waiting = [*gifts.get(start, ())]
    while waiting:
        pk = waiting.pop()
        if pk not in reached:
            reached.add(pk)
            waiting += gifts.get(pk, ())
    return reached


def _never_ends(gifts: Gifts) -> bool:
    """Whether a spin brings, all in all, one spin or more: then the sum of all that follow has no
    limit. It has one where each pivot of (identity − gifts) stays above zero.
    """
    order = sorted(gifts)
    rows = [[Fraction(int(a == b)) - gifts[a].get(b, Fraction(0)) for b in order] for a in order]
    for at, row in enumerate(rows):
        if row[at] <= 0:
            return True
        for below in rows[at + 1 :]:
            factor = below[at] / row[at]
            below[:] = [each - factor * above for each, above in zip(below, row, strict=True)]
    return False
