"""The member record at the desk: corrections with reasons, duplicates, merges, households."""

import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.enums import MemberStatus
from members.models import DuplicatePair, Member, MemberMerge
from members.services.addresses import save_address
from members.services.duplicates import find_duplicates
from members.services.enrolment import create_member
from members.services.household_invitations import (
    accept_invitation,
    invite_to_household,
)
from members.services.households import (
    open_household,
)
from members.services.merging import merge_members
from members.services.profiles import update_member
from tests.admin.test_members import EDIT, page_of
from tests.consents import agree_to_details
from tests.rewards.conftest import balances

DAY = dt.date(2026, 3, 2)
STREET = {"street": "1 Main St", "city": "San Francisco", "region": "CA", "postal_code": "94110"}


@pytest.fixture
def pair(counter, rules, now):
    """Two records with a phone in common, 100 and 200 points."""
    counter.buy("ann", "100", on=DAY)
    counter.buy("bob", "200", on=DAY)
    members = [counter.member("ann"), counter.member("bob")]
    for member in members:
        update_member(member, {"phone": "+14155550123"}, by=None, now=now)
    return [Member.objects.get(pk=member.pk) for member in members]


def into(target, source=None):
    url = reverse("admin:members_membermerge_into", args=[target.pk])
    return f"{url}?with={source.pk}" if source else url


# --- Corrections --------------------------------------------------------------------------------


def test_birthday_on_record_is_corrected_with_a_reason(clerk, pair, clock):
    member = pair[0]
    data = EDIT | {"birth_month": "4", "birth_day": "30", "interests": ["wine"]}
    assert clerk.post(page_of(member, "edit"), data).status_code == 302
    wrong = data | {"birth_day": "29"}
    response = clerk.post(page_of(member, "edit"), wrong)
    assert "corrected with a reason only" in response.text
    assert (
        clerk.post(page_of(member, "edit"), wrong | {"reason": "Passport seen"}).status_code == 302
    )
    member.refresh_from_db()
    assert (member.birth_day, member.interests) == (29, ["wine"])
    entry = AuditEntry.objects.filter(action="member.updated").latest("pk")
    assert (entry.changes, entry.note.text) == ({"fields": ["birth_day"]}, "Passport seen")


def test_nobody_edits_ends_or_merges_their_own_record(clerk, log_in, pair, clock):
    manager = log_in("manager")
    own = create_member(now=clock, source="test", user=manager.user, given_name="Me")
    assert "Edit" not in manager.get(page_of(own)).text
    assert manager.post(page_of(own, "edit"), EDIT).status_code == 403
    assert manager.post(page_of(own, "close")).status_code == 403
    response = manager.post(into(pair[0], own), {"reason": "Me"})
    assert response.status_code == 403
    own.refresh_from_db()
    assert (own.given_name, own.status) == ("Me", MemberStatus.ACTIVE)
    refusals = AuditEntry.objects.about(own).filter(action="act.refused").order_by("pk")
    acts = [refusal.changes["act"] for refusal in refusals]
    assert acts == ["member.update", "member.close", "member.merge"]
    page = manager.get(into(pair[0], own)).text
    assert "This is your own membership" in page
    assert 'name="reason"' not in page


def test_page_shows_addresses_household_and_what_they_told(owner, pair, clock):
    ann, bob = pair
    save_address(ann, STREET, country="US", by=None, now=clock)
    agree_to_details(ann, clock)
    update_member(
        ann, {"interests": ["wine"], "preferences": ["no_bag"], "traits": "Left-handed"},
        by=None, now=clock,
    )  # fmt: skip
    open_household(ann, by=None, now=clock)
    invitation = invite_to_household(ann, number=bob.number, by=None, now=clock)
    accept_invitation(invitation, bob, by=None, now=clock, pools_points=True)
    text = owner.get(page_of(ann)).text
    for piece in (
        "SAN FRANCISCO, CA 94110", "Wine, tea and coffee", "No bag", "Left-handed",
        "pools points since", "Points pooled",
    ):  # fmt: skip
        assert piece in text
    household = reverse("admin:members_household_changelist")
    assert str(bob) in owner.get(household).text


# --- Duplicates ---------------------------------------------------------------------------------


