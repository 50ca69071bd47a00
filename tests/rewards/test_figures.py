"""Figures of closed days: against the plain truth, counted once, in a fixed number of queries."""

import datetime as dt

import pytest

from core.time import start_of
from purchases.models import Purchase
from rewards.models import DayClose, DayFigures
from rewards.selectors.figures import Course, KeyFigures, get_key_figures
from rewards.services.closing import close_days
from rewards.services.figures import count_figures
from rewards.services.holding import capture_points, hold_points, refund_points
from tests.constraints import guards
from tests.rewards.conftest import ZONE, assert_ledger_true, at

pytestmark = pytest.mark.django_db
LAST = dt.date(2026, 3, 9)  # yesterday, of the clock of the tests


def ago(days):
    return LAST - dt.timedelta(days=days)


def close(now):
    close_days(now=now)
    return count_figures(now=now)


def figures_of(day):
    return DayFigures.objects.get(close__day_on=day)


def test_member_is_active_for_thirty_days(counter, rules, now):
    counter.buy("mei", "10", on=ago(40))
    counter.buy("mei", "10", on=ago(35))
    counter.buy("ken", "10", on=ago(5))
    assert close(now) == 41
    counts = {(LAST - day).days: count for day, count in DayFigures.objects.values_list(
        "close__day_on", "active_count")}  # fmt: skip
    # The second purchase carries on the first one's days: 29 after it is the last.
    assert [counts[back] for back in (40, 35, 6, 5, 0)] == [1, 1, 1, 1, 1]
    for back, count in counts.items():
        bought = Purchase.objects.filter(
            purchased_at__gte=start_of(ago(back + 29), ZONE),
            purchased_at__lt=start_of(ago(back - 1), ZONE),
        )
        assert count == bought.values("member").distinct().count(), back


def test_whoever_comes_again_within_ninety_days_counts_once(counter, rules, now):
    counter.buy("mei", "10", on=ago(100))
    counter.buy("mei", "10", on=ago(100), hour=15)  # the same day is no second visit
    counter.buy("mei", "10", on=ago(10))  # the ninetieth day
    counter.buy("ken", "10", on=ago(100))
    counter.buy("ken", "10", on=ago(9))  # a day too late
    counter.buy("guo", "10", on=ago(100))
    close(now)
    told = figures_of(ago(10))
    assert (told.visit_count, told.followed_count) == (3, 1)
    assert DayFigures.objects.filter(visit_count__gt=0).count() == 1


def test_points_issued_and_spent_net_of_what_was_given_back(counter, rules, claim, now):
    counter.buy("mei", "500", on=ago(6))
    mei = claim(counter.member("mei"))
    for number, points in enumerate([200, 100], 1):
        hold_points(mei, points, cause=("test", number), now=at(ago(5)))
        capture_points(("test", number), now=at(ago(4)))
    refund_points(("test", 2), 30, now=at(ago(4), hour=20))
    refund_points(("test", 2), 70, now=at(ago(2)))
    close(now)
    told = {back: figures_of(ago(back)) for back in range(7)}
    assert [told[back].issued_points for back in (6, 5, 4)] == [500, 0, 0]
    assert [told[back].spent_points for back in (5, 4, 3, 2)] == [0, 270, 0, -70]
    assert_ledger_true()


def test_a_day_is_counted_once_and_late_arrivals_change_nothing(counter, rules, now):
    counter.buy("mei", "10", on=ago(3))
    assert close(now) == 4
    counter.buy("ken", "10", on=ago(3))
    assert count_figures(now=now) == 0
    assert figures_of(LAST).active_count == 1
    close(now + dt.timedelta(days=1))
    assert figures_of(LAST + dt.timedelta(days=1)).active_count == 2


def test_only_the_newest_day_knows_what_waits(counter, rules, now):
    counter.buy("mei", "10", on=ago(2))
    close(now)
    assert [figures_of(ago(back)).waiting_count for back in (2, 1, 0)] == [None, None, 0]


def test_club_without_a_closed_day_has_no_figures(club, now):
    assert count_figures(now=now) == 0
    assert get_key_figures() == KeyFigures()


def test_old_days_are_left_uncounted(counter, rules, now):
    counter.buy("mei", "10", on=ago(200))
    assert close(now) == 120
    assert DayClose.objects.count() == 201


@pytest.mark.parametrize("members", [1, 6])
def test_key_figures_take_one_query(members, counter, rules, now, assert_statements):
    for number in range(members):
        counter.buy(f"m{number}", "10", on=ago(65))
        counter.buy(f"m{number}", "30", on=ago(number + 1))
    close(now)
    with assert_statements(1):
        known = get_key_figures()
    assert known.day_on == LAST
    assert (known.week_ends[0], known.week_ends[-1]) == (ago(77), LAST)
    assert (known.active.value, known.active.before) == (members, 0)
    assert known.issued.value == 30 * members
    assert known.issued.before == 0
    assert sum(known.issued.weeks[-2:]) == 30 * members
    assert known.liability.value == 40 * members
    assert known.repurchase == Course(None, None, (None,) * 12)
    # The club's first day was 65 days ago: nobody knows what was before.
    assert known.active.weeks[:2] == (None, None)


def test_repurchase_rate_is_a_share_of_thirty_days(counter, rules, now):
    counter.buy("mei", "10", on=ago(119))
    counter.buy("mei", "10", on=ago(60))
    counter.buy("ken", "10", on=ago(91))
    counter.buy("guo", "10", on=ago(118))
    counter.buy("lin", "10", on=ago(117))
    close(now)
    assert get_key_figures().repurchase.value == 0.25


def test_what_followed_is_part_of_what_was(club, now):
    day = DayClose.objects.create(day_on=LAST, closed_at=now)

    def make(**changes):
        row = {"close": day, "counted_at": now, "active_count": 1, "visit_count": 2,
               "followed_count": 2, "issued_points": 0, "spent_points": 0}  # fmt: skip
        return DayFigures.objects.create(**row | changes)

    guards("day_figures_follow_what_was", make, {}, {"followed_count": 3})
