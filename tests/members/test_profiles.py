import pytest

from core.models import AuditEntry
from members.models import Club
from members.selectors.club import get_club
from members.services.enrolment import create_member
from members.services.profiles import InvalidProfile, update_club, update_member

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
    "changes", [{"birth_month": 2, "birth_day": 30}, {"birth_month": 13}, {"locale": "xx"}]
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
