"""The pages that answer links lead to: without a log-in, without scripts, clear when refused."""

import datetime as dt

import pytest

from surveys.engine.path import Rule
from surveys.links import make_token, sign_answer, sign_survey, sign_trap
from surveys.models import Answer, Invitation, Response, Touch
from surveys.services.building import ChoiceTerms, close_survey
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question
from tests.surveys.visited import *  # noqa: F403 (fixtures)
from tests.surveys.visited import read

pytestmark = pytest.mark.django_db
WAYS = (
    question("rating", "faces", text="How was it?", is_required=True,
             rules=(Rule("at_least", "3", "words"),)),
    question("why", "single", text="What was it?",
             choices=(ChoiceTerms("slow", "Too slow"), ChoiceTerms("dear", "Too dear"))),
    question("words", "text", text="What else?"),
)  # fmt: skip


def test_from_a_face_in_the_mail_to_the_thanks(visitor, ask, invite, programme, now):
    row = invite(ask(*WAYS, points=20))
    page = visitor.get(sign_answer(row.pk, "rating", 1))
    assert page.status_code == 200
    assert "You chose “Bad”. Press once, and it counts." in read(page)
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("same-origin", "noindex")
    assert "no-store" in page["Cache-Control"]
    assert Response.objects.counting().count() == 0
    at = f"/s/{make_token(row.pk)}"
    gone = visitor.post(f"{at}/q/rating/", {"answer": "1", "seen": "2400"})
    assert (gone.status_code, gone["Location"]) == (302, f"{at}/q/why/")
    page = visitor.get(gone["Location"])
    assert "What was it?" in read(page)
    assert '<progress class="survey-bar" value="2" max="3"' in read(page)
    gone = visitor.post(f"{at}/q/why/", {"answer": "slow"})
    assert gone["Location"] == f"{at}/q/words/"
    # Left here, and come back: the question that is open.
    assert visitor.get(sign_survey(row.pk))["Location"] == f"{at}/q/words/"
    gone = visitor.post(f"{at}/q/words/", {"answer": "<script>alert(1)</script>"})
    assert gone["Location"] == f"{at}/thanks/"
    assert "+20" in read(visitor.get(gone["Location"]))
    assert Response.objects.get().state == "complete"
    page = visitor.get(f"{at}/q/words/")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in read(page)


def test_what_was_answered_can_be_changed(visitor, ask, invite, now):
    row = invite(ask(*WAYS))
    at = f"/s/{make_token(row.pk)}"
    visitor.post(f"{at}/q/rating/", {"answer": "1"})
    visitor.post(f"{at}/q/why/", {"answer": "slow"})
    page = visitor.get(sign_answer(row.pk, "rating", 4))
    assert "You answered before. Press to change it to “Very good”." in read(page)
    assert Answer.objects.get(question__code="rating").number == 1
    gone = visitor.post(f"{at}/q/rating/", {"answer": "4"})
    assert gone["Location"] == f"{at}/q/words/"
    assert list(Answer.objects.values_list("question__code", "number")) == [("rating", 4)]
    # What isn't on the way leads back to it, and takes nothing.
    assert visitor.get(f"{at}/q/why/")["Location"] == f"{at}/q/words/"
    assert visitor.post(f"{at}/q/why/", {"answer": "dear"})["Location"] == f"{at}/q/words/"
    assert Answer.objects.count() == 1
    assert visitor.post(f"{at}/q/words/", {"skip": "1"})["Location"] == f"{at}/thanks/"


