"""“Appearance” in a real Chromium, by keyboard: figures and preview follow the picks, a refused
colour is mended by a press, and the site wears what was saved. Without the page's script a button
does it.
"""

import re

import pytest
from playwright.sync_api import expect

from members.models import Theme
from members.services.logins import create_login
from members.services.roles import sync_roles
from tests.admin.test_control_browser import enter, tab_to
from tests.rewards.conftest import make_rule, programme, rules  # noqa: F401 (fixtures)
from tests.site.conftest import PASSWORD
from tests.site.face import AXE
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]
PAGE = "/admin/members/theme/1/change/"


@pytest.fixture
def owner(rules, now):  # noqa: F811
    sync_roles(by=None, now=now)
    return create_login(
        email="owner@example.com", password=PASSWORD, display_name="owner", is_staff=True,
        roles=("owner",), by=None, now=now,
    )  # fmt: skip


def test_owner_picks_by_keyboard(owner, visit):  # noqa: F811
    page = visit(1280, "light")
    enter(page, "owner", PAGE)
    tab_to(page, "Accent colour")
    page.keyboard.press("Control+a")
    page.keyboard.type("#ffd400")
    expect(page.locator("#theme-figures")).to_contain_text("people need 4.5 to 1")
    tab_to(page, "Take #7f6800 instead")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Accent colour", exact=True)).to_have_value("#7f6800")
    expect(page.locator("#theme-figures")).not_to_contain_text("people need")
    frame = page.frame_locator(".theme-sample")
    button = frame.locator(".is-light .button").first
    expect(button).to_have_css("background-color", "rgb(127, 104, 0)")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Every page wears it")).to_be_visible()
    assert Theme.objects.get().accent == "#7f6800"
    page.goto("/en/contact/")
    assert (
        page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')")
        == "#7f6800"
    )
    assert page.complaints == []


def test_preview_works_without_its_script(owner, visit):  # noqa: F811
    """Without any script the library of the back office shows nothing at all."""
    page = visit(390, "light")
    page.route("**/appearance.js", lambda route: route.abort())
    enter(page, "owner", PAGE)
    page.get_by_label("Accent colour", exact=True).fill("#1e5945")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator(".theme-sample")).to_have_attribute("src", re.compile("1-1e5945-6c2642"))
    button = page.frame_locator(".theme-sample").locator(".is-light .button").first
    expect(button).to_have_css("background-color", "rgb(30, 89, 69)")
    assert not Theme.objects.exists()


@pytest.mark.parametrize("width", [390, 1280])
def test_page_and_sample_are_well_made(owner, visit, width):  # noqa: F811
    page = visit(width, "light")
    enter(page, "owner", PAGE)
    page.get_by_label("Accent colour", exact=True).fill("#ffd400")
    expect(page.get_by_role("button", name="Take #7f6800 instead")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []
    found = {}
    for address, part in ((PAGE, ".theme-picks"), ("/theme/sample/1-1e5945-6c2642/", "body")):
        page.goto(address)
        page.evaluate(AXE)
        found[address] = page.evaluate(
            "async part => (await axe.run(document.querySelector(part),"
            " {resultTypes: ['violations'], rules: {region: {enabled: false}}})).violations"
            ".map(rule => [rule.id, rule.nodes[0].html])",
            part,
        )
    assert found == {address: [] for address in found}
