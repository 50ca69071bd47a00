"""What an anonymous survey keeps to itself: nothing told of fewer than five, nothing by taking one
look from another.
"""

import datetime as dt
from collections import Counter

import pytest
from django.urls import reverse

from core.models import AuditEntry
from core.sealing import seal
from members.services.audiences import AudienceMove, ensure_audience, move_members
from purchases.models import Channel, Store
from surveys.models import Theme
from surveys.selectors.answer_rows import build_header, iterate_rows
from surveys.selectors.results import (
    Filters,
    build_scope,
    find_said,
    get_results,
    list_result_questions,
    list_words,
)
from surveys.selectors.results.club import get_club_nps
from surveys.services.answering.sorting import set_answer_themes
from surveys.services.building import PartTerms, ScoreTerms
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question
from tests.surveys.given import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey(ask):
    return ask(
        question("nps", "nps"), question("why", "text"), question("faces", "faces"),
        scores=[ScoreTerms("s", "S", [PartTerms("nps")])], is_anonymous=True,
    )  # fmt: skip


@pytest.fixture
def stores(db):
    channel = Channel.objects.create(code="shops", name="Shops")
    return [
        Store.objects.create(code=code, name=code.title(), zone="UTC", channel=channel)
        for code in ("north", "south")
    ]


def read(survey, **filters):
    return get_results(build_scope(survey, Filters(**filters)))


def list_files(survey):
    scope = build_scope(survey, Filters())
    return list(iterate_rows(scope, list_result_questions(survey)))


def list_said(survey, **options):
    return [each.text for each in list_words(build_scope(survey, Filters()), most=50, **options)[0]]


def test_four_are_nobodys_to_read(survey, answer, office, now):
    for number in range(4):
        one = answer(survey, {"nps": number, "why": f"words {number}"}, at=now)
    set_answer_themes(one, [Theme.objects.create(code="bread", name="Bread")], by=None, now=now)
    results = read(survey)
    assert results.is_hidden
    assert (results.groups, results.themes, results.main.counts) == ({}, [], {})
    assert [score.estimate for score in results.scores] == [None]
    assert (list_files(survey), list_said(survey)) == ([], [])
    page = office("owner").get(reverse("admin:surveys_survey_results", args=[survey.pk]))
    assert "words" not in page.content.decode().replace("In their own words", "").replace(
        'id="words"', ""
    ).replace("#words", "")


def test_answers_join_five_at_a_time(survey, answer, now):
    given = [10, 9, 0, 3, 8, 10, 10, 10, 10]
    for at, number in enumerate(given):
        answer(survey, {"nps": number, "why": f"words {at}"}, at=now + dt.timedelta(minutes=at))
    results = read(survey)
    assert results.complete == 9  # how many there are is no secret
    assert results.main.counts == Counter(given[:5])
    assert results.scores[0].estimate.value == pytest.approx(sum(given[:5]) * 2)
    assert sorted(list_said(survey)) == [f"words {at}" for at in range(5)]
    assert sorted(row[0] for row in list_files(survey)) == sorted(given[:5])
    answer(survey, {"nps": 0, "why": "words 9"}, at=now + dt.timedelta(minutes=10))
    assert read(survey).main.counts == Counter([*given, 0])
    assert len(list_files(survey)) == 10


def test_nothing_narrows_them(survey, answer, person, stores, now):
    """Staff make a segment of all but one, or choose the days before: they see the same."""
    aimed = person()
    for number in (10, 10, 9, 9, 9):
        answer(survey, {"nps": number}, at=now, store=stores[0], tier="gold")
    answer(survey, {"nps": 0}, at=now + dt.timedelta(days=1), member=aimed, store=stores[1])
    for number in (10, 10, 9, 9):
        answer(survey, {"nps": number}, at=now + dt.timedelta(days=2), store=stores[0])
    alone = ensure_audience("alone", kind="segment", name="Alone")
    move_members(None, [AudienceMove(alone.pk, aimed.pk)], now=now)
    theme = Theme.objects.create(code="bread", name="Bread")
    whole = read(survey).main.counts
    assert sum(whole.values()) == 10
    for narrowed in (
        {"last_on": now.date()}, {"first_on": now.date() + dt.timedelta(days=1)},
        {"store_id": stores[1].pk}, {"tier": "gold"}, {"audience_id": alone.pk},
        {"theme_id": theme.pk}, {"division": "week"},
    ):  # fmt: skip
        results = read(survey, **narrowed)
        assert results.main.counts == whole
        assert [part.key for part in results.groups["period"]] == ["2026-03-01"]
        assert "segment" not in results.groups


