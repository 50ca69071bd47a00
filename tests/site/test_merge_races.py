"""Two at once on the record of members: each names the lock or constraint that holds it."""

import datetime as dt

import pytest

from members.enums import MemberStatus
from members.models import HouseholdMember, Member, MemberMerge
from members.services.enrolment import create_member
from members.services.household_invitations import (
    accept_invitation,
    invite_to_household,
)
from members.services.households import (
    HouseholdFull,
    InHousehold,
    open_household,
)
from members.services.logins import create_login
from members.services.merging import (
    MergeRefused,
    follow_merges,
    merge_members,
    undo_merge,
)
from members.services.profiles import attach_login
from purchases.models import Purchase
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import hold_points

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 3, 2)


def merge(source, target, now=at(DAY, 18)):  # noqa: B008
    return merge_members(source, target, by=None, reason="Same card", now=now)


@pytest.fixture
def three(counter, rules):
    """Ann with 100 points, Bob with 200, Cleo with 300."""
    for number, name in enumerate(("ann", "bob", "cleo"), start=1):
        counter.buy(name, f"{number}00", on=DAY)
    return [counter.member(name) for name in ("ann", "bob", "cleo")]


def points_of(members):
    return [balances(member).get("available", 0) for member in members]


def test_one_merge_pressed_four_times_happens_once(three):
    """Lock: the members' rows, in the order of their ids."""
    ann, bob, _cleo = three
    results = together(*(lambda: merge(ann, bob) for _ in range(4)))
    assert sum(isinstance(result, MemberMerge) for result in results) == 1
    assert sum(isinstance(result, MergeRefused) for result in results) == 3
    assert points_of(three) == [0, 300, 300]
    assert_ledger_true()


def test_two_merged_into_each_other_leave_one(three):
    ann, bob, _cleo = three
    results = together(lambda: merge(ann, bob), lambda: merge(bob, ann))
    assert sum(isinstance(result, MemberMerge) for result in results) == 1
    assert sorted(points_of(three[:2])) == [0, 300]
    assert_ledger_true()


def test_chain_merged_at_once_ends_at_one_survivor(three):
    ann, bob, cleo = three
    results = together(lambda: merge(ann, bob), lambda: merge(bob, cleo))
    done = [result for result in results if isinstance(result, MemberMerge)]
    assert len(done) == len([r for r in results if not isinstance(r, MergeRefused)])
    for member in Member.objects.filter(status=MemberStatus.MERGED):
        assert member.merged_into.is_active
    assert sum(points_of(three)) == 600
    assert_ledger_true()


@pytest.mark.parametrize("attempt", range(3))
def test_merge_against_redemptions_never_loses_a_point(three, attempt, now):
    """Lock: the standings of both."""
    ann, bob, _cleo = three
    attach_login(ann, create_login(email="ann@example.com", by=None, now=now), by=None, now=now)
    results = together(
        lambda: merge(ann, bob),
        lambda: hold_points(Member.objects.get(pk=ann.pk), 60, key="a", now=at(DAY, 18)),
        lambda: hold_points(Member.objects.get(pk=ann.pk), 60, key="b", now=at(DAY, 18)),
    )
    held = sum(balances(member).get("held", 0) for member in three)
    assert sum(points_of(three)) + held == 600
    if isinstance(results[0], MemberMerge):
        assert held == 0
        assert points_of(three) == [0, 300, 300]
    assert_ledger_true()


@pytest.mark.parametrize("attempt", range(3))
def test_purchases_under_way_reach_the_survivor(three, counter, attempt):
    """What looked its member up before the merge follows afterwards."""
    ann, bob, _cleo = three
    tickets = [counter.ticket("ann", "10", on=DAY, hour=13) for _ in range(4)]
    results = together(
        lambda: merge(ann, bob), *(lambda each=each: counter.take_in(each) for each in tickets)
    )
    assert not [result for result in results if isinstance(result, Exception)]
    follow_merges(now=at(DAY, 19))
    assert points_of(three) == [0, 340, 300]
    assert not Purchase.objects.of(ann).exists()
    assert_ledger_true()


@pytest.mark.parametrize("attempt", range(3))
def test_returns_and_a_merge_at_once_meet_without_a_deadlock(three, counter, attempt):
    """Order of locks: purchases by id, then standings."""
    ann, bob, _cleo = three
    tickets = [counter.buy("ann", "20", on=DAY, hour=13) for _ in range(3)]
    slips = [counter.slip(ticket, {1: "20"}, on=DAY, hour=14) for ticket in tickets]
    results = together(
        lambda: merge(ann, bob), *(lambda each=each: counter.take_in(each) for each in slips)
    )
    assert not [result for result in results if isinstance(result, Exception)]
    follow_merges(now=at(DAY, 19))
    assert points_of(three) == [0, 300, 300]
    assert_ledger_true()


def test_one_undo_pressed_four_times_happens_once(three):
    ann, bob, _cleo = three
    done = merge(ann, bob)
    results = together(*(lambda: undo_merge(done, by=None, now=at(DAY, 19)) for _ in range(4)))
    assert sum(isinstance(result, MergeRefused) for result in results) == 3
    assert points_of(three) == [100, 200, 300]
    assert_ledger_true()


# --- Households ---------------------------------------------------------------------------------


def test_last_place_of_a_household_goes_to_one(club, now):
    """Lock: the household's row."""
    people = [create_member(now=now, source="test") for _ in range(12)]
    head = people[0]
    open_household(head, by=None, now=now)
    links = [invite_to_household(head, by=None, now=now) for _ in range(7)]
    for link, member in zip(links[:6], people[1:7], strict=True):
        accept_invitation(link, member, by=None, now=now)
    last = links[6]
    results = together(
        *(
            lambda member=member: accept_invitation(last, member, by=None, now=now)
            for member in people[7:]
        )
    )
    assert sum(isinstance(result, HouseholdMember) for result in results) == 1
    assert HouseholdMember.objects.active().count() == 8
    with pytest.raises(HouseholdFull):
        invite_to_household(head, by=None, now=now)


def test_one_member_joins_one_household(club, now):
    """Lock: the member's row; constraint: household_one_per_member."""
    heads = [create_member(now=now, source="test") for _ in range(3)]
    ken = create_member(now=now, source="test")
    links = []
    for head in heads:
        open_household(head, by=None, now=now)
        links.append(invite_to_household(head, by=None, now=now))
    results = together(
        *(lambda link=link: accept_invitation(link, ken, by=None, now=now) for link in links)
    )
    assert sum(isinstance(result, InHousehold) for result in results) == 2
    assert ken.household_places.active().count() == 1
