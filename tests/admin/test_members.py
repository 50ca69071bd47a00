import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members import registry
from members.models import ClaimCode, Member, User
from members.registry import STAFF_MEMBER
from members.services.enrolment import create_member

DAY = dt.date(2026, 3, 2)


def page_of(member, name="change"):
    return reverse(f"admin:members_member_{name}", args=[member.pk])


@pytest.fixture
def member(shop, rules, now):
    """400 dollars spent, pending; no login yet."""
    shop.buy("m0", "400.00", on=DAY)
    return shop.member("m0")


def test_page_shows_what_every_floor_knows(owner, member, clock):
    response = owner.get(page_of(member))
    shown = {panel["code"] for panel in response.context["panels"]}
    # Who lives alone, resembles nobody and has no stamp card has three panels less.
    absent = {"members.staff_household", "members.staff_duplicates", "rewards.staff_stamps"}
    # Nor has who never wrote, reviewed anything or connected an account.
    absent |= {"campaigns.staff_messengers", "surveys.staff_reviews", "surveys.staff_follow_ups"}
    assert shown == {panel.code for panel in registry.list_panels(STAFF_MEMBER)} - absent
    assert {"members.staff_record", "purchases.staff_purchases", "rewards.staff_ledger"} <= shown
    assert "$400.00 × 1 point per $1" in response.text
    assert "Green" in response.text


def test_clerk_sees_no_panel_beyond_the_role(clerk, member, clock):
    codes = {panel["code"] for panel in clerk.get(page_of(member)).context["panels"]}
    assert "rewards.staff_ledger" in codes
    assert not {"members.staff_audit", "rewards.staff_lots"} & codes


def test_page_asks_no_more_for_a_long_history(
    owner, member, shop, clock, django_assert_max_num_queries
):
    for _number in range(12):
        shop.buy("m0", "1.00", on=DAY)
    with django_assert_max_num_queries(46):
        assert owner.get(page_of(member)).status_code == 200


def test_clerk_issues_a_code_that_is_shown_once(clerk, member, clock):
    response = clerk.post(page_of(member, "claim_code"))
    code = response.context["code"].replace(" ", "")
    assert len(code) == 6
    assert response.context["code"] in response.text
    assert "no-store" in response["Cache-Control"]
    kept = ClaimCode.objects.get(member=member)
    assert kept.issued_by == clerk.user
    assert code not in kept.code_hash
    assert AuditEntry.objects.filter(action="member.claim_code_issued").count() == 1


def test_code_needs_a_post_and_the_right(log_in, member):
    assert log_in("owner").get(page_of(member, "claim_code")).status_code == 405
    assert log_in("marketer").post(page_of(member, "claim_code")).status_code == 403
    assert not ClaimCode.objects.exists()


EDIT = {
    "family_name": "王", "given_name": "小明", "family_name_reading": "", "given_name_reading": "",
    "display_name": "", "gender": "", "email": "", "phone": "(415) 555-0123", "locale": "",
    "birth_year": "", "birth_month": "", "birth_day": "",
}  # fmt: skip


def test_edit_goes_through_the_service_and_names_fields_only(clerk, member, clock):
    assert clerk.post(page_of(member, "edit"), EDIT)["Location"] == page_of(member)
    member.refresh_from_db()
    assert (member.family_name, member.phone) == ("王", "+14155550123")
    entry = AuditEntry.objects.get(action="member.updated")
    assert entry.changes == {"fields": ["family_name", "given_name", "phone"]}
    assert entry.actor == clerk.user


def test_marketer_edits_nobody(log_in, member):
    assert log_in("marketer").post(page_of(member, "edit"), EDIT).status_code == 403


def test_new_member_at_the_counter(clerk, club, clock):
    response = clerk.post(reverse("admin:members_member_add"), EDIT)
    member = Member.objects.get(family_name="王")
    assert response["Location"] == page_of(member)
    assert member.source == "staff"
    assert AuditEntry.objects.filter(action="member.enrolled", actor=clerk.user).exists()


def test_membership_ends_after_a_question(owner, member, clock):
    assert "End the membership" in owner.get(page_of(member, "close")).text
    member.refresh_from_db()
    assert member.is_active
    owner.post(page_of(member, "close"))
    member.refresh_from_db()
    assert not member.is_active


def test_unknown_member_leads_home_with_a_message(owner, club):
    response = owner.get(reverse("admin:members_member_change", args=[10**9]))
    assert response.status_code == 302


def test_owner_makes_a_login_for_staff(owner, club, clock):
    from django.contrib.auth.models import Group

    data = {
        "email": "new@example.com", "phone": "", "display_name": "New",
        "groups": [Group.objects.get(name="clerk").pk],
    }  # fmt: skip
    response = owner.post(reverse("admin:members_user_add"), data)
    assert response.status_code == 302, response.context["errors"]
    user = User.objects.get(email="new@example.com")
    assert user.is_staff
    assert [group.name for group in user.groups.all()] == ["clerk"]
    assert not user.has_usable_password()


def test_nobody_raises_their_own_rights(owner, club):
    url = reverse("admin:members_user_change", args=[owner.user.pk])
    owner.post(url, {"display_name": "Me", "is_staff": "on"})
    owner.user.refresh_from_db()
    assert owner.user.display_name == "Me"
    assert owner.user.is_active
    assert [group.name for group in owner.user.groups.all()] == ["owner"]


def test_owner_does_not_touch_a_superuser(owner, club, now):
    from members.services.logins import create_login

    root = create_login(
        email="root@example.com", is_staff=True, is_superuser=True, by=None, now=now
    )
    url = reverse("admin:members_user_change", args=[root.pk])
    assert owner.post(url, {"display_name": "Mine"}).status_code == 403


def test_new_member_form_tells_what_is_wrong(clerk, club, clock):
    wrong = EDIT | {"phone": "12", "birth_month": "2", "birth_day": "31"}
    response = clerk.post(reverse("admin:members_member_add"), wrong)
    assert response.status_code == 200
    assert not Member.objects.filter(family_name="王").exists()
    assert "is not a phone number" in response.text


def test_code_for_a_claimed_member_is_refused_in_words(clerk, now, club, clock):
    user = User.objects.create(email="m@example.com")
    member = create_member(now=now, source="test", user=user)
    response = clerk.post(
        page_of(member, "claim_code"), headers={"referer": f"http://testserver{page_of(member)}"}
    )
    assert response["Location"].endswith(page_of(member))
