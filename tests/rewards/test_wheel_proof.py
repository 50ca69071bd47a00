"""What proves a day: the log that anyone recomputes, its figures, what erasure and merge leave."""

import datetime as dt
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from members.names import mask_name
from members.services.erasing import erase_member
from members.services.merging import merge_members, undo_merge
from rewards.enums import SpinPay
from rewards.models import Alert, PlayerSeed, Spin, WheelDay, WheelPlayer
from rewards.selectors.waiting import list_waiting_seeds
from rewards.selectors.wheel_figures import count_draws
from rewards.selectors.wheel_log import (
    build_public_log,
    find_day,
    list_days,
    list_winners,
    write_log_csv,
    write_log_json,
)
from rewards.services.alerts import look_for_alerts
from rewards.services.wheel import (
    SliceTerms,
    choose_seed,
    discard_open_seeds,
    ensure_player,
    prepare_days,
    refusals,
    reveal_day,
    reveal_days,
)
from rewards.services.wheel.seeds import open_seed
from rewards.services.wheel.verifying import verify_day
from rewards.verification import verify_wheel
from tests.constraints import guards, refused
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.wheels import (
    DAY,
    NOON,
    YESTERDAY,
    find_seed,
    get_key,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
MIDNIGHT = at(DAY, 24)
SCRIPT = Path(verify_wheel.__file__)


@pytest.fixture
def played(make_wheel, make_player):
    """Three members, twelve spins, a prize of which there are two."""
    wheel = make_wheel(
        [SliceTerms("Rare", 2, points(100), stock_count=2, substitute=points(1)),
         SliceTerms("Ten", 1, points(10)), SliceTerms("No", 1)],
        daily_spin_count=4,
    )  # fmt: skip
    for name in ("Mei", "Ken", "Aya"):
        member = make_player(name)
        for number in range(4):
            if number == 3:
                choose_seed(member, wheel, f"luck-of-{name}", by=member.user, now=NOON)
            spin(member, wheel)
    return wheel


def build_log(wheel):
    return build_public_log(wheel, WheelDay.objects.get(day_on=DAY))


def test_log_names_nobody_and_recomputes(played, tmp_path):
    sealed = build_log(played)
    assert (sealed["seed"], sealed["draws"]) == ("", [])
    reveal_days(now=MIDNIGHT)
    log = build_log(played)
    assert [row["number"] for row in log["draws"]] == list(range(1, 13))
    assert verify_wheel.check_logs([log]) == []
    text = write_log_json(log)
    for member in WheelPlayer.objects.values_list("member__given_name", flat=True):
        assert member not in text
    path = tmp_path / "log.json"
    path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "12 draws of 1 day(s): all as promised.\n")
    assert write_log_csv(log).count("\r\n") == 13


def _other(row):
    return row["slice"] % 3 + 1


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda log: log.update(seed="00" * 32), "hash that was published"),
        (lambda log: log.update(hash_published_at=log["begins_at"]), "after the day had begun"),
        (lambda log: log["draws"][3].update(slice=_other(log["draws"][3])), "the seed says"),
        (lambda log: log["draws"].pop(5), "stands in place"),
        (lambda log: log["draws"].pop(1), "follows 1"),
        (lambda log: log["versions"][0]["slices"][0].update(weight=900), "the seed says"),
        (lambda log: log["versions"][0]["slices"][0].update(stock=1), "paid the prize"),
        (lambda log: log["draws"][0].update(drawn_at=log["ends_at"]), "not within its day"),
        (lambda log: log["draws"][0].update(version=99), "is not in the log"),
    ],
)  # fmt: skip
def test_log_that_was_tampered_with_is_found_out(played, spoil, told):
    reveal_days(now=MIDNIGHT)
    log = json.loads(write_log_json(build_log(played)))
    spoil(log)
    assert any(told in problem for problem in verify_wheel.check_logs([log]))


