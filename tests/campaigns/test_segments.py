"""Definitions: what they hold, what they refuse, and how they are said."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import F, Sum, Value
from django.utils import translation

from campaigns.selectors.segments import (
    BadDefinition,
    CrossJoin,
    TooSlow,
    Wording,
    compile_segment,
    count_members,
    explain_members,
    limited,
    list_examples,
    read_definition,
)
from campaigns.selectors.segments.counting import fetch
from campaigns.selectors.segments.operators import OF_MEASURES, OPERATORS, Sql
from members import registry
from members.models import Activity, Member
from members.registry import Attribute, AttributeRows, Behaviour, Events, Measure
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.consents import Answer, record_answers
from rewards.models import Account
from tests.campaigns.segment_club import *  # noqa: F403 (fixtures)
from tests.campaigns.segment_club import DAY, bought, fact
from tests.members.conftest import registered  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
ALL = {"Anna", "Ben", "Cleo", "Dora"}


def test_rule_holds_for_those_and_its_contrary_for_the_others(who):
    for rule, names in (
        (bought("gte", 1), {"Anna", "Ben", "Cleo"}),
        (bought("eq", 0), {"Dora"}),
        (bought("lte", 1), {"Cleo", "Dora"}),
        (bought("gte", 3, last=30), {"Anna"}),
        (bought("eq", 0, last=60), {"Ben", "Dora"}),
        (bought("between", [2, 3], last=365), {"Anna", "Ben"}),
        # Anna joined 401 days ago and bought on her second day, Cleo on hers.
        (bought("gte", 1, first=2), {"Anna", "Ben", "Cleo"}),
        (bought("gte", 2, first=60), {"Ben"}),
        (bought("gte", 60_000, measure="amount"), {"Anna", "Ben"}),
        (bought("lt", 10_000, measure="amount"), {"Cleo", "Dora"}),
        (fact("purchases.count", "eq", 3), {"Ben"}),
        (fact("purchases.last", "past", 5), {"Anna"}),
        (fact("purchases.first", "ago", 100), {"Anna", "Ben"}),
        (fact("purchases.last", "unknown"), {"Dora"}),
        # Ben spent 1,500 in the year, Anna 450, Cleo 40: none, half and all of the others more.
        (fact("purchases.rank_by_spend", "lt", 20), {"Ben"}),
        (fact("purchases.rank_by_spend", "lte", 50), {"Ben", "Anna"}),
        (fact("tier", "in", ["gold", "silver"]), {"Anna", "Ben"}),
        (fact("tier", "not_in", ["gold"]), {"Anna", "Cleo", "Dora"}),
        (fact("points", "gt", 40), {"Anna", "Ben"}),
        (fact("points", "lte", 40), {"Cleo", "Dora"}),
        (fact("points_lifetime", "gte", 600), {"Anna", "Ben"}),
        # Silver since 20 days with 450, gold is at 1,000; green with 40, silver at 300.
        (fact("status_to_next_tier", "lte", 300), {"Cleo"}),
        (fact("status_to_next_tier", "between", [400, 600]), {"Anna"}),
        (fact("visits_to_next_tier", "lte", 4), {"Anna"}),
        (fact("has_redeemed", "not"), ALL),
        (fact("members.joined", "past", 40), {"Cleo", "Dora"}),
        (fact("members.joined", "this_month"), {"Dora"}),
        (fact("members.joined", "from", "2026-02-01"), {"Cleo", "Dora"}),
        (fact("members.birthday_this_month", "yes"), {"Dora"}),
        (fact("members.days_to_birthday", "eq", 21), {"Dora"}),
        (fact("members.age", "between", [35, 36]), {"Dora"}),
        (fact("members.age", "unknown"), {"Anna", "Ben", "Cleo"}),
        (fact("members.birth_month", "in", ["3"]), {"Dora"}),
        (fact("members.source", "is", "TEST"), {"Dora"}),
        (fact("members.source", "is_not", "test"), {"Anna", "Ben", "Cleo"}),
        (fact("members.has_login", "yes"), set()),
        ({"behaviour": "members.did", "filters": {"kind": ["purchase"]}, "op": "gte", "value": 4},
         {"Anna"}),
        ({"behaviour": "rewards.earned", "measure": "points", "op": "gte", "value": 600},
         {"Anna", "Ben"}),
    ):  # fmt: skip
        assert who({"all": [rule]}) == names, rule
        assert who({"none": [rule]}) == ALL - names, rule


def test_groups_within_groups(who):
    often, lately = bought("gte", 3), bought("gte", 1, last=60)
    assert who({"all": [often, lately]}) == {"Anna"}
    assert who({"any": [often, lately]}) == {"Anna", "Ben", "Cleo"}
    assert who({"none": [often, lately]}) == {"Dora"}
    assert who({"all": [often, {"none": [lately]}]}) == {"Ben"}
    assert who({"none": [{"all": [often, lately]}, {"any": [bought("eq", 0)]}]}) == {"Ben", "Cleo"}
    assert who({"any": [{"all": [often, {"none": [lately]}]}, bought("eq", 0)]}) == {"Ben", "Dora"}


def test_audiences_and_what_they_agreed_to(who, club_of_four, now):
    friends = ensure_audience("friends", kind="list", name="Friends")
    move_members(None, [AudienceMove(friends.pk, club_of_four["ben"].pk)], now=now)
    in_it = {"audience": "friends", "is_in": True}
    assert who({"all": [in_it]}) == {"Ben"}
    assert who({"all": [{"audience": "friends", "is_in": False}]}) == ALL - {"Ben"}
    assert who({"any": [in_it, bought("eq", 0)]}) == {"Ben", "Dora"}

    answers = [Answer("offers", "email", True), Answer("news", "sms", True)]
    record_answers(club_of_four["anna"], answers, source="profile", by=None, now=now)
    both = ["offers:email", "news:sms"]
    assert who({"all": [fact("members.consent", "any", ["offers:email", "offers:sms"])]}) == {
        "Anna"
    }
    assert who({"all": [fact("members.consent", "every", both)]}) == {"Anna"}
    assert who({"all": [fact("members.consent", "every", ["offers:sms", *both])]}) == set()
    assert who({"any": [fact("members.consent", "no", both), in_it]}) == ALL - {"Anna"}


def test_nobody_who_left_is_in_it(who, club_of_four):
    Member.objects.filter(pk=club_of_four["anna"].pk).update(status="closed")
    assert who({"all": [bought("gte", 1)]}) == {"Ben", "Cleo"}


def test_every_fact_and_behaviour_can_be_asked(who):
    """In every way, alone and beside another: the three ways of asking agree (see ``who``)."""
    samples = {"number": 5, "two": [1, 5], "days": 30, "day": "2026-01-01", "word": "a"}
    beside = fact("members.has_login", "not")
    for attribute in registry.attributes:
        rules = []
        for operator, shape in OPERATORS[attribute.type].items():
            value = samples.get(shape)
            if shape == "codes":
                choices = attribute.choices()
                if not choices:
                    continue
                value = [str(choices[0][0])]
            rules.append(fact(attribute.code, operator, value))
        who({"any": [*rules, beside]})
        who({"all": [beside, {"none": rules[:2]}]})
    for behaviour in registry.behaviours:
        for measure in behaviour.measures:
            rules = [
                {"behaviour": behaviour.code, "measure": measure.code, "window": window,
                 "op": operator, "value": [0, 2] if operator == "between" else 2}
                for operator, window in zip(
                    OF_MEASURES, ({}, {"last": 30}, {"first": 30}) * 2, strict=True)
            ]  # fmt: skip
            who({"any": [*rules, beside]})
            who({"all": [beside, {"none": rules[:1]}]})


# --- Refused ---


def test_what_is_no_definition_is_refused_with_its_reason(programme):
    for definition, reason in (
        ("SELECT 1", "no tree"),
        ({}, "choose what the rule is about"),
        ({"all": []}, "needs a rule"),
        ({"all": [{}]}, "choose what the rule is about"),
        ({"all": [{"any": []}]}, "the group needs a rule"),
        ({"all": [], "any": []}, "one kind"),
        (fact("points", "gt", 1), "begins with a group"),
        ({"all": [fact("password", "is", "x")]}, "“password” isn't known"),
        ({"all": [fact("points; DROP TABLE", "gt", 1)]}, "isn't known"),
        ({"all": [fact("points", "raw", "1=1")]}, "how to compare"),
        ({"all": [fact("points", "gt", "1 OR 1=1")]}, "a whole number"),
        ({"all": [fact("points", "gt", True)]}, "a whole number"),
        ({"all": [fact("points", "gt", -1)]}, "a whole number"),
        ({"all": [fact("points", "gt", 10**13)]}, "a whole number"),
        ({"all": [fact("points", "gt")]}, "a value is missing"),
        ({"all": [fact("points", "known", 1)]}, "nothing to compare"),
        ({"all": [fact("points", "between", [5, 1])]}, "the smaller one"),
        ({"all": [fact("points", "gt", 1, sql="1=1")]}, "“sql” isn't known here"),
        ({"all": [fact("points", "gt", 1, days=3)]}, "no number of days"),
        ({"all": [fact("points_expiring", "gt", 1, days=0)]}, "days are a number"),
        ({"all": [fact("tier", "in", [])]}, "at least one"),
        ({"all": [fact("tier", "in", ["admin"])]}, "none of the choices"),
        ({"all": [fact("members.joined", "from", "soon")]}, "a day is needed"),
        ({"all": [fact("members.source", "is", "x" * 101)]}, "at most 100"),
        ({"all": [bought("gte", 1, measure="id")]}, "what is counted"),
        ({"all": [bought("gte", 1, filters={"member": ["1"]})]}, "what narrows"),
        ({"all": [bought("gte", 1, filters={"store": ["99"]})]}, "none of the choices"),
        ({"all": [bought("gte", 1, last=30, first=3)]}, "the time isn't known"),
        ({"all": [bought("known", None)]}, "how to compare"),
        ({"all": [{"audience": "nowhere"}]}, "doesn't exist"),
        ({"all": [{"any": [{"any": [{"any": [{"any": [fact("points", "gt", 1)]}]}]}]}]}, "deep"),
        ({"all": [fact("points", "gt", 1)] * 41}, "at most 40"),
        ({"any": [{"all": [fact("points", "gt", 1)] * 21}] * 2}, "at most 40"),
        ({"all": [fact("members.source", "is", "x")] * 20, "x": "y" * 30_000}, "too large"),
    ):
        with pytest.raises(BadDefinition) as refusal:
            read_definition(definition)
        assert reason in str(refusal.value), definition


def test_mistakes_are_told_with_their_places(programme):
    with pytest.raises(BadDefinition) as refusal:
        read_definition({"all": [fact("points", "gt", 1), {"any": [fact("tier", "in", [])]}, {}]})
    assert [place for place, _text in refusal.value.mistakes] == [(1, 0), (2,)]


def test_words_stay_words(who):
    """What anybody types is a value, never a part of the statement."""
    for word in ("'; DROP TABLE members_member; --", "%s", "{0}", 'x" OR 1=1', "\\"):
        assert who({"all": [fact("members.source", "is", word)]}) == set()
        assert who({"all": [bought("gte", 1, filters={"product": [word]})]}) == set()


def _pairs_of_all(now):
    return AttributeRows(
        "SELECT a.id, count(*) FROM members_member a CROSS JOIN generate_series(1, 1000000)"
        " GROUP BY a.id"
    )


@pytest.mark.parametrize(
    "entry",
    [
        # Seen in PostgreSQL's plan.
        Attribute("test.cross", "Cross", "number", build_rows=_pairs_of_all),
        # A second table that hangs on nothing.
        Attribute(
            "test.cross", "Cross", "number",
            build_rows=lambda now: Account.objects.extra(tables=["members_activity"]).values_list(
                "member", "balance"
            ),
        ),
        # Rows of purchases beside each member: every member as often as they bought.
        Attribute("test.cross", "Cross", "number", lambda now: F("purchases__total_amount")),
    ],
)  # fmt: skip
def test_cross_join_is_refused_and_never_run(entry, club_of_four, registered, make, now):  # noqa: F811
    registry.register_attribute(entry)
    registered(registry.attributes, "test.cross")
    rule = fact("test.cross", "gt", 1)
    group = read_definition({"all": [rule]})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_member")  # four, and not whatever was there before
    with limited(2_000):
        for ask in (count_members, list_examples):
            with pytest.raises(CrossJoin):
                ask(group, now=now)
        with pytest.raises(CrossJoin):
            make(rule)


def test_behaviour_that_multiplies_tables_is_refused(club_of_four, registered, now):  # noqa: F811
    def build(filters):
        rows = Activity.objects.extra(tables=["purchases_line"])
        return Events(rows, at="effective_at", measures={"n": lambda filter: Sum(Value(1))})

    registry.register_behaviour(Behaviour("test.cross", "Cross", build, (Measure("n", "n"),)))
    registered(registry.behaviours, "test.cross")
    group = read_definition({"all": [{"behaviour": "test.cross", "op": "gte", "value": 2}]})
    with pytest.raises(CrossJoin):
        compile_segment(group, now=now)


def test_count_that_takes_too_long_is_stopped(club_of_four):
    with pytest.raises(TooSlow), limited(50):
        fetch(Sql("SELECT pg_sleep(5)"))
    assert fetch(Sql("SELECT 1")) == [(1,)]  # the transaction around it goes on


# --- In words ---


def test_sentence_and_reasons(club_of_four, now):
    group = read_definition(
        {
            "all": [
                bought("gte", 2, last=30),
                fact("tier", "in", ["gold", "silver"]),
                fact("points", "gt", 400),
                {"none": [{"behaviour": "campaigns.sent", "window": {"last": 7},
                           "filters": {"channel": ["email"]}, "op": "gte", "value": 1}]},
            ]
        }
    )  # fmt: skip
    wording = Wording()
    assert wording.say_sentence(group) == (
        "Members with purchases in the last 30 days: at least 2; tier: Gold or Silver; "
        "available points: more than 400; and not messages sent to them (channel: E-mail) in the "
        "last 7 days: at least 1."
    )
    (anna,) = explain_members(group, [club_of_four["anna"].pk], now=now)
    assert anna.is_in
    assert [(each.value, each.holds, each.helps) for each in anna.reasons] == [
        ("3", True, True),
        ("Silver", True, True),
        ("487", True, True),
        ("0", False, True),
    ]
    (ben,) = explain_members(group, [club_of_four["ben"].pk], now=now)
    assert not ben.is_in
    assert [each.helps for each in ben.reasons] == [False, True, True, True]


def test_every_language_joins_rules_in_its_own_way(club_of_four):
    group = read_definition({"any": [bought("eq", 0), fact("members.birthday_this_month", "yes")]})
    said = set()
    for language in ("en", "ja", "zh-hans", "zh-hant"):
        with translation.override(language):
            said.add(Wording().say_sentence(group))
    assert "Members with purchases ever: none; or birthday this month: yes." in said


def test_days_are_the_clubs_own(who, club_of_four, now):
    """In Los Angeles it is still the tenth."""
    midnight = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
    Member.objects.filter(pk=club_of_four["anna"].pk).update(joined_at=midnight)
    Member.objects.filter(pk=club_of_four["ben"].pk).update(joined_at=midnight - DAY / 24)
    assert who({"all": [fact("members.joined", "this_month")]}) == {"Anna", "Dora"}


def test_examples_are_few_and_reasons_cost_the_same_for_one_and_for_three(
    club_of_four, now, django_assert_num_queries
):
    group = read_definition({"all": [bought("lt", 50), fact("points", "lt", 10_000)]})
    assert len(list_examples(group, now=now, limit=2)) == 2
    ids = [member.pk for member in club_of_four.values()]
    for some in (ids[:1], ids[:3]):
        with django_assert_num_queries(6):  # settings, reasons, settings, members; a savepoint
            assert len(explain_members(group, some, now=now)) == len(some)
