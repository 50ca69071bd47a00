# ruff: noqa: F811 (fixtures)
"""Acts on a follow-up, on its answer and on its member at once: each test fails when the lock or
constraint that it names is taken away.
"""

import datetime as dt
from functools import partial

import pytest

from core.errors import DomainError
from members.models import Activity, Member, Notice
from members.services.erasing import erase_member
from members.services.merging import merge_members
from rewards.models import Account, Transfer
from surveys.models import FollowUp, FollowUpEntry, Invitation, Response
from surveys.services.answering import answer_question
from surveys.services.follow_ups import (
    close_follow_up,
    reply_to_member,
    take_follow_up,
    take_message,
)
from surveys.services.inviting import expire_invitations, release_due, remind_due
from tests.races import together
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS, question

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def low(ask, invite):
    survey = ask(question("rating", "nps"), question("words", "text"), low_line=500, points=20)
    return lambda *args, **fields: invite(survey, *args, **fields)


def quietly(call, *args, **fields):
    """A refusal in words is an answer; a fault of the database is none."""
    try:
        return call(*args, **fields)
    except DomainError as refusal:
        return refusal.code


def press(row, number, now, code="rating"):
    return quietly(answer_question, row.pk, code, [str(number)], press=PRESS, now=now)


def is_sound(results):
    return not [each for each in results if isinstance(each, Exception)]


def test_low_answers_in_many_tabs_open_one(low, now):
    """Member lock of ``answering.rows``; the unique key of ``FollowUp.response`` behind it."""
    row = low()
    assert is_sound(together(*(partial(press, row, place % 4, now) for place in range(8))))
    found = FollowUp.objects.get()
    assert found.state == "open"
    assert found.score_permille == min(
        [found.score_permille, Response.objects.get().score_permille]
    )


def test_staff_work_one_at_once(low, staff, now):
    """Member lock of ``lock_follow_up``: one owner, one reply to the member, one end."""
    for _round in range(3):
        row = low()
        press(row, 1, now)
        pk = FollowUp.objects.get(response__invitation=row).pk
        people = [staff("manager", place) for place in range(2)]
        results = together(
            *(partial(quietly, take_follow_up, pk, by=who, now=now) for who in people),
            *(partial(quietly, reply_to_member, pk, "Sorry!", by=people[0], now=now)
              for _each in range(2)),
            *(partial(quietly, close_follow_up, pk, "Done", by=who, now=now) for who in people),
        )  # fmt: skip
        assert is_sound(results)
        found = FollowUp.objects.get(pk=pk)
        kinds = list(found.entries.values_list("kind", flat=True))
        assert (found.state, found.ending, kinds.count("closed")) == ("closed", "done", 1)
        told = FollowUpEntry.objects.filter(follow_up=pk, kind="reply")
        assert told.count() <= 2  # another act may stand between two
        assert Notice.objects.filter(member=row.member).count() == told.count()
        # Nothing happens after the end but what opens it again.
        assert kinds[-1] == "closed"


def test_an_answer_falls_and_rises_while_somebody_closes(low, staff, now):
    """Whichever comes first: the last word of the member is seen by somebody, or is content."""
    clerk = staff("clerk")
    for _round in range(4):
        row = low()
        press(row, 3, now)
        pk = FollowUp.objects.get(response__invitation=row).pk
        results = together(
            partial(press, row, 9, now + HOUR), partial(press, row, 0, now + HOUR),
            partial(quietly, close_follow_up, pk, "Done", by=clerk, now=now + HOUR),
        )  # fmt: skip
        assert is_sound(results)
        found = FollowUp.objects.select_related("response").get(pk=pk)
        if found.response.score_permille < 500 and found.is_closed:
            # Closed by somebody who could have read of the fall.
            kinds = list(found.entries.order_by("pk").values_list("kind", flat=True))
            assert kinds[-1] == "closed"


@pytest.mark.parametrize("act", ["merge", "erase"])
def test_the_member_goes_while_they_press(low, person, programme, now, act):
    """Members are locked before invitations, whoever comes first."""
    for _round in range(3):
        target = person()
        row = low()

        def leave(member=row.member, target=target):
            if act == "merge":
                merge_members(member, target, by=None, reason="One person", now=now)
            else:
                erase_member(member, by=None, now=now)

        results = together(
            partial(press, row, 1, now), partial(press, row, "Bad", now, code="words"), leave,
            partial(press, row, 2, now),
        )  # fmt: skip
        assert is_sound(results), results
        row.refresh_from_db()
        press(row, 1, now)
        press(row, "Cold", now, code="words")
        found = FollowUp.objects.filter(response__invitation=row)
        assert found.count() <= 1
        paid = Transfer.objects.filter(cause_type="survey", cause_id=row.pk).count()
        response = Response.objects.filter(invitation=row).first()
        assert paid == bool(response and response.points_given)
        if act == "merge":
            assert (row.member, response.member, found.get().member) == (target,) * 3
            assert (paid, response.state) == (1, "complete")
            assert Account.objects.get(member=target, kind="available").balance == 20
        else:
            assert not FollowUp.objects.filter(member=row.member).unclosed().exists()


def test_contact_form_sent_twice_is_one_message(person, now):
    """Member lock of ``take_message``; of visitors the lock of what they sent."""
    member = person()
    ones = [partial(take_message, "Hello", member=member, now=now) for _each in range(4)]
    others = [
        partial(take_message, "Hello", member=None, email="x@example.com", now=now)
        for _each in range(4)
    ]
    assert is_sound(together(*ones, *others))
    assert FollowUp.objects.filter(member=member).count() == 1
    assert FollowUp.objects.filter(member=None).count() == 1


def test_nobody_is_reminded_or_expired_who_answers_meanwhile(low, now):
    """Row locks: who answered first is left alone; who was reminded first may still answer."""
    rows = [low(reminder_due_at=now, expires_at=now + HOUR) for _each in range(6)]
    results = together(
        *(partial(press, row, 9, now) for row in rows), partial(remind_due, now=now),
        partial(expire_invitations, now=now + 2 * HOUR), partial(release_due, now=now),
    )  # fmt: skip
    assert is_sound(results)
    for row in Invitation.objects.select_related("response"):
        if hasattr(row, "response"):
            assert row.state in ("answered", "expired")
            assert row.response.state == "begun"
        reminded = Activity.objects.filter(kind="survey_reminder", subject_id=row.pk).count()
        assert reminded == (row.reminded_at is not None)
    assert Member.objects.count() == len(rows)
