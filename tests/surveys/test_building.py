"""Surveys are made, drafted question by question, published, closed; what is live stays."""

from functools import partial

import pytest
from django.conf import settings
from django.utils.translation import override

from core.models import AuditEntry
from core.words import list_translations
from surveys.engine.path import Rule, find_path
from surveys.models import Question, Survey, SurveyVersion
from surveys.selectors.versions import (
    find_draft,
    find_live,
    find_main_question,
    list_questions,
    list_scores,
    read_asked,
    reckon_scores,
)
from surveys.selectors.wording import list_jumps
from surveys.services.building import (
    ChoiceTerms,
    PartTerms,
    QuestionTerms,
    ScoreTerms,
    add_question,
    change_question,
    change_survey,
    change_words,
    close_survey,
    create_from_ready,
    create_survey,
    drop_draft,
    move_question,
    open_draft,
    publish_survey,
    remove_question,
    remove_score,
    remove_trigger,
    reopen_survey,
    set_score,
    set_trigger,
)
from surveys.services.building.ready import read_ready
from surveys.services.findings import list_findings
from surveys.services.refusals import CannotPublish, InvalidSurvey, NotAskedYet
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import question

pytestmark = pytest.mark.django_db
CHOICES = (ChoiceTerms("slow", "Slow"), ChoiceTerms("dear", "Dear"))


@pytest.fixture
def survey(club, now):
    return create_survey(code="visit", title="Your visit", name="Visit", by=None, now=now)


def codes(survey):
    return [each.code for each in list_questions(find_draft(survey))]


def acts(survey):
    rows = AuditEntry.objects.filter(subject_type="surveys.survey", subject_id=str(survey.pk))
    return list(rows.order_by("pk").values_list("action", flat=True))


def findings(survey):
    survey.refresh_from_db()
    return [each.code for each in list_findings(survey, find_draft(survey))]


# --- Ready to use --------------------------------------------------------------------------------


def test_ready_surveys_can_be_published_as_they_are(club, now):
    assert set(read_ready()) >= {
        "after-purchase", "after-delivery", "onboarding", "nps", "exit", "mystery", "satisfaction",
    }  # fmt: skip
    for code in read_ready():
        survey = create_from_ready(code, by=None, now=now)
        found = [each for each in list_findings(survey, find_draft(survey)) if each.is_blocking]
        assert (code, found) == (code, [])
        assert "untranslated" not in findings(survey)
        assert publish_survey(survey, by=None, now=now).number == 1
        assert survey.main_question == "" or find_main_question(
            survey, list_questions(find_live(survey))
        ).code == survey.main_question  # fmt: skip
    again = create_from_ready("nps", by=None, now=now)
    assert again.code == "nps-2"


def list_texts(node):
    if isinstance(node, dict) and "en" in node:
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from list_texts(each)


def test_words_of_ready_surveys_stand_in_four_languages():
    for text in list_texts(read_ready()):
        assert set(text) == {code for code, _name in settings.LANGUAGES}, text["en"]
        assert all(words.strip() for words in text.values())
        # A Japanese reader is no reader of Chinese: kana somewhere in what is longer than a word.
        if len(text["ja"]) > 8:
            assert any("ぁ" <= sign <= "ヿ" for sign in text["ja"]), text["ja"]


def test_satisfaction_is_reckoned_from_its_answers(club, now):
    survey = create_from_ready("satisfaction", by=None, now=now)
    draft = find_draft(survey)
    questions = list_questions(draft)
    numbers = {"quality": 5, "use": 3, "money": 7, "time": 4, "choosing": 1, "expected": 4}
    answers = [
        type("Given", (), {"question_id": each.pk, "number": numbers.get(each.code), "choices": []})
        for each in questions
    ]
    # B = (1 + .5) / 2 = .75; 1 − C = (1 + .5 + 0) / 3 = .5; E = .5: V = .625, S = .75.
    assert reckon_scores(list_scores(draft), questions, answers) == {"satisfaction": 750}


