import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from members.models import Member
from members.services.claims import issue_claim_code
from members.services.enrolment import create_member
from members.services.profiles import update_member
from members.sms import list_sms_files
from tests.consents import agree_to_details
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db


def test_member_changes_name_birthday_and_language(cast):
    client = cast.clients["mei"]
    agree_to_details(cast.members["mei"], timezone.now())
    response = client.post(
        "/profile/",
        {
            "given_name": "美",
            "family_name": "陳",
            "given_name_reading": "Mei",
            "family_name_reading": "Chen",
            "display_name": "",
            "gender": "female",
            "birth_day": "30",
            "birth_year": "",
            "household_size": "3",
            "child_birth_years": "2018、2015",
            "income_band": "average",
            "interests": ["wine", "art"],
            "preferences": ["no_bag"],
            "traits": "左利き",
            "locale": "zh-hant",
        },
    )
    assert (response.status_code, response.url) == (302, "/profile/")
    assert response.cookies["django_language"].value == "zh-hant"
    mei = Member.objects.get(pk=cast.members["mei"].pk)
    assert (mei.get_full_name(), mei.birth_month, mei.birth_day) == ("陳美", 3, 30)
    assert (mei.household_size, mei.child_birth_years) == (3, [2015, 2018])
    assert (mei.interests, mei.preferences, mei.traits) == (["art", "wine"], ["no_bag"], "左利き")


def test_impossible_birthday_is_refused_and_named(cast):
    client = cast.clients["ken"]
    response = client.post("/profile/", {"birth_month": "2", "birth_day": "31", "given_name": "X"})
    assert response.status_code == 422
    assert Member.objects.get(pk=cast.members["ken"].pk).given_name == "Ken"


def test_birthday_on_record_shows_and_stays(cast):
    client = cast.clients["mei"]
    response = client.post("/profile/", {"birth_month": "5", "birth_day": "3"})
    assert response.status_code == 302
    mei = Member.objects.get(pk=cast.members["mei"].pk)
    assert (mei.birth_month, mei.birth_day) == (3, 3)
    html = client.get("/profile/").content.decode()
    assert re.findall(r'name="(\w+)"[^>]* disabled', html) == [
        "birth_month", "birth_day", "traits"
    ]  # fmt: skip
    assert "Is it wrong? Tell us" in html


def test_form_of_the_back_office_leaves_the_members_own_alone(cast):
    mei = cast.members["mei"]
    before = cast.clients["mei"].get("/profile/").context["form"]["child_birth_years"].as_widget()
    address = reverse("admin:members_member_edit", args=[mei.pk])
    assert cast.clients["owner"].get(address).status_code == 200
    after = cast.clients["mei"].get("/profile/").context["form"]["child_birth_years"].as_widget()
    assert after == before
    assert "class=" not in after


@pytest.mark.parametrize("years", ["15", "2015; 2018", "abcd"])
def test_years_that_are_none_are_refused(cast, years):
    response = cast.clients["mei"].post("/profile/", {"child_birth_years": years})
    assert response.status_code == 422
    assert "Write years with four digits" in response.content.decode()


def test_every_field_says_why_it_is_asked_and_none_is_required(cast):
    form = cast.clients["ken"].get("/profile/").context["form"]
    assert [name for name, field in form.fields.items() if not field.help_text] == []
    assert [name for name, field in form.fields.items() if field.required] == []


def test_profile_asks_a_constant_number_of_queries(cast, settings, make_client, assert_statements):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    client = make_client(cast.users["mei"])
    with assert_statements(5):
        client.get("/profile/")


# --- Phone --------------------------------------------------------------------------------------


@pytest.fixture
def sms(settings, tmp_path):
    settings.SMS_FOLDER = tmp_path / "sms"
    return lambda: [json.loads(path.read_text()) for path in list_sms_files()]


def code_of(message):
    return re.search(r"\b(\d{6})\b", message["text"]).group(1)


