"""What a spin must know, read in one trip with its locks: the wheel, the player, what is left."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from core.bulk import write_array
from members.selectors.gates import judge_gates
from rewards.services.prizes import Prize

_PRIZE = """
    json_build_array({t}.prize_kind, {t}.prize_reward_id, {t}.prize_points, {t}.prize_amount,
                     {t}.prize_spin_count, {t}.prize_wheel_id, {t}.prize_days)
"""
# What never changes in a published version; read once by each process.
_FROZEN = f"""
    json_build_array(
        (SELECT json_agg(json_build_array(g.audience_id, g.opens_at, g.closes_at))
         FROM rewards_wheelgate g WHERE g.version_id = v.id),
        (SELECT json_agg(json_build_array(l.tier_id, l.daily_spin_count))
         FROM rewards_wheelallowance l WHERE l.version_id = v.id),
        (SELECT json_agg(json_build_array(
                    s.id, s.weight, s.stock_count, {_PRIZE.format(t="s")},
                    CASE WHEN x.slice_id IS NOT NULL THEN {_PRIZE.format(t="x")} END,
                    s.is_set_aside) ORDER BY s.position)
         FROM rewards_slice s LEFT JOIN rewards_substitute x ON x.slice_id = s.id
         WHERE s.version_id = v.id))
"""
# Asked behind the lock on the member's standing: what is in force, what was used up, what is left,
# ids for what comes. No further lock here: before a member's first standing is made, this runs
# ahead of it. The claim on the counter in ``spinning`` finds out whoever changed the seed
# meanwhile.
_STATE = f"""
    SELECT v.id, v.daily_spin_count, v.has_price, v.price_points, d.id, d.state, d.sealed_seed,
           (SELECT string_agg(g.audience_id::text, ',')
            FROM rewards_wheelgate g JOIN members_audiencemember a
                ON a.audience_id = g.audience_id AND a.member_id = %(member)s
            WHERE g.version_id = v.id),
           CASE WHEN v.id <> ALL(%(known)s::bigint[]) THEN {_FROZEN} END::text,
           (SELECT u.is_staff FROM members_member m JOIN members_user u ON u.id = m.user_id
            WHERE m.id = %(member)s),
           p.id, p.spin_count, p.pseudonym,
           (SELECT s.id FROM rewards_spin s
            WHERE s.player_id = p.id AND s.counter = %(counter)s),
           (SELECT count(*) FROM rewards_spin s
            WHERE s.day_id = d.id AND s.pay = 'free' AND s.player_id IN (
                SELECT o.id FROM rewards_wheelplayer o
                WHERE o.member_id = %(member)s AND o.wheel_id = w.id)),
           (SELECT id FROM rewards_spingrant
            WHERE member_id = %(member)s AND wheel_id = w.id AND used_count < spin_count
              AND (expires_on IS NULL OR expires_on >= %(today)s)
            ORDER BY expires_on, id LIMIT 1),
           nextval('rewards_spin_id_seq'), nextval('members_activitybatch_id_seq'),
           nextval('members_activity_id_seq'), nextval('rewards_transfer_id_seq'),
           nextval('rewards_lot_id_seq')
    FROM rewards_wheel w
    LEFT JOIN rewards_wheelversion v ON v.wheel_id = w.id AND v.published_at IS NOT NULL
        AND v.starts_at <= %(now)s AND (v.ends_at IS NULL OR v.ends_at > %(now)s)
    LEFT JOIN LATERAL (
        SELECT id, state, sealed_seed FROM rewards_wheelday
        WHERE starts_at <= %(now)s AND ends_at > %(now)s
        ORDER BY discarded_at NULLS FIRST LIMIT 1) d ON true
    LEFT JOIN rewards_wheelplayer p
        ON p.wheel_id = w.id AND p.member_id = %(member)s AND p.is_current
    WHERE w.id = %(wheel)s
