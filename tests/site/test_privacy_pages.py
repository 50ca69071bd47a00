"""The privacy pages in a real Chromium: by axe, at two widths, by day and by night."""

import pytest

from members import links
from members.enums import Channel, ConsentSource
from members.models import ErasureRequest, Guardian, Recipient
from members.purposes import NEWS, PROFILING
from members.selectors.consents import has_agreed
from members.services.consents import Answer, record_answers
from members.services.erasure import request_erasure
from members.services.profiles import update_member
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    WIDTHS,
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    log_in,
    mei,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]
ONCE_EACH = [(390, "dark"), (1280, "light")]


@pytest.fixture
def agreed(mei, now):  # noqa: F811
    """Mei has answered, and the club shares with somebody abroad."""
    Recipient.objects.create(name="Pigeon Post", what_for="Carries our letters.", country="CH")
    answers = [Answer(NEWS, Channel.EMAIL, True), Answer(PROFILING, Channel.ANY, True)]
    record_answers(mei, answers, source=ConsentSource.PROFILE, by=mei.user, now=now)
    return mei


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_privacy_pages_are_well_made(width, scheme, visit, agreed):  # noqa: F811
    page = visit(width, scheme)
    log_in(page)
    for path in ("/privacy/", "/privacy/mine/", "/privacy/mine/consents/"):
        page.goto(path)
        for summary in page.locator("details > summary").all():
            summary.click()
        assert_well_made(page, path)
    page.goto("/privacy/mine/erasure/")
    assert_well_made(page, "being forgotten")
    page.get_by_role("button", name="Erase my membership").click()
    page.wait_for_url("**/privacy/mine/")
    assert_well_made(page, "having asked")


@pytest.mark.parametrize(("width", "scheme"), ONCE_EACH)
def test_pages_of_the_young_are_well_made(width, scheme, visit, mei, now):  # noqa: F811
    update_member(mei, {"birth_year": now.year - 8}, by=None, now=now)
    page = visit(width, scheme)
    log_in(page)
    page.goto("/privacy/mine/")
    assert_well_made(page, "young")
    page.get_by_role("link", name="Name a parent or guardian").click()
    page.get_by_label("Name of your parent").wait_for()
    assert_well_made(page, "naming")
    page.get_by_label("Name of your parent").fill("Lin")
    page.get_by_label("Their e-mail address").fill("lin@example.com")
    page.get_by_role("button", name="Ask them").click()
    page.get_by_text("lin@example.com").wait_for()
    assert_well_made(page, "named")
    guardian = Guardian.objects.get()
    page.goto(f"/privacy/guardian/{links.sign('guardian', guardian.pk)}/")
    assert_well_made(page, "the guardian's own page")
    page.get_by_role("button", name="Yes, I agree").click()
    page.get_by_text("You said yes").wait_for()
    assert_well_made(page, "answered")


@pytest.mark.parametrize(("width", "scheme"), ONCE_EACH)
def test_doors_of_messages_are_well_made(width, scheme, visit, agreed, now):  # noqa: F811
    page = visit(width, scheme)
    request = request_erasure(agreed, by=None, now=now)
    page.goto(f"/privacy/erasure/{links.sign('erasure', request.pk)}/")
    assert_well_made(page, "thinking again")
    page.get_by_role("button", name="Keep my membership").click()
    page.get_by_text("Your membership stays").wait_for()
    assert_well_made(page, "kept")
    assert not ErasureRequest.objects.waiting().exists()


def test_answers_are_given_by_keyboard(visit, mei):  # noqa: F811
    page = visit(390, "light")
    log_in(page)
    page.goto("/privacy/mine/consents/")
    group = page.get_by_role("group", name="News")
    group.get_by_label("Letter").focus()
    page.keyboard.press("Space")
    page.get_by_label("Recommendations").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved.").wait_for()
    assert has_agreed(mei, NEWS, Channel.POST)
    assert has_agreed(mei, PROFILING)
