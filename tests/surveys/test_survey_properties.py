# ruff: noqa: F811 (fixtures)
"""Whatever is asked, looked at, pressed, changed, merged, erased and mended, in whatever order."""

from collections import Counter

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from members.models import Activity, Member
from rewards.models import Transfer
from surveys.engine.path import Rule
from surveys.models import Answer, FollowUp, Invitation, Response, Survey
from surveys.services.building import ChoiceTerms
from tests.rewards.conftest import assert_ledger_true
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.surveys.answering_club import LINE, POINTS, AnsweringClub
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question

WHO, SOME, YES = st.integers(0, 3), st.integers(0, 11), st.booleans()
HOURS = st.sampled_from([0, 0, 0, 1, 1, 7, 7, 30, 24 * 3])
CODES = st.sampled_from(["rating", "rating", "why", "words"])
BY = st.sampled_from(["person", "person", "person", "somebody", "machine"])
VALUES = st.sampled_from([0, 2, 3, 4, 5, 6, 7, 9, 10, 11])
# What may happen, with which numbers (see ``AnsweringClub``), and how often beside the others.
ACTS = {
    "press": (14, SOME, CODES, VALUES, BY),
    "see_to": (4, SOME, st.integers(0, 4)),
    "touch": (3, SOME, st.integers(0, 12), st.integers(0, 3)),
    "release": (3,),
    "settle": (3, SOME, YES),
    "plan": (2, WHO, SOME, HOURS),
    "wait": (2, HOURS),
    "finish": (2, SOME, BY),
    "remind": (1,),
    "expire": (1,),
    "reward": (1, st.sampled_from([0, POINTS, POINTS, POINTS])),
    "merge": (1, WHO, WHO),
    "unmerge": (1, SOME),
    "erase": (1, WHO),
    "close": (1, SOME),
}
NAMES = st.sampled_from([name for name, (times, *_more) in ACTS.items() for _each in range(times)])
ANY_ACT = NAMES.flatmap(lambda name: st.tuples(st.just(name), *ACTS[name][1:]))


class Life(RuleBasedStateMachine):
    club: AnsweringClub

    def __init__(self):
        super().__init__()
        self.club.begin()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self):
        assert_ledger_true()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def some_are_asked_already(self):
        for place in range(5):
            self.club.do("plan", place, place, 0)
        self.club.do("release")
        for place in range(4):
            self.club.do("settle", place, place != 2)

    @rule(acts=st.lists(ANY_ACT, min_size=6, max_size=6))
    def live(self, acts):
        for act in acts:
            self.club.do(*act)
            self.what_stands_is_what_was_pressed()
            self.points_are_given_once_and_within_the_budget()
            self.complaints_are_seen_to_once()
            self.invitations_are_what_they_say()

    def what_stands_is_what_was_pressed(self):
        rows = {each.invitation_id: each for each in Response.objects.all()}
        confirmed = {pk for pk, each in rows.items() if each.state != "provisional"}
        assert confirmed == self.club.accounts.keys()
        said = {}
        for each in Answer.objects.select_related("question", "response"):
            value = each.number if each.number is not None else (each.text or each.choices[0])
            said.setdefault(each.response.invitation_id, {})[each.question.code] = value
        for pk, account in self.club.accounts.items():
            row = rows[pk]
            assert said.get(pk, {}) == account.given
            assert (row.actor, row.state == "complete") == (account.actor, account.is_complete)
            assert row.score_permille == account.score

    def points_are_given_once_and_within_the_budget(self):
        paid = {each.cause_id: each.amount for each in Transfer.objects.filter(cause_type="survey")}
        assert Transfer.objects.filter(cause_type="survey").count() == len(paid)
        given = dict(Response.objects.values_list("invitation_id", "points_given"))
        assert paid == {pk: points for pk, points in given.items() if points}
        for pk, account in self.club.accounts.items():
            assert (given[pk] is not None) == account.is_paid
        for survey in Survey.objects.filter(points_budget__isnull=False):
            total = survey.responses.aggregate(total=Sum("points_given"))["total"] or 0
            assert total == survey.points_given <= survey.points_budget

    def complaints_are_seen_to_once(self):
        found = {
            each.response.invitation_id: each
            for each in FollowUp.objects.select_related("response__member", "member")
        }
        low = {pk for pk, account in self.club.accounts.items() if account.was_low}
        assert found.keys() == low
        for pk, each in found.items():
            account = self.club.accounts[pk]
            assert each.member_id == each.response.member_id
            is_low = account.score is not None and account.score < LINE
            story = Counter(each.entries.values_list("kind", flat=True))
            if each.member.status != "active":
                assert each.is_closed or each.member.status == "closed"
            elif is_low:
                assert each.ending in ("", "done")
                # Whoever closed it knew of every time that it fell.
                assert story["lowered"] >= story["raised"]
            else:
                # Nobody is left with it who never touched it.
                by_staff = each.entries.filter(by__isnull=False).exists()
                assert each.owner_id or each.ending == "raised" or by_staff

    def invitations_are_what_they_say(self):
        for row in Invitation.objects.select_related("member", "response"):
            account = self.club.accounts.get(row.pk)
            is_told = bool(account) and account.counts
            assert (row.state == "answered") <= (row.answered_at is not None) <= is_told
            assert (row.sent_at is not None) <= (row.released_at is not None)
            assert (row.reminded_at is not None) <= (row.sent_at is not None)
            if row.reminded_at and row.answered_at:
                assert row.reminded_at <= row.answered_at
            assert row.member.status != "merged"
            if account:
                assert row.response.member_id == row.member_id
            if row.member.status == "erased":
                assert row.state not in ("planned", "released", "opened")
        for kind in ("survey_invited", "survey_reminder", "survey_answered"):
            told = Counter(Activity.objects.filter(kind=kind).values_list("subject_id", flat=True))
            assert max(told.values(), default=1) == 1


@pytest.fixture
def answering_club(ask, person, programme, staff, now):
    words = (
        question("rating", "nps", is_required=True, rules=(Rule("at_least", "7", "words"),)),
        question("why", "single",
                 choices=(ChoiceTerms("slow", "Slow"), ChoiceTerms("dear", "Dear"))),
        question("words", "text"),
    )  # fmt: skip
    surveys = [
        ask(*words, code="first", priority=1, low_line=LINE, points=POINTS, points_budget=25,
            reminder_after_days=3),
        ask(*words, code="often", priority=5, clock_days=2, low_line=LINE, points=3),
        ask(*words, code="sealed", priority=9, clock_days=0, is_anonymous=True),
    ]  # fmt: skip
    return AnsweringClub(surveys, [person() for _each in range(4)], staff("manager"))


# The same lives each time; take ``derandomize`` out and raise both numbers to look for new ones.
SETTINGS = settings(
    max_examples=8, stateful_step_count=8, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
)  # fmt: skip


@pytest.mark.django_db
def test_whatever_is_asked_and_answered_is_counted_paid_and_seen_to_once(
    answering_club, monkeypatch
):
    assert Member.objects.count() == 4
    monkeypatch.setattr(Life, "club", answering_club, raising=False)
    run_state_machine_as_test(Life, settings=SETTINGS)
