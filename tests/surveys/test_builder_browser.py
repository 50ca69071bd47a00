"""A survey in a real Chromium by keyboard alone: from a ready one to published and closed."""

import re

import pytest
from playwright.sync_api import expect

from purchases.models import Channel, Store
from surveys.models import Survey
from tests.admin.conftest import _waived_second_factor, log_in, roles  # noqa: F401 (fixtures)
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]

# About so many others stand between the focus and an element, less than none where it comes before;
# saves asking after each key.
STOPS_BETWEEN = """each => {
  const from = document.activeElement;
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
  const isBefore = from !== document.body && (from.compareDocumentPosition(each) & 2) !== 0;
  const [first, last] = isBefore ? [each, from] : [from, each];
  const count = all.filter(other => other.checkVisibility() && !other.disabled && other !== first
    && other.type !== "hidden" && other.tabIndex >= 0
    && (first === document.body || first.compareDocumentPosition(other) & 4)
    && other.compareDocumentPosition(last) & 4).length;
  return isBefore ? -count - 1 : count;
}"""


class Keys:
    """A page on which everything is reached with the Tab key."""

    def __init__(self, page):
        self.page = page

    def reach(self, role, name, **options):
        """Tab on until it has the focus; what can't be reached so fails."""
        target = self.page.get_by_role(role, name=name, **options)
        expect(target).to_be_visible()
        stops = target.evaluate(STOPS_BETWEEN)
        key = "Tab" if stops >= 0 else "Shift+Tab"
        for _press in range(abs(stops) - 2):
            self.page.keyboard.press(key)
        for _press in range(160):
            if target.evaluate("each => each === document.activeElement"):
                return target
            self.page.keyboard.press(key)
        raise AssertionError(f"the Tab key never comes to {role} “{name}”")

    def press(self, role, name, **options):
        self.reach(role, name, **options)
        self.page.keyboard.press("Enter")

    def write(self, name, text, role="textbox"):
        self.reach(role, name)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def choose(self, name, text, **options):
        """A list jumps to what is typed."""
        field = self.reach("combobox", name, **options)
        self.page.keyboard.type(text)
        expect(field.locator("option:checked")).to_have_text(re.compile(re.escape(text)))


def make_store():
    channel = Channel.objects.create(code="shops", name="Shops")
    Store.objects.create(code="harbor", name="Harbor", channel=channel)


@pytest.fixture
def keys(visit, log_in, live_server):  # noqa: F811
    page = visit(1280, "light")
    cookie = log_in("marketer").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return Keys(page)


def test_survey_by_keyboard_alone(keys, club, now):  # noqa: F811
    make_store()
    page = keys.page
    page.goto("/admin/surveys/survey/new/")
    keys.press("button", "Recommendation, every quarter")
    expect(
        page.get_by_role("heading", name="Recommendation, every quarter", level=2)
    ).to_be_visible()

    # A question: the form begins in it, what is wrong gets the focus, the page goes back to it.
    keys.press("link", "Change: What keeps you from it?")
    text = page.get_by_role("textbox", name="Question")
    expect(text).to_be_focused()
    keys.write("Question", " ")
    keys.press("button", "Save", exact=True)
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("What stands in the way?")
    keys.press("button", "Save", exact=True)
    expect(page.locator("#question-why")).to_be_focused()
    expect(page.locator("#question-why")).to_contain_text("What stands in the way?")

    # A jump, and the picture follows.
    jumps = page.locator(".survey-flow .flow-jump")
    before = jumps.count()
    keys.press("link", re.compile("^Change: What did we do well"))
    keys.choose("If the answer", "was given")
    keys.choose("go to", "the end")
    keys.press("button", "Save", exact=True)
    expect(jumps).to_have_count(before + 1)
    expect(page.locator(".survey-flow")).to_contain_text("answered")

    # A calculated score of the answer to the first question.
    keys.press("link", "Add a score")
    keys.write(re.compile("^Name"), "Warmth")
    keys.choose(re.compile("^How likely"), "counts by itself")
    keys.press("button", "Save", exact=True)
    expect(page.get_by_text("Warmth", exact=False)).to_be_visible()

    # As a member sees it: a press of a number goes on.
    keys.press("link", "As a member sees it")
    expect(page.get_by_role("heading", name=re.compile("^How likely"))).to_be_visible()
    page.wait_for_load_state()  # its script hears the keys
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="What stands in the way?")).to_be_visible()
    keys.press("link", "Back to the survey")

    keys.press("button", "Publish")
    expect(page.get_by_text("members are asked by this version from now on")).to_be_visible()

    # What is published stays: a change begins a draft, and is refused where it makes no sense.
    keys.press("button", re.compile("^Later: How likely"))
    expect(page.get_by_text("go round in circles")).to_be_visible()
    expect(page.locator("#question-nps")).to_be_focused()
    keys.press("button", re.compile("^Remove: May we show"))
    expect(page.locator("#question-praise")).to_be_focused()
    expect(page.get_by_role("heading", name="What members are asked now", level=2)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Remove: May we show"))).to_have_count(0)
    keys.press("button", "Publish")
    keys.press("link", "Show")
    expect(page.get_by_role("heading", name="What members were asked before")).to_be_visible()

    keys.press("link", "Add a trigger")
    keys.write(re.compile("^Purchase of at least"), "20", "spinbutton")
    keys.choose("Store", "Harbor")
    keys.choose(re.compile("^Whom it asks"), "one in five")
    expect(page.get_by_label("Audience")).to_be_hidden()
    keys.press("button", "Save", exact=True)
    expect(page.get_by_text("After a purchase, of $20.00 and more, Harbor, 20 %")).to_be_visible()

    page.get_by_role("link", name="Rules").press("Enter")
    keys.write("Points to give at most", "-5", "spinbutton")
    keys.press("button", "Save", exact=True)
    budget = page.get_by_label("Points to give at most")
    expect(budget).to_be_focused()
    keys.write("Points to give at most", "500", "spinbutton")
    keys.press("button", "Save", exact=True)
    expect(page.get_by_text("0 of at most 500 given")).to_be_visible()
    keys.press("button", "Close")
    expect(page.get_by_text("nobody is invited, and no answer is taken")).to_be_visible()
    assert Survey.objects.get().state == "closed"
    assert [each for each in page.complaints if "422" not in each] == []  # two refused forms