def test_number_noted_at_the_counter_is_proved_by_a_code(cast, sms, now):
    mei, client = cast.members["mei"], cast.clients["mei"]
    update_member(mei, {"phone": "+14155550123"}, by=None, now=now)
    html = client.get("/profile/").content.decode()
    assert "not proved yet" in html
    assert "Send a code to" in html
    response = client.post("/accounts/phone/change/", {"phone": "+14155550123"})
    assert response.url == "/accounts/phone/verify/"
    client.post("/accounts/phone/verify/", {"code": code_of(sms()[0])})
    mei = Member.objects.select_related("user").get(pk=mei.pk)
    assert (mei.phone, mei.user.phone) == ("+14155550123", "+14155550123")
    assert mei.user.phone_verified_at is not None
    html = client.get("/profile/").content.decode()
    assert "not proved yet" not in html
    assert "proved" in html


def test_new_number_counts_for_the_record_once_it_is_proved(cast, sms):
    mei, client = cast.members["mei"], cast.clients["mei"]
    client.post("/accounts/phone/change/", {"phone": "415 555 0199"})
    mei.refresh_from_db()
    assert mei.phone is None
    wrong = f"{(int(code_of(sms()[0])) + 1) % 10**6:06d}"
    for _try in range(2):
        assert client.post("/accounts/phone/verify/", {"code": wrong}).status_code == 200
    # The third wrong code ends it: also the right one proves nothing any more.
    client.post("/accounts/phone/verify/", {"code": wrong})
    client.post("/accounts/phone/verify/", {"code": code_of(sms()[0])})
    mei.refresh_from_db()
    assert mei.phone is None
    assert Member.objects.get(pk=mei.pk).user.phone_verified_at is None


def test_codes_are_sent_once_a_minute(cast, sms):
    client = cast.clients["mei"]
    client.post("/accounts/phone/change/", {"phone": "415 555 0199"})
    assert client.post("/accounts/phone/change/", {"phone": "415 555 0198"}).status_code == 429
    assert len(sms()) == 1


def test_family_name_stands_first_for_chinese_and_japanese_readers(cast):
    client = cast.clients["mei"]
    html = client.get("/profile/", headers={"Accept-Language": "ja"}).content.decode()
    assert html.index('name="family_name"') < html.index('name="given_name"')
    html = client.get("/profile/").content.decode()
    assert html.index('name="given_name"') < html.index('name="family_name"')


# --- Becoming a member --------------------------------------------------------------------------


def test_claim_with_the_counters_code_leads_home(cast, now):
    waiting = create_member(now=now, source="test", given_name="Lin")
    code = issue_claim_code(waiting, by=None, now=now)
    client = cast.clients["outsider"]
    response = client.post("/membership/claim/", {"number": waiting.number, "claim_code": code})
    assert (response.status_code, response.url) == (302, "/home/")
    assert "Hello, Lin" in client.get("/home/").content.decode()


def test_wrong_code_is_said_on_the_form(cast, now):
    waiting = create_member(now=now, source="test")
    client = cast.clients["outsider"]
    data = {"number": waiting.number, "claim_code": "000000"}
    response = client.post("/membership/claim/", data)
    assert response.status_code == 422
    assert "don&#x27;t belong together" in response.content.decode()


def test_record_with_points_asks_for_a_fact(cast, counter, now):
    counter.buy("lin", "50", on=TODAY)
    Member.objects.filter(references__external_id="lin").update(
        email="new@example.com", birth_month=4, birth_day=2
    )
    client = cast.clients["outsider"]
    html = client.get("/membership/").content.decode()
    assert "One membership is noted under your address or number." in html
    html = client.post("/membership/claim/", {}).content.decode()
    assert "Answer one question about it to make it yours." in html


def test_opening_a_new_membership(cast):
    client = cast.clients["outsider"]
    response = client.post("/membership/opening/")
    assert (response.status_code, response.url) == (302, "/home/")
    assert client.get("/home/").status_code == 200
