import datetime as dt

import pytest
from django.core import mail

from core.models import AuditEntry
from members.models import Household, HouseholdInvitation
from members.numbers import compute_check_digits
from members.selectors.households import (
    get_household,
    list_household_acts,
    list_invitations,
    list_point_sharers,
)
from members.services.household_invitations import (
    InvitationGone,
    NoSuchNumber,
    OwnInvitation,
    accept_invitation,
    build_invitation_token,
    cancel_invitation,
    decline_invitation,
    invite_to_household,
    send_household_invitations,
)
from members.services.households import (
    HouseholdFull,
    InHousehold,
    NotActive,
    NotInHousehold,
    OnlyTheHead,
    TooYoungToAgree,
    keep_points,
    leave_household,
    open_household,
    pool_points,
    remove_from_household,
)
from members.services.profiles import close_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(make_member):
    return [make_member(given_name=name) for name in ("Mei", "Ken", "Ana")]


@pytest.fixture
def join(now):
    def bring(head, member, **options):
        invitation = invite_to_household(head, number=member.number, by=None, now=now)
        return accept_invitation(invitation, member, by=None, now=now, **options)

    return bring


def test_points_are_shared_among_those_who_agreed(people, join, now, django_assert_num_queries):
    mei, ken, ana = people
    open_household(mei, by=None, now=now)
    join(mei, ken, pools_points=True)
    join(mei, ana)
    assert [list_point_sharers(each) for each in people] == [[], [], []]
    pool_points(mei, by=None, now=now)
    with django_assert_num_queries(1):
        assert list_point_sharers(mei) == [ken]
    assert list_point_sharers(ken) == [mei]
    assert list_point_sharers(ana) == []
    keep_points(ken, by=None, now=now)
    assert list_point_sharers(mei) == []
    pool_points(ken, by=None, now=now)
    close_member(ken, by=None, now=now)
    assert list_point_sharers(mei) == []


def test_history_stands_in_the_audit_trail(people, join, now):
    mei, ken, _ana = people
    household = open_household(mei, by=None, now=now)
    join(mei, ken, pools_points=True)
    keep_points(ken, by=None, now=now)
    leave_household(ken, by=None, now=now)
    acts = [entry.action for entry in reversed(list_household_acts(mei))]
    assert acts == [
        "household.opened", "household.invited", "household.joined", "household.points_pooled",
        "household.points_kept", "household.left",
    ]  # fmt: skip
    entry = AuditEntry.objects.about(household).get(action="household.left")
    assert entry.changes == {"member": ken.pk}
    assert list_household_acts(ken) == []


def test_one_household_per_member(people, join, now):
    mei, ken, ana = people
    open_household(mei, by=None, now=now)
    open_household(ana, by=None, now=now)
    join(mei, ken)
    with pytest.raises(InHousehold):
        open_household(ken, by=None, now=now)
    with pytest.raises(InHousehold):
        join(ana, ken)
    leave_household(ken, by=None, now=now)
    with pytest.raises(NotInHousehold):
        leave_household(ken, by=None, now=now)
    join(ana, ken)
    assert get_household(ken, now=now).own.household.places.count() == 2


def test_head_passes_on_and_the_last_one_ends_it(people, join, now):
    mei, ken, ana = people
    household = open_household(mei, by=None, now=now)
    join(mei, ken)
    join(mei, ana)
    leave_household(mei, by=None, now=now)
    shown = get_household(ken, now=now)
    assert shown.own.is_head
    assert [place.member for place in shown.places] == [ken, ana]
    waiting = invite_to_household(ken, by=None, now=now)
    leave_household(ken, by=None, now=now)
    leave_household(ana, by=None, now=now)
    household.refresh_from_db()
    assert household.ended_at == now
    with pytest.raises(InvitationGone):
        accept_invitation(waiting, mei, by=None, now=now)


def test_only_the_head_invites_removes_and_cancels(people, join, now):
    mei, ken, ana = people
    open_household(mei, by=None, now=now)
    place = join(mei, ken)
    invitation = invite_to_household(mei, number=ana.number, by=None, now=now)
    for act in (
        lambda: invite_to_household(ken, by=None, now=now),
        lambda: cancel_invitation(ken, invitation.pk, by=None, now=now),
        lambda: remove_from_household(ken, place.pk, by=None, now=now),
    ):
        with pytest.raises(OnlyTheHead):
            act()
    own = get_household(mei, now=now).own
    with pytest.raises(NotInHousehold):
        remove_from_household(mei, own.pk, by=None, now=now)
    cancel_invitation(mei, invitation.pk, by=None, now=now)
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, ana, by=None, now=now)
    remove_from_household(mei, place.pk, by=None, now=now)
    assert get_household(ken, now=now) is None


