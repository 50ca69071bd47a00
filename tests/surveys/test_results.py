"""Results beside a count by hand; what an anonymous survey keeps to itself; files."""

import datetime as dt
import io
import zipfile

import pytest
from django.urls import reverse

from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.logins import create_login
from members.services.roles import sync_roles
from purchases.models import Channel, Store
from surveys.models import Answer, Response, Survey, Theme
from surveys.selectors.answer_rows import build_header, iterate_rows
from surveys.selectors.results import Filters, get_results
from surveys.services.answering.sorting import set_answer_themes
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(invite):
    """``answer(survey, {code: number or words or codes}, ...)``: a complete one of a person."""

    def make(survey, given, *, at, state="complete", actor="human", store=None, member=None):
        version = survey.versions.get(state="live")
        invitation = invite(survey, member, sent_at=at, state="answered", answered_at=at)
        response = Response.objects.create(
            invitation=invitation, survey=survey, version=version, member=invitation.member,
            state=state, actor=actor, started_at=at, store=store,
            completed_at=at if state == "complete" else None, closes_at=at + dt.timedelta(days=14),
        )  # fmt: skip
        for code, value in given.items():
            kind = "number" if isinstance(value, int) else "text"
            Answer.objects.create(
                response=response, question=version.questions.get(code=code),
                **({"choices": value} if isinstance(value, list) else {kind: value}),
            )  # fmt: skip
        return response

    return make


@pytest.fixture
def survey(ask):
    return ask(question("nps", "nps"), question("why", "text"))


def test_figures_equal_a_count_by_hand(survey, answer, now):
    channel = Channel.objects.create(code="shops", name="Shops")
    north, south = (
        Store.objects.create(code=code, name=code.title(), zone="UTC", channel=channel)
        for code in "ns"
    )
    for number, store in ((10, north), (9, north), (8, south), (6, south), (2, south)):
        answer(survey, {"nps": number, "why": "because"}, at=now, store=store)
    answer(survey, {"nps": 0}, at=now, actor="machine")
    answer(survey, {"nps": 0}, at=now, actor="unknown")
    answer(survey, {"nps": 1}, at=now, state="begun")
    answer(survey, {"nps": 1, "why": "long ago"}, at=now - dt.timedelta(days=400), store=north)

    results = get_results(survey, Filters(first_on=now.date() - dt.timedelta(days=30)))
    assert (results.complete, results.begun, results.uncounted) == (5, 1, 2)
    assert results.main.question.code == "nps"
    assert results.main.estimate.value == pytest.approx(0)  # two of five less two of five
    assert results.main.counts == {10: 1, 9: 1, 8: 1, 6: 1, 2: 1}
    assert [(each.answered, each.reached) for each in results.questions] == [(5, 6), (5, 5)]
    by_store = {part.name: part.estimate.value for part in results.groups["store"]}
    assert by_store == pytest.approx({"N": 100, "S": -200 / 3})
    assert get_results(survey, Filters(store_id=north.pk)).main.estimate.value == pytest.approx(
        100 / 3
    )


def test_segments_and_themes(survey, answer, person, now):
    keen = ensure_audience("keen", kind="segment", name="Keen")
    fan = person()
    move_members(None, [AudienceMove(keen.pk, fan.pk)], now=now)
    loved = answer(survey, {"nps": 10, "why": "the bread"}, at=now, member=fan)
    answer(survey, {"nps": 0, "why": "the queue"}, at=now)
    bread = Theme.objects.create(code="bread", name="Bread")
    set_answer_themes(loved, [bread], by=None, now=now)
    results = get_results(survey, Filters())
    assert [(part.name, part.count) for part in results.groups["segment"]] == [("Keen", 1)]
    assert [(name, count) for name, count, _score in results.themes] == [(bread.name, 1)]
    assert get_results(survey, Filters(audience_id=keen.pk)).main.estimate.value == 100


def test_answers_to_choose_are_counted_one_by_one(ask, answer, now):
    from surveys.services.building import ChoiceTerms

    choices = tuple(ChoiceTerms(each, {"text": each}) for each in ("tea", "coffee"))
    survey = ask(question("drinks", "multiple", choices=choices))
    answer(survey, {"drinks": ["tea", "coffee"]}, at=now)
    answer(survey, {"drinks": ["tea"]}, at=now)
    (drinks,) = get_results(survey, Filters()).questions
    assert drinks.counts == {"tea": 2, "coffee": 1}
    assert drinks.answered == 2


def test_few_anonymous_answers_are_nobodys_to_read(ask, answer, now):
    survey = ask(question("nps", "nps"), is_anonymous=True)
    for _each in range(4):
        answer(survey, {"nps": 3}, at=now)
    results = get_results(survey, Filters())
    assert results.is_hidden
    assert results.groups == {}
    assert results.themes == []
    assert list(iterate_rows(survey, results.questions, Filters())) == []
    answer(survey, {"nps": 9}, at=now)
    results = get_results(survey, Filters())
    assert not results.is_hidden
    assert results.groups["month"][0].count == 5
    header = build_header(survey, results.questions)
    rows = list(iterate_rows(survey, results.questions, Filters()))
    assert len(rows) == 5
    assert {len(row) for row in rows} == {len(header)}
    assert "Name" not in header


def test_page_and_files(survey, answer, client, now, django_assert_max_num_queries, settings):
    settings.STAFF_MFA_WAIVED = True
    sync_roles(by=None, now=now)
    manager = create_login(
        email="manager@example.com", password="x-long-enough-9", display_name="Max",
        is_staff=True, roles=("manager",), by=None, now=now,
    )  # fmt: skip
    client.force_login(manager)
    for number in (10, 9, 3):
        answer(survey, {"nps": number, "why": "=1+1"}, at=now)
    address = reverse("admin:surveys_survey_results", args=[survey.pk])
    client.get(address)  # what is kept is read once
    with django_assert_max_num_queries(12):
        page = client.get(address).content.decode()
    assert "+33" in page
    assert "=1+1" in page
    assert client.get(f"{address}?first_on=never&tier=none").status_code == 200
    answered = client.get(reverse("admin:surveys_survey_results_csv", args=[survey.pk]))
    lines = b"".join(answered.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "'=1+1" in lines[1]
    answered = client.get(reverse("admin:surveys_survey_results_xlsx", args=[survey.pk]))
    book = zipfile.ZipFile(io.BytesIO(b"".join(answered.streaming_content)))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    one = reverse("admin:surveys_response_change", args=[Response.objects.first().pk])
    assert client.get(one).status_code == 200
    Survey.objects.update(is_anonymous=True)  # whoever asks for one by its number gets nothing
    assert client.get(one).status_code == 302
    rows = client.get(reverse("admin:surveys_response_changelist")).context["cl"]
    assert rows.result_count == 0
