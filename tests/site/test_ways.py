"""Ways to earn in words, and their days: the calendar agrees with the engine (style 22)."""

import datetime as dt

import pytest

from members.selectors.club import get_club
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from purchases.models import Category
from rewards.models import Award, EarningRule
from rewards.selectors.ways import list_point_days, list_ways
from tests.rewards.conftest import at
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
NOW = at(TODAY)


def describe(member=None, now=NOW):
    return {way.name: (way.gift, way.conditions) for way in list_ways(member, now=now)}


def test_terms_in_words(make_rule):
    fruit = Category.objects.create(slug="fruit", name="Fruit")
    make_rule("greens", per_amount=250, category_ids=[fruit.pk])
    make_rule(
        "basket", kind="fixed", points=40, minimum_amount=6000, cap_points=80, cap_period="month"
    )
    make_rule(
        "early",
        kind="multiplier",
        multiplier_milli=1500,
        weekdays=[2, 4],
        first_hour=8,
        last_hour=11,
    )
    make_rule("hello", kind="fixed", points=100, first_time="ever")
    make_rule("birthday", kind="multiplier", multiplier_milli=2000, in_birthday_month=True)
    make_rule("days", kind="multiplier", multiplier_milli=3000, days_of_month=[5, 15])
    assert describe() == {
        "greens": ("1 point per $2.50", ["on Fruit"]),
        "basket": ("40 points", ["from $60", "at most 80 points a month"]),
        "early": ("1.5 × points", ["on Tuesday and Thursday", "from 8 a.m. to 11 a.m."]),
        "hello": ("100 points", ["with your first purchase"]),
        "birthday": ("2 × points", ["in your birthday month"]),
        "days": ("3 × points", ["on days 5 and 15 of the month"]),
    }


def test_hidden_ended_and_later_rules(make_rule):
    make_rule("hidden")
    EarningRule.objects.filter(code="hidden").update(is_public=False)
    make_rule("ended", ends_at=NOW - dt.timedelta(days=1))
    make_rule("soon", starts_at=NOW + dt.timedelta(days=3), ends_at=NOW + dt.timedelta(days=5))
    make_rule("late", starts_at=NOW + dt.timedelta(days=60))
    ways = list_ways(None, now=NOW)
    assert [(way.name, way.is_now, way.conditions) for way in ways] == [
        ("soon", False, ["from March 13", "until March 15"])
    ]


def test_rule_of_an_audience_shows_to_those_in_it(make_rule, now):
    friends = ensure_audience("friends", kind="list", name="Friends")
    make_rule("friends", audience_ids=[friends.pk])
    inside, outside = (create_member(now=now, source="test") for _ in range(2))
    move_members(None, [AudienceMove(friends.pk, inside.pk)], now=now)
    assert [list(describe(who)) for who in (inside, outside, None)] == [["friends"], [], []]


def test_ways_take_one_query(make_rule, assert_statements):
    for number in range(4):
        make_rule(f"rule-{number}")
    get_club()
    with assert_statements(1):
        list_ways(None, now=NOW)


def test_calendar_marks_the_days_on_which_the_engine_multiplies(make_rule, counter):
    make_rule()
    make_rule("tuesday", kind="multiplier", multiplier_milli=2000, weekdays=[2])
    make_rule("fifth", kind="multiplier", multiplier_milli=2000, days_of_month=[5])
    make_rule("birthday", kind="multiplier", multiplier_milli=2000, in_birthday_month=True)
    make_rule(
        "fair", kind="multiplier", multiplier_milli=2000, weekdays=[6, 7],
        starts_at=at(dt.date(2026, 3, 15), 0), ends_at=at(dt.date(2026, 3, 29), 0),
    )  # fmt: skip
    counter.buy("mei", "1", on=TODAY - dt.timedelta(days=1))
    mei = counter.member("mei")
    mei.birth_month = 4
    mei.save(update_fields=["birth_month"])
    days = list_point_days(list_ways(mei, now=NOW), mei, now=NOW)
    shown = {day.day: sorted(way.name for way in day.ways) for day in days}
    for offset in range(42):
        day = TODAY + dt.timedelta(days=offset)
        counter.buy("mei", "10", on=day, pk=day.isoformat())
    awards = Award.objects.filter(rule__code="base", effective_at__gte=at(TODAY, 0))
    names = dict(
        EarningRule.objects.values_list("versions__pk", "name").filter(versions__isnull=False)
    )
    earned = {}
    for award in awards.select_related("purchase"):
        causes = [names[pk] for kind, pk, _milli in award.parts[0][3] if kind == "rule"]
        if causes:
            earned[dt.date.fromisoformat(award.purchase.external_id)] = sorted(causes)
    assert shown == earned
    assert len(shown) > 20