# --- Drafts --------------------------------------------------------------------------------------


def test_survey_is_built_question_by_question(survey, now):
    add_question(survey, question("", "nps", "How likely?", is_required=True), by=None, now=now)
    add_question(survey, question("", "single", "Why?", choices=CHOICES), by=None, now=now)
    add_question(survey, question("", "text", "More?"), by=None, now=now)
    add_question(survey, question("", "text", "Praise?"), by=None, now=now)
    assert codes(survey) == ["nps", "single", "text", "text-2"]
    terms = question(
        "nps", "nps", "How likely?", is_required=True,
        rules=(Rule("at_most", "6", "single"), Rule("always", "", "text-2")),
    )  # fmt: skip
    change_question(survey, "nps", terms, by=None, now=now)
    questions = list_questions(find_draft(survey))
    assert list_jumps(questions[0], questions) == [
        "If the answer is at most 6, go to “Why?”.", "In any case, go to “Praise?”.",
    ]  # fmt: skip
    assert find_path(read_asked(questions), {"nps": 8}) == ["nps", "text-2"]
    move_question(survey, "text", is_up=False, by=None, now=now)
    assert codes(survey) == ["nps", "single", "text-2", "text"]
    remove_question(survey, "text", by=None, now=now)
    assert [each.position for each in list_questions(find_draft(survey))] == [1, 2, 3]
    assert acts(survey) == ["survey.created", *["survey.draft_changed"] * 7]


def test_no_way_goes_round_in_circles(survey, now):
    for code in ("a", "b"):
        add_question(survey, question(code, "nps"), by=None, now=now)
    jump = question("a", "nps", rules=(Rule("is", "3", "b"),))
    change_question(survey, "a", jump, by=None, now=now)
    back = question("b", "nps", rules=(Rule("is", "3", "a"),))
    with pytest.raises(InvalidSurvey, match="round in circles"):
        change_question(survey, "b", back, by=None, now=now)
    with pytest.raises(InvalidSurvey, match="round in circles"):
        move_question(survey, "b", is_up=True, by=None, now=now)
    with pytest.raises(InvalidSurvey, match="leads to it"):
        remove_question(survey, "b", by=None, now=now)
    assert codes(survey) == ["a", "b"]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (question("q", "nps", " "), "text"),
        (question("a", "nps"), "code"),
        (question("q", "single", choices=(ChoiceTerms("x", "X"), ChoiceTerms("x", "Y"))),
         "choices"),
        (question("q", "single", choices=(ChoiceTerms("x", " "),)), "choices"),
        (question("q", "single", choices=(ChoiceTerms("x", "X", 101),)), "choices"),
        (question("q", "number", lowest=4, highest=4), "highest"),
        (question("q", "quote", is_required=True), "is_required"),
        (question("q", "nps", rules=(Rule("is", "11", None),)), "rules"),
        (question("q", "nps", rules=(Rule("is", "1", "gone"),)), "rules"),
        (question("q", "text", rules=(Rule("is", "yes", None),)), "rules"),
    ],
)  # fmt: skip
def test_questions_that_mean_nothing_are_refused(survey, now, terms, field):
    add_question(survey, question("a", "nps"), by=None, now=now)
    with pytest.raises(InvalidSurvey) as refusal:
        add_question(survey, QuestionTerms(**{**_fields(terms), "words": {"text": ""}})
                     if field == "text" else terms, by=None, now=now)  # fmt: skip
    assert refusal.value.field == field
    assert codes(survey) == ["a"]


def _fields(terms):
    return {name: getattr(terms, name) for name in terms.__dataclass_fields__}