def test_refusals_stay_on_their_page_with_what_was_typed(visitor, ask, invite, now):
    row = invite(ask(*WAYS))
    at = f"/s/{make_token(row.pk)}"
    page = visitor.post(f"{at}/q/rating/", {})
    assert page.status_code == 422
    assert "This question needs an answer." in read(page)
    visitor.post(f"{at}/q/rating/", {"answer": "4"})
    page = visitor.post(f"{at}/q/words/", {"answer": "long " * 200_000})
    assert page.status_code == 422
    assert "This is longer than we can keep: 4000 characters at most." in read(page)
    assert "long long" in read(page)
    page = visitor.post(f"{at}/q/words/", {"answer": "long " * 1000},
                        headers={"hx-request": "true", "hx-target": "survey"})  # fmt: skip
    assert (page.status_code, read(page).count("<html")) == (200, 0)
    assert 'role="alert"' in read(page)


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-1],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace(".", "", 1),
        lambda token: "1" + token,
        lambda token: "ünsinn",
        lambda token: "." * 20,
    ],
)
def test_damaged_links_are_told_in_words(visitor, ask, invite, now, damage):
    row = invite(ask())
    page = visitor.get(f"/s/{damage(make_token(row.pk))}/")
    assert page.status_code == 404
    assert "We couldn&#x27;t find these questions." in read(page)
    assert Touch.objects.count() == 0


def test_what_is_over_says_so(visitor, ask, invite, now):
    row = invite(ask(*WAYS))
    at = f"/s/{make_token(row.pk)}"
    visitor.post(f"{at}/q/rating/", {"answer": "1"})
    Invitation.objects.filter(pk=row.pk).update(expires_at=now)
    for page in (
        visitor.get(f"{at}/q/why/"),
        visitor.post(f"{at}/q/why/", {"answer": "slow"}),
        visitor.get(sign_answer(row.pk, "rating", 2)),
        visitor.get(f"{at}/thanks/"),
    ):
        assert page.status_code == 410
        assert "These questions are closed. Thank you for coming by." in read(page)
    Invitation.objects.filter(pk=row.pk).update(expires_at=now + dt.timedelta(days=1))
    # Closed while somebody answers: what they gave stays.
    close_survey(row.survey, by=None, now=now)
    assert visitor.post(f"{at}/q/why/", {"answer": "slow"}).status_code == 410
    assert Answer.objects.count() == 1


def test_scanner_leaves_nothing_that_counts(visitor, ask, invite, now):
    row = invite(ask(), sent_at=now - dt.timedelta(seconds=40))
    visitor.head(sign_answer(row.pk, "rating", 1))
    for number in (1, 2, 3, 4):
        assert visitor.get(sign_answer(row.pk, "rating", number)).status_code == 200
    assert visitor.get(sign_trap(row.pk)).status_code == 204
    assert set(Touch.objects.values_list("actor", flat=True)) == {"machine"}
    assert Touch.objects.filter(method="HEAD").count() == 1
    assert Response.objects.counting().count() == 0
    row.refresh_from_db()
    assert (row.state, row.answered_at) == ("sent", None)


def test_who_is_not_known_is_asked_for_one_press_more(visitor, ask, invite, programme, now):
    row = invite(ask(points=20), sent_at=now - dt.timedelta(seconds=30))
    at = f"/s/{make_token(row.pk)}"
    visitor.post(f"{at}/q/rating/", {"answer": "4"})
    assert "Yes, that was me" in read(visitor.get(f"{at}/thanks/"))
    gone = visitor.post(f"{at}/thanks/", {"seen": "3000"})
    assert gone["Location"] == f"{at}/thanks/"
    assert "+20" in read(visitor.get(f"{at}/thanks/"))


def test_speaks_the_language_of_its_member(visitor, ask, invite, person, now):
    member = person(locale="ja")
    row = invite(ask(), member)
    assert '<html lang="ja"' in read(visitor.get(sign_survey(row.pk)))


def test_home_shows_what_is_open(client, ask, invite, person, now):
    from members.models import User

    member = person()
    login = User.objects.create(email="me@example.com")
    type(member).objects.filter(pk=member.pk).update(user=login)
    row = invite(ask(points=20), member)
    client.force_login(login)
    home = read(client.get("/home/", follow=True))
    assert sign_survey(row.pk) in home
    client.post(f"/s/{make_token(row.pk)}/q/rating/", {"answer": "4"})
    assert sign_survey(row.pk) not in read(client.get("/home/", follow=True))
