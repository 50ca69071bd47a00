"""In a real Chromium: pages of a member with a long past, by axe, by keyboard, by no script."""

import datetime as dt
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core import mail
from django.utils import timezone

from members.models import Member, User
from members.services.profiles import update_member
from tests.site.conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True)]
WIDTHS = (390, 1280)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args,
        "executable_path": "/usr/bin/chromium",
        "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    }


@pytest.fixture(scope="session", autouse=True)
def _folder_of_static_files():
    """WhiteNoise warns where it is missing, as it is before the first collectstatic."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def now():
    """The browser keeps its own clock, so here the server's must be the real one."""
    return timezone.now()


@pytest.fixture
def mei(rules, make_rule, counter, own, now):
    """Points to use, on the way and taken back; a long name in two scripts."""
    make_rule("tuesday", kind="multiplier", multiplier_milli=2000, weekdays=[2])
    today = now.date()
    for days in range(46, 2, -2):
        ticket = counter.buy("mei", "18.40", "350.00", on=today - dt.timedelta(days=days))
    counter.give_back(ticket, {1: "18.40"}, on=today - dt.timedelta(days=2))
    member = own("mei", given_name="雪", family_name="星野", display_name="Bartholomew-Maximiliana")
    return update_member(
        member,
        {"family_name_reading": "ホシノ", "given_name_reading": "ユキ"},
        by=None,
        now=now,
    )


@pytest.fixture
def visit(browser, live_server):
    """``visit(width, scheme)`` → a page that remembers what the browser complained about."""
    contexts = []

    def open_page(width, scheme, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale="en-US",
            base_url=live_server.url,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and page.complaints.append(message.text)
            ),
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()


def log_in(page, email="mei@example.com"):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address or phone number").fill(email)
    page.get_by_label("Password, if you have set one").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/home/")


def assert_well_made(page, path):
    """No finding of axe, no complaint of the browser, nothing wider than the screen."""
    page.wait_for_load_state()  # after a press the next page may have begun, and be empty yet
    assert page.complaints == [], path
    options = {"runOnly": {"type": "tag", "values": WCAG}, "preload": False}
    findings = Axe().run(page, options=options)
    assert [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]])
        for rule in findings.response["violations"]
    ] == [], path
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.complaints.clear()  # axe's own: the policy of our pages forbids what it tries


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_errors_of_the_sign_up_are_well_made(width, scheme, visit, rules):
    page = visit(width, scheme)
    page.goto("/accounts/signup/")
    page.get_by_role("button", name="Send me a code").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    assert_well_made(page, "sign-up with errors")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_of_a_long_past_are_well_made(width, scheme, visit, mei):
    """Every page with little on it: tests/site/test_face_pages.py."""
    page = visit(width, scheme)
    log_in(page)
    entry = mei.transfers.filter(unit="points").order_by("-pk").first()
    for path in (
        "/home/",
        "/statement/?unit=all",
        f"/statement/{entry.pk}/",
        "/purchases/",
        f"/purchases/{mei.purchases.first().pk}/",
        "/profile/",
    ):
        page.goto(path)
        assert_well_made(page, path)


def read_code(address):
    (message,) = [each for each in mail.outbox if address in each.to]
    return re.search(r"^\s*(\d{6})\s*$", message.body, re.MULTILINE).group(1)


def press_to(page, name):
    """Tab until the focus is on the thing of that name."""
    page.wait_for_load_state()
    for _step in range(40):
        page.keyboard.press("Tab")
        label = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
        if label == name:
            return
    raise AssertionError(f"no way to “{name}” by keyboard")


def test_sign_up_by_keyboard_leads_home_within_a_minute(visit, rules):
    page = visit(390, "light")
    began = timezone.now()
    page.goto("/")
    press_to(page, "Join for free")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/signup/")
    press_to(page, "E-mail address")
    page.keyboard.type("hana@example.com")
    press_to(page, "Given name")
    page.keyboard.type("Hana")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm-email/")
    assert page.evaluate("document.title").startswith("Enter the code from your e-mail")
    assert_well_made(page, "code")
    press_to(page, "Code")
    page.keyboard.type(read_code("hana@example.com"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")
    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Hana"
    assert timezone.now() - began < dt.timedelta(seconds=60)
    assert Member.objects.get().user == User.objects.get()


def test_entry_opens_below_its_row_and_closes_again(visit, mei):
    page = visit(1280, "light")
    log_in(page)
    page.goto("/statement/")
    link = page.locator("[data-entry]").first
    link.focus()
    page.keyboard.press("Enter")
    steps = page.locator(f"#{link.get_attribute('aria-controls')} .steps")
    steps.wait_for()
    assert link.get_attribute("aria-expanded") == "true"
    assert page.url.endswith("/statement/")
    page.keyboard.press("Enter")
    steps.wait_for(state="detached")
    assert link.get_attribute("aria-expanded") == "false"
    assert page.complaints == []


def test_filter_and_paging_change_the_list_in_place(visit, mei):
    page = visit(1280, "light")
    log_in(page)
    page.goto("/statement/")
    page.get_by_role("link", name="Older").click()
    page.get_by_text("Page 2 of").wait_for()
    assert page.url.endswith("/statement/?page=2")
    assert page.locator("main").count() == 1
    page.get_by_label("Kind").select_option("returned")
    page.wait_for_url("**kind=returned**")
    page.get_by_text("Taken back after a return").first.wait_for()
    page.go_back()
    page.get_by_text("Page 2 of").wait_for()
    assert page.complaints == []


def test_statement_works_without_javascript(visit, mei):
    page = visit(390, "light", java_script_enabled=False)
    log_in(page)
    page.goto("/statement/")
    page.get_by_label("Kind").select_option("returned")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**kind=returned**")
    page.locator("[data-entry]").first.click()
    page.wait_for_url(re.compile(r"/statement/\d+/"))
    assert page.get_by_role("heading", level=1).inner_text() == "Taken back after a return"


def test_purchase_opens_from_the_second_page_as_a_page_of_its_own(visit, mei):
    page = visit(1280, "light")
    log_in(page)
    page.goto("/purchases/")
    page.get_by_role("link", name="Older").click()
    page.get_by_text("Page 2 of").wait_for()
    page.locator(".entry-title").first.click()
    page.wait_for_url(re.compile(r"/purchases/\d+/"))
    assert page.locator("main").count() == 1
    assert page.complaints == []
