"""Answers by a link and on the pages: what counts, what pays, what changes nothing."""

import datetime as dt

import pytest

from core.actors import Agent
from members.models import Activity, User
from rewards.models import Account, Transfer
from surveys.engine.path import Rule
from surveys.engine.presses import Press
from surveys.links import SurveyLink
from surveys.models import Answer, Response, Survey, Touch
from surveys.registry import low_score_listeners
from surveys.services.answering import (
    AnswerRefused,
    InvitationGone,
    NotAsked,
    NotOnPath,
    PressInDoubt,
    SurveyOver,
    answer_question,
    finish_response,
    get_progress,
    touch_link,
)
from surveys.services.building import ChoiceTerms, change_survey, close_survey
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import BROWSER, PRESS, question

pytestmark = pytest.mark.django_db
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
LONG = (
    question("rating", "faces", is_required=True, rules=(Rule("at_least", "3", "quote"),)),
    question("why", "single", choices=(ChoiceTerms("slow", "Slow"), ChoiceTerms("dear", "Dear"))),
    question("quote", "quote"),
    question("words", "text"),
)


def follow(row, number, at, *, method="GET", agent=BROWSER, code="rating"):
    return touch_link(SurveyLink(row.pk, code, number), method=method, agent=agent, now=at)


def press(row, code, *raw, at, by=PRESS):
    return answer_question(row.pk, code, raw, press=by, now=at)


def answers(row):
    found = Answer.objects.filter(response__invitation=row).order_by("question__position")
    return {each.question.code: each.number if each.number is not None else
            each.text or each.choices for each in found}  # fmt: skip


def response(row):
    return Response.objects.get(invitation=row)


def points(member):
    return sum(Account.objects.filter(member=member, kind="available").values_list(
        "balance", flat=True))  # fmt: skip


def test_a_look_counts_nothing_and_a_press_does(ask, invite, programme, now):
    row = invite(ask(points=20))
    follow(row, 4, now)
    found = response(row)
    assert (found.state, found.actor, answers(row)) == ("provisional", "human", {"rating": 4})
    assert Response.objects.counting().count() == 0
    assert points(row.member) == 0
    taken = press(row, "rating", "4", at=now)
    assert (taken.next_code, taken.points) == (None, 20)
    found.refresh_from_db(), row.refresh_from_db()
    assert (found.state, found.actor, found.score_permille, found.points_given) == (
        "complete", "human", 1000, 20,
    )  # fmt: skip
    assert (row.state, row.answered_at, row.reminder_due_at) == ("answered", now, None)
    assert points(row.member) == 20
    told = Activity.objects.get(kind="survey_answered")
    assert (told.subject_id, told.facts) == (row.pk, {"survey": row.survey_id, "score": 1000})
    # Again, and otherwise: nothing more is paid or told.
    assert press(row, "rating", "1", at=now + DAY).points == 0
    assert (points(row.member), response(row).score_permille) == (20, 0)
    assert Activity.objects.filter(kind="survey_answered").count() == 1
    assert Transfer.objects.filter(cause_type="survey").count() == 1


def test_scanner_that_opens_every_link_at_once_changes_nothing(ask, invite, programme, now):
    row = invite(ask(points=20), sent_at=now - 30 * SECOND)
    for place, number in enumerate((1, 2, 3, 4)):
        follow(row, number, now + place * SECOND / 4)
    touch_link(SurveyLink(row.pk, is_trap=True), method="GET", agent=BROWSER, now=now + SECOND)
    assert set(Touch.objects.values_list("actor", flat=True)) == {"machine"}
    assert response(row).actor == "machine"
    row.refresh_from_db()
    assert (row.answered_at, Response.objects.counting().count()) == (None, 0)
    # It even presses, at once: that isn't a person's either, and locks nobody out.
    press(row, "rating", "1", at=now + 2 * SECOND)
    assert (response(row).actor, points(row.member)) == ("machine", 0)
    taken = press(row, "rating", "3", at=now + 300 * SECOND)
    assert (response(row).actor, taken.points, answers(row)) == ("human", 20, {"rating": 3})


def test_what_is_taken_back_is_dropped_once(ask, invite, now, assert_statements):
    """One statement for whatever leaves the way, none where nothing was answered."""
    row = invite(ask(question("rating", "faces"), question("words", "text")))
    press(row, "rating", "4", at=now)
    with assert_statements(7):
        press(row, "words", at=now)
    press(row, "words", "Fine", at=now)
    with assert_statements(8):
        press(row, "words", at=now)
    assert answers(row) == {"rating": 4}


@pytest.mark.parametrize(
    ("since", "by", "actor"),
    [
        (1, PRESS, "machine"),
        (30, Press(Agent.BROWSER), "unknown"),
        (30, Press(Agent.BROWSER, 2000), "human"),
        (3600, Press(Agent.BROWSER), "human"),
        (3600, Press(Agent.BOT, 2000), "machine"),
        (3600, Press(Agent.NONE), "machine"),
    ],
)
def test_who_pressed(ask, invite, now, since, by, actor):
    row = invite(ask(), sent_at=now - since * SECOND)
    press(row, "rating", "2", at=now, by=by)
    assert response(row).actor == actor
    assert Response.objects.counting().count() == (actor == "human")


def test_own_login_is_a_person(ask, invite, person, now):
    login = User.objects.create(email="me@example.com")
    member = person()
    type(member).objects.filter(pk=member.pk).update(user=login)
    mine, others = invite(ask(), member), invite(ask(code="more"))
    for row, actor in ((mine, "human"), (others, "machine")):
        press(row, "rating", "2", at=now, by=Press(Agent.BOT, user_id=login.pk))
        assert response(row).actor == actor


