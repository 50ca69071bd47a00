"""What members and strangers write, where it is read: lists, pages, files and letters of staff. No
script runs, no formula counts, no template is filled in.
"""

import csv
import datetime as dt
import io
import zipfile

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from members.models import User
from members.services.logins import create_login
from members.services.roles import sync_roles
from surveys.links import make_token
from surveys.models import Answer, FollowUp, Response
from surveys.services.answering import answer_question
from surveys.services.follow_ups import reply_to_member
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import BROWSER, PRESS, question
from tests.surveys.visited import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|x", "%x", "＝1+1", " =1", "\u200b=1")
EVIL = f"{SCRIPT} {{{{ member.email }}}} {{% debug %}} https://evil.example/ \u202etxt.exe"


@pytest.fixture
def visitor():
    cache.clear()  # who sent how many
    return Client(headers={"user-agent": BROWSER})


@pytest.fixture
def owner(club, now):
    sync_roles(by=None, now=now)
    user = create_login(email="o@example.com", password="harbor-lantern-42", is_staff=True,
                        roles=("owner",), by=None, now=now)  # fmt: skip
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.user = user
    return client


def log_in(member):
    user = User.objects.create(email=f"login{member.pk}@example.com")
    type(member).objects.filter(pk=member.pk).update(user=user)
    client = Client(headers={"user-agent": BROWSER})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_harmless(html):
    return not any(part in html for part in ("<script>alert", "<img src=x", "<svg/onload"))


def test_no_script_of_an_answer_runs_anywhere(owner, visitor, ask, invite, person, now):
    member = person(given_name=SCRIPT[:60], family_name="=1+1")
    survey = ask(question("rating", "nps"), question("words", "text"), low_line=500)
    row = invite(survey, member)
    at = f"/s/{make_token(row.pk)}/q"
    visitor.post(f"{at}/rating/", {"answer": "1"})
    visitor.post(f"{at}/words/", {"answer": EVIL})
    follow_up, response = FollowUp.objects.get(), Response.objects.get()
    act = reverse("admin:surveys_followup_act", args=[follow_up.pk])
    for name, words in (("note", EVIL), ("answer", EVIL), ("close", EVIL)):
        assert owner.post(act, {"act": name, "text": words}).status_code == 302
    mine = log_in(member)
    pages = [
        *(owner.get(address) for address in (
            reverse("admin:index"), reverse("admin:surveys_followup_changelist"),
            reverse("admin:surveys_followup_changelist") + "?q=%3Cscript%3E&state=unclosed",
            reverse("admin:surveys_followup_change", args=[follow_up.pk]),
            reverse("admin:surveys_response_changelist"),
            reverse("admin:surveys_response_change", args=[response.pk]),
            reverse("admin:surveys_survey_results", args=[survey.pk]),
            reverse("admin:members_member_change", args=[member.pk]),
        )),
        mine.get(reverse("contact_mine")), visitor.get(f"{at}/words/"),
    ]  # fmt: skip
    shown = 0
    for page in pages:
        assert page.status_code == 200, page.request["PATH_INFO"]
        html = page.content.decode()
        assert is_harmless(html), page.request["PATH_INFO"]
        shown += "{{ member.email }}" in html
        rules = dict(rule.split(maxsplit=1) for rule in page["Content-Security-Policy"].split("; "))
        assert "unsafe-inline" not in rules["script-src"]
    assert shown >= 4  # it stands there as it was written