def test_pair_is_found_shown_side_by_side_and_set_apart(owner, pair, clock):
    listed = reverse("admin:members_duplicatepair_changelist")
    owner.post(reverse("admin:members_duplicatepair_search"))
    assert "Same phone number" in owner.get(listed).text
    found = DuplicatePair.objects.get()
    page = reverse("admin:members_duplicatepair_change", args=[found.pk])
    text = owner.get(page).text
    assert "+14155550123" in text
    assert into(pair[0], pair[1]) in text
    assert (
        reverse("admin:members_duplicatepair_change", args=[found.pk])
        in owner.get(page_of(pair[0])).text
    )
    apart = reverse("admin:members_duplicatepair_apart", args=[found.pk])
    assert owner.get(apart).status_code == 405
    owner.post(apart, {"reason": "Mother and daughter"})
    assert "Same phone number" not in owner.get(listed).text
    assert "Same phone number" in owner.get(f"{listed}?state=all").text
    assert find_duplicates(by=None, now=clock) == 0
    owner.post(reverse("admin:members_duplicatepair_reopen", args=[found.pk]))
    assert "Same phone number" in owner.get(listed).text


def test_clerk_looks_at_pairs_and_decides_nothing(clerk, pair, clock):
    find_duplicates(by=None, now=clock)
    found = DuplicatePair.objects.get()
    text = clerk.get(reverse("admin:members_duplicatepair_change", args=[found.pk])).text
    assert "don&#x27;t ask again" not in text
    assert "Merge them" not in text
    assert (
        clerk.post(reverse("admin:members_duplicatepair_apart", args=[found.pk])).status_code == 403
    )
    assert clerk.post(reverse("admin:members_duplicatepair_search")).status_code == 403


@pytest.mark.parametrize("count", [2, 4])
def test_list_of_pairs_asks_a_constant_number_of_queries(
    owner, club, make_rule, clock, count, django_assert_num_queries
):
    for _number in range(count):
        create_member(now=clock, source="test", phone="+14155550123")
    find_duplicates(by=None, now=clock)
    url = reverse("admin:members_duplicatepair_changelist")
    owner.get(url)
    with django_assert_num_queries(6):
        owner.get(url)


# --- Merges -------------------------------------------------------------------------------------


def test_merge_is_found_previewed_done_and_undone(owner, pair, clock):
    ann, bob = pair
    assert into(bob) in owner.get(page_of(bob)).text
    found = owner.get(into(bob), {"q": ann.number}).text
    assert into(bob, ann) in found
    preview = owner.get(into(bob, ann))
    line = {line.label: line for line in preview.context["preview"].lines}["Available points"]
    assert (line.source_after, line.target_after) == (0, 300)
    assert into(ann, bob) in preview.text
    assert not MemberMerge.objects.exists()
    assert owner.post(into(bob, ann), {"reason": ""}).status_code == 422
    response = owner.post(into(bob, ann), {"reason": "Same card"})
    merge = MemberMerge.objects.get()
    page = reverse("admin:members_membermerge_change", args=[merge.pk])
    assert response["Location"] == page
    assert balances(bob)["available"] == 300
    text = owner.get(page).text
    assert "Same card" in text
    assert "Can be undone until" in text
    assert ann.number in owner.get(page_of(bob)).text
    assert "Merged into" in owner.get(page_of(ann)).text
    found = owner.get(reverse("admin:members_member_changelist"), {"q": ann.number})
    assert [member.pk for member in found.context["cl"].result_list] == [bob.pk]
    undo = reverse("admin:members_membermerge_undo", args=[merge.pk])
    assert "two records again?" in owner.get(undo).text
    assert balances(bob)["available"] == 300
    owner.post(undo)
    assert balances(ann)["available"] == 100
    text = owner.get(page).text
    assert undo not in text
    assert "Undone" in text
    assert AuditEntry.objects.filter(action="member.unmerged", actor=owner.user).count() == 1


def test_record_that_went_up_in_another_is_not_edited(owner, pair, clock):
    ann, bob = pair
    merge_members(ann, bob, by=None, reason="Same card", now=clock)
    owner.post(page_of(ann, "edit"), EDIT)
    ann.refresh_from_db()
    assert ann.family_name == ""
    assert into(ann) not in owner.get(page_of(ann)).text


def test_two_logins_are_refused_in_words(owner, pair, clock):
    from members.services.logins import create_login

    for number, member in enumerate(pair):
        user = create_login(email=f"m{number}@example.com", by=None, now=clock)
        Member.objects.filter(pk=member.pk).update(user=user)
    text = owner.get(into(*pair)).text
    assert "Both records have a login" in text
    response = owner.post(into(*pair), {"reason": "Same card"})
    assert response.status_code == 409
    assert not MemberMerge.objects.exists()


def test_clerk_and_marketer_merge_nobody(clerk, log_in, pair):
    for client in (clerk, log_in("marketer")):
        assert client.get(into(*pair)).status_code == 403
        assert client.post(into(*pair), {"reason": "x"}).status_code == 403
