"""Named constraints of wheels, each from both sides."""

import pytest

from members.services.audiences import ensure_everyone
from rewards.models import (
    PlayerSeed,
    Slice,
    SpinGrant,
    Substitute,
    WheelAllowance,
    WheelGate,
    WheelPlayer,
    WheelVersion,
)
from tests.constraints import guards
from tests.rewards.wheels import NOON, YESTERDAY, make_player, make_wheel

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(make_wheel):
    return make_wheel(slices=[], gates=[], is_published=False).versions.get()


def test_constraints_of_versions(make_wheel):
    wheel = make_wheel()  # its version 1 is in force without an end
    WheelVersion.objects.update(ends_at=NOON)

    def make(**changes):
        return WheelVersion.objects.create(**{"wheel": wheel} | changes)

    published = {"number": 2, "published_at": NOON, "starts_at": NOON}
    guards("wheel_version_number_once", make, published, published | {"number": 1})
    guards("wheel_version_one_draft", make, published, {}, beside={})
    WheelVersion.objects.drafts().delete()
    guards("wheel_version_published_is_whole", make, {}, {"number": 2})
    guards(
        "wheel_version_ends_after_start", make, {"starts_at": NOON, "ends_at": NOON},
        {"starts_at": NOON, "ends_at": YESTERDAY},
    )  # fmt: skip
    guards(
        "wheel_version_price_is_switched_on", make, {"has_price": True, "price_points": 1},
        {"price_points": 1},
    )  # fmt: skip


def test_constraints_of_gates_and_allowances(draft, programme):
    everyone = ensure_everyone()

    def gate(**changes):
        row = {"version": draft, "audience": everyone, "opens_at": NOON}
        return WheelGate.objects.create(**row | changes)

    guards("rewards_wheelgate_closes_after_opening", gate, {}, {"closes_at": NOON})
    guards("wheel_gate_once", gate, {"opens_at": YESTERDAY}, {}, beside={})

    tiers = [level.tier for level in programme.levels.all()]

    def allow(tier):
        return WheelAllowance.objects.create(version=draft, tier=tier, daily_spin_count=2)

    guards("wheel_allowance_once", allow, {"tier": tiers[1]}, {"tier": tiers[0]},
           beside={"tier": tiers[0]})  # fmt: skip


def test_constraints_of_slices(draft):
    def make(**changes):
        row = {"version": draft, "position": 1, "label": "A", "weight": 1}
        return Slice.objects.create(**row | changes)

    guards("slice_prize_is_whole", make, {"prize_kind": "points", "prize_points": 1},
           {"prize_kind": "points"})  # fmt: skip
    guards("slice_prize_lives", make, {"prize_days": 1}, {"prize_days": 0})
    guards("slice_color_is_hex", make, {"color": "#00ff00"}, {"color": "green"})
    guards("slice_weight_is_small", make, {"weight": 1_000_000}, {"weight": 1_000_001})
    guards("slice_stock_above_zero", make, {"stock_count": 1}, {"stock_count": 0})
    guards("slice_returns_what_it_had", make, {"stock_count": 1, "returned_count": 1},
           {"stock_count": 1, "returned_count": 2})  # fmt: skip
    guards("slice_position_once", make, {"position": 2}, {}, beside={})
    row = draft.slices.get()

    def spare(**changes):
        return Substitute.objects.create(**{"slice": row} | changes)

    guards("substitute_prize_is_whole", spare, {}, {"prize_points": 1})
    guards("substitute_prize_lives", spare, {"prize_days": 1}, {"prize_days": 0})


def test_constraints_of_players(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()

    def make(**changes):
        row = {"member": mei, "wheel": wheel, "pseudonym": "x", "created_at": NOON}
        return WheelPlayer.objects.create(**row | changes)

    guards("wheel_player_once_per_member", make, {"is_current": False}, {}, beside={})
    player = WheelPlayer.objects.get()

    def seed(pseudonym):
        return PlayerSeed.objects.create(
            wheel=wheel, player=player, pseudonym=pseudonym, spin_count=0, chosen_at=NOON
        )

    guards("player_seed_belongs_to_one", seed, {"pseudonym": "b"}, {"pseudonym": "a"},
           beside={"pseudonym": "a"})  # fmt: skip

    def grant(**changes):
        row = {"member": mei, "wheel": wheel, "source": "club", "key": "g", "spin_count": 2,
               "given_at": NOON}  # fmt: skip
        return SpinGrant.objects.create(**row | changes)

    guards("spin_grant_used_within_count", grant, {"used_count": 2}, {"used_count": 3})
