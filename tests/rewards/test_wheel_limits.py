"""What a wheel bears: many presses and seeds of one member, many readers of a past day, other
wheels beside it, a club that moves to another time zone.
"""

import datetime as dt
import itertools

import pytest
from django.core.cache import cache

from core.models import AuditEntry
from members.models import Club
from members.selectors.club import forget_club
from rewards.models import PlayerSeed, Spin, WheelDay
from rewards.selectors.wheel import list_shown_wheels
from rewards.selectors.wheel_log import find_day
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    choose_seed,
    prepare_days,
    publish_version,
    refusals,
    reveal_days,
)
from rewards.services.wheel.costs import reckon_costs
from rewards.services.wheel.findings import list_findings
from rewards.services.wheel.players import MOST_SEEDS
from rewards.services.wheel.refusals import MOST_REFUSALS
from rewards.wheel_proofs import get_log
from tests.rewards.conftest import at
from tests.rewards.wheels import (
    DAY,
    NOON,
    NOTHING,
    YESTERDAY,
    get_key,
    make_player,
    make_wheel,
    points,
    spin,
)

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)
MIDNIGHT = at(DAY, 24)


def test_refused_presses_fill_no_record_and_a_good_one_still_spins(make_wheel, make_player):
    wheel, mei, ken = make_wheel(), make_player(), make_player("Ken")
    for _press in range(MOST_REFUSALS):
        with pytest.raises(refusals.ForgedKey):
            spin(mei, wheel, key="made up")
    for _press in range(3):
        with pytest.raises(refusals.RefusedTooOften):
            spin(mei, wheel, key="made up")
    with pytest.raises(refusals.ForgedKey):
        spin(ken, wheel, key="made up")
    with pytest.raises(refusals.ForgedKey):
        spin(mei, wheel, key="made up", now=NOON + ONE_DAY)
    assert AuditEntry.objects.filter(action="spin.refused").count() == MOST_REFUSALS + 2
    assert spin(mei, wheel).counter == 1


def test_seeds_of_a_day_have_an_end(make_wheel, make_player):
    wheel, mei = make_wheel(), make_player()
    get_key(mei, wheel)  # the first one is by chance
    for number in range(MOST_SEEDS - 1):
        choose_seed(mei, wheel, f"my-luck-{number}", by=mei.user, now=NOON)
    with pytest.raises(refusals.TooManySeeds):
        choose_seed(mei, wheel, "one-too-many", by=mei.user, now=NOON)
    assert PlayerSeed.objects.count() == MOST_SEEDS
    choose_seed(mei, wheel, "one-too-many", by=mei.user, now=NOON + ONE_DAY)


def test_list_asks_the_same_for_one_wheel_and_for_three(
    make_wheel, make_player, django_assert_num_queries
):
    mei, wheels = make_player(), []
    for slugs in (["one"], ["two", "three"]):
        wheels += [make_wheel(slug=slug) for slug in slugs]
        for wheel in wheels:
            get_key(mei, wheel)
        with django_assert_num_queries(6):
            shown = list_shown_wheels(mei, now=NOON)
        assert [each.wheel for each in shown] == wheels
        assert [len(each.slices) for each in shown] == [2] * len(wheels)
        assert len({each.key for each in shown}) == len(wheels)


def test_past_day_is_computed_for_its_first_reader_alone(
    make_wheel, make_player, django_assert_num_queries
):
    wheel, mei = make_wheel(), make_player()
    spin(mei, wheel)
    sealed = get_log(wheel, find_day(DAY))
    assert (sealed.problems, sealed.read()["draws"]) == (None, [])
    reveal_days(now=MIDNIGHT)
    day = find_day(DAY)
    first = get_log(wheel, day)
    assert (first.problems, len(first.read()["draws"])) == ([], 1)
    with django_assert_num_queries(0):
        assert get_log(wheel, day) == first
    cache.clear()
    assert get_log(wheel, day) == first


def test_two_wheels_that_give_spins_of_each_other_are_seen(make_wheel):
    gold = make_wheel([SliceTerms("Credit", 1, Prize("credit", amount=500)), SliceTerms("No", 1)],
                      slug="gold")  # fmt: skip
    daily = make_wheel(
        [SliceTerms("Gold", 1, Prize("spins", spin_count=1, wheel_id=gold.pk)),
         SliceTerms("No", 1)],
        slug="daily",
    )  # fmt: skip
    draft = gold.versions.create()
    for count, weight, budget, codes in [
        (1, 1, None, {"loop"}),
        (2, 1, None, {"loop"}),  # half of the time two, of which each brings half a one back
        (4, 1, None, {"loop", "endless"}),
        (1, 1, 10_000, {"loop"}),
    ]:
        prize = Prize("spins", spin_count=count, wheel_id=daily.pk)
        change_draft(
            draft, slices=[SliceTerms("Daily", weight, prize), SliceTerms("No", 1)],
            budget_amount=budget, by=None, now=YESTERDAY,
        )  # fmt: skip
        draft.refresh_from_db()
        found = {each.code: each for each in list_findings(draft, now=YESTERDAY)}
        assert {"loop", "endless"} & set(found) == codes
        assert found["loop"].is_blocking is (budget is not None)
        assert "Daily" in str(found["loop"].text)
        assert reckon_costs(draft, now=YESTERDAY).worst_amount is None
    # What is only to come leads back too.
    change_draft(draft, slices=[SliceTerms("Daily", 1, prize), SliceTerms("No", 1)],
                 budget_amount=None, rules_text="Spin.", is_law_confirmed=True, by=None,
                 now=YESTERDAY)  # fmt: skip
    publish_version(draft, by=None, now=YESTERDAY)
    again = daily.versions.create()
    change_draft(
        again, slices=[SliceTerms("Gold", 1, Prize("spins", spin_count=4, wheel_id=gold.pk)),
                       SliceTerms("Three", 1, points(3), stock_count=2, substitute=NOTHING)],
        by=None, now=YESTERDAY,
    )  # fmt: skip
    assert "endless" in {each.code for each in list_findings(again, now=YESTERDAY)}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Tokyo", "Pacific/Honolulu"])
def test_days_stay_end_to_end_where_the_club_moves(make_wheel, make_player, zone):
    wheel, mei = make_wheel(), make_player()
    spin(mei, wheel)
    Club.objects.filter(pk=1).update(zone=zone)
    forget_club()
    later = NOON
    for _day in range(12):
        prepare_days(now=later)
        later += ONE_DAY
    days = list(WheelDay.objects.order_by("starts_at"))
    assert len(days) >= 17
    assert all(day.ends_at == after.starts_at for day, after in itertools.pairwise(days))
    assert len({day.ends_at - day.starts_at for day in days[-3:]}) == 1
    spin(mei, wheel, now=NOON + 9 * ONE_DAY)
    assert Spin.objects.count() == 2
