"""What a spin must know, read in one trip with its locks: the wheel, the player, what is left."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from members.selectors.gates import judge_gates
from rewards.services.prizes import Prize

_PRIZE = """
    json_build_array({t}.prize_kind, {t}.prize_reward_id, {t}.prize_points, {t}.prize_amount,
                     {t}.prize_spin_count, {t}.prize_wheel_id, {t}.prize_days)
"""
_WHEEL = f"""
    SELECT w.slug, v.id, v.daily_spin_count, v.has_price, v.price_points, d.id, d.state,
           d.sealed_seed,
           (SELECT json_agg(json_build_array(
                       g.audience_id, g.opens_at, g.closes_at,
                       EXISTS (SELECT FROM members_audiencemember a
                               WHERE a.audience_id = g.audience_id AND a.member_id = %(member)s)))
            FROM rewards_wheelgate g WHERE g.version_id = v.id)::text,
           (SELECT json_agg(json_build_array(l.tier_id, l.daily_spin_count))
            FROM rewards_wheelallowance l WHERE l.version_id = v.id)::text,
           CASE WHEN v.id <> ALL(%(known)s::bigint[]) THEN (SELECT json_agg(json_build_array(
                       s.id, s.weight, s.stock_count, {_PRIZE.format(t="s")},
                       CASE WHEN x.slice_id IS NOT NULL THEN {_PRIZE.format(t="x")} END,
                       s.is_set_aside) ORDER BY s.position)
            FROM rewards_slice s LEFT JOIN rewards_substitute x ON x.slice_id = s.id
            WHERE s.version_id = v.id)::text END,
           (SELECT u.is_staff FROM members_member m JOIN members_user u ON u.id = m.user_id
            WHERE m.id = %(member)s),
           EXISTS (SELECT FROM rewards_wheelday l JOIN rewards_spin s ON s.day_id = l.id
                   JOIN rewards_wheelversion x ON x.id = s.version_id
                   WHERE l.starts_at > %(now)s AND x.wheel_id = w.id)
    FROM rewards_wheel w
    LEFT JOIN rewards_wheelversion v ON v.wheel_id = w.id AND v.published_at IS NOT NULL
        AND v.starts_at <= %(now)s AND (v.ends_at IS NULL OR v.ends_at > %(now)s)
    LEFT JOIN LATERAL (
        SELECT * FROM rewards_wheelday WHERE starts_at <= %(now)s AND ends_at > %(now)s
        ORDER BY discarded_at NULLS FIRST LIMIT 1) d ON true
    WHERE w.id = %(wheel)s
"""
# Under the lock on the member's standing: what was used up, what is left, ids for what comes. No
# further lock here: before a member's first standing is made, these run ahead of it. The claim on
# the counter in ``spinning`` finds out whoever changed the seed meanwhile.
_PLAYER = """
    SELECT id, spin_count, pseudonym FROM rewards_wheelplayer
    WHERE member_id = %(member)s AND wheel_id = %(wheel)s AND is_current
"""
_LEFT = """
    SELECT (SELECT s.id FROM rewards_spin s JOIN rewards_wheelplayer p ON p.id = s.player_id
            WHERE p.member_id = %(member)s AND p.wheel_id = %(wheel)s AND p.is_current
              AND s.counter = %(counter)s),
           (SELECT count(*) FROM rewards_spin s JOIN rewards_wheelplayer p ON p.id = s.player_id
            WHERE s.day_id = (SELECT id FROM rewards_wheelday
                              WHERE starts_at <= %(now)s AND ends_at > %(now)s
                              ORDER BY discarded_at NULLS FIRST LIMIT 1)
              AND s.pay = 'free' AND p.member_id = %(member)s AND p.wheel_id = %(wheel)s),
           (SELECT id FROM rewards_spingrant
            WHERE member_id = %(member)s AND wheel_id = %(wheel)s AND used_count < spin_count
              AND (expires_on IS NULL OR expires_on >= %(today)s)
            ORDER BY expires_on, id LIMIT 1),
           nextval('rewards_spin_id_seq'), nextval('members_activitybatch_id_seq'),
           nextval('members_activity_id_seq')
