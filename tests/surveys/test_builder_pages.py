"""The builder in the back office: a marketer makes a survey by forms alone."""

import pytest
from django.urls import reverse

from surveys.flow import draw_flow, wrap
from surveys.models import Survey, Trigger
from surveys.selectors.versions import find_draft, list_questions
from surveys.selectors.wording import list_jumps
from surveys.services.building import create_from_ready, open_draft, publish_survey
from tests.admin.conftest import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(log_in):
    return log_in("marketer")


def url(name, *args):
    return reverse(f"admin:surveys_survey_{name}", args=args)


def choices(*texts):
    data = {"choices-TOTAL_FORMS": len(texts), "choices-INITIAL_FORMS": 0}
    for number, text in enumerate(texts):
        data[f"choices-{number}-text"] = text
    return data


def jumps(*rows):
    data = {"rules-TOTAL_FORMS": len(rows), "rules-INITIAL_FORMS": 0}
    for number, (operator, value, goal) in enumerate(rows):
        data |= {f"rules-{number}-operator": operator, f"rules-{number}-value": value,
                 f"rules-{number}-goes_to": goal}  # fmt: skip
    return data


def test_survey_from_nothing_to_published(marketer):
    answer = marketer.post(url("new"), {"name": "Tea tasting", "title": "Did you like the tea?",
                                        "kind": "other"})  # fmt: skip
    survey = Survey.objects.get(code="tea-tasting")
    assert answer["Location"] == survey.get_absolute_url()
    for kind, data in (
        ("nps", {"text": "Again?", "text_ja": "また？", "is_required": "on"}),
        ("single", {"text": "Which?", **choices("Green", "Black", "")}),
        ("text", {"text": "More?"}),
    ):
        answer = marketer.post(url("add_question", survey.pk, kind), data)
        assert answer["Location"] == f"{survey.get_absolute_url()}#question-{kind}"
    new = marketer.get(url("add_question", survey.pk, "multiple")).context["choices"]
    more = marketer.get(url("question", survey.pk, "single")).context["choices"]
    assert (len(new.forms), len(more.forms)) == (5, 2 + 2)
    data = {"text": "Again?", "is_required": "on"}
    rows = (("at_most", "6", "text"), ("", "", "__end__"), ("always", "", "__end__"))
    marketer.post(url("question", survey.pk, "nps"), data | jumps(*rows))
    questions = list_questions(find_draft(survey))
    assert [each.code for each in questions] == ["nps", "single", "text"]
    assert [each.text for each in questions[1].choices.all()] == ["Green", "Black"]
    assert list_jumps(questions[0], questions) == [
        "If the answer is at most 6, go to “More?”.", "In any case, that is the end.",
    ]  # fmt: skip
    page = marketer.get(survey.get_absolute_url()).content.decode()
    assert "“Which?” is asked of nobody" in page
    marketer.post(url("act", survey.pk), {"act": "publish"})
    survey.refresh_from_db()
    assert survey.state == "draft"
    marketer.post(url("question_act", survey.pk, "single"), {"act": "remove"})
    marketer.post(url("act", survey.pk), {"act": "publish"})
    survey.refresh_from_db()
    assert survey.state == "open"


def test_jump_that_leads_nowhere_is_explained_beside_the_form(marketer, club, now):
    survey = create_from_ready("nps", by=None, now=now)
    answer = marketer.post(
        url("question", survey.pk, "nps"), {"text": "Again?"} | jumps(("at_most", "", "why"))
    )
    assert answer.status_code == 422
    assert "Say which answer is meant." in answer.content.decode()
    answer = marketer.post(url("question_act", survey.pk, "why"), {"act": "up"}, follow=True)
    assert "go round in circles" in answer.content.decode()
    assert list_questions(find_draft(survey))[0].code == "nps"


