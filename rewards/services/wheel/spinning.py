"""One spin: lock the member, check, draw, count what is scarce, write."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from core.bulk import RowWriter, read_together
from core.sealing import CannotUnseal
from core.services.audit import keeps_refusals
from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from members.services.activities import ActivityRow, record_batch
from rewards.engine.draw import draw
from rewards.engine.settling import keep_alive
from rewards.enums import AccountKind, PrizeKind, SpinPay, WheelDayState
from rewards.models import Spin, Wheel
from rewards.services.consent import check_consent
from rewards.services.holding import BalanceTooLow, CannotSpend, take_shares
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.prizes import Prize, Won, add_prizes
from rewards.services.settlement import open_settled_ledger
from rewards.services.wheel import refusals
from rewards.services.wheel.opening import DrawnSlice, Opening, PlayerState, WheelState
from rewards.services.wheel.seeds import open_seed
from rewards.spin_keys import SpinKey, read_spin_key

ACTIVITY = "spin"
_SPIN_COLUMNS = (
    "id", "player_id", "counter", "day_id", "version_id", "slice_id", "pseudonym", "hit_number",
    "is_substitute", "pay", "price_points", "grant_id", "drawn_at",
)  # fmt: skip
_SPIN_FIELDS = [field.attname for field in Spin._meta.concrete_fields]
# The id is taken under the slice's lock, so that along the ids its numbers rise by one.
_HIT = """
    UPDATE rewards_slice SET hit_count = hit_count + 1
    WHERE id = %s AND returned_count IS NULL
    RETURNING hit_count, nextval('rewards_spin_id_seq')
"""
# Without a counter there is no spin: the row is written only where the claim succeeds.
_SPIN = f"""
    WITH counted AS (
        UPDATE rewards_wheelplayer SET spin_count = %s
        WHERE id = %s AND spin_count = %s - 1 AND pseudonym = %s RETURNING id
    )
    INSERT INTO rewards_spin ({", ".join(_SPIN_COLUMNS)})
    SELECT {", ".join(["%s"] * len(_SPIN_COLUMNS))} FROM counted RETURNING id
"""
_USE_GRANT = """
    UPDATE rewards_spingrant SET used_count = used_count + 1
    WHERE id = %s AND used_count < spin_count RETURNING used_count
"""


@dataclass(frozen=True, slots=True)
class _Spin:
    """One spin on its way: what is known of it before it is written."""

    member: Member
    state: WheelState
    player: PlayerState
    slice: DrawnSlice
    spin_id: int
    hit_number: int | None
    pay: str
    now: dt.datetime

    @property
    def cause(self) -> tuple[str, int]:
        return ("spin", self.spin_id)

    @property
    def counter(self) -> int:
        return self.player.spin_count + 1

    @property
    def is_substitute(self) -> bool:
        limit = self.slice.stock_count
        return self.hit_number is not None and limit is not None and self.hit_number > limit

    @property
    def prize(self) -> Prize:
        """A gone prize changes what the slice pays, never the slice."""
        if self.is_substitute:
            return self.slice.substitute or Prize(PrizeKind.NOTHING)
        return self.slice.prize

    @property
    def price_points(self) -> int:
        return (self.state.price_points or 0) if self.pay == SpinPay.POINTS else 0


@keeps_refusals
@transaction.atomic
def spin_wheel(
    member: Member, wheel: Wheel, key: str, *, with_points: bool = False,
    seen_points: int | None = None, by: Any, now: dt.datetime,
) -> Spin:  # fmt: skip
    """Spin once for this ``key`` (``ShownWheel.key``); a repeat returns the first spin.

    Free spins of the day go first, then those given, then, only ``with_points``, points at the
    price that the person saw (``seen_points``). Payment, draw, prize stock and prize are one
    transaction: whatever fails uses up nothing. Staff may not play; members play for themselves
    (``by`` is their login).

    Raises ForgedKey, OthersKey, OthersSpin, KeyTooLate, StaffMayNotPlay, WheelClosed, NoSeed,
    SeedShown, ClockBehind (each on record), the gate's refusal, CannotSpend, NoSpinsLeft,
    PriceChanged, BalanceTooLow, GuardianNeeded (for points), WheelChanged; RefusedTooOften in
    the place of those on record.
    """
    known_key = _check_key(key, member, wheel, by, now)
    if not member.can_spend:
        raise CannotSpend
    today = day_of(now, get_club().zone)
    opening = Opening(wheel.pk, member.pk, known_key.counter, today=today, now=now)
    ledger = open_settled_ledger([member.pk], now=now, build_extra=opening.list_statements)
    state, player = opening.read(ledger.extra)
    if player is None:  # merged meanwhile, or never looked at the wheel
        raise refusals.build_refusal(refusals.OthersKey, wheel, by, now=now)
    if player.known_spin_id is not None:
        return Spin.objects.get(pk=player.known_spin_id)
    seed = _check_state(state, wheel, by, now=now)
    if known_key.counter != player.spin_count + 1:
        raise refusals.build_refusal(refusals.KeyTooLate, wheel, by, now=now)
    if not ledger.books[member.pk].is_active:
        raise CannotSpend
    if with_points and state.has_price:
        check_consent(member, by=by, act="spin", now=now)
    pay = _choose_pay(state, player, ledger, member, with_points, seen_points)
    offer = state.offer
    index = draw(seed, state.version_id or 0, player.pseudonym, known_key.counter, offer.weights)
    drawn = offer.slices[index]
    hit_number, spin_id = _count_hit(drawn, player)
    spin = _Spin(member, state, player, drawn, spin_id, hit_number, pay, now)
    _move_points(spin, ledger, today)
    return _write(spin, ledger, wheel, by)


def _check_key(text: str, member: Member, wheel: Wheel, by: Any, now: dt.datetime) -> SpinKey:
    key = read_spin_key(text)
    if key is None:
        raise refusals.build_refusal(refusals.ForgedKey, wheel, by, now=now)
    if (key.member_id, key.wheel_id) != (member.pk, wheel.pk):
        changes = {"member": key.member_id}
        raise refusals.build_refusal(refusals.OthersKey, wheel, by, now=now, changes=changes)
    if by is None or by.pk != member.user_id:
        changes = {"member": member.pk}
        raise refusals.build_refusal(refusals.OthersSpin, wheel, by, now=now, changes=changes)
    return key


def _check_state(state: WheelState, wheel: Wheel, by: Any, *, now: dt.datetime) -> bytes:
    """The day's seed; raises why nobody, or not this member, may spin now."""
    if state.is_staff:
        raise refusals.build_refusal(refusals.StaffMayNotPlay, wheel, by, now=now)
    if state.version_id is None:
        raise refusals.build_refusal(refusals.WheelClosed, wheel, by, now=now)
    state.check_gates(now)
    if state.day_state == WheelDayState.REVEALED:
        raise refusals.build_refusal(refusals.SeedShown, wheel, by, now=now)
    if state.day_state != WheelDayState.SEALED or state.sealed_seed is None:
        raise refusals.build_refusal(refusals.NoSeed, wheel, by, now=now)
    try:
        return open_seed(state.sealed_seed)
    except CannotUnseal as error:
        changes = {"key": "gone"}
        raise refusals.build_refusal(
            refusals.NoSeed, wheel, by, now=now, changes=changes
        ) from error


