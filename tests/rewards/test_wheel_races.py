"""Many at once at a wheel: each test fails when the lock or constraint that it names is taken
away; the last ones take it away.
"""

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection, transaction

from core.models import AuditEntry
from rewards.models import PlayerSeed, Slice, Spin, WheelDay, WheelPlayer
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    choose_seed,
    ensure_player,
    open_draft,
    prepare_days,
    publish_version,
    reveal_days,
    spinning,
)
from rewards.services.wheel.configuring import list_slice_terms
from rewards.services.wheel.verifying import verify_day
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.test_redemption_races import _sixteen_connections, count_kinds, crowd
from tests.rewards.wheels import (
    DAY,
    NOON,
    get_key,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["_sixteen_connections", "make_player", "make_wheel"]
pytestmark = pytest.mark.django_db(transaction=True)
MIDNIGHT = at(DAY, 24)


def list_rare(stock_count=1):
    """Whatever is drawn, the prize is counted; only the first slice can be drawn."""
    return [
        SliceTerms("Great", 1, points(500), stock_count=stock_count, substitute=points(1)),
        SliceTerms("Never", 0, points(1)),
        SliceTerms("Never either", 0, points(1)),
    ]


@pytest.fixture
def rare_wheel(make_wheel, monkeypatch):
    monkeypatch.setattr("rewards.services.wheel.findings._check_slices", lambda slices: [])
    return make_wheel(list_rare())


def test_last_prize_goes_to_one(rare_wheel, make_player):
    """Lock: the slice's row, by ``UPDATE ... RETURNING``; constraint: spin_once_per_hit."""
    members = [make_player(f"M{number}") for number in range(40)]
    for member in members:
        get_key(member, rare_wheel)
    results = crowd([lambda m=m: spin(m, rare_wheel) for m in members])
    assert count_kinds(results) == {"Spin": 40}
    assert sorted(each.hit_number for each in results) == list(range(1, 41))
    assert [each.hit_number for each in results if not each.is_substitute] == [1]
    paid = Counter(balances(member)["available"] for member in members)
    assert paid == {500: 1, 1: 39}
    by_id = Spin.objects.order_by("pk").values_list("hit_number", flat=True)
    assert list(by_id) == list(range(1, 41))  # the order of the log is that of the prizes
    assert_ledger_true()
    reveal_days(now=MIDNIGHT)
    assert verify_day(DAY)[0].problems == []


def test_ten_tabs_and_double_clicks_are_one_spin(make_wheel, make_player):
    """Lock: the member's standing; constraint: spin_once_per_counter."""
    wheel = make_wheel([SliceTerms("Ten", 1, points(10)), SliceTerms("Also ten", 1, points(10))])
    mei = make_player()
    key = get_key(mei, wheel)
    results = crowd([lambda: spin(mei, wheel, key=key)] * 30)
    assert count_kinds(results) == {"Spin": 30}
    assert {each.pk for each in results} == {Spin.objects.get().pk}
    assert balances(mei) == {"available": 10}
    assert WheelPlayer.objects.get().spin_count == 1


def test_one_balance_pays_for_what_it_can(make_wheel, make_player):
    """Lock: the member's standing. Each tab that comes too late presses an old key, and sees the
    spin that was made.
    """
    wheel = make_wheel(
        [SliceTerms("A", 1), SliceTerms("B", 1)], daily_spin_count=0, has_price=True,
        price_points=30,
    )  # fmt: skip
    mei = make_player(points=100)

    def press():
        return spin(mei, wheel, with_points=True)

    results = [result for _ in range(6) for result in crowd([press] * 12)]
    assert {type(each).__name__ for each in results} <= {"Spin", "BalanceTooLow", "KeyTooLate"}
    assert (Spin.objects.count(), balances(mei)) == (3, {"available": 10})
    assert_ledger_true()


_PROCESS = """
import django, sys
django.setup()
import datetime as dt
from members.models import Member
from rewards.models import Wheel
from rewards.services.wheel import spin_wheel
member = Member.objects.select_related("user").get(pk=int(sys.argv[1]))
wheel = Wheel.objects.get()
print("ready", flush=True)
sys.stdin.readline()
now = dt.datetime.fromisoformat(sys.argv[3])
print(spin_wheel(member, wheel, sys.argv[2], by=member.user, now=now).pk, flush=True)
"""


def test_two_web_processes_make_one_spin(make_wheel, make_player):
    """Lock: the member's standing; constraint: spin_once_per_counter."""
    wheel, mei = make_wheel(), make_player()
    key = get_key(mei, wheel)
    settings = connection.settings_dict
    url = f"postgres://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(mei.pk), key, NOON.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "DATABASE_URL": url},
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert answers == {str(Spin.objects.get().pk)}


def test_no_draw_slips_past_the_revealing_of_its_seed(make_wheel, make_player):
    """Lock: ``FOR SHARE`` on the day, in the trigger. Who comes before is in the log that is
    shown, who comes after is refused.
    """
    wheel = make_wheel()
    members = [make_player(f"M{number}") for number in range(20)]
    for member in members:
        get_key(member, wheel)
    last = MIDNIGHT - dt.timedelta(seconds=1)
    seen = []

    def reveal():
        reveal_days(now=MIDNIGHT)
        seen.append(Spin.objects.count())

    calls = [lambda m=m: spin(m, wheel, now=last) for m in members]
    results = crowd([*calls[:10], reveal, *calls[10:]])
    kinds = count_kinds(results)
    assert set(kinds) <= {"Spin", "SeedShown", "NoneType"}
    assert Spin.objects.count() == kinds["Spin"] == seen[0]
    assert verify_day(DAY)[0].problems == []


def test_draw_that_waits_while_its_seed_is_shown_is_refused_in_words(rare_wheel, make_player):
    """It had found the day sealed, and waits for the slice; the trigger finds it shown."""
    mei, is_held = make_player(), threading.Event()
    key = get_key(mei, rare_wheel)

    def reveal():
        with transaction.atomic():
            Slice.objects.select_for_update().get(version__wheel=rare_wheel, position=1)
            is_held.set()
            wait_for_waiting()
            reveal_days(now=MIDNIGHT)

    def press():
        is_held.wait(10)
        return spin(mei, rare_wheel, key=key, now=MIDNIGHT - dt.timedelta(seconds=1))

    assert [type(each).__name__ for each in together(press, reveal)] == ["SeedShown", "NoneType"]
    assert AuditEntry.objects.get(action="spin.refused").changes["refused"] == "seed_shown"
    assert not Slice.objects.exclude(hit_count=0).exists()
    assert WheelPlayer.objects.get().spin_count == 0


def wait_for_waiting():
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _attempt in range(400):
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.025)
    raise AssertionError("nobody waits")


