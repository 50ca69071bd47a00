# ruff: noqa: F811 (fixtures)
"""Between the moment an invitation is handed over and the moment its message leaves much can
happen: nobody is asked for what they gave already, or can't give any more.
"""

import pytest

from campaigns.services.automations.running import run_due_journeys
from members.enums import ConsentSource
from members.models import User
from members.services.consents import Answer, record_answers
from members.services.work import process_due_work
from surveys.models import Invitation, Trigger
from surveys.services.answering import answer_question
from surveys.services.building import close_survey
from surveys.services.inviting import release_due, remind_due
from tests.campaigns.outbox import send
from tests.campaigns.test_survey_messages import (  # noqa: F401 (fixtures)
    DAY,
    MINUTE,
    automations,
    bought,
    carry_on,
    mei,
    now,
    read_mail,
    sink,
)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS

pytestmark = pytest.mark.django_db(transaction=True)


def answer(row, at):
    answer_question(row.pk, "rating", ["4"], press=PRESS, now=at)


def withdraw(row, at):
    login = User.objects.get(pk=row.member.user_id)
    record_answers(row.member, [Answer("surveys", "email", False)], source=ConsentSource.PROFILE,
                   by=login, now=at)  # fmt: skip


def close(row, at):
    close_survey(row.survey, by=None, now=at)


@pytest.mark.parametrize("act", [answer, withdraw, close])
@pytest.mark.parametrize("is_planned", [True, False])
def test_what_happens_before_the_message_leaves_stops_it(
    automations, ask, mei, buy, sink, now, act, is_planned
):
    """``is_planned``: its message lies ready already when it happens."""
    Trigger.objects.create(survey=ask(), event="purchase")
    bought(buy(mei().pk, 500, now), now)
    release_due(now=now)
    process_due_work(now=now)
    if is_planned:
        run_due_journeys(now=now)
    act(Invitation.objects.get(), now)
    run_due_journeys(now=now)
    send(now=now)
    assert [each for each in sink.taken if "Title of visit" in read_mail(each)[0]] == []
    assert Invitation.objects.get().sent_at is None


@pytest.mark.parametrize("act", [answer, withdraw, close])
def test_nobody_is_reminded_of_what_they_answered(automations, ask, mei, buy, sink, now, act):
    Trigger.objects.create(survey=ask(reminder_after_days=3), event="purchase")
    bought(buy(mei().pk, 500, now), now)
    carry_on(now)
    later = now + 3 * DAY
    assert remind_due(now=later) == 1
    process_due_work(now=later)
    act(Invitation.objects.get(), later)
    run_due_journeys(now=later + MINUTE)
    send(now=later + MINUTE)
    assert len(sink.taken) == 1
