"""A wheel as one member sees it now: what may be won, by which chance, and whether to spin."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from core.time import day_of
from members.models import AudienceMember, Member
from members.selectors.club import get_club
from members.selectors.gates import GateClosed, judge_gates
from rewards.enums import PrizeKind, WheelDayState
from rewards.models import Slice, Wheel, WheelGate, WheelVersion
from rewards.selectors.prizes import describe_prize
from rewards.selectors.wheel_words import format_chance
from rewards.spin_keys import SpinKey, write_spin_key

# What the member has at each wheel, the day's seed and the next day's, in one row.
_STATE = """
    SELECT w.id, p.id, p.seed, p.pseudonym, p.spin_count,
           (SELECT count(*) FROM rewards_spin s JOIN rewards_wheelplayer o ON o.id = s.player_id
            WHERE s.day_id = d.id AND s.pay = 'free' AND o.wheel_id = w.id
              AND o.member_id = %(member)s),
           (SELECT coalesce(sum(g.spin_count - g.used_count), 0) FROM rewards_spingrant g
            WHERE g.member_id = %(member)s AND g.wheel_id = w.id AND g.used_count < g.spin_count
              AND (g.expires_on IS NULL OR g.expires_on >= %(today)s)),
           (SELECT tier_id FROM rewards_standing WHERE member_id = %(member)s),
           (SELECT is_staff FROM members_user u JOIN members_member m ON m.user_id = u.id
            WHERE m.id = %(member)s),
           (SELECT balance FROM rewards_account WHERE member_id = %(member)s
              AND kind = 'available'),
           d.day_on, d.state, d.seed_hash, d.ends_at, n.day_on, n.seed_hash
    FROM rewards_wheel w
    LEFT JOIN rewards_wheelplayer p
        ON p.wheel_id = w.id AND p.member_id = %(member)s AND p.is_current
    LEFT JOIN LATERAL (
        SELECT * FROM rewards_wheelday WHERE starts_at <= %(now)s AND ends_at > %(now)s
        ORDER BY discarded_at NULLS FIRST LIMIT 1) d ON true
    LEFT JOIN LATERAL (
        SELECT * FROM rewards_wheelday WHERE starts_at > %(now)s AND state = 'sealed'
        ORDER BY starts_at LIMIT 1) n ON true
    WHERE w.id = ANY(%(wheels)s)
