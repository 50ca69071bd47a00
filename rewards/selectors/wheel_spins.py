"""Spins that were made, as their player sees them: the slice, the prize, how it is used."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from members.models import Member
from rewards.enums import PrizeKind
from rewards.models import Entitlement, Spin, Wheel
from rewards.selectors.prizes import describe_prize


@dataclass(frozen=True, slots=True)
class ShownSpin:
    """One spin in words.

    ``position`` and ``slice_id`` are those of the slice that was drawn, of the version
    ``version_id`` (the page may show another one by now). ``prize`` is what it paid: the slice's
    own, or (``is_substitute``) what was declared for when that is gone. ``entitlement`` is the
    reward to take (see ``entitlement_take``), None where the prize is something else;
    ``points`` and ``amount`` are there at once, spins of ``won_wheel`` too.
    """

    id: int
    wheel: Wheel
    version_id: int
    slice_id: int
    position: int
    label: str
    color: str
    counter: int
    pseudonym: str
    pay: str
    price_points: int
    prize: str
    prize_kind: str
    is_win: bool
    is_substitute: bool
    points: int
    amount: int
    spin_count: int
    won_wheel: Wheel | None
    entitlement: Entitlement | None
    day_on: dt.date
    drawn_at: dt.datetime


def list_spins(member: Member, *, wheel: Wheel | None = None, limit: int = 50) -> list[ShownSpin]:
    """A member's spins, newest first; two queries."""
    spins = Spin.objects.of_member(member).for_list().newest_first()
    if wheel is not None:
        spins = spins.of_wheel(wheel)
    return show_spins(spins[:limit])


def get_spin(member: Member, pk: int) -> ShownSpin | None:
    """One spin of this member; None where it is another's."""
    shown = show_spins(Spin.objects.of_member(member).for_list().filter(pk=pk))
    return shown[0] if shown else None


def show_spins(spins: Iterable[Spin]) -> list[ShownSpin]:
    rows = list(spins)
    rewards = Entitlement.objects.filter(
        cause_type="spin", cause_id__in=[row.pk for row in rows]
    ).select_related("reward", "redemption")
    by_spin = {each.cause_id: each for each in rewards} if rows else {}
    return [_show(row, by_spin.get(row.pk)) for row in rows]


def _show(spin: Spin, entitlement: Entitlement | None) -> ShownSpin:
    paid = spin.slice.substitute if spin.is_substitute else spin.slice
    return ShownSpin(
        id=spin.pk,
        wheel=spin.version.wheel,
        version_id=spin.version_id,
        slice_id=spin.slice_id,
        position=spin.slice.position,
        label=spin.slice.label_i18n,
        color=spin.slice.color,
        counter=spin.counter,
        pseudonym=spin.pseudonym,
        pay=spin.pay,
        price_points=spin.price_points,
        prize=describe_prize(paid),
        prize_kind=paid.prize_kind,
        is_win=paid.prize_kind != PrizeKind.NOTHING,
        is_substitute=spin.is_substitute,
        points=paid.prize_points,
        amount=paid.prize_amount,
        spin_count=paid.prize_spin_count,
        won_wheel=paid.prize_wheel,
        entitlement=entitlement,
        day_on=spin.day.day_on,
        drawn_at=spin.drawn_at,
    )