"""


@dataclass(frozen=True, slots=True)
class _Gate:
    audience_id: int
    opens_at: dt.datetime
    closes_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DrawnSlice:
    """A slice as the draw knows it."""

    id: int
    weight: int
    stock_count: int | None
    prize: Prize
    substitute: Prize | None
    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What a published version offers to whom; nothing of it ever changes."""

    gates: tuple[_Gate, ...] = ()
    allowances: dict[int, int] = field(default_factory=dict)  # free spins a day by tier
    slices: tuple[DrawnSlice, ...] = ()
    weights: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WheelState:
    """A wheel as of the press, for one member; without a version in force none is named."""

    version_id: int | None
    daily_spin_count: int | None
    has_price: bool | None
    price_points: int | None
    day_id: int | None
    day_state: str | None
    sealed_seed: bytes | None
    my_audiences: str | None
    offer: Offer
    is_staff: bool | None

    def check_gates(self, now: dt.datetime) -> None:
        """Raises the gate's own refusal with its reason."""
        mine = {int(each) for each in (self.my_audiences or "").split(",") if each}
        judge_gates(mine, self.offer.gates, now=now)

    def count_daily(self, tier_id: int) -> int:
        """The same rule on the page: ``rewards.selectors.wheel``."""
        return self.offer.allowances.get(tier_id, self.daily_spin_count or 0)


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player under the locks of the press, and the ids that were taken along."""

    player_id: int
    spin_count: int
    pseudonym: str
    known_spin_id: int | None
    free_used: int
    grant_id: int | None
    spin_id: int
    batch_id: int
    activity_id: int
    transfer_id: int
    lot_id: int


_OF_WHEEL = 10  # columns of ``_STATE`` before those of the player
# Offers by version, as this process has read them.
_known: dict[int, Offer] = {}
_MOST_KNOWN = 64
_NOTHING = Offer()


class Opening:
    """Asks for all that a spin must know along with the locks of the ledger, and reads it."""

    def __init__(
        self, wheel_id: int, member_id: int, counter: int, *, today: dt.date, now: dt.datetime
    ):
        self._kept = dict(_known)  # another thread may forget them meanwhile
        self._values: dict[str, Any] = {
            "wheel": wheel_id, "member": member_id, "counter": counter, "today": today,
            "now": now, "known": write_array(self._kept),
        }  # fmt: skip

    def list_statements(self, terms: Any) -> list[tuple[str, dict[str, Any]]]:
        """For ``build_extra`` of the ledger."""
        return [(_STATE, self._values)]

    def read(self, rows: list[list[tuple]]) -> tuple[WheelState, PlayerState | None]:
        """What it answered; no player where the member never looked at the wheel."""
        ((row,),) = rows
        *plain, frozen, is_staff = row[:_OF_WHEEL]
        values: list[Any] = [*plain, self._get_offer(plain[0], frozen), is_staff]
        player = row[_OF_WHEEL:]
        return WheelState(*values), PlayerState(*player) if player[0] is not None else None

    def _get_offer(self, version_id: int | None, text: str | None) -> Offer:
        if version_id is None:
            return _NOTHING
        if text is None:
            return self._kept[version_id]
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[version_id] = offer = _read_offer(text)
        return offer


def _read_offer(text: str) -> Offer:
    gates, allowances, rows = json.loads(text)
    slices = tuple(_read_slice(row) for row in rows or ())
    return Offer(
        tuple(_read_gate(row) for row in gates or ()),
        dict(allowances or ()),
        slices,
        tuple(each.weight for each in slices),
    )


def _read_gate(row: list) -> _Gate:
    audience_id, opens_at, closes_at = row
    return _Gate(
        audience_id,
        dt.datetime.fromisoformat(opens_at),
        dt.datetime.fromisoformat(closes_at) if closes_at else None,
    )


def _read_slice(row: list) -> DrawnSlice:
    pk, weight, stock_count, prize, substitute, is_set_aside = row
    return DrawnSlice(
        pk, weight, stock_count, Prize(*prize), Prize(*substitute) if substitute else None,
        is_set_aside,
    )  # fmt: skip