def test_unknown_goes_on_and_counts_once_it_is_a_person(ask, invite, programme, now):
    row = invite(ask(points=5), sent_at=now - 30 * SECOND)
    press(row, "rating", "4", at=now, by=Press(Agent.BROWSER))
    assert (response(row).state, response(row).actor, points(row.member)) == (
        "complete", "unknown", 0,
    )  # fmt: skip
    taken = finish_response(row.pk, press=PRESS, now=now + DAY)
    assert (taken.points, response(row).actor, points(row.member)) == (5, "human", 5)


def test_machine_changes_nothing_that_a_person_confirmed(ask, invite, now):
    row = invite(ask())
    press(row, "rating", "4", at=now)
    follow(row, 1, now + SECOND)
    assert answers(row) == {"rating": 4}
    with pytest.raises(PressInDoubt):
        press(row, "rating", "1", at=now + DAY, by=Press(Agent.BOT))
    assert answers(row) == {"rating": 4}


def test_head_is_a_machine(ask, invite, now):
    row = invite(ask())
    follow(row, 4, now, method="HEAD")
    assert Touch.objects.get().actor == "machine"
    row.refresh_from_db()
    assert (row.state, row.opened_at) == ("sent", None)


def test_way_through_questions(ask, invite, now):
    row = invite(ask(*LONG))
    with pytest.raises(NotOnPath):
        press(row, "nowhere", "1", at=now)
    assert press(row, "rating", "1", at=now).next_code == "why"
    assert response(row).state == "begun"
    assert press(row, "why", "slow", at=now).next_code == "quote"
    assert press(row, "quote", "1", at=now).next_code == "words"
    assert press(row, "words", at=now).next_code is None
    assert (response(row).state, answers(row)) == (
        "complete", {"rating": 1, "why": ["slow"], "quote": 1},
    )  # fmt: skip
    # A better score leads past "why": its answer goes, and isn't taken any more.
    assert press(row, "rating", "4", at=now).next_code == "quote"
    assert (response(row).state, answers(row)) == ("complete", {"rating": 4, "quote": 1})
    with pytest.raises(NotOnPath):
        press(row, "why", "dear", at=now)


@pytest.mark.parametrize(
    ("code", "raw", "words"),
    [
        ("rating", "", "This question needs an answer."),
        ("rating", "5", "This number is not among the answers."),
        ("rating", "good", "Please give a whole number."),
        ("why", "cheap", "Please choose one of the answers."),
        ("words", "x" * 1_000_000, "This is longer than we can keep: 4000 characters at most."),
    ],
)
def test_answers_that_are_refused(ask, invite, now, code, raw, words):
    row = invite(ask(*LONG))
    if code != "rating":
        press(row, "rating", "1", at=now)
    with pytest.raises(AnswerRefused) as refused:
        press(row, code, raw, at=now)
    assert (str(refused.value), refused.value.field) == (words, code)


def test_nobody_answers_what_is_over_or_not_theirs(ask, invite, now):
    row = invite(ask())
    with pytest.raises(InvitationGone):
        answer_question(row.pk + 999, "rating", ["1"], press=PRESS, now=now)
    with pytest.raises(SurveyOver):
        press(row, "rating", "1", at=row.expires_at)
    skipped = invite(row.survey, state="skipped", reason="clock", sent_at=now)
    with pytest.raises(NotAsked):
        press(skipped, "rating", "1", at=now)
    close_survey(row.survey, by=None, now=now)
    with pytest.raises(SurveyOver):
        press(row, "rating", "1", at=now)
    assert Response.objects.count() == 0


def test_points_end_with_their_budget(ask, invite, programme, now):
    survey = ask(points=20, points_budget=30)
    rows = [invite(survey) for _each in range(3)]
    assert [press(row, "rating", "4", at=now).points for row in rows] == [20, 10, 0]
    assert Survey.objects.get().points_given == 30
    assert [response(row).points_given for row in rows] == [20, 10, 0]
    # What was given before there was a budget counts in it, and no more is promised than is left.
    change_survey(survey, points_budget=None, by=None, now=now)
    Survey.objects.update(points_given=0)
    change_survey(survey, points_budget=35, by=None, now=now)
    left = invite(survey)
    assert Survey.objects.get().points_on_offer == 5
    assert get_progress(left.pk, now=now).standing.points == 5
    assert (press(rows[2], "rating", "3", at=now).points, press(left, "rating", "1", at=now).points
            ) == (0, 5)  # fmt: skip


def test_without_a_programme_answers_are_kept(ask, invite, now):
    row = invite(ask(points=20))
    press(row, "rating", "4", at=now)
    assert (response(row).state, response(row).points_given) == ("complete", 0)


def test_low_score_is_told_of_a_person_alone(ask, invite, now):
    heard = []
    low_score_listeners.add("test", lambda pk, at: heard.append(pk))
    try:
        survey = ask(low_line=500)
        low, high, machine = invite(survey), invite(survey), invite(survey)
        press(low, "rating", "1", at=now)
        press(high, "rating", "4", at=now)
        press(machine, "rating", "1", at=now, by=Press(Agent.BOT))
        assert heard == [low.pk]
        press(high, "rating", "2", at=now)
        assert heard == [low.pk, high.pk]
    finally:
        low_score_listeners.remove("test")


def test_anonymous_scores_stand_in_no_activity(ask, invite, now):
    row = invite(ask(is_anonymous=True))
    press(row, "rating", "1", at=now)
    assert Activity.objects.get(kind="survey_answered").facts == {"survey": row.survey_id}
