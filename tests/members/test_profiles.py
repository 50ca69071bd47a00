import pytest

from core.models import AuditEntry
from members.models import Club
from members.selectors.club import get_club
from members.services.conduct import OwnRecord
from members.services.enrolment import create_member
from members.services.profiles import (
    BirthdayLocked,
    InvalidProfile,
    ReasonNeeded,
    SensitiveConsentNeeded,
    close_member,
    update_club,
    update_member,
)
from tests.consents import agree_to_details

pytestmark = pytest.mark.django_db


def test_update_audits_the_fields_not_the_values(make_member, now):
    member = make_member(given_name="Mei")
    update_member(member, {"given_name": "May", "phone": "415 555 0123"}, by=None, now=now)
    member.refresh_from_db()
    assert (member.given_name, member.phone) == ("May", "+14155550123")
    entry = AuditEntry.objects.get(action="member.updated")
    assert entry.changes == {"fields": ["given_name", "phone"]}


def test_update_of_nothing_leaves_no_trace(make_member, now):
    update_member(make_member(given_name="Mei"), {"given_name": "Mei"}, by=None, now=now)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_month": 2, "birth_day": 30},
        {"birth_month": 13},
        {"birth_month": 2, "birth_day": 29, "birth_year": 2001},
        {"birth_year": 2050},
        {"locale": "xx"},
        {"child_birth_years": [1900]},
        {"household_size": 0},
        {"interests": ["war"]},
    ],
)
def test_impossible_profile_is_refused_in_words(make_member, now, changes):
    with pytest.raises(InvalidProfile) as refusal:
        update_member(make_member(), changes, by=None, now=now)
    assert str(refusal.value)


def test_other_fields_are_out_of_reach(make_member, now):
    with pytest.raises(ValueError, match="number"):
        update_member(make_member(), {"number": "1"}, by=None, now=now)


def test_club_is_kept_and_forgotten_on_change(club, now, django_assert_num_queries):
    assert get_club().currency == "USD"
    with django_assert_num_queries(0):
        get_club()
    update_club({"name": "Grocer", "zone": "Asia/Tokyo"}, by=None, now=now)
    assert (get_club().name, get_club().zone) == ("Grocer", "Asia/Tokyo")
    with pytest.raises(InvalidProfile):
        update_club({"zone": "Mars/Olympus"}, by=None, now=now)


def test_club_answers_before_it_is_saved(club):
    Club.objects.all().delete()
    assert get_club().currency == "USD"
    assert not Club.objects.exists()


def test_member_can_be_made_without_a_club_row(club, now):
    Club.objects.all().delete()
    assert create_member(now=now, source="test").number


def test_birthday_is_locked_part_by_part_for_its_member(make_member, make_login, now):
    mei = make_login()
    member = make_member(user=mei)
    update_member(member, {"birth_month": 4, "birth_day": 30}, by=mei, now=now)
    update_member(member, {"birth_year": 1980, "birth_month": 4}, by=mei, now=now)
    for changes in ({"birth_day": 29}, {"birth_year": 1981}, {"birth_month": None}):
        with pytest.raises(BirthdayLocked):
            update_member(member, changes, by=mei, now=now)
    member.refresh_from_db()
    assert (member.birth_year, member.birth_month, member.birth_day) == (1980, 4, 30)


def test_staff_correct_a_birthday_with_a_reason(make_member, make_login, now):
    clerk = make_login("clerk@example.com", is_staff=True)
    member = make_member(birth_month=4, birth_day=30)
    with pytest.raises(ReasonNeeded):
        update_member(member, {"birth_day": 29}, by=clerk, now=now, reason=" ")
    update_member(member, {"birth_day": 29}, by=clerk, now=now, reason="Passport seen")
    entry = AuditEntry.objects.get(action="member.updated")
    assert (entry.changes, entry.note.text) == ({"fields": ["birth_day"]}, "Passport seen")


def test_contacts_of_ones_own_record_are_proved_at_the_login(make_member, make_login, now):
    clerk = make_login("clerk@example.com", is_staff=True)
    member = make_member(user=clerk)
    with pytest.raises(OwnRecord):
        update_member(member, {"phone": "+14155550123"}, by=clerk, now=now)
    with pytest.raises(OwnRecord):
        close_member(member, by=clerk, now=now)
    update_member(member, {"given_name": "Mei"}, by=clerk, now=now)
    with pytest.raises(OwnRecord):
        update_member(member, {"given_name": "May"}, by=clerk, now=now, as_staff=True)
    assert list_refused(member) == ["member.update", "member.close", "member.update"]


def list_refused(member):
    rows = AuditEntry.objects.about(member).filter(action="act.refused").order_by("pk")
    return [row.changes["act"] for row in rows]


def test_sensitive_details_need_their_own_consent(make_member, now):
    member = make_member()
    with pytest.raises(SensitiveConsentNeeded):
        update_member(member, {"traits": "no nuts"}, by=None, now=now)
    assert update_member(member, {"traits": "", "interests": ["wine"]}, by=None, now=now)
    agree_to_details(member, now)
    assert update_member(member, {"traits": "no nuts"}, by=None, now=now).traits == "no nuts"


def test_what_they_told_is_kept_in_order(make_member, now):
    member = make_member()
    changes = {
        "interests": ["wine", "art"], "preferences": ["no_bag"], "child_birth_years": [2018, 2015],
        "household_size": 4, "income_band": "above", "traits": "Left-handed",
    }  # fmt: skip
    agree_to_details(member, now)
    update_member(member, changes, by=None, now=now)
    member.refresh_from_db()
    assert (member.interests, member.child_birth_years) == (["art", "wine"], [2015, 2018])
