"""Staff write down a member's addresses, in the forms of the members' own pages."""

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.models import Address
from members.services.addresses import MOST_ADDRESSES, save_address
from members.services.enrolment import create_member
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household
from tests.admin.test_members import page_of

STREET = {"street": "1 Main St", "city": "San Francisco", "region": "CA", "postal_code": "94110"}
US = {"country": "US", "purpose": "home", "label": "", **STREET}
TOKYO = {
    "country": "JP", "purpose": "home", "postal_code": "1500043", "region": "東京都",
    "city": "渋谷区", "district": "道玄坂", "street": "1-2-3",
}  # fmt: skip


@pytest.fixture
def mei(club, now):
    return create_member(now=now, source="test", given_name="Mei")


@pytest.fixture
def address(mei, now):
    return save_address(mei, STREET, country="US", by=None, now=now)


def at(member, name, *more):
    return reverse(f"admin:members_member_address_{name}", args=[member.pk, *more])


def list_acts(member, user):
    rows = AuditEntry.objects.about(member).filter(actor=user).exclude(action="member.viewed")
    return [row.action for row in rows.order_by("pk")]


@pytest.mark.parametrize("role", ["clerk", "manager", "owner"])
def test_address_is_added_changed_and_removed(log_in, mei, role):
    desk = log_in(role)
    page = page_of(mei)
    assert at(mei, "new") in desk.get(page).text
    response = desk.post(at(mei, "new"), TOKYO | {"action": "save"})
    assert response.url == page
    address = Address.objects.get(member=mei)
    assert address.is_default
    html = desk.get(page).text
    assert "東京都渋谷区道玄坂1-2-3<br>" in html
    assert at(mei, "edit", address.pk) in html
    assert 'value="1-2-3"' in desk.get(at(mei, "edit", address.pk)).text
    desk.post(at(mei, "edit", address.pk), TOKYO | {"street": "9-9", "label": "Parents"})
    address.refresh_from_db()
    assert (address.street, address.label) == ("9-9", "Parents")
    assert desk.get(at(mei, "removal", address.pk)).status_code == 405
    assert desk.post(at(mei, "removal", address.pk)).url == page
    assert not Address.objects.exists()
    assert list_acts(mei, desk.user) == [
        "member.address_added", "member.address_changed", "member.address_removed",
    ]  # fmt: skip


def test_country_and_postal_code_are_round_trips_that_save_nothing(clerk, mei):
    html = clerk.post(at(mei, "new"), {"country": "JP", "action": "country"}).text
    assert "Postal code (〒)" in html
    response = clerk.post(
        at(mei, "new"), {"country": "JP", "postal_code": "1500043", "action": "fill"}
    )
    assert 'value="渋谷区"' in response.text
    assert response.status_code == 200
    assert not Address.objects.exists()


def test_words_are_for_staff(clerk, mei):
    html = clerk.get(at(mei, "new") + "?country=CN").text
    assert "Where it isn&#x27;t the member." in html
    assert "Where it isn&#x27;t you." not in html


def test_wrong_part_is_named_and_nothing_saved(clerk, mei):
    response = clerk.post(at(mei, "new"), US | {"postal_code": "1"})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"postal_code"}
    assert not Address.objects.exists()


def test_marketer_has_no_part_in_it(log_in, mei, address):
    marketer = log_in("marketer")
    assert "1 Main St" not in marketer.get(page_of(mei)).text
    assert marketer.post(at(mei, "new"), US).status_code == 403
    assert marketer.post(at(mei, "edit", address.pk), US).status_code == 403
    assert marketer.post(at(mei, "removal", address.pk)).status_code == 403
    assert Address.objects.count() == 1


def test_address_of_another_member_is_not_found(clerk, mei, address, now):
    other = create_member(now=now, source="test")
    assert clerk.get(at(other, "edit", address.pk)).status_code == 404
    assert clerk.post(at(other, "removal", address.pk)).status_code == 404
    assert Address.objects.count() == 1


@pytest.mark.parametrize("is_household", [False, True])
def test_own_record_and_household_are_refused_on_record(log_in, mei, address, now, is_household):
    manager = log_in("manager")
    if is_household:
        own = create_member(now=now, source="test", user=manager.user)
        open_household(own, by=manager.user, now=now)
        invitation = invite_to_household(own, number=mei.number, by=manager.user, now=now)
        accept_invitation(invitation, mei, by=None, now=now)
    else:
        mei.user = manager.user
        mei.save(update_fields=["user"])
    html = manager.get(page_of(mei)).text
    assert "1 Main St" in html
    assert at(mei, "new") not in html
    assert at(mei, "removal", address.pk) not in html
    assert manager.post(at(mei, "new"), US).status_code == 403
    assert manager.post(at(mei, "edit", address.pk), US | {"street": "2"}).status_code == 403
    assert manager.post(at(mei, "removal", address.pk)).status_code == 403
    assert Address.objects.get().street == "1 Main St"
    refused = AuditEntry.objects.about(mei).filter(action="act.refused", actor=manager.user)
    assert [row.changes["act"] for row in refused.order_by("pk")] == [
        "address.save", "address.save", "address.remove",
    ]  # fmt: skip


def test_full_book_offers_no_further_address(clerk, mei, now):
    for _number in range(MOST_ADDRESSES):
        save_address(mei, STREET, country="US", by=None, now=now)
    assert at(mei, "new") not in clerk.get(page_of(mei)).text
    assert "Ten addresses" in clerk.post(at(mei, "new"), US).text


def test_opening_the_form_leaves_a_view(clerk, mei, address):
    clerk.get(at(mei, "edit", address.pk))
    assert AuditEntry.objects.about(mei).filter(action="member.viewed").count() == 1
