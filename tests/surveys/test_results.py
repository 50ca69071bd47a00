"""Results beside a count by hand; lists, files and themes."""

import datetime as dt
import io
import random
import zipfile

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.services.audiences import AudienceMove, ensure_audience, move_members
from purchases.models import Channel, Store
from surveys.admin.result_charts import draw_question
from surveys.models import Choice, Invitation, Response, Survey, Theme
from surveys.selectors.answer_rows import write_xlsx
from surveys.selectors.results import Filters, build_scope, get_results, list_words
from surveys.selectors.versions import get_version, list_questions, list_scores, reckon_scores
from surveys.services.answering.sorting import set_answer_themes
from surveys.services.building import (
    ChoiceTerms,
    PartTerms,
    ScoreTerms,
    add_question,
    change_question,
    publish_survey,
)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question
from tests.surveys.given import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db


def read(survey, **filters):
    return get_results(build_scope(survey, Filters(**filters)))


@pytest.fixture
def survey(ask):
    return ask(question("nps", "nps"), question("why", "text"))


@pytest.fixture
def stores(db):
    channel = Channel.objects.create(code="shops", name="Shops")
    return [
        Store.objects.create(code=code, name=code.title(), zone="UTC", channel=channel)
        for code in ("north", "south")
    ]


def test_figures_equal_a_count_by_hand(survey, answer, stores, now):
    north, south = stores
    for number, store in ((10, north), (9, north), (8, south), (6, south), (2, south)):
        answer(survey, {"nps": number, "why": "because"}, at=now, store=store)
    answer(survey, {"nps": 0}, at=now, actor="machine")
    answer(survey, {"nps": 0}, at=now, actor="unknown")
    answer(survey, {"nps": 1}, at=now, state="begun")
    answer(survey, {"nps": 1, "why": "long ago"}, at=now - dt.timedelta(days=400), store=north)

    results = read(survey, first_on=now.date() - dt.timedelta(days=30))
    assert (results.complete, results.begun, results.uncounted) == (5, 1, 2)
    assert results.main.question.code == "nps"
    assert results.main.counts == {10: 1, 9: 1, 8: 1, 6: 1, 2: 1}
    # Two of five less two of five; with three added: p = 2.75/8 each, so 0 ± 1.96 √(0.6875/8).
    found = results.main.estimate
    assert (found.value, found.low, found.high) == pytest.approx((0, -57.457, 57.457), abs=1e-3)
    by_store = {part.name: part.estimate.value for part in results.groups["store"]}
    assert by_store == pytest.approx({"North": 100, "South": -200 / 3})
    assert read(survey, store_id=north.pk).main.estimate.value == pytest.approx(100 / 3)


def test_satisfaction_equals_a_reckoning_by_hand(ask, answer, stores, now):
    parts = {"quality": "benefit", "price": "money", "time": "time", "before": "expectation"}
    survey = ask(
        *(question(code, "stars") for code in parts),
        scores=[ScoreTerms("s", "Satisfied", [PartTerms(*pair) for pair in parts.items()])],
    )
    north, south = stores
    # B = 1, cheap (0.5 + 1) / 2, E = 0.5: 0.875 + 0.25 is more than all.
    answer(survey, {"quality": 5, "price": 3, "time": 5, "before": 3}, at=now, store=north)
    # B = 0.75, cheap (0.25 + 0.5) / 2, E = 0.75: 0.5625.
    answer(survey, {"quality": 4, "price": 2, "time": 3, "before": 4}, at=now, store=north)
    # B = 0.25, cheap (0 + 0.25) / 2, E = 1: less than nothing.
    answer(survey, {"quality": 2, "price": 1, "time": 2, "before": 5}, at=now, store=south)
    answer(survey, {"quality": 5, "time": 5, "before": 1}, at=now)  # the price is not known
    results = read(survey)
    (score,) = results.scores
    assert (score.name, score.counts) == ("Satisfied", {9: 1, 5: 1, 0: 1})
    # 1000, 563 and 0: 521 ± 1.96 · 501.32 / √3, no less than 0 and no more than 100.
    found = score.estimate
    assert (found.count, found.value, found.low) == (3, pytest.approx(52.1), 0)
    assert found.high == 100
    by_store = {part.name: part.scores["s"].value for part in results.groups["store"]}
    assert by_store == pytest.approx({"North": 78.15, "South": 0})
    (month,) = results.groups["period"]
    assert month.scores["s"].value == pytest.approx(52.1)