def test_version_that_follows_at_once_takes_what_the_old_one_has_left(rare_wheel, make_player):
    """Lock: the slice's row; a draw that meets its closing is undone and may be made again."""
    draft = open_draft(rare_wheel, by=None, now=NOON)
    terms = list_slice_terms(draft)
    change_draft(draft, slices=terms, daily_spin_count=2, is_law_confirmed=True, by=None, now=NOON)
    members = [make_player(f"M{number}") for number in range(12)]
    for member in members:
        get_key(member, rare_wheel)
    calls = [lambda m=m: spin(m, rare_wheel) for m in members]
    results = crowd([*calls[:5], lambda: publish_version(draft, by=None, now=NOON), *calls[5:]])
    assert set(count_kinds(results)) <= {"Spin", "WheelChanged", "WheelVersion", "WheelClosed"}
    old = Slice.objects.get(version__number=1, position=1)
    assert old.returned_count == max(1 - old.hit_count, 0)
    assert_ledger_true()


def test_seed_chosen_by_two_at_once_belongs_to_one(make_wheel, make_player):
    """Constraint: player_seed_belongs_to_one."""
    wheel = make_wheel()
    members = [make_player(f"M{number}") for number in range(8)]
    results = crowd(
        [lambda m=m: choose_seed(m, wheel, "same-for-all", by=m.user, now=NOON) for m in members]
    )
    assert count_kinds(results) == {"WheelPlayer": 1, "InvalidSeed": 7}
    assert PlayerSeed.objects.filter(seed="same-for-all").count() == 1


def test_first_look_in_many_tabs_makes_one_player(make_wheel, make_player):
    """Constraint: wheel_player_once_per_member."""
    wheel, mei = make_wheel(), make_player()
    results = crowd([lambda: ensure_player(mei, wheel, now=NOON)] * 16)
    assert len({each.pk for each in results}) == 1
    assert PlayerSeed.objects.count() == 1


def test_two_workers_seal_one_seed_for_each_day(programme):
    """Constraint: wheel_day_has_one_seed."""
    together(*(lambda: prepare_days(now=NOON) for _ in range(4)))
    assert WheelDay.objects.count() == 7


def test_without_the_lock_on_the_slice_the_constraint_holds_and_without_both_two_win(
    rare_wheel, make_player, monkeypatch
):
    """Read, then counted: many see the prize as there. The database refuses all but the first;
    with its constraint gone too, the last prize is won again and again.
    """
    careless = "SELECT hit_count + 1, nextval('rewards_spin_id_seq') FROM rewards_slice"
    monkeypatch.setattr(spinning, "_HIT", f"{careless} WHERE id = %s")
    members = [make_player(f"M{number}") for number in range(6)]
    first = [spin(members[0], rare_wheel)]
    with pytest.raises(Exception, match="spin_once_per_hit"):
        spin(members[1], rare_wheel)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX spin_once_per_hit")
    try:
        results = first + [spin(member, rare_wheel) for member in members[1:]]
        assert sum(not each.is_substitute for each in results) == 6
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM rewards_spin")
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute(
                "CREATE UNIQUE INDEX spin_once_per_hit ON rewards_spin (slice_id, hit_number)"
                " WHERE hit_number IS NOT NULL"
            )
