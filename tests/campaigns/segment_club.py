"""Four members whose purchases are known to the day, for the tests of segments.

`now` is 10 March 2026. One point and one status credit per dollar; silver at 300, gold at 1,000.
"""

import datetime as dt

import pytest
from django.db.models import F

from campaigns.selectors.segments import (
    compile_segment,
    count_members,
    explain_members,
    read_definition,
)
from campaigns.selectors.segments.counting import fetch
from campaigns.services.segments import make_segment
from members.models import Member
from members.registry import Attribute
from tests.rewards.conftest import (  # noqa: F401 (fixtures)
    claim,
    counter,
    make_reward,
    make_rule,
    programme,
    rules,
)

DAY = dt.timedelta(days=1)
# Divides by nothing: the plan stands, the rows don't.
UNASKABLE = Attribute("test.unaskable", "Unaskable", "number", lambda now: 1 / (F("pk") - F("pk")))


@pytest.fixture
def club_of_four(counter, rules, now):  # noqa: F811
    """Anna came often and lately, Ben often and long ago, Cleo once; Dora never bought."""
    for days in (400, 20, 10, 3):
        counter.buy("anna", "150", on=(now - days * DAY).date())
    for days in (300, 250, 200):
        counter.buy("ben", "500", on=(now - days * DAY).date())
    counter.buy("cleo", "40", on=(now - 30 * DAY).date())
    found = {}
    for name, joined in (("anna", 401), ("ben", 301), ("cleo", 31)):
        found[name] = counter.member(name)
        Member.objects.filter(pk=found[name].pk).update(
            given_name=name.title(), joined_at=now - joined * DAY
        )
    from members.services.enrolment import create_member

    found["dora"] = create_member(now=now, source="test", given_name="Dora")
    Member.objects.filter(pk=found["dora"].pk).update(birth_month=3, birth_day=31, birth_year=1990)
    for member in found.values():
        member.refresh_from_db()
    return found


@pytest.fixture
def who(club_of_four, now):
    """``who({"all": [...]})`` are the given names of those for whom it holds.

    The count, the query and the reasons are three ways to ask; they answer alike.
    """
    names = {member.pk: member.given_name for member in club_of_four.values()}

    def ask(definition):
        group = read_definition(definition)
        ids = {pk for (pk,) in fetch(compile_segment(group, now=now).select_ids())}
        assert count_members(group, now=now).count == len(ids)
        explained = explain_members(group, sorted(names), now=now)
        assert {each.member.pk for each in explained if each.is_in} == ids
        return {names[pk] for pk in ids}

    return ask


@pytest.fixture
def make(now):
    def make_one(*rules, name="Some", **more):  # noqa: F811
        return make_segment(name=name, definition={"all": list(rules)}, by=None, now=now, **more)

    return make_one


def bought(op, value, **more):
    window = {key: more.pop(key) for key in ("last", "first") if key in more}
    return {"behaviour": "purchases.bought", "window": window, "op": op, "value": value, **more}


def fact(attribute, op, value=None, **more):
    rule = {"attribute": attribute, "op": op, **more}
    return rule if value is None else {**rule, "value": value}