def test_what_is_left_of_a_part_is_five_or_nobody(survey, answer, stores, now):
    """Nine of one store and one of the other: the whole less the store must not be that one."""
    north, south = stores
    for at in range(9):
        answer(survey, {"nps": 10}, at=now + dt.timedelta(minutes=at), store=north)
    answer(survey, {"nps": 0}, at=now + dt.timedelta(minutes=9), store=south)
    results = read(survey)
    assert results.main.counts == {10: 9, 0: 1}
    parts = {part.name: part for part in results.groups["store"]}
    assert parts["North"].count == 9
    assert parts["North"].estimate.count == parts["North"].scores["s"].count == 5
    assert (parts["South"].count, parts["South"].estimate, parts["South"].scores) == (1, None, {})
    # The next five come together, and what is told of each part grows by five with them.
    told = parts["North"].estimate.count
    answer(survey, {"nps": 0}, at=now + dt.timedelta(minutes=11), store=north)
    assert {part.name: part for part in read(survey).groups["store"]}[
        "North"
    ].estimate.count == told


def test_a_question_that_few_answered_is_not_told(survey, answer, now):
    for at in range(10):
        given = {"nps": 9} | ({"faces": 4, "why": f"words {at}"} if at < 6 else {})
        answer(survey, given, at=now + dt.timedelta(minutes=at))
    results = {each.question.code: each for each in read(survey).questions}
    assert (results["nps"].answered, results["faces"].answered) == (10, 5)
    assert (results["faces"].counts, results["faces"].reached) == ({4: 5}, 6)
    assert len(list_said(survey)) == 5
    assert Counter(row[2] for row in list_files(survey)) == {4: 5, "": 5}


def test_words_tell_neither_who_nor_when(survey, answer, office, now):
    numbers = [answer(survey, {"nps": 3, "why": f"words {at}"}, at=now).pk for at in range(5)]
    scope = build_scope(survey, Filters())
    said, has_more = list_words(scope, most=3)
    assert has_more
    assert {(each.response_id, each.started_at, each.score_permille) for each in said} == {
        (None, None, None)
    }
    assert find_said(scope, said[0].token).pk in numbers
    assert not any(str(pk) in each.token for each in said for pk in numbers if pk > 99)
    header = build_header(survey, list_result_questions(survey))
    assert header == ["Text of nps", "Text of why", "Text of faces"]
    marketer = office("marketer")
    address = reverse("admin:surveys_survey_results", args=[survey.pk])
    page = marketer.get(address).content.decode()
    assert reverse("admin:surveys_response_change", args=[numbers[0]]) not in page
    answered = marketer.get(reverse("admin:surveys_survey_results_answers", args=[survey.pk]))
    assert answered.url == address


def test_themes_of_them_tell_how_many_and_no_score(survey, answer, office, now):
    marketer = office("marketer")
    rows = [
        answer(survey, {"nps": 3, "why": f"words {at}"}, at=now, score_permille=300)
        for at in range(6)
    ]
    theme = Theme.objects.create(code="bread", name="Bread")
    own = reverse("admin:surveys_survey_results_themes", args=[survey.pk])
    scope = build_scope(survey, Filters())
    said = list_words(scope, most=1)[0][0]
    marketer.post(own, {"said": said.token, "theme": theme.pk})
    entry = AuditEntry.objects.get(action="response.themes_set")
    assert (entry.subject_type, entry.subject_id) == ("surveys.survey", str(survey.pk))
    (found,) = read(survey).themes
    assert (found.count, found.score) == (1, None)
    assert list_said(survey, theme_id=theme.pk) == [said.text]
    # The sixth is not shown yet, so nobody can say what it is about.
    assert find_said(scope, seal(str(rows[5].pk)).decode()) is None


def test_the_clubs_nps_leaves_them_out(survey, answer, now):
    for _each in range(5):
        answer(survey, {"nps": 10}, at=now)
    assert get_club_nps(now.date()).now is None
