"""Named constraints of surveys and what comes back, each from both sides."""

import datetime as dt

import pytest
from django.db import connection

from members.services.audiences import ensure_everyone
from surveys.enums import QuestionKind
from surveys.models import (
    Answer,
    Branch,
    Choice,
    FollowUp,
    FollowUpEntry,
    Invitation,
    Question,
    Response,
    Score,
    ScoreTerm,
    Survey,
    SurveyVersion,
    Touch,
    Trigger,
)
from tests.constraints import guards, refused
from tests.surveys.asked import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def survey(club, now):
    return Survey.objects.create(code="s", name="S", created_at=now)


@pytest.fixture
def draft(survey, now):
    return SurveyVersion.objects.create(survey=survey, number=1, title="T", created_at=now)


@pytest.fixture
def questions(draft):
    return [
        Question.objects.create(version=draft, position=n, code=f"q{n}", kind="nps", text=f"Q{n}")
        for n in (1, 2)
    ]


def settle():
    """Ask what is asked at the end of a transaction, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def settled(make):
    def act(**changes):
        row = make(**changes)
        settle()
        return row

    return act


def test_constraints_of_surveys(club, now):
    def make(**changes):
        return Survey.objects.create(**{"code": "s", "name": "S", "created_at": now} | changes)

    guards("survey_kind_is_known", make, {"kind": "nps"}, {"kind": "quiz"})
    opened = {"state": "open", "opened_at": now}
    guards("survey_state_has_its_time", make, opened, {"state": "open"})
    guards("survey_state_has_its_time", make, opened | {"state": "closed", "closed_at": now},
           opened | {"state": "closed"})  # fmt: skip
    guards("survey_clock_is_at_most_two_years", make, {"clock_days": 730}, {"clock_days": 731})
    for good, bad in ((1, 0), (365, 366)):
        guards("survey_has_days_to_answer", make, {"expires_after_days": good},
               {"expires_after_days": bad})  # fmt: skip
    guards("survey_reminds_before_it_expires", make, {"reminder_after_days": 13},
           {"reminder_after_days": 14})  # fmt: skip
    guards("survey_points_are_few", make, {"points": 1_000_000}, {"points": 1_000_001})
    guards("survey_gives_within_its_budget", make, {"points_given": 5, "points_budget": 5},
           {"points_given": 6, "points_budget": 5})  # fmt: skip
    for good, bad in ((1, 0), (1000, 1001)):
        guards("survey_low_line_is_within_scale", make, {"low_line": good}, {"low_line": bad})
    guards("survey_anonymous_has_no_follow_ups", make, {"is_anonymous": True},
           {"is_anonymous": True, "low_line": 300})  # fmt: skip
    guards("survey_follow_up_has_hours", make, {"follow_up_hours": 1}, {"follow_up_hours": 0})


def test_constraints_of_versions(survey, now):
    def make(**changes):
        row = {"survey": survey, "number": 1, "title": "T", "created_at": now}
        return SurveyVersion.objects.create(**row | changes)

    live = {"number": 2, "state": "live", "published_at": now}
    guards("survey_version_published_has_time", make, {}, {"state": "live"})
    make()
    guards("survey_version_once_per_number", make, live, live | {"number": 1})
    guards("survey_version_one_draft", make, live, {"number": 2})
    make(**live)
    retired = {"number": 3, "state": "retired", "published_at": now}
    guards("survey_version_one_live", make, retired, live | {"number": 3})


def test_constraints_of_questions(draft):
    def make(**changes):
        row = {"version": draft, "position": 1, "code": "q", "kind": "nps", "text": "Q"}
        return Question.objects.create(**row | changes)

    number = {"kind": "number", "lowest": 1, "highest": 5}
    guards("question_kind_is_known", make, {"kind": "text"}, {"kind": "riddle"})
    guards("question_bounds_are_of_numbers", make, number, number | {"kind": "nps"})
    guards("question_bounds_leave_room", make, number, number | {"lowest": 5})
    make()
    guards("question_code_once", make, {"code": "r", "position": 2}, {"position": 2})
    guards("question_position_once", settled(make), {"code": "r", "position": 2}, {"code": "r"})


def test_constraints_of_choices(draft):
    question = Question.objects.create(
        version=draft, position=1, code="q", kind=QuestionKind.SINGLE, text="Q"
    )

    def make(**changes):
        row = {"question": question, "position": 1, "code": "a", "text": "A"}
        return Choice.objects.create(**row | changes)

    for good, bad in ((0, -1), (100, 101)):
        guards("choice_value_is_a_percentage", make, {"value": good}, {"value": bad})
    make()
    guards("choice_code_once", make, {"code": "b", "position": 2}, {"position": 2})
    guards("choice_position_once", settled(make), {"code": "b", "position": 2}, {"code": "b"})


def test_constraints_of_jumps(draft, questions):
    first, second = questions

    def make(**changes):
        row = {"question": first, "position": 1, "operator": "at_most", "value": "6"}
        return Branch.objects.create(**row | changes)

    guards("branch_operator_is_known", make, {}, {"operator": "rhymes"})
    guards("branch_has_a_value", make, {}, {"value": ""})
    guards("branch_has_a_value", make, {"operator": "always", "value": ""},
           {"operator": "answered"})  # fmt: skip
    guards("branch_leaves_its_question", make, {"goes_to": second}, {"goes_to": first})
    forwards = {"goes_to": second}
    guards("branch_goes_forwards", settled(make), forwards,
           {"question": second, "goes_to": first})  # fmt: skip
    make(**forwards)
    settle()
    guards("branch_position_once", settled(make), {"position": 2}, {})
    refused("branch_goes_forwards", lambda: (
        Question.objects.filter(pk=second.pk).update(position=0), settle(),
    ))  # fmt: skip


def test_constraints_of_scores(survey, draft, questions, now):
    SurveyVersion.objects.update(state="retired", published_at=now)
    other = SurveyVersion.objects.create(survey=survey, number=2, title="T", created_at=now)
    own = Question.objects.create(version=other, position=1, code="q1", kind="nps", text="Q")

    def make(**changes):
        return Score.objects.create(**{"version": other, "code": "s", "name": "S"} | changes)

    guards("score_code_once", make, {"code": "t"}, {}, beside={})
    score = Score.objects.get()

    def term(**changes):
        return ScoreTerm.objects.create(**{"score": score, "question": own} | changes)

    guards("score_term_part_is_known", term, {"part": "money"}, {"part": "luck"})
    for good, bad in ((1, 0), (100, 101)):
        guards("score_term_weighs_something", term, {"weight": good}, {"weight": bad})
    guards("score_term_is_of_its_version", term, {}, {"question": questions[0]})
    more = Question.objects.create(version=other, position=2, code="q2", kind="nps", text="Q")
    guards("score_term_once", term, {"question": more}, {}, beside={})


def test_constraints_of_triggers(survey, now):
    def make(**changes):
        return Trigger.objects.create(**{"survey": survey, "event": "purchase"} | changes)

    dated = {"event": "date", "audience": ensure_everyone(), "starts_on": now.date()}
    guards("trigger_event_is_known", make, {"event": "signup"}, {"event": "comet"})
    for good, bad in ((1, 0), (1000, 1001)):
        guards("trigger_share_is_a_share", make, {"share_permille": good}, {"share_permille": bad})
    guards("trigger_delay_is_within_a_year", make, {"delay_minutes": 525_600},
           {"delay_minutes": 525_601})  # fmt: skip
    guards("trigger_freshness_is_positive", make, {"freshness_hours": 1}, {"freshness_hours": 0})
    guards("trigger_date_has_audience_and_day", make, dated, {"event": "date"})
    guards("trigger_date_has_audience_and_day", make, {}, {"every_months": 3})
    for good, bad in ((1, 0), (60, 61)):
        guards("trigger_months_are_counted", make, dated | {"every_months": good},
               dated | {"every_months": bad})  # fmt: skip
    guards("trigger_conditions_are_of_purchases", make, {"least_amount": 1},
           {"event": "signup", "least_amount": 1})  # fmt: skip


def test_constraints_of_invitations(survey, person, now):
    member = person()

    def make(**changes):
        row = {"survey": survey, "member": member, "planned_at": now, "due_at": now,
               "expires_at": now + DAY}  # fmt: skip
        return Invitation.objects.create(**row | changes)

    guards("invitation_state_is_known", make, {"state": "sent"}, {"state": "lost"})
    guards("invitation_skipped_has_reason", make, {"state": "skipped", "reason": "clock"},
           {"state": "skipped"})  # fmt: skip
    guards("invitation_answered_has_time", make, {"state": "answered", "answered_at": now},
           {"state": "answered"})  # fmt: skip
    guards("invitation_expires_after_due", make, {}, {"expires_at": now})
    guards("invitation_reminded_was_sent", make, {"reminded_at": now, "sent_at": now},
           {"reminded_at": now})  # fmt: skip
    guards("invitation_once", make, {"occurrence": "again"}, {}, beside={})


def test_constraints_of_what_came_back(ask, invite, now):
    survey = ask()
    version = survey.versions.get()
    row, other = invite(survey), invite(survey)

    def make(**changes):
        values = {"invitation": row, "survey": survey, "version": version, "member": row.member,
                  "started_at": now, "closes_at": now + DAY}  # fmt: skip
        return Response.objects.create(**values | changes)

    done = {"state": "complete", "completed_at": now}
    guards("response_state_is_known", make, done, {"state": "eaten"})
    guards("response_actor_is_known", make, {"actor": "human"}, {"actor": "cat"})
    guards("response_complete_has_time", make, done, {"state": "complete"})
    guards("response_complete_has_time", make, {}, {"completed_at": now})
    guards("response_score_is_within_scale", make, {"score_permille": 1000},
           {"score_permille": 1001})  # fmt: skip
    first, second = make(), make(invitation=other, member=other.member)
    question = version.questions.get()

    def answer(**changes):
        return Answer.objects.create(
            **{"response": first, "question": question, "number": 3} | changes
        )

    guards("answer_text_is_short", answer, {"text": "x" * 4000}, {"text": "x" * 4001})
    guards("answer_says_something", answer, {"number": None, "choices": ["a"]}, {"number": None})
    guards("answer_once", answer, {"response": second}, {}, beside={})

    def touch(**changes):
        values = {"invitation": row, "method": "GET", "touched_at": now}
        return Touch.objects.create(**values | changes)

    guards("touch_actor_is_known", touch, {"actor": "machine"}, {"actor": "cat"})


def test_constraints_of_follow_ups(ask, invite, person, now):
    def make(**changes):
        row = {"member": person(), "subject": "Cold soup", "opened_at": now, "due_at": now + DAY}
        return FollowUp.objects.create(**row | changes)

    closed = {"state": "closed", "closed_at": now, "ending": "raised"}
    guards("follow_up_closed_has_time", make, closed, closed | {"closed_at": None})
    guards("follow_up_closed_has_time", make, {}, {"ending": "raised"})
    guards("follow_up_closed_has_time", make, closed, closed | {"ending": ""})
    done = closed | {"ending": "done"}
    guards("follow_up_says_what_was_done", make, done | {"outcome": "Rang"}, done)
    row = invite(ask())
    response = Response.objects.create(
        invitation=row, survey=row.survey, member=row.member, version=row.survey.versions.get(),
        started_at=now, closes_at=row.expires_at,
    )  # fmt: skip
    guards("follow_up_is_about_something", make, {}, {"subject": ""})
    guards("follow_up_is_about_something", make, {"response": response, "subject": ""},
           {"response": response})  # fmt: skip
    about = {"response": response, "subject": ""}
    guards("surveys_followup_response_id_key", make, {}, about, beside=about)
    guards("follow_up_is_of_somebody", make, {"member": None, "sender_email": "a@example.com"},
           {"member": None})  # fmt: skip
    guards("follow_up_words_are_short", make, {"subject": "x" * 4000}, {"subject": "x" * 4001})
    follow_up = make()

    def write(**changes):
        row = {"follow_up": follow_up, "kind": "note", "text": "Rang", "written_at": now}
        return FollowUpEntry.objects.create(**row | changes)

    guards("follow_up_entry_kind_is_known", write, {"kind": "reply"}, {"kind": "song"})
    guards("follow_up_entry_says_something", write, {"kind": "taken", "text": ""}, {"text": ""})
    guards("follow_up_entry_is_short", write, {"text": "x" * 4000}, {"text": "x" * 4001})
    guards("follow_up_entry_fate_is_of_replies", write, {"kind": "reply", "fate": "sent"},
           {"fate": "sent"})  # fmt: skip


def test_what_is_published_stays(ask):
    """The triggers survey_version_stays_as_published."""
    version = ask().versions.get()
    kept = "survey_version_stays_as_published"
    rows, question = SurveyVersion.objects.filter(pk=version.pk), version.questions.get()
    refused(kept, lambda: rows.update(title="Other"))
    refused(kept, lambda: rows.update(state="draft", published_at=None))
    refused(kept, lambda: rows._raw_delete("default"))
    refused(kept, lambda: version.questions.update(text="Other"))
    refused(kept, lambda: version.questions.all()._raw_delete("default"))
    choice = {"question": question, "position": 1, "code": "a", "text": "A"}
    refused(kept, lambda: Choice.objects.create(**choice))
    jump = {"question": question, "position": 1, "operator": "always"}
    refused(kept, lambda: Branch.objects.create(**jump))
    refused(kept, lambda: Score.objects.create(version=version, code="s", name="S"))
    rows.update(state="retired")
    refused(kept, lambda: rows.update(state="live"))
