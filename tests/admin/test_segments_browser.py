"""In a real Chromium a marketer builds a segment: "bought coffee twice in the last 30 days, gold or
silver tier, over 500 points, not mailed this week". And its pages at two widths, by day and night.
"""

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from campaigns.models import Segment
from campaigns.services.segments import build_segment
from members.models import Member
from members.services.logins import create_login
from members.services.roles import sync_roles
from purchases.models import Category, Line
from tests.rewards.conftest import counter, make_rule, programme, rules  # noqa: F401 (fixtures)
from tests.site.conftest import PASSWORD
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    WIDTHS,
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cafe(counter, rules, now):  # noqa: F811
    """Anna drank coffee twice and is gold, Ben bought bread."""
    sync_roles(by=None, now=now)
    create_login(
        email="marketer@example.com", password=PASSWORD, display_name="Max", is_staff=True,
        roles=("marketer",), by=None, now=now,
    )  # fmt: skip
    coffee = Category.objects.create(slug="coffee", name="Coffee")
    Category.objects.create(slug="bread", name="Bread")
    for name in ("anna", "ben"):
        for days in (9, 4):
            counter.buy(name, "700", on=(now - dt.timedelta(days=days)).date())
        Member.objects.filter(pk=counter.member(name).pk).update(given_name=name.title())
    Line.objects.filter(purchase__member=counter.member("anna")).update(category=coffee)


def enter(page, path):
    page.goto(f"/accounts/login/?next={path}")
    page.get_by_label("E-mail address or phone number").fill("marketer@example.com")
    page.get_by_label("Password, if you have set one").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def field(page, name):
    return page.locator(f'[id="{name}"]')


def settled(page):
    """The builder is shown anew after each change; the next one begins when it stands."""
    page.wait_for_load_state("networkidle")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def tick(page, name, *labels):
    box = field(page, f"list:{name}")
    box.locator("summary").click()
    for label in labels:
        box.locator("label", has_text=label).click()
        settled(page)
        expect(box.locator("summary")).to_contain_text(label)
    page.keyboard.press("Escape")


def add_rule(page, number, about):
    page.locator('button[value="add-rule:"]').click()
    settled(page)
    field(page, f"about:{number}").select_option(about)
    settled(page)


def test_a_marketer_builds_a_segment(visit, cafe, now, settings):  # noqa: F811
    settings.STAFF_MFA_WAIVED = True
    page = visit(1280, "light")
    enter(page, reverse("admin:campaigns_segment_add"))
    page.get_by_label("Name").fill("Coffee friends")
    field(page, "about:0").select_option("behaviour:purchases.bought")
    settled(page)
    field(page, "number:0").fill("2")
    tick(page, "filter-category:0", "Coffee")
    add_rule(page, 1, "attribute:tier")
    tick(page, "codes:1", "Gold", "Silver")
    add_rule(page, 2, "attribute:points")
    field(page, "op:2").select_option("gt")
    settled(page)
    field(page, "number:2").fill("500")
    add_rule(page, 3, "behaviour:campaigns.sent")
    field(page, "op:3").select_option("eq")
    settled(page)
    field(page, "number:3").fill("0")
    field(page, "span:3").fill("7")
    page.keyboard.press("Tab")
    settled(page)
    # By keyboard: who presses "Rule", or takes one away, goes on from there.
    page.get_by_role("button", name="Rule", exact=True).press("Enter")
    expect(field(page, "about:4")).to_be_focused()
    page.get_by_role("button", name="Remove this rule").last.press("Enter")
    expect(page.get_by_role("button", name="Rule", exact=True)).to_be_focused()
    expect(page.locator(".segment-sentence")).to_have_text(
        "Members with purchases (category: Coffee) in the last 30 days: at least 2; tier: Silver "
        "or Gold; available points: more than 500; and messages sent to them in the last 7 days: "
        "none."
    )
    expect(page.locator(".segment-count strong")).to_have_text("1")
    expect(page.locator(".segment-examples > li")).to_have_count(1)
    expect(page.locator(".segment-examples")).to_contain_text("Anna")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Waits for its rebuild")).to_be_visible()
    assert build_segment(Segment.objects.get(), by=None, now=now).member_count == 1

    pk = Segment.objects.get().pk
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            other = visit(width, scheme, storage_state=page.context.storage_state())
            for name in ("change", "rules"):
                other.goto(reverse(f"admin:campaigns_segment_{name}", args=[pk]))
                expect(other.locator(".segment-sentence").first).to_be_visible()
                assert other.evaluate("document.documentElement.scrollWidth") <= width
            assert other.complaints == []