def test_score_counts_questions_of_its_own_draft(survey, now):
    add_question(survey, question("a", "stars"), by=None, now=now)
    add_question(survey, question("b", "text"), by=None, now=now)
    score = ScoreTerms("", "All in all", (PartTerms("a", "benefit", 2),))
    set_score(survey, score, by=None, now=now)
    set_score(survey, ScoreTerms("all-in-all", "Whole", score.parts), by=None, now=now)
    assert [(each.code, each.name) for each in list_scores(find_draft(survey))] == [
        ("all-in-all", "Whole")
    ]
    with pytest.raises(InvalidSurvey, match="calculated score"):
        remove_question(survey, "a", by=None, now=now)
    for bad in ((), (PartTerms("gone"),), (PartTerms("a", "benefit", 0),)):
        with pytest.raises(InvalidSurvey):
            set_score(survey, ScoreTerms("x", "X", bad), by=None, now=now)
    set_score(survey, ScoreTerms("words", "Words", (PartTerms("b"),)), by=None, now=now)
    assert "no_worth" in findings(survey)
    remove_score(survey, "words", by=None, now=now)
    assert "no_worth" not in findings(survey)


# --- Rules and triggers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"expires_after_days": 0}, "expires_after_days"),
        ({"reminder_after_days": 14}, "reminder_after_days"),
        ({"low_line": 1001}, "low_line"),
        ({"is_anonymous": True, "low_line": 500}, "low_line"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(survey, now, terms, field):
    with pytest.raises(InvalidSurvey) as refusal:
        change_survey(survey, by=None, now=now, **terms)
    assert refusal.value.field == field


def test_what_was_asked_in_confidence_stays_anonymous(ask, invite, now):
    survey = ask(is_anonymous=True)
    assert change_survey(survey, is_anonymous=False, by=None, now=now).is_anonymous is False
    change_survey(survey, is_anonymous=True, by=None, now=now)
    invite(survey)
    with pytest.raises(InvalidSurvey, match="in confidence"):
        change_survey(survey, is_anonymous=False, by=None, now=now)


def test_trigger_keeps_what_its_event_asks_for(survey, now):
    trigger = set_trigger(survey, event="purchase", least_amount=500, by=None, now=now)
    set_trigger(survey, trigger, event="signup", by=None, now=now)
    trigger.refresh_from_db()
    assert (trigger.event, trigger.least_amount) == ("signup", None)
    for terms in ({"event": "date"}, {"share_permille": 0}, {"delay_minutes": 600_000},
                  {"freshness_hours": 0}):  # fmt: skip
        with pytest.raises(InvalidSurvey):
            set_trigger(survey, trigger, by=None, now=now, **terms)
    remove_trigger(survey, trigger, by=None, now=now)
    assert not survey.triggers.exists()
    assert acts(survey)[1:] == ["survey.trigger_set"] * 2 + ["survey.trigger_removed"]


# --- Publishing ----------------------------------------------------------------------------------


def test_draft_follows_what_is_live_and_codes_stay(ask, invite, now):
    survey = ask(question("rating", "faces", "How was it?"), question("why", "text"))
    live = find_live(survey)
    add_question(survey, question("more", "text"), by=None, now=now)
    change_question(survey, "rating", question("rating", "faces", "And now?"), by=None, now=now)
    change_words(survey, title="New title", title_ja="新しい", by=None, now=now)
    # Nothing of it is seen before it is published.
    assert list_questions(find_live(survey))[0].text == "How was it?"
    draft = publish_survey(survey, by=None, now=now)
    states = dict(SurveyVersion.objects.filter(survey=survey).values_list("number", "state"))
    assert states == {1: "retired", 2: "live"}
    assert [each.code for each in list_questions(find_live(survey))] == ["rating", "why", "more"]
    assert live.questions.count() == 2
    with override("ja"):
        assert draft.title_i18n == "新しい"
    assert publish_survey(survey, by=None, now=now) is None


def test_what_cannot_be_asked_cannot_be_published(survey, now):
    assert findings(survey) == ["empty", "untranslated"]
    always = (Rule("always", "", None),)
    add_question(survey, question("a", "text", rules=always), by=None, now=now)
    add_question(survey, question("b", "single", choices=CHOICES[:1]), by=None, now=now)
    change_survey(survey, main_question="gone", by=None, now=now)
    assert findings(survey)[:2] == ["few_choices", "no_main"]
    with pytest.raises(CannotPublish, match=r"two answers.*“gone” isn't there"):
        publish_survey(survey, by=None, now=now)
    change_question(survey, "b", question("b", "single", choices=CHOICES), by=None, now=now)
    assert "unreachable" in findings(survey)
    change_survey(survey, main_question="", low_line=300, by=None, now=now)
    assert "no_scale" in findings(survey)
    assert Survey.objects.get().state == "draft"


def test_maker_hears_that_a_scale_has_other_ends(survey, now):
    """What was never published is mixed with nothing."""
    for highest in (5, 10):
        terms = question("a", "number", lowest=1, highest=highest)
        save = add_question if highest == 5 else partial(change_question, code="a")
        save(survey, terms=terms, by=None, now=now)
        assert "other_ends" not in findings(survey)
    publish_survey(survey, by=None, now=now)
    change_question(survey, "a", question("a", "number", lowest=1, highest=7), by=None, now=now)
    assert "other_ends" in findings(survey)
    assert publish_survey(survey, by=None, now=now) is not None
    change_question(survey, "a", question("a", "number", "B?", lowest=1, highest=7), by=None,
                    now=now)  # fmt: skip
    assert "other_ends" in findings(survey)  # some were answered by the other all the same


def test_maker_hears_what_is_not_translated(survey, now):
    add_question(survey, question("a", "nps"), by=None, now=now)
    assert findings(survey) == ["untranslated"]
    words = {f"text_{each.replace('-', '_')}": "…" for each in list_translations()}
    titles = {f"title_{each.replace('-', '_')}": "…" for each in list_translations()}
    change_question(survey, "a", QuestionTerms("nps", {"text": "A?", **words}), by=None, now=now)
    change_words(survey, by=None, now=now, **titles)
    assert findings(survey) == []


def test_survey_is_closed_and_opened_again(survey, now):
    for act in (close_survey, reopen_survey):
        with pytest.raises(NotAskedYet):
            act(survey, by=None, now=now)
    add_question(survey, question("a", "nps"), by=None, now=now)
    publish_survey(survey, by=None, now=now)
    assert close_survey(survey, by=None, now=now).state == "closed"
    close_survey(survey, by=None, now=now)
    open_draft(survey, by=None, now=now)
    publish_survey(survey, by=None, now=now)
    survey.refresh_from_db()
    assert survey.state == "closed"
    assert reopen_survey(survey, by=None, now=now).is_open
    assert acts(survey)[2:] == [
        "survey.published", "survey.closed", "survey.drafted", "survey.published",
        "survey.reopened",
    ]  # fmt: skip


def test_draft_is_thrown_away_and_a_new_survey_with_it(ask, survey, now):
    asked = ask(code="asked")
    open_draft(asked, by=None, now=now)
    drop_draft(asked, by=None, now=now)
    drop_draft(asked, by=None, now=now)
    assert find_draft(asked) is None
    add_question(survey, question("a", "nps"), by=None, now=now)
    drop_draft(survey, by=None, now=now)
    assert list(Survey.objects.values_list("code", flat=True)) == ["asked"]
    assert not Question.objects.filter(code="a").exists()


def test_a_code_never_means_two_questions(ask, now):
    """Results join by it: neither another kind nor another question gets it again."""
    survey = ask(question("stars", "stars"), question("why", "text"))
    remove_question(survey, "stars", by=None, now=now)
    with pytest.raises(InvalidSurvey) as refused:
        add_question(survey, question("stars", "nps"), by=None, now=now)
    assert refused.value.field == "code"
    assert add_question(survey, question("", "stars", "Else"), by=None, now=now).code == "stars-2"
    assert add_question(survey, question("stars", "stars"), by=None, now=now).code == "stars"


def test_two_surveys_never_share_a_code(survey, now):
    with pytest.raises(InvalidSurvey, match="this code"):
        create_survey(code="visit", title="T", name="Other", by=None, now=now)
