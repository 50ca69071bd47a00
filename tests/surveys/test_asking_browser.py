"""Surveys in a real Chromium: one press from the mail, by keyboard alone, without JavaScript."""

import pytest
from playwright.sync_api import expect

from surveys.engine.path import Rule
from surveys.links import sign_answer, sign_survey
from surveys.models import Answer, Response, Touch
from surveys.services.building import ChoiceTerms, close_survey
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    now,
    visit,
)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import BROWSER, question

pytestmark = pytest.mark.django_db(transaction=True)


def scale(code, kind, low="", high="", **fields):
    made = question(code, kind, **fields)
    made.words.update({"low_label": low, "high_label": high} if low else {})
    return made


ALL = (
    scale("nps", "nps", text="How likely are you to recommend us to a friend?",
          low="Not at all", high="Very likely", rules=(Rule("at_least", "9", "stars"),)),
    question("why", "single", text="What should we mend first?", choices=(
        ChoiceTerms("slow", "I waited too long"), ChoiceTerms("dear", "It was too dear"),
        ChoiceTerms("staff", "Nobody had time for me"),
    )),
    question("stars", "stars", text="And the tea?"),
    question("faces", "faces", text="How was the service?"),
    question("many", "multiple", text="What did you like?", choices=(
        ChoiceTerms("taste", "The taste"), ChoiceTerms("place", "The place"),
    )),
    question("words", "text", text="What else should we know?", is_required=True),
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_every_page_is_well_made(width, scheme, visit, ask, invite, programme):  # noqa: F811
    row = invite(ask(*ALL, points=20))
    page = visit(width, scheme, user_agent=BROWSER)
    page.goto(sign_answer(row.pk, "nps", 3))
    expect(page.get_by_text("You chose “3”.")).to_be_visible()
    assert_well_made(page, "an answer of a mail")
    page.get_by_role("button", name="Send my answer").click()
    for text, press in (
        ("What should we mend first?", lambda: page.get_by_text("It was too dear").click()),
        ("And the tea?", lambda: page.get_by_role("button", name="4 stars").click()),
        ("How was the service?", lambda: page.get_by_role("button", name="Not so good").click()),
        ("What did you like?", lambda: page.get_by_label("The place").check()),
        ("What else should we know?", lambda: page.get_by_role("textbox").fill("Warmer tea")),
    ):
        expect(page.get_by_role("heading", name=text)).to_be_visible()
        assert_well_made(page, text)
        press()
        if text.startswith(("What did", "What else")):
            page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("+20")).to_be_visible()
    assert_well_made(page, "thanks")
    page.get_by_role("link", name="Change my answers").click()
    expect(page.get_by_role("button", name="Keep and go on")).to_be_visible()
    assert_well_made(page, "answered before")
    assert Response.objects.get().state == "complete"
    assert Touch.objects.filter(method="POST", actor="human").count() == 6


def test_by_keyboard_alone(visit, ask, invite):  # noqa: F811
    row = invite(ask(*ALL))
    page = visit(1280, "light", user_agent=BROWSER)
    page.goto(sign_survey(row.pk))
    heading = page.get_by_role("heading", name="How likely are you")
    expect(heading).to_be_visible()
    page.keyboard.press("9")
    expect(page.get_by_role("heading", name="And the tea?")).to_be_focused()
    assert page.url.endswith("/q/stars/")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="How was the service?")).to_be_focused()
    page.get_by_role("link", name="Back").press("Enter")
    expect(page.get_by_role("button", name="2 stars")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.get_by_role("heading", name="How was the service?")).to_be_visible()
    assert {each.question.code: each.number for each in Answer.objects.all()} == {
        "nps": 9, "stars": 2,
    }  # fmt: skip


def test_what_is_wrong_is_said_beside_the_answer(visit, ask, invite):  # noqa: F811
    row = invite(ask(
        question("wait", "number", text="How long?", lowest=0, highest=60, is_required=True),
        question("many", "multiple", text="What did you like?", is_required=True, choices=(
            ChoiceTerms("taste", "The taste"), ChoiceTerms("place", "The place"),
        )),
    ))  # fmt: skip
    page = visit(390, "dark", user_agent=BROWSER)
    page.goto(sign_survey(row.pk))
    said, field = page.get_by_role("status"), page.get_by_role("spinbutton")
    expect(field).to_have_accessible_description("From 0 to 60.")
    page.get_by_role("button", name="Next").click()
    expect(said).to_have_text("This question needs an answer.")
    expect(field).to_be_focused()
    field.press_sequentially("61")
    expect(said).to_have_text("This number is not among the answers.")
    expect(field).to_have_accessible_description(
        "From 0 to 60. This number is not among the answers."
    )
    assert_well_made(page, "an answer that isn't one")
    field.press("Backspace")
    expect(said).to_be_empty()
    field.press("Enter")
    expect(page.get_by_role("heading", name="What did you like?")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(said).to_have_text("This question needs an answer.")
    page.get_by_label("The taste").check()
    expect(said).to_be_empty()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_without_javascript(visit, ask, invite, programme):  # noqa: F811
    row = invite(ask(*ALL[-2:], points=20))
    page = visit(390, "light", user_agent=BROWSER, java_script_enabled=False)
    page.goto(sign_survey(row.pk))
    page.get_by_role("button", name="Skip this question").click()
    page.get_by_role("button", name="Next").click()  # the browser itself asks for words
    page.get_by_role("textbox").fill("None")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("+20")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_words_that_come_too_late_are_given_back(width, scheme, visit, ask, invite):  # noqa: F811
    row = invite(ask(question("words", "text", text="What else should we know?")))
    page = visit(width, scheme, user_agent=BROWSER)
    page.goto(sign_survey(row.pk))
    page.get_by_role("textbox").fill("The tea was cold.\nوالشاي بارد")
    close_survey(row.survey, by=None, now=row.sent_at)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="These questions are closed.")).to_be_visible()
    kept = page.get_by_label("What you wrote couldn't be taken any more.")
    expect(kept).to_have_value("The tea was cold.\nوالشاي بارد")
    assert_well_made(page, "words given back")