def _choose_pay(
    state: WheelState, player: PlayerState, ledger: Ledger, member: Member, with_points: bool,
    seen_points: int | None,
) -> str:  # fmt: skip
    book = ledger.books[member.pk]
    if player.free_used < state.count_daily(book.tier_id):
        return SpinPay.FREE
    if player.grant_id is not None:
        return SpinPay.GRANT
    if not (with_points and state.has_price):
        raise refusals.NoSpinsLeft
    price = state.price_points or 0
    if seen_points is not None and price > seen_points:
        raise refusals.PriceChanged
    available = book.balance(AccountKind.AVAILABLE)
    if available < price:
        raise BalanceTooLow(needed=price, available=available)
    return SpinPay.POINTS


def _count_hit(slice_: DrawnSlice, player: PlayerState) -> tuple[int | None, int]:
    """The number among the draws of a slice whose prizes are counted, and the spin's id."""
    if slice_.stock_count is None:
        return None, player.spin_id
    (rows,) = read_together([(_HIT, [slice_.id])])
    if not rows:  # its version has just ended, and its stock went back
        raise refusals.WheelChanged
    return rows[0]


def _move_points(spin: _Spin, ledger: Ledger, today: dt.date) -> None:
    if spin.price_points:
        shares = [(spin.member.pk, spin.price_points)]
        take_shares(ledger, shares, cause=spin.cause, now=spin.now, captured=True)
    keep_alive(ledger.books[spin.member.pk], today, ACTIVITY, ledger.terms)


def _write(spin: _Spin, ledger: Ledger, wheel: Wheel, by: Any) -> Spin:
    """Everything in one round trip, the counter first; checked after."""
    writer, player, now = RowWriter(), spin.player, spin.now
    counter, row = spin.counter, _list_values(spin)
    writer.claim(_SPIN, [counter, player.player_id, counter, player.pseudonym, *row])
    if spin.pay == SpinPay.GRANT:
        writer.claim(_USE_GRANT, [player.grant_id])
    won = Won(
        spin.member.pk, spin.prize, spin.cause, f"spin:{spin.spin_id}",
        is_set_aside=spin.slice.is_set_aside and not spin.is_substitute,
    )  # fmt: skip
    add_prizes(ledger, writer, [won], now=now)
    ledger.spare_ids |= {"rewards_transfer": [player.transfer_id], "rewards_lot": [player.lot_id]}
    write_ledger(ledger, now=now, writer=writer)
    activity = ActivityRow(
        spin.member.pk, ACTIVITY, now, "rewards.spin", spin.spin_id,
        {"wheel": wheel.pk, "slice": spin.slice.id}, player.activity_id,
    )  # fmt: skip
    try:
        record_batch(ACTIVITY, [activity], now=now, writer=writer, batch_id=player.batch_id)
    except IntegrityError as error:
        raise _name_refusal(error, wheel, by) from error
    if not all(writer.answers):
        raise refusals.WheelChanged
    return Spin.from_db("default", _SPIN_FIELDS, row)


def _name_refusal(error: IntegrityError, wheel: Wheel, by: Any) -> Exception:
    """What only the database sees in time: a seed that was shown at this very moment, and draws
    of a later day (see docs/wheel.md).
    """
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if name == "spin_day_is_sealed":
        return refusals.SeedShown(subject=wheel, by=by)
    if name == "spin_goes_along_days":
        return refusals.ClockBehind(subject=wheel, by=by)
    return error


def _list_values(spin: _Spin) -> tuple:
    """In the order of ``_SPIN_COLUMNS``."""
    player, state = spin.player, spin.state
    return (
        spin.spin_id, player.player_id, spin.counter, state.day_id, state.version_id,
        spin.slice.id, player.pseudonym, spin.hit_number, spin.is_substitute, str(spin.pay),
        spin.price_points, player.grant_id if spin.pay == SpinPay.GRANT else None, spin.now,
    )  # fmt: skip