def test_no_formula_of_an_answer_counts_in_a_file(owner, ask, invite, now):
    survey = ask(question("rating", "nps"), question("words", "text", "=HYPERLINK(1)"))
    for words in FORMULAS:
        row = invite(survey)
        answer_question(row.pk, "rating", ["9"], press=PRESS, now=now)
        answer_question(row.pk, "words", [words], press=PRESS, now=now)
    Answer.objects.filter(text="1").update(text="\t=1")
    told = owner.get(reverse("admin:surveys_survey_results_csv", args=[survey.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(told.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == len(FORMULAS) + 1
    for row in rows:
        for cell in row:
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "|", "%", "＝"), cell
            assert not cell.strip("\u200b ").startswith("="), cell
    told = owner.get(reverse("admin:surveys_survey_results_xlsx", args=[survey.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(told.streaming_content))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert not [name for name in book.namelist() if "externalLink" in name]


def test_contact_form_takes_what_anybody_writes(visitor, owner, person, now):
    victim = person(email="victim@example.com")
    at = reverse("contact_message")
    good = {"text": EVIL, "name": "Ev\r\nBcc: all@example.com\u202e", "email": "victim@example.com"}
    assert visitor.post(at, good).status_code == 302
    found = FollowUp.objects.get()
    # An address proves nothing: it isn't the member's message, and isn't shown to them.
    assert (found.member, found.sender_email) == (None, "victim@example.com")
    assert "\n" not in found.sender_name
    assert "evil" not in log_in(victim).get(reverse("contact_mine")).content.decode()
    for page in (
        owner.get(reverse("admin:surveys_followup_change", args=[found.pk])),
        owner.get(reverse("admin:surveys_followup_changelist")), owner.get(reverse("admin:index")),
    ):  # fmt: skip
        assert is_harmless(page.content.decode())
    act = reverse("admin:surveys_followup_act", args=[found.pk])
    assert owner.post(act, {"act": "answer", "text": "Hello"}).status_code == 409


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ""}, 422), ({"text": "\x00\u200b "}, 422), ({"text": "x" * 4001}, 422),
        ({"text": "x" * 1_000_000}, 422), ({"text": ("x" * 39 + "\r\n") * 99 + "x" * 40}, 302),
        ({"email": ""}, 422), ({"email": "a@b@c"}, 422), ({"email": "x\n@example.com"}, 422),
        ({"email": "x@example.com\r\nBcc: y@example.com"}, 422),
        ({"email": f"{'x' * 60}@{'e' * 60}.{'e' * 60}.{'e' * 60}.{'e' * 60}.com"}, 422),
        ({"name": "x" * 121}, 422), ({"name": "\x00"}, 422), ({"name": ""}, 302),
        ({"website": "https://spam.example"}, 302),
    ],
)  # fmt: skip
def test_contact_form_says_what_is_wrong(visitor, club, fields, status):
    good = {"text": "Hello", "name": "Eve", "email": "eve@example.com"}
    answer = visitor.post(reverse("contact_message"), good | fields)
    assert answer.status_code == status
    is_taken = status == 302 and "website" not in fields
    assert FollowUp.objects.count() == is_taken


def test_contact_form_is_not_a_gun(visitor, person, now):
    """Ten an hour from one address, whoever it says that it is; members are counted too."""
    at, fields = reverse("contact_message"), {"name": "Eve", "email": "eve@example.com"}
    answers = [
        visitor.post(at, fields | {"text": f"Spam {number}"},
                     headers={"x-forwarded-for": f"10.0.0.{number}"})
        for number in range(12)
    ]  # fmt: skip
    assert [each.status_code for each in answers] == [302] * 10 + [429] * 2
    assert "Spam 11" in answers[-1].content.decode()  # nothing that was typed is lost
    assert FollowUp.objects.count() == 10
    checked = Client(enforce_csrf_checks=True)
    assert checked.post(at, fields | {"text": "From another site"}).status_code == 403


def test_the_same_words_twice_are_one_message_and_one_reply(owner, person, now):
    member = person()
    mine, at = log_in(member), reverse("contact_message")
    for _each in range(3):
        assert mine.post(at, {"text": "Hello"}).status_code == 302
    found = FollowUp.objects.get()
    assert found.member == member
    first = reply_to_member(found.pk, "Dear you", by=owner.user, now=now)
    again = reply_to_member(
        found.pk, " Dear you\r\n", by=owner.user, now=now + dt.timedelta(hours=1)
    )
    assert first == again
