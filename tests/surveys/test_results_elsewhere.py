"""Scores on the member's page of the back office, and the club's NPS on its first page."""

import datetime as dt

import pytest
from django.urls import reverse

from core.time import start_of
from surveys.models import Invitation
from surveys.selectors.member_page import get_member_surveys
from surveys.selectors.results import get_club_nps
from surveys.services.building import PartTerms, ScoreTerms
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question
from tests.surveys.given import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db


def days(number):
    return dt.timedelta(days=number)


@pytest.fixture
def survey(ask):
    scores = [ScoreTerms("s", "Satisfied", [PartTerms("nps"), PartTerms("stars")])]
    return ask(question("nps", "nps"), question("stars", "stars"), scores=scores)


def test_member_page_tells_scores_with_their_trend(survey, ask, answer, invite, person, now):
    anna = person()
    for back, number, stars in ((60, 3, 2), (30, 7, 3), (1, 9, 5)):
        answer(survey, {"nps": number, "stars": stars}, at=now - days(back), member=anna,
               score_permille=number * 100)  # fmt: skip
    answer(survey, {"nps": 0}, at=now, member=anna, actor="machine")
    answer(survey, {"nps": 1}, at=now)  # somebody else's
    found = get_member_surveys(anna, now=now, with_scores=True)
    assert [(each.score, each.nps) for each in found.scores] == [(90, 9), (70, 7), (30, 3)]
    # 90 and 100, 70 and 50, 30 and 25: their means, halves up.
    assert [each.reckoned for each in found.scores] == [
        {"Satisfied": 95}, {"Satisfied": 60}, {"Satisfied": 28},
    ]  # fmt: skip
    assert [number for _at, number in found.nps] == [3, 7, 9]
    assert get_member_surveys(anna, now=now, with_scores=False).scores == []
    assert get_member_surveys(person(), now=now, with_scores=True) is None


def test_member_page_tells_what_waits_and_what_was_withheld(survey, ask, invite, person, now):
    anna = person()
    waits = invite(survey, anna)
    over = invite(survey, anna, sent_at=now - days(40))
    skipped = invite(survey, anna, state="skipped", reason="clock")
    Invitation.objects.filter(pk=skipped.pk).update(sent_at=None)
    found = get_member_surveys(anna, now=now, with_scores=False)
    assert [[row.pk for row in rows] for rows in (found.open, found.withheld, found.asked)] == [
        [waits.pk], [skipped.pk], [over.pk],
    ]  # fmt: skip
    assert found.withheld[0].say_reason() == "asked too recently"


def test_member_page_tells_why_a_message_was_not_sent(survey, invite, office, person, now):
    """In the words of whoever sends; what only the survey knows, in its own."""
    anna = person()
    told = {"bounced": "The address doesn&#x27;t exist", "gone": "the message was not sent"}
    for detail in told:
        invite(survey, anna, state="skipped", reason="not_sent", detail=detail)
    page = office("manager").get(reverse("admin:members_member_change", args=[anna.pk]))
    for words in told.values():
        assert f"<td>{words}</td>" in page.content.decode()


def test_member_page_never_tells_who_answered_an_anonymous_survey(ask, answer, invite, person, now):
    secret = ask(question("nps", "nps"), code="exit", is_anonymous=True)
    anna, ben = person(), person()
    answer(secret, {"nps": 2}, at=now, member=anna)
    invite(secret, ben, sent_at=now)
    told = [get_member_surveys(each, now=now, with_scores=True) for each in (anna, ben)]
    assert [(found.scores, found.nps) for found in told] == [([], [])] * 2
    assert [[row.state for row in found.open] for found in told] == [["sent"]] * 2


def test_member_page_shows_scores_to_whom_answers_are_open(
    survey, answer, office, person, now, django_assert_num_queries
):
    anna = person()
    first = answer(survey, {"nps": 3, "stars": 2}, at=now, member=anna, score_permille=300)
    for count in (1, 2):
        with django_assert_num_queries(7):
            found = get_member_surveys(anna, now=now, with_scores=True)
        assert len(found.scores) == count
        answer(survey, {"nps": 3, "stars": 2}, at=now, member=anna, score_permille=300)
    link = reverse("admin:surveys_response_change", args=[first.pk])
    address = reverse("admin:members_member_change", args=[anna.pk])
    assert link in office("manager").get(address).content.decode()
    assert link not in office("clerk").get(address).content.decode()


def test_nps_of_the_club_equals_a_count_by_hand(ask, answer, club, now):
    one = ask(question("nps", "nps"), question("stars", "stars"), code="one")
    other = ask(question("likely", "nps"), code="other")
    last_on = now.date()
    first = start_of(last_on - days(89), club.zone)  # by the club's own days, in summer and winter
    end = start_of(last_on + days(1), club.zone)

    def give(survey, code, number, at, **fields):
        answer(survey, {code: number}, at=at, **fields)

    for number in (10, 9, 8, 3):
        give(one, "nps", number, end - dt.timedelta(minutes=1))
    give(other, "likely", 10, first)
    give(other, "likely", 0, first - dt.timedelta(minutes=1))
    give(one, "nps", 0, end)  # tomorrow
    give(one, "nps", 0, end - days(1), state="begun")
    give(one, "nps", 0, end - days(1), actor="machine")
    give(one, "stars", 1, end - days(1))
    found = get_club_nps(last_on)
    # Three of five less one of five; with three added (3.75 − 1.75) / 8 ± 1.96 √((5.5/8 − 1/16)/8)
    assert (found.now.value, found.now.count) == (40, 5)
    assert (found.now.low, found.now.high) == pytest.approx((-29.783, 79.783), abs=1e-3)
    assert (found.before.value, found.before.count) == (-100, 1)
    assert found.weeks[-1] == 40
    assert found.weeks[0] == 0  # eleven weeks before: one of each