def test_substitution_replays_from_the_log_alone(played):
    reveal_days(now=MIDNIGHT)
    log = json.loads(write_log_json(build_log(played)))
    rare = [row for row in log["draws"] if row["slice"] == 1]
    assert [row["stock_event"] for row in rare] == list(range(1, len(rare) + 1))
    assert [row["paid"] for row in rare] == ["prize"] * 2 + ["substitute"] * (len(rare) - 2)
    assert len(rare) > 2
    swapped = json.loads(json.dumps(log))
    first, last = (row["number"] - 1 for row in (rare[0], rare[-1]))
    rows = swapped["draws"]
    rows[first]["stock_event"], rows[last]["stock_event"] = len(rare), 1
    assert verify_wheel.check_logs([swapped])


def test_command_proves_a_day_and_finds_a_prize_that_was_not_paid(played, make_player):
    draws = 12
    while not Spin.objects.filter(slice__label="Ten").exists():  # one day in thirty
        spin(make_player(f"Guest {draws}"), played)
        draws += 1
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_wheel", "--date=2026-01-05", stdout=out, stderr=out)
    assert "not revealed yet" in out.getvalue()
    reveal_days(now=MIDNIGHT)
    out = StringIO()
    call_command("verify_wheel", "--date=2026-01-05", stdout=out)
    assert out.getvalue().startswith(f"{draws} draws of 2026-01-05, every one as its seed")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE rewards_slice SET prize_points = 11 WHERE label = 'Ten'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    ten = Spin.objects.filter(slice__label="Ten").count()
    assert len(verify_day(DAY)[0].problems) == ten > 0
    with pytest.raises(CommandError):
        call_command("verify_wheel", "--date=2020-01-01")


def test_days_of_the_fairness_page(played):
    shown = list_days(played, now=NOON)
    assert [each.spin_count for each in shown if each.day_on == DAY] == [12]
    assert not any(each.seed for each in shown)
    reveal_days(now=MIDNIGHT)
    seeds = {each.day_on: each.seed for each in list_days(played, now=NOON) if each.is_revealed}
    assert seeds.keys() == {DAY}
    assert find_day(DAY).is_revealed


def test_discarded_seed_is_shown_after_its_day_with_what_it_drew(played):
    discard_open_seeds(by=None, now=NOON)
    reveal_days(now=MIDNIGHT)
    day = find_day(DAY)
    assert (day.state, day.discarded_at) == ("revealed", NOON)
    (proof,) = verify_day(DAY)
    assert (proof.draw_count, proof.problems) == (12, [])


def test_winners_are_masked(played):
    day = WheelDay.objects.get(day_on=DAY)
    winners = list_winners(played, day)
    assert {each.name for each in winners} <= {"M***", "K***", "A***"}
    assert len(winners) == Spin.objects.exclude(slice__label="No").count()


class Person:
    def __init__(self, family, given, display="", locale=""):
        self.family_name, self.given_name, self.display_name = family, given, display
        self.locale = locale


@pytest.mark.parametrize(
    ("family", "given", "locale", "masked"),
    [
        ("王", "小明", "zh-hans", "王*明"),
        ("王", "明", "zh-hant", "王*"),
        ("欧阳", "小明", "zh-hans", "欧*明"),
        ("山田", "太郎", "ja", "山*様"),
        ("Wilson", "Emma", "en", "E*** W***"),
        ("Wilson", "Emma", "ja", "W*様"),
        ("", "Emma", "en", "E***"),
        ("", "", "en", "***"),
    ],
)
def test_names_are_masked_as_each_language_does_it(family, given, locale, masked):
    assert mask_name(Person(family, given, locale=locale)) == masked


# --- Days ----------------------------------------------------------------------------------------


def test_seed_is_sealed_ahead_and_its_hash_is_published(programme):
    made = prepare_days(now=NOON)
    assert [day.day_on for day in made] == [DAY + dt.timedelta(days=n) for n in range(1, 8)]
    assert prepare_days(now=NOON) == []
    assert len(prepare_days(now=MIDNIGHT)) == 1
    seeds = {open_seed(bytes(day.sealed_seed)) for day in made}
    assert len(seeds) == 7
    assert {len(seed) for seed in seeds} == {32}
    assert not any(seed.hex().encode() in bytes(day.sealed_seed) for seed in seeds for day in made)