def test_ninth_person_finds_no_room(make_member, join, now):
    mei = make_member()
    household = open_household(mei, by=None, now=now)
    for _number in range(6):
        join(mei, make_member())
    invite_to_household(mei, number=make_member().number, by=None, now=now)
    with pytest.raises(HouseholdFull) as refusal:
        invite_to_household(mei, by=None, now=now)
    assert str(refusal.value) == "A household has room for 8 people, invitations included."
    assert household.places.active().count() == 7


def test_invitation_by_number_is_for_that_member_alone(people, now):
    mei, ken, ana = people
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, number=ken.number, by=None, now=now)
    assert list_invitations(ken, now=now) == [invitation]
    assert list_invitations(ana, now=now) == []
    assert ken.notices.get().code == "household_invited"
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, ana, by=None, now=now)
    again = invite_to_household(mei, number=ken.number, by=None, now=now)
    assert list_invitations(ken, now=now) == [again]
    decline_invitation(again, ken, by=None, now=now)
    assert list_invitations(ken, now=now) == []
    with pytest.raises(InvitationGone):
        accept_invitation(again, ken, by=None, now=now)


def test_number_of_nobody_tells_nothing_and_opens_nothing(people, now):
    mei, ken, _ana = people
    open_household(mei, by=None, now=now)
    unknown = f"1000000000{compute_check_digits('1000000000')}"
    invitation = invite_to_household(mei, number=unknown, by=None, now=now)
    assert invitation.member is None
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, ken, by=None, now=now)
    with pytest.raises(NoSuchNumber):
        invite_to_household(mei, number="123456789012", by=None, now=now)
    with pytest.raises(OwnInvitation):
        invite_to_household(mei, number=mei.number, by=None, now=now)


def test_invitation_by_mail_is_sent_once_and_opens_by_its_link(people, now):
    mei, ken, _ana = people
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, email=" Ken@Example.com", by=None, now=now)
    assert send_household_invitations(now=now) == 1
    assert send_household_invitations(now=now) == 0
    (letter,) = mail.outbox
    assert letter.to == ["ken@example.com"]
    assert "Mei invites you to a household" in letter.subject
    assert f"/household/invitations/{build_invitation_token(invitation)}/" in letter.body
    assert accept_invitation(invitation, ken, by=None, now=now).member == ken
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, people[2], by=None, now=now)


def test_open_link_survives_a_no_and_serves_once(people, now):
    mei, ken, ana = people
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, by=None, now=now)
    decline_invitation(invitation, ken, by=None, now=now)
    accept_invitation(invitation, ana, by=None, now=now)
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, ken, by=None, now=now)


def test_old_invitation_is_gone(people, now):
    mei, ken, _ana = people
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, number=ken.number, by=None, now=now)
    later = now + dt.timedelta(days=14)
    assert list_invitations(ken, now=later) == []
    with pytest.raises(InvitationGone):
        accept_invitation(invitation, ken, by=None, now=later)
    assert invite_to_household(mei, number=ken.number, by=None, now=later).member == ken


def test_young_members_belong_but_do_not_pool(people, make_member, join, now):
    mei, _ken, _ana = people
    open_household(mei, by=None, now=now)
    child = make_member(birth_year=now.year - 8)
    with pytest.raises(TooYoungToAgree):
        join(mei, child, pools_points=True)
    assert HouseholdInvitation.objects.filter(is_accepted=True).count() == 0
    join(mei, child)
    with pytest.raises(TooYoungToAgree):
        pool_points(child, by=None, now=now)


def test_ended_membership_opens_nothing(people, now):
    close_member(people[0], by=None, now=now)
    with pytest.raises(NotActive):
        open_household(people[0], by=None, now=now)
    assert not Household.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_household_is_shown_by_three_queries(
    make_member, join, now, count, django_assert_num_queries
):
    mei = make_member()
    open_household(mei, by=None, now=now)
    for _number in range(count):
        join(mei, make_member())
        invite_to_household(mei, number=make_member().number, by=None, now=now)
    with django_assert_num_queries(3):
        shown = get_household(mei, now=now)
        assert len([str(place.member) for place in shown.places]) == 1 + count
        assert len([str(waiting.member) for waiting in shown.invitations]) == count