"""


class WheelDoor(StrEnum):
    """Whether the member may spin now, and if not, why. ``ShownWheel.reason`` has the words."""

    OPEN = "open"
    NOT_ON = "not_on"  # no version in force
    GATE = "gate"  # not open to this member, or not yet, or no longer
    NO_SEED = "no_seed"  # no seed was sealed for this day in time, or it was discarded
    STAFF = "staff"
    NO_LOGIN = "no_login"
    NO_SPINS = "no_spins"  # none left for today, and none to be had for points


@dataclass(frozen=True, slots=True)
class ShownSlice:
    """A slice to draw. ``start`` and ``sweep`` are parts of the whole turn (0 to 1), clockwise
    from the top; ``chance`` is ``sweep`` in words. ``left_count`` is None where its prizes aren't
    counted; ``is_gone`` says that it pays ``substitute`` by now (None: nothing was declared).
    """

    id: int
    position: int
    label: str
    color: str
    weight: int
    start: float
    sweep: float
    chance: str
    prize: str
    prize_kind: str
    reward_slug: str
    is_win: bool
    stock_count: int | None
    left_count: int | None
    is_gone: bool
    substitute: str | None


@dataclass(frozen=True, slots=True)
class ShownWheel:
    """All that the page of a wheel shows. Read in three queries by ``get_shown_wheel``.

    ``key`` goes with the press: a form field of the POST to ``spin_wheel``. It is "" where nobody
    may spin, or before ``services.wheel.ensure_player`` was called for the member. ``free_count``
    are today's free spins that are left, ``grant_count`` those given, ``price_points`` what one
    more costs (None: not for points). ``can_spin`` says that the button stands: free, or for
    points that the member has. ``day_hash`` is the published hash of today's seed, ``next_hash``
    that of the next sealed day.
    """

    wheel: Wheel
    version: WheelVersion | None
    slices: Sequence[ShownSlice]
    total_weight: int
    every_slice_wins: bool
    rules_text: str
    door: WheelDoor
    reason: str
    key: str
    free_count: int
    daily_count: int
    grant_count: int
    price_points: int | None
    available_points: int
    pseudonym: str
    player_seed: str
    counter: int
    day_on: dt.date | None
    day_hash: str
    day_ends_at: dt.datetime | None
    next_day_on: dt.date | None
    next_hash: str

    @property
    def is_free(self) -> bool:
        """Whether the next spin costs nothing."""
        return self.free_count + self.grant_count > 0

    @property
    def can_spin(self) -> bool:
        return self.door == WheelDoor.OPEN


def list_shown_wheels(member: Member | None, *, now: dt.datetime) -> list[ShownWheel]:
    """Every wheel with a version in force whose gates the member satisfies; all of them for
    somebody without a membership. Six queries, however many there are.
    """
    wheels = Wheel.objects.filter(pk__in=WheelVersion.objects.in_force(now).values("wheel"))
    shown = _build(list(wheels.order_by("pk")), member, now)
    return [each for each in shown if member is None or each.door != WheelDoor.GATE]


def get_shown_wheel(wheel: Wheel, member: Member | None, *, now: dt.datetime) -> ShownWheel:
    """The wheel for this member at this instant (``member`` None: for a stranger)."""
    return _build([wheel], member, now)[0]


def find_version(wheel: Wheel, *, now: dt.datetime) -> WheelVersion | None:
    """The version that draws now, with its gates (annotated ``is_mine``) left to the caller."""
    return WheelVersion.objects.in_force(now).filter(wheel=wheel).first()


def build_slices(slices: Sequence[Slice]) -> list[ShownSlice]:
    """Slices in the order of their position, laid around the turn."""
    total = sum(each.weight for each in slices) or 1
    shown, before = [], 0
    for each in slices:
        substitute = getattr(each, "substitute", None)
        is_gone = each.left_count == 0
        shown.append(
            ShownSlice(
                id=each.pk,
                position=each.position,
                label=each.label_i18n,
                color=each.color,
                weight=each.weight,
                start=before / total,
                sweep=each.weight / total,
                chance=format_chance(Fraction(each.weight, total)),
                prize=describe_prize(each),
                prize_kind=each.prize_kind,
                reward_slug=each.prize_reward.slug if each.prize_reward else "",
                is_win=each.prize_kind != PrizeKind.NOTHING,
                stock_count=each.stock_count,
                left_count=each.left_count,
                is_gone=is_gone,
                substitute=describe_prize(substitute) if substitute else None,
            )
        )
        before += each.weight
    return shown


def list_slices(version: WheelVersion) -> list[Slice]:
    """In their order, with what they pay; one query."""
    return list(_select_slices([version]))


def _select_slices(versions: Iterable[WheelVersion]) -> QuerySet[Slice]:
    return (
        Slice.objects.filter(version__in=[each.pk for each in versions])
        .select_related(
            "prize_reward", "prize_wheel", "substitute__prize_reward", "substitute__prize_wheel"
        )
        .order_by("version_id", "position")
    )


def _build(wheels: Sequence[Wheel], member: Member | None, now: dt.datetime) -> list[ShownWheel]:
    versions = _read_versions(wheels, member, now)
    states = _read_states(wheels, member, now)
    rows: dict[int, list[Slice]] = {}
    for row in _select_slices(versions.values()) if versions else ():
        rows.setdefault(row.version_id, []).append(row)
    found = []
    for wheel in wheels:
        version = versions.get(wheel.pk)
        slices = rows.get(version.pk, []) if version else []
        found.append(_show(wheel, version, slices, states[wheel.pk], member, now))
    return found


def _show(
    wheel: Wheel, version: WheelVersion | None, rows: Sequence[Slice], state: "_State",
    member: Member | None, now: dt.datetime,
) -> ShownWheel:  # fmt: skip
    slices = build_slices(rows)
    daily = _count_daily(version, state.tier_id) if version else 0
    free = max(daily - state.used_count, 0)
    price = version.price_points if version and version.has_price else None
    door, reason = _judge(version, member, state, now)
    if door == WheelDoor.OPEN and not free + state.grant_count:
        if price is None:
            door, reason = WheelDoor.NO_SPINS, _("No spins are left for today.")
        elif price > state.available_points:
            door, reason = WheelDoor.NO_SPINS, _("Not enough points for another spin.")
    has_key = door == WheelDoor.OPEN and state.player_id is not None and member is not None
    key = SpinKey(member.pk, wheel.pk, state.spin_count + 1) if has_key and member else None
    return ShownWheel(
        wheel=wheel,
        version=version,
        slices=slices,
        total_weight=sum(each.weight for each in slices),
        every_slice_wins=bool(slices) and all(each.is_win for each in slices if each.weight),
        rules_text=version.rules_text_i18n if version else "",
        door=door,
        reason=reason,
        key=write_spin_key(key) if key else "",
        free_count=free,
        daily_count=daily,
        grant_count=state.grant_count,
        price_points=price,
        available_points=state.available_points,
        pseudonym=state.pseudonym,
        player_seed=state.player_seed,
        counter=state.spin_count + 1,
        day_on=state.day_on,
        day_hash=state.day_hash if state.day_state == WheelDayState.SEALED else "",
        day_ends_at=state.day_ends_at,
        next_day_on=state.next_day_on,
        next_hash=state.next_hash,
    )


def _read_versions(
    wheels: Sequence[Wheel], member: Member | None, now: dt.datetime
) -> dict[int, WheelVersion]:
    """By wheel, with gates and allowances, which a page judges without asking again."""
    gates = WheelGate.objects.all()
    if member is not None:
        rows = AudienceMember.objects.filter(audience=OuterRef("audience"), member=member)
        gates = gates.annotate(is_mine=Exists(rows))
    found = WheelVersion.objects.in_force(now).filter(wheel__in=[each.pk for each in wheels])
    found = found.prefetch_related(Prefetch("gates", gates), "allowances")
    return {each.wheel_id: each for each in found}


@dataclass(frozen=True, slots=True)
class _State:
    player_id: int | None
    player_seed: str
    pseudonym: str
    spin_count: int
    used_count: int
    grant_count: int
    tier_id: int | None
    is_staff: bool
    available_points: int
    day_on: dt.date | None
    day_state: str
    day_hash: str
    day_ends_at: dt.datetime | None
    next_day_on: dt.date | None
    next_hash: str


def _read_states(
    wheels: Sequence[Wheel], member: Member | None, now: dt.datetime
) -> dict[int, _State]:
    today = day_of(now, get_club().zone)
    values: dict[str, Any] = {
        "member": member and member.pk, "wheels": [each.pk for each in wheels], "now": now,
        "today": today,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STATE, values)
        return {wheel_id: _read_state(row) for wheel_id, *row in cursor.fetchall()}


def _read_state(row: Sequence[Any]) -> _State:
    (
        player_id, seed, pseudonym, spin_count, used, granted, tier_id, is_staff, available,
        day_on, state, day_hash, ends_at, next_on, next_hash,
    ) = row  # fmt: skip
    return _State(
        player_id, seed or "", pseudonym or "", spin_count or 0, used, int(granted), tier_id,
        bool(is_staff), available or 0, day_on, state or "", day_hash or "", ends_at, next_on,
        next_hash or "",
    )  # fmt: skip


def _count_daily(version: WheelVersion, tier_id: int | None) -> int:
    """The same rule at the press: ``rewards.services.wheel.opening``."""
    for allowance in version.allowances.all():
        if allowance.tier_id == tier_id:
            return allowance.daily_spin_count
    return version.daily_spin_count


def _judge(
    version: WheelVersion | None, member: Member | None, state: _State, now: dt.datetime
) -> tuple[WheelDoor, str]:
    if version is None:
        return WheelDoor.NOT_ON, _("This wheel is not turning now.")
    if member is None:
        return WheelDoor.NO_LOGIN, _("Log in to spin.")
    if state.is_staff:
        return WheelDoor.STAFF, _("Staff of the club may not play.")
    if not member.can_spend:
        return WheelDoor.NO_LOGIN, _("Only an active membership with a login may spin.")
    gates: Any = list(version.gates.all())
    mine = {gate.audience_id for gate in gates if gate.is_mine}
    try:
        judge_gates(mine, gates, now=now)
    except GateClosed as refusal:
        return WheelDoor.GATE, str(refusal)
    if state.day_state != WheelDayState.SEALED:
        return WheelDoor.NO_SEED, _(
            "The wheel rests today: no seed for this day was sealed in time. "
            "It turns again tomorrow."
        )
    return WheelDoor.OPEN, ""
