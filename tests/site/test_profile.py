import pytest

from members.models import Member
from members.services.claims import issue_claim_code
from members.services.enrolment import create_member
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db


def test_member_changes_name_birthday_and_language(cast):
    client = cast.clients["mei"]
    response = client.post(
        "/profile/",
        {
            "given_name": "美",
            "family_name": "陳",
            "given_name_reading": "Mei",
            "family_name_reading": "Chen",
            "display_name": "",
            "gender": "female",
            "birth_month": "4",
            "birth_day": "30",
            "birth_year": "",
            "locale": "zh-hant",
        },
    )
    assert (response.status_code, response.url) == (302, "/profile/")
    assert response.cookies["django_language"].value == "zh-hant"
    mei = Member.objects.get(pk=cast.members["mei"].pk)
    assert (mei.get_full_name(), mei.birth_month, mei.birth_day) == ("陳美", 4, 30)


def test_impossible_birthday_is_refused_and_named(cast):
    client = cast.clients["mei"]
    response = client.post("/profile/", {"birth_month": "2", "birth_day": "31", "given_name": "X"})
    assert response.status_code == 422
    assert Member.objects.get(pk=cast.members["mei"].pk).given_name == "Mei"


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