def test_scores_of_many_answers_are_those_of_the_engine(ask, answer, now):
    worth = {"a": 100, "b": 37, "c": 0}
    choices = [ChoiceTerms(code, code, value) for code, value in worth.items()]
    parts = [
        PartTerms("plain", "plain", 3), PartTerms("pick", "benefit", 2), PartTerms("cost", "money"),
        PartTerms("effort", "effort", 7), PartTerms("before", "expectation"),
    ]  # fmt: skip
    survey = ask(
        question("plain", "nps"), question("pick", "single", choices=choices),
        question("cost", "number", lowest=-3, highest=8), question("effort", "effort"),
        question("before", "faces"), scores=[ScoreTerms("s", "S", parts)],
    )  # fmt: skip
    draw = random.Random(7)
    for _each in range(60):
        given = {
            "plain": draw.randint(0, 10), "pick": [draw.choice("abc")],
            "cost": draw.randint(-3, 8), "effort": draw.randint(1, 7), "before": draw.randint(1, 4),
        }  # fmt: skip
        for code in draw.sample(sorted(given), draw.choice((0, 0, 1, 2))):
            del given[code]
        answer(survey, given, at=now)
    version = get_version(survey.versions.get().pk)
    scores, questions = list_scores(version), list_questions(version)
    told = [
        reckon_scores(scores, questions, response.answers.all())["s"]
        for response in Response.objects.prefetch_related("answers")
    ]
    known = [each for each in told if each is not None]
    assert 20 < len(known) < 60
    found = read(survey).scores[0]
    assert found.estimate.value == pytest.approx(sum(known) / len(known) / 10)
    tenths = [min(each // 100, 9) for each in known]
    assert found.counts == {tenth: tenths.count(tenth) for tenth in tenths}


def test_way_to_the_answer_and_where_it_ends(ask, answer, invite, now):
    survey = ask(question("nps", "nps"), question("faces", "faces"), question("why", "text"))
    for given in ({"nps": 9, "faces": 3, "why": "x"}, {"nps": 9, "faces": 3}, {"nps": 9}):
        answer(survey, given, at=now)
    for given in ({"nps": 2}, {"nps": 3}, {"nps": 4, "faces": 1}):
        answer(survey, given, at=now, state="begun")
    invite(survey, sent_at=now)
    invite(survey, sent_at=now, state="opened", opened_at=now)
    skipped = invite(survey, sent_at=now)
    Invitation.objects.filter(pk=skipped.pk).update(sent_at=None, state="skipped", reason="clock")
    results = read(survey)
    funnel = results.funnel
    assert (funnel.invited, funnel.sent, funnel.opened, funnel.answered) == (9, 8, 7, 6)
    assert funnel.response_rate.value == 75
    steps = {each.question.code: (each.reached, each.stopped) for each in results.questions}
    assert steps == {"nps": (6, 2), "faces": (3, 1), "why": (1, 0)}


def test_periods_stand_in_order(survey, answer, now):
    first = dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC)  # a Friday
    for days, number in ((0, 10), (3, 0), (70, 10), (75, 9)):
        answer(survey, {"nps": number}, at=first + dt.timedelta(days=days))

    def tell(division):
        groups = read(survey, division=division).groups["period"]
        return [(part.key, part.count, part.estimate.value) for part in groups]

    assert tell("week") == [
        ("2026-01-26", 1, 100), ("2026-02-02", 1, -100), ("2026-04-06", 1, 100),
        ("2026-04-13", 1, 100),
    ]  # fmt: skip
    assert tell("month") == [
        ("2026-01-01", 1, 100), ("2026-02-01", 1, -100), ("2026-04-01", 2, 100),
    ]  # fmt: skip
    assert tell("quarter") == [("2026-01-01", 2, 0), ("2026-04-01", 2, 100)]


def test_segments_and_themes(survey, answer, person, now):
    keen = ensure_audience("keen", kind="segment", name="Keen")
    fan = person()
    move_members(None, [AudienceMove(keen.pk, fan.pk)], now=now)
    loved = answer(survey, {"nps": 10, "why": "bread"}, at=now, member=fan, score_permille=1000)
    answer(survey, {"nps": 0, "why": "the queue"}, at=now, score_permille=0)
    bread = Theme.objects.create(code="bread", name="Bread")
    set_answer_themes(loved, [bread], by=None, now=now)
    results = read(survey)
    assert [(part.name, part.count) for part in results.groups["segment"]] == [("Keen", 1)]
    (theme,) = results.themes
    assert (theme.name, theme.count, theme.share, theme.score) == ("Bread", 1, 50, 100)
    assert read(survey, audience_id=keen.pk).main.estimate.value == 100
    assert read(survey, theme_id=bread.pk).main.estimate.value == 100


def test_answers_to_choose_are_counted_one_by_one(ask, answer, now):
    choices = tuple(ChoiceTerms(each, {"text": each}) for each in ("tea", "coffee"))
    survey = ask(question("drinks", "multiple", choices=choices))
    answer(survey, {"drinks": ["tea", "coffee"]}, at=now)
    answer(survey, {"drinks": ["tea"]}, at=now)
    (drinks,) = read(survey).questions
    assert drinks.counts == {"tea": 2, "coffee": 1}
    assert drinks.answered == 2


def test_words_are_told_newest_first(survey, answer, now):
    """By their day: rows of another place may come in any order."""
    for days, words in ((1, "yesterday"), (3, "before"), (0, "today")):
        answer(survey, {"why": words}, at=now - dt.timedelta(days=days))
    words, has_more = list_words(build_scope(survey, Filters()), most=2)
    assert ([each.text for each in words], has_more) == (["today", "yesterday"], True)


def test_answers_that_are_no_longer_asked_are_still_told(ask, answer, office, now):
    """An answer taken out lends its code to no other; one that comes back is the same again."""
    choices = [ChoiceTerms("", words) for words in ("价格", "味道")]
    survey = ask(question("rating", "number", lowest=1, highest=5))
    add_question(survey, question("what", "multiple", choices=choices), by=None, now=now)
    publish_survey(survey, by=None, now=now)
    price, taste = codes_of(survey)
    answer(survey, {"what": [price, taste], "rating": 5}, at=now)
    kept = ChoiceTerms(price, "价格")
    for words in (["分量"], ["味道", "分量"], ["分量"]):
        terms = question(
            "what", "multiple", choices=[kept, *(ChoiceTerms("", each) for each in words)]
        )
        change_question(survey, "what", terms, by=None, now=now)
        if words == ["味道", "分量"]:
            assert codes_of(survey, state="draft")[:2] == [price, taste]
    terms = question("rating", "number", lowest=1, highest=3)
    change_question(survey, "rating", terms, by=None, now=now)
    publish_survey(survey, by=None, now=now)
    size = codes_of(survey)[1]
    answer(survey, {"what": [size], "rating": 3}, at=now)
    rating, what = read(survey).questions
    assert what.counts == {price: 1, taste: 1, size: 1}
    assert [(each["name"], each["count"]) for each in draw_question(what)["bars"]] == [
        ("价格", 1), ("分量", 1), ("味道 (no longer asked)", 1),
    ]  # fmt: skip
    columns = draw_question(rating)["columns"]
    assert [each["count"] for each in columns] == [0, 0, 1, 1]
    own = reverse("admin:surveys_survey_results_csv", args=[survey.pk])
    lines = b"".join(office("manager").get(own).streaming_content).decode().splitlines()
    assert [line.split(",")[-1] for line in lines[1:]] == ["价格; 味道", "分量"]


def codes_of(survey, state="live"):
    found = Choice.objects.filter(question__version__survey=survey, question__version__state=state)
    return list(found.order_by("position").values_list("code", flat=True))


def test_page_and_files(survey, answer, office, stores, now, django_assert_max_num_queries):
    manager = office("manager")
    for number, store in ((10, stores[0]), (9, stores[0]), (3, stores[1])):
        answer(survey, {"nps": number, "why": "=1+1"}, at=now, store=store)
    address = reverse("admin:surveys_survey_results", args=[survey.pk])
    manager.get(address)  # what is kept is read once
    with django_assert_max_num_queries(12):
        page = manager.get(address).content.decode()
    assert "+33" in page
    assert "=1+1" in page
    assert manager.get(f"{address}?first_on=never&tier=none&division=day").status_code == 200
    turned = manager.get(f"{address}?first_on=2026-03-01&last_on=2026-02-01")
    assert "The last day lies before the first." in turned.content.decode()
    assert turned.context["results"].complete == 3  # what makes no sense is left out
    answered = manager.get(reverse("admin:surveys_survey_results_csv", args=[survey.pk]))
    lines = b"".join(answered.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "'=1+1" in lines[1]
    answered = manager.get(reverse("admin:surveys_survey_results_xlsx", args=[survey.pk]))
    book = zipfile.ZipFile(io.BytesIO(b"".join(answered.streaming_content)))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    one = reverse("admin:surveys_response_change", args=[Response.objects.first().pk])
    assert manager.get(one).status_code == 200
    Survey.objects.update(is_anonymous=True)  # whoever asks for one by its number gets nothing
    assert manager.get(one).status_code == 302
    rows = manager.get(reverse("admin:surveys_response_changelist")).context["cl"]
    assert rows.result_count == 0


def test_more_rows_than_a_sheet_holds_go_on_in_the_next():
    rows = ([number] for number in range(5))
    with write_xlsx(["Score"], rows, sheet_rows=2) as file, zipfile.ZipFile(file) as book:
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        assert [book.read(name).count(b"<row ") for name in sheets] == [3, 3, 2]


def test_lists_sort_turn_and_go_into_files(survey, answer, office, stores, now):
    manager = office("manager")
    for number, store in ((10, stores[0]), (9, stores[0]), (3, stores[1])):
        answer(survey, {"nps": number}, at=now, store=store, score_permille=number * 100)
    address = reverse("admin:surveys_survey_results", args=[survey.pk])

    def list_stores(query):
        table = manager.get(f"{address}?{query}").context["tables"]["store"]
        return [row.record["name"] for row in table.paginated_rows]

    assert list_stores("") == ["North", "South"]
    assert list_stores("store-sort=value") == ["South", "North"]
    assert list_stores("store-sort=-value&store-page=99&tier-sort=nonsense") == ["North", "South"]

    def take(part, ending, query=""):
        own = reverse("admin:surveys_survey_results_part", args=[survey.pk, part, ending])
        return manager.get(f"{own}?{query}")

    lines = b"".join(take("store", "csv", "store-sort=value").streaming_content).decode()
    # North, with three added: (2.75 − 0.75) / 5 ± 1.96 √((0.7 − 0.16) / 5), at most all.
    assert lines.splitlines()[1:] == ["South,1,-100.0,-98.5,48.5", "North,2,100.0,-24.4,100.0"]
    book = zipfile.ZipFile(io.BytesIO(b"".join(take("steps", "xlsx").streaming_content)))
    assert b"Text of nps" in book.read("xl/worksheets/sheet1.xml")
    assert take("store", "pdf").status_code == 404
    assert take("nothing", "csv").status_code == 404
    entry = AuditEntry.objects.filter(action="survey.exported").latest("pk")
    assert entry.changes == {"rows": 2, "file": "xlsx", "part": "steps"}

    own = reverse("admin:surveys_survey_results_answers", args=[survey.pk])

    def list_scores_of(query):
        table = manager.get(f"{own}?{query}").context["table"]
        return [row.record.score_permille for row in table.paginated_rows]

    assert list_scores_of("sort=score") == [300, 900, 1000]
    assert list_scores_of(f"sort=-score&store={stores[0].pk}") == [1000, 900]


@pytest.mark.parametrize(("page", "queries"), [("results", 12), ("results_answers", 10)])
def test_queries_do_not_grow_with_answers(
    survey, answer, office, now, django_assert_num_queries, page, queries
):
    manager = office("manager")
    theme = Theme.objects.create(code="bread", name="Bread")
    address = reverse(f"admin:surveys_survey_{page}", args=[survey.pk])
    for many in (1, 3):
        for _each in range(many):
            one = answer(survey, {"nps": 9, "why": "words"}, at=now)
            set_answer_themes(one, [theme], by=None, now=now)
        manager.get(address)  # what is kept is read once
        with django_assert_num_queries(queries):
            manager.get(address)


def test_themes_are_given_where_the_words_stand(survey, answer, office, now):
    marketer = office("marketer")
    one = answer(survey, {"nps": 9, "why": "The bread"}, at=now)
    bread = Theme.objects.create(code="bread", name="Bread")
    address = reverse("admin:surveys_survey_results", args=[survey.pk])
    own = reverse("admin:surveys_survey_results_themes", args=[survey.pk])
    (said,) = marketer.get(address).context["words"]
    assert (said["themes"], said["others"]) == ([], [(str(bread.pk), "Bread")])
    sent = {"said": said["said"].token, "theme": bread.pk, "query": "tier=gold&x=//evil.example"}
    answered = marketer.post(own, sent)
    assert answered.url == f"{address}?tier=gold&x=%2F%2Fevil.example#words"
    assert list(one.themes.all()) == [bread]
    assert AuditEntry.objects.filter(
        action="response.themes_set", subject_id=str(one.pk), changes__added=["bread"]
    ).exists()
    (said,) = marketer.get(f"{address}?theme={bread.pk}").context["words"]
    assert said["themes"] == [(str(bread.pk), "Bread")]
    marketer.post(own, sent | {"act": "remove"})
    assert not one.themes.exists()
    # What names nothing, or another survey's answer, changes nothing.
    for wrong in ({"said": "x" * 40}, {"said": ""}, {"theme": "9999999"}, {"theme": "²"}):
        assert marketer.post(own, sent | wrong).status_code == 302
    assert not one.themes.exists()
