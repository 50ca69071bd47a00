"""One spin is one spin: keys, payment, prize, refusals."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.selectors.gates import GateClosed
from members.services.audiences import ensure_everyone
from rewards.enums import PrizeKind
from rewards.models import Entitlement, Reward, Spin, SpinGrant, Transfer, WheelPlayer
from rewards.selectors.wheel import WheelDoor, get_shown_wheel, list_shown_wheels
from rewards.selectors.wheel_spins import get_spin, list_spins
from rewards.services.catalogue import GateTerms
from rewards.services.holding import BalanceTooLow, CannotSpend
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    choose_seed,
    discard_open_seeds,
    end_wheel,
    ensure_player,
    prepare_days,
    refusals,
    reveal_days,
)
from rewards.spin_keys import SpinKey, read_spin_key, write_spin_key
from tests.constraints import refused
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances
from tests.rewards.wheels import (
    DAY,
    NOON,
    NOTHING,
    YESTERDAY,
    find_seed,
    foresee,
    get_key,
    list_plain,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
ALWAYS = [SliceTerms("Ten", 1, points(10)), SliceTerms("Ten more", 1, points(10))]


def find_refusals():
    rows = AuditEntry.objects.filter(action="spin.refused").order_by("pk")
    return [row.changes["refused"] for row in rows]


def test_free_spin_pays_its_slice(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    slice_ = foresee(ensure_player(mei, wheel, now=NOON))
    made = spin(mei, wheel)
    assert (made.slice_id, made.counter, made.pay, made.hit_number) == (slice_.pk, 1, "free", None)
    read = Spin.objects.get(pk=made.pk)
    assert {f.attname: getattr(made, f.attname) for f in Spin._meta.fields} == {
        f.attname: getattr(read, f.attname) for f in Spin._meta.fields
    }
    assert balances(mei) == {"available": 10}
    entry = Transfer.objects.get(member=mei)
    assert (entry.reason, entry.cause_type, entry.cause_id) == ("grant", "spin", made.pk)
    assert_ledger_true()


def test_draws_follow_the_weights_of_the_version(make_wheel, make_player):
    wheel = make_wheel([SliceTerms("Ten", 1, points(10)), SliceTerms("No", 3)], daily_spin_count=8)
    mei = make_player()
    for _ in range(8):
        player = ensure_player(mei, wheel, now=NOON)
        assert foresee(player).pk == spin(mei, wheel).slice_id
    won = Spin.objects.filter(slice__label="Ten").count()
    assert balances(mei) == ({"available": 10 * won} if won else {})


def test_same_key_again_is_the_same_spin(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS, daily_spin_count=3), make_player()
    key = get_key(mei, wheel)
    first = spin(mei, wheel, key=key)
    second = spin(mei, wheel)
    assert spin(mei, wheel, key=key) == first
    assert spin(mei, wheel, key=key, now=NOON + dt.timedelta(days=400)) == first
    assert (first.counter, second.counter, Spin.objects.count()) == (1, 2, 2)


def test_free_spins_of_the_day_end_and_come_again(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS, daily_spin_count=2), make_player()
    spin(mei, wheel)
    spin(mei, wheel)
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, wheel)
    assert WheelPlayer.objects.get().spin_count == 2
    spin(mei, wheel, now=NOON + dt.timedelta(days=1))
    assert WheelPlayer.objects.get().spin_count == 3


def test_tier_has_its_own_number_of_free_spins(make_wheel, make_player, programme):
    mei = make_player(points=1)  # which puts her into the first tier
    tier = mei.standing.tier_id
    wheel = make_wheel(ALWAYS, daily_spin_count=0, allowances={tier: 1})
    spin(mei, wheel)
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, wheel)


def test_given_spins_follow_those_of_the_day(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    for number, until in enumerate([None, DAY, DAY - dt.timedelta(days=1)]):
        SpinGrant.objects.create(
            member=mei, wheel=wheel, source="club", key=f"g{number}", spin_count=1,
            given_at=YESTERDAY, expires_on=until,
        )  # fmt: skip
    assert [spin(mei, wheel).pay for _ in range(3)] == ["free", "grant", "grant"]
    used = SpinGrant.objects.order_by("key").values_list("used_count", flat=True)
    assert list(used) == [1, 1, 0]  # what ends first goes first; what is over is not used
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, wheel)


def test_points_pay_only_where_asked_at_the_price_that_was_seen(make_wheel, make_player):
    wheel = make_wheel(
        [SliceTerms("A", 1), SliceTerms("B", 1)], daily_spin_count=0, has_price=True,
        price_points=30,
    )  # fmt: skip
    mei = make_player(points=50)
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, wheel)
    with pytest.raises(refusals.PriceChanged):
        spin(mei, wheel, with_points=True, seen_points=29)
    made = spin(mei, wheel, with_points=True, seen_points=30)
    assert (made.pay, made.price_points) == ("points", 30)
    assert balances(mei) == {"available": 20}
    with pytest.raises(BalanceTooLow):
        spin(mei, wheel, with_points=True, seen_points=30)
    assert (balances(mei), Spin.objects.count()) == ({"available": 20}, 1)
    assert_ledger_true()


def test_no_price_means_no_spin_for_points(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS, daily_spin_count=0), make_player(points=50)
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, wheel, with_points=True)


def test_each_kind_of_prize_reaches_the_member(make_wheel, make_player, make_reward):
    reward = make_reward(stock_left=5)
    other = make_wheel(slug="other")
    kinds = [
        Prize(PrizeKind.REWARD, reward_id=reward.pk, days=7),
        Prize(PrizeKind.CREDIT, amount=250),
        Prize(PrizeKind.SPINS, spin_count=2, wheel_id=other.pk),
        NOTHING,
    ]
    mei = make_player()
    for number, prize in enumerate(kinds):
        stock = {"stock_count": 1, "substitute": NOTHING} if prize.reward_id else {}
        both = [SliceTerms("A", 1, prize, **stock), SliceTerms("B", 0)]
        wheel = make_wheel([*both, SliceTerms("C", 1, prize, **stock)], slug=f"w{number}")
        shown = get_spin(mei, spin(mei, wheel).pk)
        assert (shown.prize_kind, shown.is_win) == (prize.kind, prize.kind != "nothing")
    (right,) = Entitlement.objects.all()
    assert (right.reward, right.is_set_aside, right.expires_on) == (
        reward, True, DAY + dt.timedelta(days=7)
    )  # fmt: skip
    assert Reward.objects.get().stock_left == 3  # two set aside, one of them won
    assert balances(mei) == {"credit_granted": 250}
    assert SpinGrant.objects.get().spin_count == 2
    assert [each.prize for each in list_spins(mei)][1:] == [
        "2 free spins", "$2.50 store credit", "Tote bag"
    ]  # fmt: skip
    assert_ledger_true()


def test_gone_prize_pays_the_substitute_of_the_same_slice(make_wheel, make_player):
    rare = SliceTerms("Rare", 1, points(100), stock_count=2, substitute=points(5))
    wheel = make_wheel([rare, SliceTerms("None", 0), SliceTerms("R", 1, points(100), stock_count=9,
                        substitute=NOTHING)], daily_spin_count=20)  # fmt: skip
    mei = make_player()
    made = [spin(mei, wheel) for _ in range(16)]
    hits = [each for each in made if each.slice.label == "Rare"]
    assert [each.hit_number for each in hits] == list(range(1, len(hits) + 1))
    assert [each.is_substitute for each in hits] == [
        number > 2 for number in range(1, len(hits) + 1)
    ]
    assert len(hits) > 2
    others = len(made) - len(hits)
    assert balances(mei) == {"available": 200 + 5 * (len(hits) - 2) + 100 * min(others, 9)}
    assert_ledger_true()


# --- Refusals ------------------------------------------------------------------------------------


def test_keys_that_are_forged_anothers_or_of_a_later_spin_are_refused(make_wheel, make_player):
    wheel, other = make_wheel(ALWAYS), make_wheel(ALWAYS, slug="other")
    mei, ken = make_player(), make_player("Ken")
    key = get_key(mei, wheel)
    get_key(ken, wheel)
    later = write_spin_key(SpinKey(mei.pk, wheel.pk, 2))
    for bad, wanted in (
        ("", refusals.ForgedKey),
        ("1.1.1", refusals.ForgedKey),
        (key[:-1] + ("A" if key[-1] != "A" else "B"), refusals.ForgedKey),
        (key.replace(".1:", ".2:", 1), refusals.ForgedKey),
        (get_key(mei, other), refusals.OthersKey),
        (get_key(ken, wheel), refusals.OthersKey),
        (later, refusals.KeyTooLate),
    ):
        with pytest.raises(wanted):
            spin(mei, wheel, key=bad or "none")
    with pytest.raises(refusals.OthersSpin):
        spin(mei, wheel, by=ken.user)
    with pytest.raises(refusals.OthersSpin):
        spin(mei, wheel, by=None)
    assert find_refusals() == ["forged_key"] * 4 + ["others_key"] * 2 + [
        "key_too_late", "others_spin", "others_spin"
    ]  # fmt: skip
    assert not Spin.objects.exists()
    assert read_spin_key(key) == SpinKey(mei.pk, wheel.pk, 1)


def test_staff_may_not_play(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    mei.user.is_staff = True
    mei.user.save(update_fields=["is_staff"])
    with pytest.raises(refusals.StaffMayNotPlay):
        spin(mei, wheel)
    assert find_refusals() == ["staff_may_not_play"]
    assert get_shown_wheel(wheel, mei, now=NOON).door == WheelDoor.STAFF


def test_wheel_that_is_over_or_not_begun_is_closed(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    with pytest.raises(refusals.WheelClosed):
        spin(mei, wheel, now=YESTERDAY - dt.timedelta(hours=1))
    end_wheel(wheel, by=None, now=NOON)
    spin(mei, wheel)  # the day is finished
    with pytest.raises(refusals.WheelClosed):
        spin(mei, wheel, now=NOON + dt.timedelta(days=1))
    assert find_refusals() == ["wheel_closed"] * 2


def test_gate_is_asked_at_the_press(make_wheel, make_player):
    mei = make_player()
    late = make_wheel(ALWAYS, gates=[GateTerms(ensure_everyone(), NOON + dt.timedelta(hours=1))])
    with pytest.raises(GateClosed):
        spin(mei, late)
    spin(mei, late, now=NOON + dt.timedelta(hours=1))
    nobody = make_wheel(ALWAYS, slug="nobody", gates=[])
    with pytest.raises(GateClosed):
        spin(mei, nobody)


def test_unclaimed_member_does_not_spin(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    key = get_key(mei, wheel)
    user, mei.user = mei.user, None
    with pytest.raises((CannotSpend, refusals.OthersSpin)):
        spin(mei, wheel, key=key, by=user)


# --- Days ----------------------------------------------------------------------------------------


def test_clock_that_steps_back_over_midnight_finds_the_seed_shown(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    midnight = at(DAY + dt.timedelta(days=1), 0)
    reveal_days(now=midnight)
    with pytest.raises(refusals.SeedShown):
        spin(mei, wheel, now=midnight - dt.timedelta(seconds=1))
    spin(mei, wheel, now=midnight)
    assert find_refusals() == ["seed_shown"]


def test_day_without_a_seed_is_closed_with_its_reason(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    later = NOON + dt.timedelta(days=30)  # every worker stood still
    with pytest.raises(refusals.NoSeed):
        spin(mei, wheel, now=later)
    assert get_shown_wheel(wheel, mei, now=later).door == WheelDoor.NO_SEED
    prepare_days(now=later)
    with pytest.raises(refusals.NoSeed):
        spin(mei, wheel, now=later)  # a hash that comes after the day began would prove nothing
    spin(mei, wheel, now=later + dt.timedelta(days=1))


def test_restored_backup_draws_nothing_by_its_seeds(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    before = find_seed(DAY + dt.timedelta(days=1))
    assert discard_open_seeds(by=None, now=NOON) == 7
    with pytest.raises(refusals.NoSeed):
        spin(mei, wheel)
    assert get_shown_wheel(wheel, mei, now=NOON).door == WheelDoor.NO_SEED
    assert find_seed(DAY + dt.timedelta(days=1)) != before
    spin(mei, wheel, now=NOON + dt.timedelta(days=1))


def test_database_takes_no_draw_of_a_day_that_is_revealed_or_discarded(make_wheel, make_player):
    """The trigger spin_day_is_sealed: whatever the service believes."""
    wheel, mei = make_wheel(ALWAYS, daily_spin_count=9), make_player()
    made = spin(mei, wheel)
    row = {
        "player_id": made.player_id, "day_id": made.day_id, "version_id": made.version_id,
        "slice_id": made.slice_id, "pseudonym": made.pseudonym, "pay": "free", "drawn_at": NOON,
    }  # fmt: skip
    Spin.objects.create(counter=2, **row)
    refused(
        "spin_day_is_sealed",
        lambda: Spin.objects.create(**row | {"drawn_at": at(DAY, 25)}, counter=3),
    )
    discard_open_seeds(by=None, now=NOON)
    refused("spin_day_is_sealed", lambda: Spin.objects.create(counter=3, **row))
    reveal_days(now=at(DAY, 24))
    refused("spin_day_is_sealed", lambda: Spin.objects.create(counter=3, **row))


# --- Players and pages ---------------------------------------------------------------------------


def test_member_chooses_a_seed_and_goes_on_counting(make_wheel, make_player):
    wheel, mei, ken = make_wheel(ALWAYS, daily_spin_count=3), make_player(), make_player("Ken")
    first = spin(mei, wheel)
    player = choose_seed(mei, wheel, "my-own-luck", by=mei.user, now=NOON)
    second = spin(mei, wheel)
    assert second.pseudonym == player.pseudonym != first.pseudonym
    assert (second.counter, second.slice_id) == (2, foresee(player, counter=2).pk)
    assert list(player.seeds.order_by("pk").values_list("spin_count", flat=True)) == [0, 1]
    for bad in ("short", "x" * 65, "with space in it", "密码密码密码密码"):
        with pytest.raises(refusals.InvalidSeed):
            choose_seed(mei, wheel, bad, by=mei.user, now=NOON)
    with pytest.raises(refusals.InvalidSeed):
        choose_seed(ken, wheel, "my-own-luck", by=ken.user, now=NOON)


def test_page_shows_odds_key_and_reason(make_wheel, make_player, django_assert_num_queries):
    wheel = make_wheel([SliceTerms("Ten", 1, points(10)), SliceTerms("No", 7)])
    mei = make_player()
    assert get_shown_wheel(wheel, mei, now=NOON).key == ""  # nobody looked yet
    key = get_key(mei, wheel)
    with django_assert_num_queries(5):
        shown = get_shown_wheel(wheel, mei, now=NOON)
    assert [(each.chance, each.prize) for each in shown.slices] == [
        ("12.5%", "10 points"), ("87.5%", "No prize")
    ]  # fmt: skip
    assert (shown.key, shown.door, shown.free_count) == (key, WheelDoor.OPEN, 1)
    assert len(shown.day_hash) == len(shown.next_hash) == 64
    assert not shown.every_slice_wins
    spin(mei, wheel)
    shown = get_shown_wheel(wheel, mei, now=NOON)
    assert (shown.door, shown.key, shown.free_count) == (WheelDoor.NO_SPINS, "", 0)
    assert get_shown_wheel(wheel, None, now=NOON).door == WheelDoor.NO_LOGIN
    assert [each.wheel for each in list_shown_wheels(mei, now=NOON)] == [wheel]


def test_anothers_spin_is_nobodys(make_wheel, make_player):
    wheel, mei, ken = make_wheel(list_plain()), make_player(), make_player("Ken")
    made = spin(mei, wheel)
    assert get_spin(ken, made.pk) is None
    assert get_spin(mei, made.pk).id == made.pk
    assert EVER < NOON
