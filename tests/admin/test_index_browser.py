"""The first page of the back office in a real Chromium: axe by day and night, menu by keyboard."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from members.services.logins import create_login
from rewards.models import Alert
from rewards.services.closing import close_days
from rewards.services.figures import count_figures
from tests.site.conftest import PASSWORD
from tests.site.test_browser import (  # noqa: F401  (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now():
    """The browser keeps its own clock, so here the server's must be the real one."""
    return timezone.now()


@pytest.fixture
def full(counter, rules, roles, now):
    """An owner, a clerk, a hundred days of history, something urgent and something low."""
    for role in ("owner", "clerk"):
        create_login(
            email=f"{role}@example.com", password=PASSWORD, display_name=role, is_staff=True,
            roles=(role,), by=None, now=now,
        )  # fmt: skip
    for back in range(2, 100, 7):
        counter.buy("mei", str(10 + back % 5), on=(now - dt.timedelta(days=back)).date())
    close_days(now=now)
    count_figures(now=now)
    Alert.objects.create(
        check_code="rule_budget", subject_id=1, threshold=80, facts={"used": 8, "whole": 10},
        opened_at=now - dt.timedelta(hours=3),
    )  # fmt: skip


def enter(page, role):
    page.goto("/accounts/login/?next=/admin/")
    page.locator("input[name=login]").fill(f"{role}@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^[^?]*/admin/$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_index_is_well_made(width, scheme, visit, full):  # noqa: F811
    for role in ("owner", "clerk"):
        page = visit(width, scheme)
        enter(page, role)
        for details in page.locator("main details, #main details").all():
            details.evaluate("each => each.open = true")
        assert_well_made(page, f"{role} {width} {scheme}")


def test_menu_opens_by_keyboard(visit, full):  # noqa: F811
    page = visit(390, "light")
    enter(page, "owner")
    expect(page.locator("#staff-find")).to_be_focused()  # a member is found by typing at once
    toggle = page.get_by_role("button", name="Menu", exact=True)
    toggle.focus()
    page.keyboard.press("Enter")
    group = page.locator(".staff-menu summary", has_text="Control")
    expect(group).to_be_visible()  # what is hidden takes no focus
    group.focus()
    expect(group).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Approvals")).to_be_visible()
    assert_well_made(page, "menu")
