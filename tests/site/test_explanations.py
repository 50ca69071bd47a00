"""Every reason has its sentence; numbers agree with the entry (points.md 5 and 14)."""

import datetime as dt

import pytest

from members.models import User
from rewards.enums import Reason
from rewards.models import Transfer
from rewards.selectors.explanations import explain_transfers
from rewards.selectors.explanations.sentences import TITLES
from rewards.services.grants import grant_points
from rewards.services.settlement import settle_members
from tests.rewards.conftest import at
from tests.rewards.holds import cancel_hold, capture_hold, hold_points

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 6)  # a Tuesday
NOW = at(dt.date(2026, 12, 1))


def explain(member, now=NOW, **lookup):
    transfers = Transfer.objects.of_member(member).for_list().filter(**lookup)
    return explain_transfers(list(transfers.order_by("effective_at", "id")), now=now)


def sentences(member, now=NOW, **lookup):
    return [each.sentence.replace("\u00a0", " ") for each in explain(member, now, **lookup)]


def day(number):
    return DAY + dt.timedelta(days=number)


@pytest.fixture
def claim():
    def give_login(member):
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
        return member

    return give_login


def test_amount_with_the_tiers_multiplier(counter, rules):
    counter.buy("mei", "1000", on=DAY)
    counter.buy("mei", "18.40", on=day(1))
    assert sentences(counter.member("mei"), unit="points")[1] == (
        "$18.40 × 1 point per $1 × Gold 1.5 = 27, available at once"
    )


def test_pending_names_the_day_of_release(shop, rules):
    shop.buy("mei", "18.40", on=dt.date(2026, 11, 19))
    assert sentences(shop.member("mei")) == [
        "$18.40 × 1 point per $1 = 18, available on December 3",
        "$18.40 × 1 status credit per $1 = 18, counted from December 3",
    ]


def test_added_and_multiplied_rules(counter, rules, make_rule):
    counter.buy("mei", "1000", on=day(-1))
    make_rule("tuesday", kind="multiplier", multiplier_milli=2000, weekdays=[2])
    counter.buy("mei", "10", on=DAY)
    assert sentences(counter.member("mei"), unit="points")[1] == (
        "$10.00 × 1 point per $1 × 2.5 (Gold 1.5, tuesday +1) = 25, available at once"
    )
    make_rule("rain", kind="multiplier", multiplier_milli=3000, combine="multiply")
    counter.buy("mei", "10", on=DAY, hour=14)
    assert sentences(counter.member("mei"), unit="points")[2] == (
        "$10.00 × 1 point per $1 × 2.5 (Gold 1.5, tuesday +1) × rain 3 = 75, available at once"
    )


def test_single_rule_without_a_tier_is_named_alone(counter, rules, make_rule):
    make_rule("fifth", kind="multiplier", multiplier_milli=3000, days_of_month=[6])
    counter.buy("mei", "10", on=DAY)
    assert sentences(counter.member("mei"), unit="points") == [
        "$10.00 × 1 point per $1 × fifth 3 = 30, available at once"
    ]


def test_fixed_bonus_cap_and_budget(counter, rules, make_rule):
    make_rule("basket", kind="fixed", points=40, cap_points=60, cap_period="month", priority=300)
    make_rule("sale", kind="fixed", points=50, budget_points=70, priority=310)
    counter.buy("mei", "1", on=DAY)
    counter.buy("mei", "1", on=day(1))
    found = sentences(counter.member("mei"), award__rule__code__in=["basket", "sale"])
    assert found == [
        "40 points, available at once",
        "50 points, available at once",
        "40 points = 40 − 20 (over the limit of 60 points a month) = 20, available at once",
        "50 points = 50 − 30 (the campaign's budget ran out) = 20, available at once",
    ]