"""


@dataclass(frozen=True, slots=True)
class _Gate:
    audience_id: int
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    is_mine: bool


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
class WheelState:
    """A wheel as of the press, for one member; without a version in force none is named."""

    wheel_id: int
    slug: str
    version_id: int | None
    daily_spin_count: int
    has_price: bool
    price_points: int
    day_id: int | None
    day_state: str
    sealed_seed: bytes | None
    gates: list[_Gate]
    allowances: dict[int, int]
    slices: list[DrawnSlice]
    is_staff: bool
    is_ahead: bool  # it has drawn on a later day already: our clock stepped back

    def check_gates(self, now: dt.datetime) -> None:
        """Raises the gate's own refusal with its reason."""
        judge_gates({gate.audience_id for gate in self.gates if gate.is_mine}, self.gates, now=now)

    def count_daily(self, tier_id: int) -> int:
        """The same rule on the page: ``rewards.selectors.wheel``."""
        return self.allowances.get(tier_id, self.daily_spin_count)


# Slices by version, as this process has read them. A published version never changes.
_known: dict[int, list[DrawnSlice]] = {}
_MOST_KNOWN = 64


class Opening:
    """Asks for all that a spin must know along with the locks of the ledger, and reads it."""

    def __init__(
        self, wheel_id: int, member_id: int, counter: int, *, today: dt.date, now: dt.datetime
    ):
        self._kept = dict(_known)  # another thread may forget them meanwhile
        self._wheel_id = wheel_id
        self._values: dict[str, Any] = {
            "wheel": wheel_id, "member": member_id, "counter": counter, "today": today,
            "now": now, "known": [*self._kept],
        }  # fmt: skip

    def list_statements(self, terms: Any) -> list[tuple[str, dict[str, Any]]]:
        """For ``build_extra`` of the ledger."""
        return [(sql, self._values) for sql in (_WHEEL, _PLAYER, _LEFT)]

    def read(self, rows: list[list[tuple]]) -> tuple[WheelState, "PlayerState | None"]:
        """What they answered; no player where the member never looked at the wheel."""
        ((wheel,), players, (left,)) = rows
        player = PlayerState(*players[0], *left) if players else None
        return _read_wheel(self._wheel_id, wheel, self._kept), player


def _read_wheel(wheel_id: int, row: tuple, kept: dict[int, list[DrawnSlice]]) -> WheelState:
    *plain, sealed_seed, gates, allowances, slices, is_staff, is_ahead = row
    slug, version_id, daily, has_price, price, day_id, state = plain
    return WheelState(
        wheel_id, slug, version_id, daily or 0, bool(has_price), price or 0, day_id, state or "",
        bytes(sealed_seed) if sealed_seed is not None else None,
        [_read_gate(gate) for gate in json.loads(gates or "[]")],
        dict(json.loads(allowances or "[]")),
        _read_slices(version_id, slices, kept),
        bool(is_staff),
        is_ahead,
    )  # fmt: skip


def _read_slices(
    version_id: int | None, text: str | None, kept: dict[int, list[DrawnSlice]]
) -> list[DrawnSlice]:
    if version_id is None:
        return []
    if text is None:
        return kept[version_id]
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[version_id] = [_read_slice(each) for each in json.loads(text)]
    return _known[version_id]


def _read_gate(row: list) -> _Gate:
    audience_id, opens_at, closes_at, is_mine = row
    return _Gate(
        audience_id,
        dt.datetime.fromisoformat(opens_at),
        dt.datetime.fromisoformat(closes_at) if closes_at else None,
        is_mine,
    )


def _read_slice(row: list) -> DrawnSlice:
    pk, weight, stock_count, prize, substitute, is_set_aside = row
    return DrawnSlice(
        pk, weight, stock_count, Prize(*prize), Prize(*substitute) if substitute else None,
        is_set_aside,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player under the locks of the press."""

    player_id: int
    spin_count: int
    pseudonym: str
    known_spin_id: int | None
    free_used: int
    grant_id: int | None
    spin_id: int
    batch_id: int
    activity_id: int
