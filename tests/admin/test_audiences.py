"""Lists of members in the back office: by lines of text, and from a member's page."""

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.models import Audience
from members.services.audiences import ensure_audience
from members.services.enrolment import create_member
from members.services.lists import add_to_list


@pytest.fixture
def friends(club):
    return ensure_audience("friends", kind="list", name="Friends")


@pytest.fixture
def lee(club, now):
    return create_member(now=now, source="test", family_name="Lee", email="lee@example.com")


def url(name, *args):
    return reverse(f"admin:members_audience_{name}", args=args)


def on(audience):
    return list(audience.rows.values_list("member", flat=True))


def test_lines_find_members_as_a_search_would(owner, friends, lee, now, clock):
    wang = create_member(now=now, source="test", family_name="王")
    lines = f"lee@example.com\n\n {wang.number} \nlee@example.com"
    response = owner.post(url("add_members", friends.pk), {"members": lines})
    assert response["Location"] == url("change", friends.pk)
    assert sorted(on(friends)) == sorted([lee.pk, wang.pk])
    assert "Lee" in owner.get(response["Location"]).text


def test_line_that_finds_nobody_or_several_stops_it_all(owner, friends, lee, now, clock):
    create_member(now=now, source="test", family_name="Lee")
    response = owner.post(url("add_members", friends.pk), {"members": "lee@example.com\nLee\nXyz"})
    assert "Nobody, or more than one, for: Lee, Xyz." in response.text
    assert on(friends) == []


def test_from_the_page_of_a_member_and_back(owner, friends, lee, rules, clock):
    page = reverse("admin:members_member_change", args=[lee.pk])
    assert "+ Friends" in owner.get(page).text
    response = owner.post(url("add_members", friends.pk), {"member": lee.pk})
    assert response["Location"] == page
    assert on(friends) == [lee.pk]
    assert "Take off the list Friends" in owner.get(page).text
    response = owner.post(url("remove_member", friends.pk, lee.pk), {"from_member": "1"})
    assert response["Location"] == page
    assert on(friends) == []
    assert AuditEntry.objects.filter(action__startswith="audience.members").count() == 2


def test_taken_off_on_the_lists_page(owner, friends, lee, clock):
    add_to_list(friends, [lee], by=None, now=clock)
    response = owner.post(url("remove_member", friends.pk, lee.pk))
    assert response["Location"] == url("change", friends.pk)
    assert on(friends) == []


def test_get_changes_nothing(owner, friends, lee):
    assert owner.get(url("add_members", friends.pk)).status_code == 405
    assert owner.get(url("remove_member", friends.pk, lee.pk)).status_code == 405


def test_other_sets_show_without_a_form(owner, club):
    everyone = Audience.objects.get(slug="everyone")
    response = owner.get(url("change", everyone.pk))
    assert response.status_code == 200
    assert not response.context["can_change"]
    assert 'name="members"' not in response.text


def test_clerk_changes_no_list(clerk, friends, lee):
    assert clerk.post(url("add_members", friends.pk), {"member": lee.pk}).status_code == 403
    assert clerk.post(url("remove_member", friends.pk, lee.pk)).status_code == 403
    assert on(friends) == []
