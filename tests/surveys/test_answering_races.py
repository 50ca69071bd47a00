"""Two tabs, a double press, a survey that closes and a member who leaves while they answer: each
test fails when the lock that it names is taken away.
"""

import datetime as dt
from functools import partial

import pytest
from django.db import DatabaseError

from members.models import Activity
from members.services.erasing import erase_member
from rewards.models import Account, Transfer
from surveys.models import Answer, FollowUp, Invitation, Response, Survey
from surveys.services.answering import NotAsked, SurveyOver, answer_question
from surveys.services.building import close_survey
from surveys.services.inviting import release_due, remind_due
from tests.races import together
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS, question

pytestmark = pytest.mark.django_db(transaction=True)


def press(row, number, now, code="rating"):
    try:
        return answer_question(row.pk, code, [str(number)], press=PRESS, now=now).points
    except (SurveyOver, NotAsked) as refusal:
        return refusal.code


def test_two_tabs_and_double_presses_pay_once(ask, invite, programme, now):
    """Member lock of ``answering.rows``; without it both find nothing paid yet."""
    row = invite(ask(points=20))
    paid = together(*(partial(press, row, 1 + place % 4, now) for place in range(6)))
    assert sorted(paid) == [0, 0, 0, 0, 0, 20]
    assert Account.objects.get(member=row.member, kind="available").balance == 20
    assert Transfer.objects.filter(cause_type="survey").count() == 1
    assert (Response.objects.count(), Answer.objects.count()) == (1, 1)
    assert Activity.objects.filter(kind="survey_answered").count() == 1


def test_budget_is_given_once(ask, invite, programme, now):
    """Lock of the survey's row where points are taken."""
    survey = ask(points=20, points_budget=50)
    rows = [invite(survey) for _each in range(5)]
    paid = together(*(partial(press, row, 4, now) for row in rows))
    assert sorted(paid) == [0, 0, 10, 20, 20]
    assert Survey.objects.get().points_given == 50


def test_closing_and_erasing_while_somebody_answers(ask, invite, programme, now):
    """Whoever comes first; nobody waits in a circle, and nothing is half done."""
    survey = ask(question("rating", "faces"), question("words", "text"), points=20)
    rows = [invite(survey) for _each in range(4)]
    for row in rows:
        press(row, 3, now)

    def erase(row):
        erase_member(row.member, by=None, now=now)
        return "erased"

    results = together(
        *(partial(press, row, "Good", now, code="words") for row in rows),
        *(partial(erase, row) for row in rows[:2]),
        partial(close_survey, survey, by=None, now=now),
    )
    assert not [each for each in results if isinstance(each, DatabaseError)]
    for row in rows:
        response = Response.objects.get(invitation=row)
        assert (response.state == "complete") == (response.completed_at is not None)
        paid = Transfer.objects.filter(cause_type="survey", cause_id=row.pk).count()
        assert paid == (response.state == "complete")
    gone = Answer.objects.filter(response__member__in=[row.member_id for row in rows[:2]])
    assert not gone.exclude(text="").exists()
    assert FollowUp.objects.count() == 0


def test_several_workers_ask_each_member_once(ask, person, now):
    """The lock of ``releasing``: two that look at once would each release one."""
    surveys = [ask(code=f"s{place}") for place in range(3)]
    members = [person() for _each in range(4)]
    Invitation.objects.bulk_create(
        Invitation(survey=survey, member=member, planned_at=now, due_at=now,
                   expires_at=now + dt.timedelta(days=2))
        for survey in surveys for member in members
    )  # fmt: skip
    counts = together(*(partial(release_due, now=now) for _each in range(4)))
    assert sum(counts) == len(members)
    assert Invitation.objects.filter(state="released").count() == len(members)
    assert Activity.objects.filter(kind="survey_invited").count() == len(members)


def test_nobody_is_reminded_twice(ask, invite, now):
    survey = ask(reminder_after_days=1)
    rows = [invite(survey, reminder_due_at=now) for _each in range(5)]
    counts = together(*(partial(remind_due, now=now) for _each in range(4)))
    assert sum(counts) == len(rows)
    assert Activity.objects.filter(kind="survey_reminder").count() == len(rows)
