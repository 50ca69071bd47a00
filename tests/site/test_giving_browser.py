"""Giving in a real Chromium: well made in each state, by keyboard, and without JavaScript."""

import datetime as dt

import pytest

from rewards.models import AppealUpdate, Donation
from rewards.services.giving import close_period, donate_points, mark_paid, read_period, set_share
from rewards.services.grants import grant_points
from tests.rewards.givings import make_appeal, make_charity, make_match
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
DAY = dt.timedelta(days=1)


@pytest.fixture
def appeals(mei, now):  # noqa: F811
    """An urgent one, one that is matched, one that is reached, one that is over."""
    grant_points(mei, 5000, expires_on=None, note="", key="start", by=None, now=now - 90 * DAY)
    charity = make_charity(fundraising_permit="慈募证字第 000000 号", link="https://example.org/")
    begun = {"starts_at": now - 90 * DAY, "published_at": now - 90 * DAY}
    meals = make_appeal(charity, "meals", impact="three meals", story="Soup.", is_urgent=True,
                        ends_at=now + 5 * DAY, **begun)  # fmt: skip
    trees = make_appeal(charity, "trees", name="海辺に松を五百本", **begun)
    books = make_appeal(charity, "books", goal_points=50, **begun)
    make_appeal(charity, "past", ends_at=now - DAY, **begun)
    make_match(trees, starts_at=now - 90 * DAY, gift_cap_points=200)
    AppealUpdate.objects.create(
        appeal=books, day_on=now.date(), title="All are up", text="The last one, too."
    )
    donate_points(mei, books, 60, key="a", is_named=True, by=None, now=now - 80 * DAY)
    donate_points(mei, trees, 123, key="b", is_named=True, by=None, now=now)
    set_share(mei, meals, 5, by=None, now=now)
    made = close_period(charity, read_period(f"{now - 40 * DAY:%Y-%m}"), by=None, now=now)
    mark_paid(made, paid_on=now.date() - DAY, payout_reference="BANK-1", by=None, now=now)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_giving_is_well_made_for_members(width, scheme, visit, appeals, now):  # noqa: F811
    page = visit(width, scheme)
    log_in(page)
    for path in ("/giving/", "/giving/meals/", "/giving/trees/", "/giving/books/", "/giving/past/",
                 "/giving/mine/", f"/giving/mine/{now.year}/", "/home/"):  # fmt: skip
        page.goto(path)
        for folded in page.locator("main details > summary").all():
            if folded.is_visible() and not folded.evaluate("each => each.parentElement.open"):
                folded.click()
        page.wait_for_timeout(200)
        assert_well_made(page, path)


@pytest.mark.parametrize("width", WIDTHS)
def test_giving_is_well_made_for_visitors(width, visit, appeals):  # noqa: F811
    page = visit(width, "light")
    for path in ("/", "/giving/", "/giving/meals/", "/giving/ledger/"):
        page.goto(path)
        assert_well_made(page, path)


def test_points_are_given_by_keyboard(visit, mei, appeals):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    page.goto("/giving/meals/")
    page.locator("input[name=preset]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/giving/mine/")
    assert Donation.objects.of(mei).order_by("-pk").first().points == 300
