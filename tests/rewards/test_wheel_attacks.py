"""What somebody might try with a wheel: by the tables, the clock, the log, the costs."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rewards.enums import PrizeKind
from rewards.models import Reward, Slice, Spin, WheelDay, WheelGate, WheelPlayer
from rewards.selectors.wheel_log import build_public_log, find_day, list_winners, write_log_json
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    discard_open_seeds,
    end_wheel,
    open_draft,
    publish_version,
    refusals,
    reveal_days,
)
from rewards.services.wheel.costs import reckon_costs
from rewards.services.wheel.findings import list_findings
from rewards.services.wheel.verifying import verify_day
from rewards.verification import verify_wheel
from tests.constraints import refused
from tests.rewards.conftest import at
from tests.rewards.wheels import (
    DAY,
    NOON,
    NOTHING,
    YESTERDAY,
    foresee,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
ALWAYS = [SliceTerms("Ten", 1, points(10)), SliceTerms("Also ten", 1, points(10))]
NEXT = DAY + dt.timedelta(days=1)
MIDNIGHT = at(DAY, 24)


def find_codes(version, *, now=YESTERDAY):
    version.refresh_from_db()
    return {each.code for each in list_findings(version, now=now)}


def find_blocking(version, *, now=YESTERDAY):
    version.refresh_from_db()
    return {each.code for each in list_findings(version, now=now) if each.is_blocking}


# --- The tables -----------------------------------------------------------------------------------


def test_nothing_moves_from_a_draft_into_what_is_published(make_wheel):
    wheel = make_wheel([SliceTerms("Rare", 1, points(9), stock_count=1, substitute=points(1)),
                        SliceTerms("Ten", 1, points(10))])  # fmt: skip
    version, draft = wheel.versions.get(), open_draft(wheel, by=None, now=NOON)
    stays = "wheel_version_stays_as_published"
    rare = draft.slices.get(position=1)
    ten = version.slices.get(position=2)
    refused(stays, lambda: Slice.objects.filter(pk=rare.pk).update(version=version, position=3))
    refused(stays, lambda: WheelGate.objects.filter(version=draft).update(version=version))
    substitutes = type(rare.substitute).objects.filter(pk=rare.pk)
    refused(stays, lambda: substitutes.update(slice=ten))
    other = draft.slices.get(position=2)
    assert substitutes.update(slice=other) == 1  # within the draft


def test_seed_that_was_not_promised_is_never_shown(make_wheel):
    make_wheel()
    rows = WheelDay.objects.filter(day_on=DAY)
    shown = {"state": "revealed", "revealed_at": MIDNIGHT, "sealed_seed": None}
    refused("wheel_day_seed_is_as_promised", lambda: rows.update(**shown, revealed_seed="ab" * 32))
    assert reveal_days(now=MIDNIGHT) >= 1


# --- The clock ------------------------------------------------------------------------------------


def test_clock_that_steps_back_after_a_draw_is_refused_and_the_days_still_fit(
    make_wheel, make_player
):
    wheel, mei, ken = make_wheel(ALWAYS, daily_spin_count=3), make_player(), make_player("Ken")
    other = make_wheel(ALWAYS, slug="other")
    second = dt.timedelta(seconds=1)
    made = spin(mei, wheel, now=MIDNIGHT - 9 * second)
    spin(mei, wheel, now=MIDNIGHT + second)
    for member in (mei, ken):
        with pytest.raises(refusals.ClockBehind):
            spin(member, wheel, now=MIDNIGHT - second)
    spin(ken, other, now=MIDNIGHT - second)
    row = {
        "player_id": made.player_id, "day_id": made.day_id, "version_id": made.version_id,
        "slice_id": made.slice_id, "pseudonym": made.pseudonym, "pay": "free", "counter": 3,
    }  # fmt: skip
    refused("spin_goes_along_days", lambda: Spin.objects.create(**row, drawn_at=MIDNIGHT - second))
    spin(mei, wheel, now=MIDNIGHT + 2 * second)
    reveal_days(now=MIDNIGHT + dt.timedelta(days=1))
    logs = [build_public_log(wheel, find_day(day)) for day in (DAY, NEXT)]
    assert verify_wheel.check_logs(logs) == []


# --- The log --------------------------------------------------------------------------------------


def test_day_whose_first_seed_was_discarded_shows_what_the_second_drew(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    discard_open_seeds(by=None, now=NOON)
    spin(mei, wheel, now=at(NEXT, 12))
    reveal_days(now=at(NEXT, 24))
    assert len(build_public_log(wheel, find_day(NEXT))["draws"]) == 1


def test_winners_of_a_busy_day_are_not_all_read(make_wheel, make_player):
    slices = [SliceTerms("Rare", 3, points(9), stock_count=1, substitute=NOTHING),
              SliceTerms("No", 1), SliceTerms("Ten", 1, points(10))]  # fmt: skip
    wheel, mei = make_wheel(slices, daily_spin_count=20), make_player()
    spins = [spin(mei, wheel) for _ in range(20)]
    day = WheelDay.objects.get(day_on=DAY)
    with CaptureQueriesContext(connection) as queries:
        shown = list_winners(wheel, day, limit=2)
    won = [
        number
        for number, each in enumerate(spins, start=1)
        if not each.is_substitute and each.slice.label != "No"
    ]
    assert [each.number for each in list_winners(wheel, day)] == won[::-1]
    assert [each.number for each in shown] == won[::-1][:2]
    assert "LIMIT 2" in queries[-1]["sql"]


def test_prize_that_never_came_is_found(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS, daily_spin_count=5), make_player()
    made = spin(mei, wheel)
    player = WheelPlayer.objects.get()
    row = {"day_id": made.day_id, "version_id": made.version_id, "drawn_at": NOON, "pay": "free"}
    lost = Spin.objects.create(
        player=player, counter=2, slice=foresee(player), pseudonym=player.pseudonym, **row
    )
    reveal_days(now=MIDNIGHT)
    (proof,) = verify_day(DAY)
    assert proof.problems == [f"{DAY}: spin {lost.pk} did not pay its prize"]


def test_weights_that_differ_between_days_are_found(make_wheel, make_player):
    wheel, mei = make_wheel(ALWAYS), make_player()
    spin(mei, wheel)
    spin(mei, wheel, now=at(NEXT, 12))
    reveal_days(now=at(NEXT, 24))
    logs = [build_public_log(wheel, find_day(day)) for day in (DAY, NEXT)]
    assert verify_wheel.check_logs(logs) == []
    late = json.loads(write_log_json(logs[0]))
    late["versions"][0]["published_at"] = late["ends_at"]
    assert "before version" in verify_wheel.check_logs([late])[0]
    for part in logs[1]["versions"][0]["slices"]:
        part["weight"] *= 2  # the draws stay the same
    assert any("had other slices before" in each for each in verify_wheel.check_logs(logs))


# --- Ends and costs -------------------------------------------------------------------------------


def test_wheel_that_was_ended_with_all_to_come_is_not_ended_again(make_wheel):
    wheel = make_wheel()
    draft = open_draft(wheel, by=None, now=NOON)
    later = NOON + dt.timedelta(days=9)
    change_draft(draft, starts_at=later, is_law_confirmed=True, by=None, now=NOON)
    publish_version(draft, by=None, now=NOON)
    end_wheel(wheel, at_once=True, by=None, now=NOON)
    with pytest.raises(refusals.WheelClosed):
        end_wheel(wheel, at_once=True, by=None, now=NOON + dt.timedelta(minutes=1))


def test_wheel_that_never_ends_is_not_published(make_wheel):
    draft = make_wheel(is_published=False).versions.get()
    twice = Prize(PrizeKind.SPINS, spin_count=2, wheel_id=draft.wheel_id)
    for slices, is_endless in [
        ([SliceTerms("Twice", 1, twice), SliceTerms("Ten", 1, points(10))], True),
        ([SliceTerms("Twice", 1, twice), SliceTerms("Ten", 2, points(10))], False),
        ([SliceTerms("Twice", 9, twice, stock_count=5, substitute=NOTHING),
          SliceTerms("Ten", 1, points(10))], False),
        ([SliceTerms("Five", 1, points(5), stock_count=5, substitute=twice),
          SliceTerms("Ten", 1, points(10))], True),
    ]:  # fmt: skip
        change_draft(draft, slices=slices, by=None, now=YESTERDAY)
        assert ("endless" in find_blocking(draft)) is is_endless


def test_substitute_is_held_against_the_law_and_the_catalogue(make_wheel, make_reward, club):
    from members.models import Club
    from members.selectors.club import forget_club

    Club.objects.filter(pk=1).update(country="CN", currency="CNY")
    forget_club()
    dear = Prize(PrizeKind.CREDIT, amount=5_000_001)
    gone = make_reward(slug="gone", cost_amount=0)
    Reward.objects.filter(pk=gone.pk).update(retired_at=YESTERDAY)
    draft = make_wheel(is_published=False).versions.get()
    for substitute, code in [
        (dear, "prize_above_cap"), (Prize(PrizeKind.REWARD, reward_id=gone.pk), "withdrawn"),
    ]:  # fmt: skip
        slices = [SliceTerms("A", 1, points(1), stock_count=1, substitute=substitute),
                  SliceTerms("B", 1)]  # fmt: skip
        change_draft(draft, slices=slices, by=None, now=YESTERDAY)
        assert code in find_blocking(draft)
    assert "no_cost" in find_codes(draft)


def test_spins_of_another_wheel_may_all_bring_its_best_prize(make_wheel):
    credit = Prize(PrizeKind.CREDIT, amount=100_000)
    gold = make_wheel([SliceTerms("Gold", 1, credit), SliceTerms("Nothing", 999)], slug="gold")
    spins = Prize(PrizeKind.SPINS, spin_count=10, wheel_id=gold.pk)
    draft = make_wheel(
        [SliceTerms("Gold spins", 1, spins, stock_count=10, substitute=NOTHING),
         SliceTerms("Nothing", 1)],
        budget_amount=20_000, is_published=False,
    ).versions.get()  # fmt: skip
    cost = reckon_costs(draft, now=NOON)
    assert (cost.expected_amount, cost.worst_amount) == (500, 10_000_000)
    assert "over_budget" in find_blocking(draft, now=NOON)
