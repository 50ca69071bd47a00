"""Surveys that are open, members who were invited, for the tests of asking and answering."""

import datetime as dt

import pytest

from core.actors import Agent
from members.models import Member
from members.services.enrolment import create_member
from surveys.engine.presses import Press
from surveys.models import Invitation, Survey
from surveys.services.building import QuestionTerms, create_survey, publish_survey
from tests.campaigns.bought import buy, till
from tests.rewards.conftest import programme
from tests.rewards.desk import staff

__all__ = [
    "PRESS", "ask", "buy", "invite", "person", "programme", "question", "staff", "till",
]  # fmt: skip

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
PRESS = Press(Agent.BROWSER, 4000)


def question(code, kind, text="", **fields):
    return QuestionTerms(code=code, kind=kind, words={"text": text or f"Text of {code}"}, **fields)


@pytest.fixture
def person(club, now):
    def make(**fields):
        number = Member.objects.count()
        values = {"email": f"ask{number}@example.com", "given_name": f"Ask{number}"} | fields
        return create_member(now=values.pop("now", now), source="test", **values)

    return make


@pytest.fixture
def ask(club, now):
    """``ask(QuestionTerms(...), ..., points=10)``, published and open."""

    def make(*questions, code="visit", at=None, **terms):
        questions = questions or (question("rating", "faces"),)
        survey = create_survey(
            code=code, title=f"Title of {code}", questions=questions, by=None, now=at or now,
            **{"name": code, **terms},
        )  # fmt: skip
        publish_survey(survey, by=None, now=at or now)
        return Survey.objects.get(pk=survey.pk)

    return make


@pytest.fixture
def invite(ask, person, now):
    """An invitation that was sent an hour ago."""

    def make(survey=None, member=None, *, sent_at=None, **fields):
        sent_at = sent_at or now - dt.timedelta(hours=1)
        values = {
            "survey": survey or ask(),
            "member": member or person(),
            "occurrence": f"test:{Invitation.objects.count()}",
            "state": "sent",
            "planned_at": sent_at,
            "due_at": sent_at,
            "released_at": sent_at,
            "sent_at": sent_at,
            "expires_at": sent_at + dt.timedelta(days=14),
        }
        return Invitation.objects.create(**values | fields)

    return make
