"""Follow-ups in the back office: the list, the page, its buttons, the count on the first page."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty_site.admin_work import QUEUES, list_work
from members.services.enrolment import create_member
from surveys.models import FollowUp
from surveys.services.answering import answer_question
from surveys.services.follow_ups import take_follow_up, take_message
from tests.surveys.asked import PRESS, ask, invite, person, question  # noqa: F401 (fixtures)

# ruff: noqa: F811 (fixtures)
pytestmark = pytest.mark.django_db
LIST = "admin:surveys_followup_changelist"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def follow_up(ask, invite, now, clock):
    survey = ask(question("rating", "nps"), question("words", "text"), low_line=500)
    at = now - 60 * HOUR
    row = invite(survey, sent_at=at - HOUR)
    for code, answer in (("rating", "2"), ("words", "<script>alert(1)</script>")):
        answer_question(row.pk, code, [answer], press=PRESS, now=at)
    return FollowUp.objects.get()


def act(client, follow_up, name, **data):
    url = reverse("admin:surveys_followup_act", args=[follow_up.pk])
    return client.post(url, {"act": name, **data})


def read(client, follow_up):
    return client.get(reverse("admin:surveys_followup_change", args=[follow_up.pk]))


def test_list_says_in_words_what_is_late_and_whose_it_is(follow_up, clerk, now):
    fresh = take_message("Hello there", member=None, email="a@example.com", name="Ann", now=now)
    take_follow_up(fresh.pk, by=clerk.user, now=now)
    page = clerk.get(reverse(LIST)).content.decode()
    assert page.index("overdue by 12") < page.index("due in 2")
    assert "Contact form: Hello there" in page
    for query, shown, left_out in (
        ("whose=mine", "Ann", follow_up.member), ("whose=nobody", follow_up.member, "Ann"),
        ("state=overdue", follow_up.member, "Ann"), ("about=form", "Ann", follow_up.member),
        (f"about={follow_up.response.survey_id}", follow_up.member, "Ann"),
    ):  # fmt: skip
        found = clerk.get(f"{reverse(LIST)}?{query}").context["cl"].result_list
        assert [str(row.member or row.sender_name) for row in found] == [str(shown)], left_out


def test_page_shows_what_is_known_and_nothing_runs(follow_up, clerk, now):
    page = read(clerk, follow_up).content.decode()
    assert "2 of 10" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Text of rating" in page


def test_buttons_do_what_they_say(follow_up, clerk):
    for name, data in (
        ("take", {}), ("begin", {}), ("note", {"text": "Rang"}), ("answer", {"text": "Sorry"}),
        ("close", {"text": "Tea"}), ("reopen", {}),
        ("hand_over", {"to": clerk.user.pk}),
    ):  # fmt: skip
        answer = act(clerk, follow_up, name, **data)
        assert answer.status_code == (422 if name == "hand_over" else 302), name
    follow_up.refresh_from_db()
    assert (follow_up.owner, follow_up.state) == (clerk.user, "open")
    page = read(clerk, follow_up).content.decode()
    for words in ("Rang", "Sorry", "Tea", "reopened", "on the member's pages"):
        assert words in page


def test_what_is_refused_keeps_what_was_typed(follow_up, clerk, log_in, now):
    assert act(clerk, follow_up, "close", text=" ").status_code == 422
    manager = log_in("manager")
    take_follow_up(follow_up.pk, by=manager.user, now=now)
    answer = act(clerk, follow_up, "answer", text="Dear you")
    assert answer.status_code == 403
    assert "Somebody else sees to this" in answer.content.decode()
    assert "Take it" not in read(clerk, follow_up).content.decode()
    assert act(manager, follow_up, "hand_over", to=clerk.user.pk).status_code == 302
    assert act(clerk, follow_up, "answer", text="Dear you").status_code == 302


def test_waits_on_the_first_page(follow_up, clerk, rf, now):
    request = rf.get("/")
    request.user = clerk.user
    (row,) = [row for row in list_work(request, now) if "follow" in row.url]
    assert (row.count, row.is_urgent) == (1, True)
    assert row.note == "the first is overdue by 12\xa0hours"
    assert "follow_ups" in {queue.code for queue in QUEUES}


def test_queries_of_the_list_do_not_grow(follow_up, clerk, now):
    def count():
        with CaptureQueriesContext(connection) as caught:
            clerk.get(reverse(LIST))
        return len(caught)

    count()
    few = count()
    for number in range(5):
        member = create_member(email=f"m{number}@example.com", source="test", now=now)
        take_message(f"Hello {number}", member=member, now=now)
    assert count() == few


# --- The contact form -----------------------------------------------------------------------------


def test_contact_form_by_visitors(client, club, now):
    page = client.get("/en/contact/").content.decode()
    assert 'action="/en/contact/message/"' in page
    send = {"name": "Ann", "email": "ann@example.com", "text": "Hello"}
    assert client.post("/en/contact/message/", send).status_code == 302
    found = FollowUp.objects.get()
    assert (found.member, found.sender_name, found.sender_email, found.subject, found.locale) == (
        None, "Ann", "ann@example.com", "Hello", "en",
    )  # fmt: skip
    for change in ({"text": "x" * 1_000_000}, {"text": ""}, {"email": ""},
                   {"email": "a@example.com\r\nBcc: b@example.com"}):  # fmt: skip
        answer = client.post("/en/contact/message/", send | change)
        assert answer.status_code == 422
    # A program fills in what nobody sees: it is thanked, and nothing is kept.
    trapped = client.post("/en/contact/message/", send | {"website": "https://x.example"})
    assert trapped.status_code == 302
    assert FollowUp.objects.count() == 1
    statuses = [
        client.post("/en/contact/message/", send | {"text": f"No. {number}"}).status_code
        for number in range(12)
    ]
    assert statuses[-1] == 429
    assert FollowUp.objects.count() == 10
