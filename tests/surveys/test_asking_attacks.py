"""What happens between a look and a press, and who presses before the message is even settled."""

import datetime as dt

import pytest

from core.actors import Agent
from members.models import Activity
from members.registry import personal_data
from surveys.engine.presses import Press
from surveys.links import make_token, sign_answer, sign_survey
from surveys.models import Answer, FollowUp, Invitation, Response, Touch
from surveys.services.answering import answer_question
from surveys.services.building import (
    change_question,
    close_survey,
    drop_draft,
    publish_survey,
    remove_question,
    reopen_survey,
)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS, question
from tests.surveys.visited import *  # noqa: F403 (fixtures)
from tests.surveys.visited import read

pytestmark = pytest.mark.django_db
TWO = (
    question("rating", "number", "How was it, from 1 to 5?", lowest=1, highest=5),
    question("words", "text"),
)


def ask_anew(survey, now):
    """Five steps become ten, under the same code."""
    terms = question("rating", "number", "How was it, from 1 to 10?", lowest=1, highest=10)
    change_question(survey, "rating", terms, by=None, now=now)
    publish_survey(survey, by=None, now=now)


@pytest.mark.parametrize("since", [5, 30, 3600, None])
def test_what_is_pressed_is_what_was_shown(visitor, ask, invite, now, since):
    """A five of five never becomes a five of ten, whoever it was that looked."""
    sent_at = now - dt.timedelta(seconds=since or 3600)
    fields = {"state": "released", "sent_at": None} if since is None else {}
    row = invite(ask(*TWO), sent_at=sent_at)
    Invitation.objects.filter(pk=row.pk).update(**fields)
    at = f"/s/{make_token(row.pk)}/q"
    assert "from 1 to 5?" in read(visitor.get(sign_survey(row.pk)))
    ask_anew(row.survey, now)
    gone = visitor.post(f"{at}/rating/", {"answer": "5", "seen": "3000"})
    assert gone["Location"] == f"{at}/words/"
    answer = Answer.objects.get()
    assert (answer.number, answer.question.highest) == (5, 5)
    # Whoever looks for the first time now is asked by the new one.
    assert "from 1 to 10?" in read(visitor.get(sign_survey(invite(row.survey).pk)))


def test_a_machine_that_looked_holds_no_version(visitor, ask, invite, now):
    row = invite(ask(*TWO))
    visitor.head(sign_survey(row.pk))
    visitor.get(sign_survey(row.pk), headers={"user-agent": "Barracuda/1.0"})
    ask_anew(row.survey, now)
    assert "from 1 to 10?" in read(visitor.get(sign_survey(row.pk)))


def test_drafts_change_nothing_for_who_answers(visitor, ask, invite, now):
    row = invite(ask(*TWO))
    at = f"/s/{make_token(row.pk)}/q"
    visitor.get(sign_survey(row.pk))
    remove_question(row.survey, "words", by=None, now=now)
    assert visitor.post(f"{at}/rating/", {"answer": "2"})["Location"] == f"{at}/words/"
    drop_draft(row.survey, by=None, now=now)
    # Closed, and opened again, while they write: what they wrote comes back to them.
    close_survey(row.survey, by=None, now=now)
    refused = visitor.post(f"{at}/words/", {"answer": "Long <i>words</i>"})
    assert refused.status_code == 410
    assert "Long &lt;i&gt;words&lt;/i&gt;" in read(refused)
    forged = visitor.post(f"/s/{make_token(row.pk)}x/q/words/", {"answer": "Call 555 now"})
    assert (forged.status_code, "555" in read(forged)) == (404, False)
    reopen_survey(row.survey, by=None, now=now)
    visitor.post(f"{at}/words/", {"answer": "Long words"})
    assert Response.objects.get().state == "complete"


@pytest.mark.parametrize(
    ("visible", "actor"), [(None, "unknown"), (100, "unknown"), (4000, "human")]
)
def test_who_presses_before_the_message_is_settled_is_not_known(ask, invite, now, visible, actor):
    """The mail is out, and nobody has written down when: a scanner is as quick."""
    row = invite(ask(low_line=500))
    Invitation.objects.filter(pk=row.pk).update(state="released", sent_at=None)
    answer_question(row.pk, "rating", ["1"], press=Press(Agent.BROWSER, visible), now=now)
    assert Response.objects.get().actor == actor
    assert FollowUp.objects.count() == (actor == "human")


@pytest.mark.parametrize(
    "header",
    [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}],
)
def test_what_a_browser_fetches_ahead_was_seen_by_nobody(visitor, ask, invite, now, header):
    row = invite(ask())
    assert visitor.get(sign_answer(row.pk, "rating", 1), headers=header).status_code == 200
    row.refresh_from_db()
    assert (Touch.objects.get().actor, row.opened_at) == ("machine", None)


def test_whoever_asks_a_hundred_times_is_still_a_machine_when_it_presses(visitor, ask, invite, now):
    """Looks beyond what is kept count in the burst all the same."""
    row = invite(ask(points=5), sent_at=now - dt.timedelta(hours=1))
    Touch.objects.bulk_create(
        Touch(
            invitation=row, method="GET", touched_at=now - dt.timedelta(minutes=30), actor="human"
        )
        for _each in range(150)
    )
    for number in (1, 2, 3, 4):
        visitor.get(sign_answer(row.pk, "rating", number))
    visitor.post(f"/s/{make_token(row.pk)}/q/rating/", {"answer": "1", "seen": "5000"})
    assert Response.objects.get().actor == "machine"
    assert Touch.objects.count() <= 160


def test_unconfirmed_answers_of_a_link_never_stand_beside_pressed_ones(ask, invite, visitor, now):
    """A scanner followed "1"; the person skips that question and answers the next."""
    row = invite(ask(*TWO))
    visitor.get(sign_answer(row.pk, "rating", 1))
    answer_question(row.pk, "rating", [], press=PRESS, now=now)
    answer_question(row.pk, "words", ["Fine"], press=PRESS, now=now)
    assert list(Answer.objects.values_list("question__code", flat=True)) == ["words"]
    assert Response.objects.get().score_permille is None


def test_what_was_said_in_confidence_stands_in_no_file_with_a_name(ask, invite, now):
    """Staff may take the download of a member; it tells that they were asked, and no more."""
    open_one, sealed = ask(*TWO), ask(*TWO, code="sealed", is_anonymous=True)
    row = invite(open_one)
    for each in (row, invite(sealed, row.member)):
        answer_question(each.pk, "rating", ["1"], press=PRESS, now=now)
        answer_question(each.pk, "words", [f"Words of {each.survey.code}"], press=PRESS, now=now)
    answers = list(personal_data["surveys.response"].export(row.member))
    assert {each["response__survey__name"] for each in answers} == {"visit"}
    told = list(personal_data["surveys.invitation"].export(row.member))
    assert {each["survey__name"] for each in told} == {"visit", "sealed"}
    facts = Activity.objects.filter(kind="survey_answered", facts__survey=sealed.pk).get().facts
    assert "score" not in facts
