"""Two records become one and two again, with all that every floor knows of them."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.enums import AudienceKind, MemberStatus
from members.models import AudienceMember, DuplicatePair, Member, MemberMerge, User
from members.selectors.households import get_household
from members.selectors.search import list_member_ids
from members.services.addresses import save_address
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.conduct import OwnRecord
from members.services.duplicates import find_duplicates
from members.services.enrolment import MemberKey, create_member, ensure_members
from members.services.household_invitations import (
    accept_invitation,
    invite_to_household,
)
from members.services.households import (
    open_household,
)
from members.services.logins import create_login
from members.services.merge_previews import preview_merge, preview_undo
from members.services.merging import (
    AlreadyUndone,
    BothHaveLogins,
    MergeReasonNeeded,
    NotMergeable,
    SameRecord,
    UndoOutOfOrder,
    UndoTooLate,
    follow_merges,
    list_facts,
    merge_members,
    undo_merge,
)
from members.services.profiles import RecordGone, close_member, update_member
from rewards.services.merging import OpenReservations
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import capture_hold, hold_points

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 2)
STREET = {"street": "1 Main St", "city": "San Francisco", "region": "CA", "postal_code": "94110"}


@pytest.fixture
def ann(counter, rules):
    counter.buy("ann", "100", on=DAY)
    return counter.member("ann")


@pytest.fixture
def bob(counter, rules, claim):
    counter.buy("bob", "200", on=DAY)
    return claim(counter.member("bob"))


@pytest.fixture
def claim(now):
    def give_login(member):
        user = create_login(email=f"m{member.pk}@example.com", by=None, now=now)
        Member.objects.filter(pk=member.pk).update(user=user)
        member.refresh_from_db()
        return member

    return give_login


@pytest.fixture
def merge(now):
    def act(source, target, **options):
        options = {"by": None, "reason": "Same card", "now": now} | options
        return merge_members(source, target, **options)

    return act


def fresh(member):
    return Member.objects.get(pk=member.pk)


def test_everything_moves_and_the_number_leads_to_the_survivor(ann, bob, merge, counter, now):
    done = merge(ann, bob)
    ann, bob = fresh(ann), fresh(bob)
    assert (ann.status, ann.merged_into) == (MemberStatus.MERGED, bob)
    assert balances(bob) == {"available": 300, "status": 300}
    assert bob.purchases.count() == 2
    assert list_member_ids(ann.number) == [bob.pk]
    found = ensure_members([MemberKey(number=ann.number)], source="x", now=now)
    assert list(found.ids.values()) == [bob.pk]
    counter.buy("ann", "10", on=DAY, hour=15)  # by the till's own number
    assert balances(bob)["available"] == 310
    entry = AuditEntry.objects.get(action="member.merged")
    assert entry.changes == {"merge": done.pk, "source": ann.pk, "filled": []}
    assert entry.note.text == "Same card"
    assert bob.notices.filter(code="records_merged").count() == 1
    assert_ledger_true()


def test_survivor_gets_what_it_lacks_and_keeps_what_it_has(ann, bob, merge, now):
    update_member(
        ann,
        {"given_name": "Ann", "phone": "+14155550123", "birth_month": 4, "birth_day": 30,
         "interests": ["wine"], "locale": "ja"},
        by=None, now=now,
    )  # fmt: skip
    update_member(bob, {"family_name": "Lee", "birth_year": 1980}, by=None, now=now)
    done = merge(fresh(ann), fresh(bob))
    bob = fresh(bob)
    assert (bob.family_name, bob.given_name) == ("Lee", "")
    assert (bob.birth_year, bob.birth_month) == (1980, None)
    assert (bob.phone, bob.interests, bob.locale) == ("+14155550123", ["wine"], "ja")
    assert "+14155550123" not in str(done.moved)
    update_member(bob, {"phone": "+14155550199"}, by=None, now=now)
    undo_merge(done, by=None, now=now)
    bob = fresh(bob)
    assert (bob.phone, bob.interests, bob.locale) == ("+14155550199", [], "")
    assert fresh(ann).phone == "+14155550123"


def test_undo_gives_back_what_is_unspent(ann, bob, merge, now, rules):
    done = merge(ann, bob)
    capture_hold(hold_points(fresh(bob), 120, key="o", now=now), now=now)
    undo = undo_merge(done, by=None, now=now)
    ann, bob = fresh(ann), fresh(bob)
    assert (ann.status, ann.merged_into) == (MemberStatus.ACTIVE, None)
    assert "available" not in balances(ann)  # its lot was the first to be spent
    assert balances(bob)["available"] == 180
    assert (ann.purchases.count(), bob.purchases.count()) == (1, 1)
    assert list_member_ids(ann.number) == [ann.pk]
    assert AuditEntry.objects.get(action="member.unmerged").changes["merge"] == undo.merge_id
    assert_ledger_true()
    with pytest.raises(AlreadyUndone):
        undo_merge(done, by=None, now=now)
    merge(ann, bob, now=now + dt.timedelta(minutes=1))
    assert balances(bob)["available"] == 180
    assert_ledger_true()


def test_login_of_the_absorbed_record_moves_along_and_back(ann, bob, merge, claim, now):
    claim(ann)
    user, theirs = ann.user, bob.user
    Member.objects.filter(pk=bob.pk).update(user=None)
    done = merge(fresh(ann), fresh(bob))
    assert (fresh(ann).user, fresh(bob).user) == (None, user)
    undo_merge(done, by=None, now=now)
    assert (fresh(ann).user, fresh(bob).user) == (user, None)
    assert theirs.pk


def test_two_logins_are_refused_until_one_is_deactivated(ann, bob, merge, claim, now):
    claim(ann)
    with pytest.raises(BothHaveLogins):
        merge(ann, bob)
    assert fresh(ann).is_active
    User.objects.filter(pk=bob.user_id).update(is_active=False)
    done = merge(fresh(ann), fresh(bob))
    assert fresh(bob).user == ann.user
    undo_merge(done, by=None, now=now)
    assert (fresh(ann).user, fresh(bob).user) == (ann.user, bob.user)


def test_refusals_leave_nothing_behind(ann, bob, merge, now):
    with pytest.raises(SameRecord):
        merge(ann, ann)
    with pytest.raises(OwnRecord):
        merge(ann, bob, by=bob.user)
    refusal = AuditEntry.objects.about(bob).get(action="act.refused")
    assert refusal.changes == {"refused": "own_record", "act": "member.merge"}
    with pytest.raises(MergeReasonNeeded):
        merge(ann, bob, reason=" ")
    gone = create_member(now=now, source="test")
    close_member(gone, by=None, now=now)
    with pytest.raises(NotMergeable):
        merge(ann, gone)
    hold_points(bob, 10, key="o", now=now)
    with pytest.raises(OpenReservations):
        merge(bob, ann)
    assert fresh(bob).purchases.count() == 1
    assert not MemberMerge.objects.exists()
    merge(gone, ann)
    assert fresh(gone).status == MemberStatus.MERGED
    with pytest.raises(NotMergeable):
        merge(gone, ann)
    with pytest.raises(RecordGone):
        update_member(gone, {"given_name": "X"}, by=None, now=now)


def test_chain_of_merges_is_followed_and_undone_from_its_end(ann, bob, merge, now):
    cleo = create_member(now=now, source="test")
    first, second = merge(ann, bob), merge(bob, cleo)
    assert fresh(ann).merged_into == fresh(bob).merged_into == cleo
    assert list_member_ids(ann.number) == [cleo.pk]
    found = ensure_members([MemberKey(number=ann.number)], source="x", now=now)
    assert list(found.ids.values()) == [cleo.pk]
    with pytest.raises(UndoOutOfOrder):
        undo_merge(first, by=None, now=now)
    undo_merge(second, by=None, now=now)
    assert fresh(ann).merged_into == bob
    undo_merge(first, by=None, now=now)
    assert balances(ann)["available"] == 100
    assert balances(bob)["available"] == 200
    assert_ledger_true()


def test_undo_has_thirty_days(ann, bob, merge, now):
    done = merge(ann, bob)
    with pytest.raises(UndoTooLate):
        undo_merge(done, by=None, now=now + dt.timedelta(days=30, seconds=1))
    undo_merge(done, by=None, now=now + dt.timedelta(days=30))


def test_lists_addresses_household_and_pair(ann, bob, merge, now):
    friends = ensure_audience("friends", kind=AudienceKind.LIST, name="Friends")
    move_members(None, [AudienceMove(friends.pk, ann.pk)], now=now)
    usual = save_address(ann, STREET, country="US", by=None, now=now)
    save_address(bob, STREET, country="US", by=None, now=now)
    open_household(ann, by=None, now=now)
    ken = create_member(now=now, source="test")
    invitation = invite_to_household(ann, number=ken.number, by=None, now=now)
    accept_invitation(invitation, ken, by=None, now=now)
    for member in (ann, bob):
        update_member(member, {"email": "same@example.com"}, by=None, now=now)
    find_duplicates(by=None, now=now)
    done = merge(fresh(ann), fresh(bob))

    def list_slugs(member):
        rows = AudienceMember.objects.filter(member=member, audience__kind__in=["list", "everyone"])
        return set(rows.values_list("audience__slug", flat=True))

    assert (list_slugs(ann), list_slugs(bob)) == (set(), {"everyone", "friends"})
    assert bob.addresses.filter(is_default=True).count() == 1
    assert get_household(bob, now=now).own.is_head
    assert DuplicatePair.objects.get().state == "merged"
    undo_merge(done, by=None, now=now)
    assert (list_slugs(ann), list_slugs(bob)) == ({"everyone", "friends"}, {"everyone"})
    assert list(ann.addresses.values_list("pk", "is_default")) == [(usual.pk, True)]
    assert get_household(ann, now=now).own.is_head
    assert get_household(bob, now=now) is None
    assert DuplicatePair.objects.get().state == "open"


@pytest.mark.parametrize("is_head", [True, False])
def test_two_of_one_household_leave_one_place(ann, bob, merge, now, is_head):
    head, other = (ann, bob) if is_head else (bob, ann)
    open_household(head, by=None, now=now)
    invitation = invite_to_household(head, number=other.number, by=None, now=now)
    accept_invitation(invitation, other, by=None, now=now, pools_points=True)
    done = merge(ann, bob)
    shown = get_household(bob, now=now)
    assert [(place.member, place.is_head) for place in shown.places] == [(bob, True)]
    undo_merge(done, by=None, now=now)
    assert {place.member for place in get_household(ann, now=now).places} == {ann, bob}
    assert sum(place.is_head for place in get_household(ann, now=now).places) == 1


def test_preview_is_the_merge_itself_taken_back(ann, bob, merge, now):
    update_member(ann, {"given_name": "Ann"}, by=None, now=now)
    counts = list_facts(ann), list_facts(bob)
    preview = preview_merge(fresh(ann), fresh(bob), by=None, now=now)
    lines = {line.label: line for line in preview.lines}
    shown = lines["Available points"]
    assert (shown.source_before, shown.target_before) == (100, 200)
    assert (shown.source_after, shown.target_after) == (0, 300)
    assert lines["Purchases"].target_after == 2
    assert preview.fields == ["given name"]
    assert (list_facts(ann), list_facts(bob)) == counts
    assert not MemberMerge.objects.exists()
    done = merge(ann, bob)
    undo = preview_undo(done, by=None, now=now)
    shown = {line.label: line for line in undo.lines}["Available points"]
    assert (shown.source_after, shown.target_after) == (100, 200)
    assert fresh(ann).status == MemberStatus.MERGED
    assert_ledger_true()


def test_preview_says_the_refusal(ann, bob, claim, now):
    claim(ann)
    assert preview_merge(ann, bob, by=None, now=now).refusal.code == "both_have_logins"


def test_what_arrived_late_follows_and_is_undone_too(ann, bob, merge, counter, now):
    done = merge(ann, bob)
    assert follow_merges(now=now) == 0
    # A purchase that had looked its member up just before.
    counter.buy("zoe", "40", on=DAY)
    zoe = counter.member("zoe")
    late = merge_members(zoe, bob, by=None, reason="x", now=now)
    undo_merge(late, by=None, now=now)
    zoe.purchases.update(member=ann)
    from rewards.services.merging import merge_points

    merge_points(zoe, ann, now)
    assert balances(ann)["available"] == 40
    later = now + dt.timedelta(minutes=5)
    assert follow_merges(now=later) == 1
    assert follow_merges(now=later) == 0
    assert balances(fresh(bob))["available"] == 340
    assert balances(ann) == {}
    undo_merge(done, by=None, now=later)
    assert balances(ann)["available"] == 140
    assert ann.purchases.count() == 2
    assert_ledger_true()


def test_debt_is_repaid_and_comes_back(counter, rules, claim, merge, now):
    counter.buy("ann", "50", on=DAY)
    ann = claim(counter.member("ann"))
    capture_hold(hold_points(ann, 50, key="o", now=at(DAY, 15)), now=at(DAY, 15))
    counter.give_back(counter.made[-1], {1: "50"}, on=DAY, hour=16)
    User.objects.update(is_active=False)
    counter.buy("bob", "200", on=DAY)
    bob = claim(counter.member("bob"))
    done = merge(fresh(ann), bob)
    assert balances(bob)["available"] == 150
    capture_hold(hold_points(fresh(bob), 120, key="p", now=now), now=now)
    undo_merge(done, by=None, now=now)
    assert balances(ann) == {"owed": 50}
    assert balances(bob)["available"] == 80
    assert_ledger_true()
