"""Lists that staff keep by hand."""

import pytest

from core.models import AuditEntry
from members.models import AudienceMember, User
from members.services.audiences import ensure_audience
from members.services.conduct import OwnRecord, check_actor, list_own_member_ids
from members.services.enrolment import create_member
from members.services.lists import (
    MOST,
    NotActive,
    NotAList,
    TooMany,
    add_to_list,
    remove_from_list,
)
from members.services.profiles import attach_login, close_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def friends(club):
    return ensure_audience("friends", kind="list", name="Friends")


@pytest.fixture
def people(club, now):
    return [create_member(now=now, source="test", family_name=name) for name in ("Lee", "Wang")]


@pytest.fixture
def marketer(club):
    return User.objects.create(email="m@example.com", is_staff=True)


def on(audience):
    return set(AudienceMember.objects.filter(audience=audience).values_list("member", flat=True))


def test_members_are_put_on_and_taken_off_on_record(friends, people, marketer, now):
    lee, wang = people
    assert add_to_list(friends, people, by=marketer, now=now) == 2
    assert add_to_list(friends, [lee], by=marketer, now=now) == 0
    assert on(friends) == {lee.pk, wang.pk}
    remove_from_list(friends, wang, by=marketer, now=now)
    remove_from_list(friends, wang, by=marketer, now=now)
    assert on(friends) == {lee.pk}
    entries = AuditEntry.objects.about(friends).order_by("pk")
    assert [(entry.action, entry.changes) for entry in entries] == [
        ("audience.members_added", {"members": [lee.pk, wang.pk]}),
        ("audience.members_removed", {"members": [wang.pk]}),
    ]
    assert {entry.actor for entry in entries} == {marketer}


def test_only_lists_are_kept_by_hand(people, marketer, now):
    tier = ensure_audience("tier-gold", kind="tier", name="Gold")
    with pytest.raises(NotAList):
        add_to_list(tier, people, by=marketer, now=now)
    with pytest.raises(NotAList):
        remove_from_list(tier, people[0], by=marketer, now=now)


def test_ended_membership_is_on_no_list(friends, people, marketer, now):
    gone = close_member(people[0], by=None, now=now)
    with pytest.raises(NotActive):
        add_to_list(friends, [gone, people[1]], by=marketer, now=now)
    assert on(friends) == set()


def test_too_many_at_once(friends, people, marketer, now):
    with pytest.raises(TooMany):
        add_to_list(friends, [people[0]] * (MOST + 1), by=marketer, now=now)


def test_nobody_lists_themselves(friends, people, marketer, now):
    attach_login(people[0], marketer, by=None, now=now)
    with pytest.raises(OwnRecord):
        add_to_list(friends, people, by=marketer, now=now)
    assert on(friends) == set()
    entry = AuditEntry.objects.get(action="act.refused")
    assert entry.changes == {"refused": "own_record", "act": "audience", "list": friends.pk}


def test_own_records_are_ones_own_and_the_households(
    people, marketer, now, django_assert_num_queries
):
    lee, wang = people
    assert list_own_member_ids(marketer) == set()
    assert list_own_member_ids(None) == set()
    attach_login(lee, marketer, by=None, now=now)
    assert list_own_member_ids(marketer) == {lee.pk}
    check_actor(wang, by=marketer, act="test")
    check_actor(lee, by=None, act="test")
    with django_assert_num_queries(1), pytest.raises(OwnRecord) as refused:
        check_actor(wang, lee, by=marketer, act="test", list=7)
    assert (refused.value.subject, refused.value.changes) == (lee, {"act": "test", "list": 7})