def test_ready_survey_with_one_press_rules_words_score_and_trigger(marketer):
    marketer.post(url("new"), {"ready": "satisfaction"})
    survey = Survey.objects.get()
    page = marketer.get(url("rules", survey.pk))
    data = page.context["form"].initial | {"clock_days": 45, "low": "750", "name_ja": "満足度"}
    data = {name: "" if value is None else value for name, value in data.items()}
    data["is_anonymous"] = ""
    assert marketer.post(url("rules", survey.pk), data)["Location"] == survey.get_absolute_url()
    marketer.post(url("words", survey.pk), {"title": "Worth it?", "title_zh_hant": "值得嗎？"})
    marketer.post(url("score", survey.pk, "satisfaction"), {
        "name": "Score", "part_quality": "benefit", "weight_quality": "3", "part_money": "money",
    })  # fmt: skip
    marketer.post(url("add_trigger", survey.pk), {
        "event": "purchase", "is_enabled": "on", "share_permille": "200", "delay_hours": "1.5",
        "freshness_hours": "48", "least_money": "20",
    })  # fmt: skip
    survey.refresh_from_db()
    assert (survey.clock_days, survey.low_line) == (45, 750)
    draft = find_draft(survey)
    assert (draft.title, draft.title_zh_hant) == ("Worth it?", "值得嗎？")
    terms = draft.scores.get().terms.order_by("question__position")
    assert list(terms.values_list("question__code", "part", "weight")) == [
        ("quality", "benefit", 3), ("money", "money", 1),
    ]  # fmt: skip
    trigger = Trigger.objects.get()
    assert (trigger.share_permille, trigger.delay_minutes, trigger.least_amount) == (200, 90, 2000)
    marketer.post(url("trigger", survey.pk, trigger.pk), {"act": "remove"})
    assert not Trigger.objects.exists()


def test_preview_asks_one_question_a_screen_and_keeps_nothing(marketer, club, now):
    survey = create_from_ready("nps", by=None, now=now)
    page = url("preview", survey.pk)

    def see(**query):
        return marketer.get(page, query).context

    assert see()["question"].code == "nps"
    low = {"at": "nps", "answer": "3"}
    assert see(**low)["question"].code == "why"
    assert see(at="nps", answer="9")["question"].code == "praise"
    assert str(see(at="nps")["refusal"]) == "This question needs an answer."
    at_why = {"at": "why", "answer": ["price", "staff"], "a-nps": "3"}
    assert see(**at_why)["question"].code == "better"
    assert set(see(**at_why)["kept"][2:]) == {
        ("a-nps", "3"), ("a-why", "price"), ("a-why", "staff"),
    }  # fmt: skip
    back = see(**{"to": "nps", "a-nps": "3"})
    assert [each.value for each in back["shown"].options if each.is_chosen] == ["3"]
    assert see(at="why", skip="1", **{"a-nps": "3"})["question"].code == "better"
    end = see(**{"at": "better", "answer": "Tea", "a-nps": "3"})
    assert ("question" in end, end["points"]) == (False, 50)
    assert marketer.get(page + end["back"]).context["question"].code == "nps"
    text = marketer.get(page, {"language": "ja"}).content.decode()
    assert "お友だちやご家族にすすめたいですか？" in text
    assert marketer.get(page, {"language": "xx", "at": "gone"}).status_code == 200


def test_picture_names_the_ways_and_what_nobody_is_asked(club, now):
    survey = create_from_ready("exit", by=None, now=now)
    questions = list_questions(find_draft(survey))
    picture = draw_flow(questions)
    assert picture.count("<rect") == len(questions) + 1
    assert "The way through 6 questions." in picture
    assert "= Something" in picture
    assert "is-lost" not in picture
    text = "当店を親しい友人やご家族にすすめる可能性は、どのくらいありますか？"
    lines = wrap(text, 12)
    assert "".join(lines) == text
    assert all(len(line) <= 12 and line[0] not in "、。？" for line in lines)


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_much_for_one_as_for_three(
    count, marketer, now, django_assert_num_queries
):  # fmt: skip
    for code in ("nps", "exit", "mystery")[:count]:
        create_from_ready(code, by=None, now=now)
    marketer.get(url("changelist"))
    with django_assert_num_queries(LIST_QUERIES):
        marketer.get(url("changelist"))


def test_list_leads_to_the_results_of_what_was_asked(marketer, owner, now):
    asked, _draft = (create_from_ready(code, by=None, now=now) for code in ("nps", "exit"))
    publish_survey(asked, by=None, now=now)
    page = marketer.get(url("changelist")).text
    assert page.count("/results/") == 1
    assert url("results", asked.pk) in page
    file = owner.post(url("changelist"), {"export": "1"})
    assert "href" not in b"".join(file.streaming_content).decode()


@pytest.mark.parametrize("code", ["onboarding", "nps"])
def test_page_asks_as_much_for_three_questions_as_for_six(
    code, marketer, now, django_assert_num_queries
):  # fmt: skip
    survey = create_from_ready(code, by=None, now=now)
    publish_survey(survey, by=None, now=now)
    open_draft(survey, by=None, now=now)
    marketer.get(survey.get_absolute_url())
    with django_assert_num_queries(PAGE_QUERIES):
        marketer.get(survey.get_absolute_url())


LIST_QUERIES, PAGE_QUERIES = 7, 18