def test_release_expiry_and_their_days(shop, rules):
    shop.buy("mei", "100", on=DAY)
    mei = shop.member("mei")
    settle_members([mei.pk], until=day(14), now=at(day(14)))
    assert sentences(mei, reason=Reason.RELEASE) == [
        "100 points from your purchase of January 6 can be used now.",
        "100 status credits from your purchase of January 6 now count towards your tier.",
    ]
    later = dt.date(2027, 2, 1)
    settle_members([mei.pk], until=later, now=at(later))
    assert sentences(mei, now=at(later), reason=Reason.EXPIRE) == [
        "100 points from your purchase of Jan. 6, 2026 expired: their last day was Jan. 20, 2027."
    ]


def test_returns_say_where_the_points_came_from(counter, rules, claim):
    first = counter.buy("mei", "100", on=DAY)
    mei = claim(counter.member("mei"))
    capture_hold(hold_points(mei, 100, key="a", now=at(day(1))), now=at(day(1)))
    counter.buy("mei", "25", on=day(2))
    counter.give_back(first, {1: "40"}, on=day(3))
    counter.buy("mei", "50", on=day(4))
    got = {
        each.transfer.reason: each.sentence
        for each in explain(mei, unit="points")
        if each.transfer.reason != Reason.EARN
    }
    assert got[Reason.RETURN] == (
        "The return of January 9 took back 25 points of your purchase of January 6. You had used"
        " those, so they came from your other points."
    )
    assert got[Reason.OWE] == (
        "The return of January 9 took back 15 points that you had used already. You owe them; the"
        " next points that become available repay them."
    )
    assert got[Reason.REPAY] == ("15 points from your purchase of January 10 repaid what you owed.")
    (owed,) = explain(mei, reason=Reason.OWE)
    assert [(step.label, step.value) for step in owed.steps] == [
        ("From your other points", "25"),
        ("Owed", "15"),
        ("Taken back of 100 points", "40"),
    ]


def test_return_before_release_and_of_lapsed_points(shop, rules):
    first = shop.buy("mei", "100", on=DAY)
    shop.give_back(first, {1: "40"}, on=day(3))
    mei = shop.member("mei")
    assert sentences(mei, reason=Reason.RETURN, unit="points") == [
        "The return of January 9 took back 40 points of your purchase of January 6 before they"
        " became available."
    ]
    later = dt.date(2027, 3, 1)
    shop.give_back(first, {1: "30"}, on=later)
    assert sentences(mei, now=at(later), reason=Reason.REOPEN) == [
        "30 points from your purchase of Jan. 6, 2026 had lapsed before the return of March 1. They"
        " count as returned and cost you nothing."
    ]


def test_spending_gifts_and_late_entries(counter, rules, claim):
    counter.buy("mei", "100", on=DAY)
    mei = claim(counter.member("mei"))
    hold = hold_points(mei, 30, key="a", now=at(day(1)))
    cancel_hold(hold, now=at(day(2)))
    capture_hold(hold_points(mei, 20, key="b", now=at(day(3))), now=at(day(4)))
    grant_points(mei, 5, expires_on=None, note="", key="g", by=None, now=at(day(5)))
    found = explain(mei, unit="points")
    assert [(each.direction, each.sentence) for each in found][1:] == [
        (0, "30 points are reserved for you."),
        (0, "30 points came back to you, with the last usable day they had."),
        (0, "20 points are reserved for you."),
        (-1, "20 points that were reserved have been used."),
        (1, "The club gave you 5 points."),
    ]
    counter.buy("mei", "10", on=day(1))
    assert "It reached us late, on " in sentences(mei, is_late=True)[0]


def test_every_reason_has_a_title_and_words():
    assert set(TITLES) == set(Reason)


def test_many_entries_are_explained_together(
    shop, counter, rules, claim, django_assert_max_num_queries
):
    for number in range(8):
        ticket = shop.buy("mei", "300", on=day(number))
        shop.give_back(ticket, {1: "40"}, on=day(20 + number))
    mei = shop.member("mei")
    settle_members([mei.pk], until=day(400), now=at(day(400)))
    transfers = list(Transfer.objects.of_member(mei).for_list())
    assert len(transfers) > 40
    with django_assert_max_num_queries(6):
        explain_transfers(transfers, now=at(day(400)))