def test_seed_is_not_revealed_too_soon(make_wheel):
    make_wheel()
    day = WheelDay.objects.get(day_on=DAY)
    with pytest.raises(refusals.SeedTooSoon):
        reveal_day(day, by=None, now=MIDNIGHT - dt.timedelta(seconds=1))
    assert reveal_days(now=MIDNIGHT - dt.timedelta(seconds=1)) == 0
    seed = find_seed()
    assert reveal_day(day, by=None, now=MIDNIGHT).revealed_seed == seed.hex()
    assert reveal_days(now=MIDNIGHT) == 0


def test_seed_that_no_key_opens_rests(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    WheelDay.objects.update(sealed_seed=b"sealed under another key")
    with pytest.raises(refusals.NoSeed):
        spin(mei, wheel, key=get_key(mei, wheel))
    assert reveal_days(now=MIDNIGHT) == 0
    assert WheelDay.objects.get(day_on=DAY).state == "discarded"


def test_constraints_of_days(programme):
    (day, *_rest) = prepare_days(now=NOON)
    row = {
        "day_on": DAY, "starts_at": at(DAY, 0), "ends_at": MIDNIGHT, "state": "sealed",
        "seed_hash": "a", "sealed_seed": b"x", "prepared_at": YESTERDAY,
    }  # fmt: skip

    def make(**changes):
        return WheelDay.objects.create(**row | changes)

    guards("wheel_day_hash_comes_before", make, {}, {"prepared_at": at(DAY, 0)})
    shown = {"state": "revealed", "sealed_seed": None, "revealed_seed": "0" * 64}
    guards(
        "wheel_day_seed_comes_after", make, {**shown, "revealed_at": MIDNIGHT},
        {**shown, "revealed_at": NOON},
    )  # fmt: skip
    guards("wheel_day_seed_is_sealed_or_shown", make, {}, {"sealed_seed": None})
    guards("wheel_day_ends_after_start", make, {}, {"ends_at": at(DAY, 0)})
    refused("wheel_day_discarded_has_time", lambda: make(state="open"))  # no such state
    guards(
        "wheel_day_discarded_has_time", make, {"state": "discarded", "discarded_at": NOON},
        {"state": "discarded"},
    )  # fmt: skip
    guards("wheel_day_has_one_seed", make, {"seed_hash": "b", "discarded_at": NOON,
           "state": "discarded"}, {"seed_hash": "b"}, beside={})  # fmt: skip
    before = {
        "day_on": DAY - dt.timedelta(days=1), "seed_hash": "c", "ends_at": at(DAY, 0),
        "starts_at": at(DAY, -24), "prepared_at": at(DAY, -25),
    }  # fmt: skip
    guards("wheel_day_one_at_a_time", make, before, before | {"ends_at": at(DAY, 1)})
    one_way = "wheel_day_goes_one_way"
    rows = WheelDay.objects.filter(pk=day.pk)
    refused(one_way, lambda: rows.update(seed_hash="other"))
    refused(one_way, lambda: rows._raw_delete("default"))
    rows.update(state="discarded", discarded_at=NOON)
    refused(one_way, lambda: rows.update(state="sealed", discarded_at=None))


def test_constraints_of_spins(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    player = ensure_player(mei, wheel, now=NOON)
    version = wheel.versions.get()
    row = {
        "player": player, "day": WheelDay.objects.get(day_on=DAY), "version": version,
        "slice": version.slices.first(), "pseudonym": player.pseudonym, "counter": 1,
        "pay": SpinPay.FREE, "drawn_at": NOON,
    }  # fmt: skip

    def make(**changes):
        return Spin.objects.create(**row | changes)

    guards("spin_counter_from_one", make, {}, {"counter": 0})
    guards("spin_pay_is_whole", make, {"pay": "points", "price_points": 5}, {"pay": "points"})
    guards("spin_pay_is_whole", make, {}, {"pay": "grant"})
    guards(
        "spin_substitute_has_number", make, {"is_substitute": True, "hit_number": 3},
        {"is_substitute": True},
    )  # fmt: skip
    guards("spin_once_per_counter", make, {"counter": 2}, {"counter": 1}, beside={"hit_number": 1})
    guards("spin_once_per_hit", make, {"counter": 3, "hit_number": 2},
           {"counter": 3, "hit_number": 1})  # fmt: skip
    with pytest.raises(Exception, match="append-only"):
        Spin.objects.update(counter=9)


# --- Figures -------------------------------------------------------------------------------------


def test_drawn_against_expected(played):
    figures = count_draws(played.versions.get())
    assert sum(each.drawn for each in figures.slices) == figures.fit.draws == 12
    assert [each.expected for each in figures.slices] == [6.0, 3.0, 3.0]
    assert not figures.is_alarming


def test_staff_are_told_of_draws_that_stray_and_of_a_missing_seed(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    player = ensure_player(mei, wheel, now=NOON)
    version, day = wheel.versions.get(), WheelDay.objects.get(day_on=DAY)
    first, second = version.slices.order_by("position")
    Spin.objects.bulk_create(
        Spin(player=player, counter=n, day=day, version=version, pseudonym="x", pay="free",
             slice=first if n % 3 else second, drawn_at=NOON)
        for n in range(1, 301)
    )  # fmt: skip
    look_for_alerts(now=NOON)
    assert Alert.objects.filter(check_code="wheel_odds").count() == 1
    late = NOON + dt.timedelta(days=30)
    look_for_alerts(now=late)
    assert Alert.objects.filter(check_code="wheel_seed").count() == 1
    assert list_waiting_seeds(late)


# --- Personal data -------------------------------------------------------------------------------


def test_erasure_keeps_the_pseudonym_and_forgets_the_seed(played):
    player = WheelPlayer.objects.first()
    reveal_days(now=MIDNIGHT)
    before = build_log(played)
    erase_member(player.member, by=None, now=MIDNIGHT)
    player.refresh_from_db()
    assert player.seed == ""
    assert set(PlayerSeed.objects.filter(player=player).values_list("seed", flat=True)) == {""}
    assert build_log(played) == before
    assert verify_day(DAY)[0].problems == []


def test_player_made_for_a_record_while_it_was_merged_spins_on_after_its_undoing(played):
    """A request that was under way at the merge looks at the wheel a moment after it."""
    mei, ken, _aya = (each.member for each in WheelPlayer.objects.order_by("pk"))
    ken.user = None
    ken.save(update_fields=["user"])
    merge = merge_members(ken, mei, by=None, reason="Same person", now=NOON)
    late = ensure_player(ken, played, now=NOON)
    undo_merge(merge, by=None, now=NOON)
    assert ken.wheel_players.get(is_current=True) == late
    assert ken.wheel_players.count() == 2
    assert mei.wheel_players.get().is_current


def test_merge_keeps_both_rows_of_draws_and_its_undoing_parts_them(played):
    mei, ken, _aya = (each.member for each in WheelPlayer.objects.order_by("pk"))
    ken.user = None
    ken.save(update_fields=["user"])
    merge = merge_members(ken, mei, by=None, reason="Same person", now=NOON)
    assert list(mei.wheel_players.order_by("pk").values_list("is_current", flat=True)) == [
        True, False
    ]  # fmt: skip
    with pytest.raises(refusals.NoSpinsLeft):
        spin(mei, played)  # what both used today counts
    assert Spin.objects.of_member(mei).count() == 8
    undo_merge(merge, by=None, now=NOON)
    assert ken.wheel_players.get().is_current
    assert Spin.objects.of_member(mei).count() == 4
    reveal_days(now=MIDNIGHT)
    assert verify_day(DAY)[0].problems == []
    assert_ledger_true()
