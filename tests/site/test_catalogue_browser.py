"""The catalogue in a real Chromium: well made, by keyboard, and without JavaScript."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from rewards.models import RewardCategory, RewardSession, Tier, Wish
from rewards.services.catalogue import add_wish
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    WIDTHS,
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    log_in,
    mei,
    now,
    press_to,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]
DAY = dt.timedelta(days=1)


@pytest.fixture
def shelf(mei, make_reward, now):  # noqa: F811
    """A reward in each state that a card can be in."""
    gold = Tier.objects.get(slug="gold").audience
    tea = RewardCategory.objects.create(slug="tea", name="Tea")
    make_reward("Tea cup", slug="cup", price_points=20, category=tea, summary="Thrown by hand",
                stock_left=3, limit_count=2, fine_print="Small.")  # fmt: skip
    make_reward("A house by the sea", slug="house", price_points=900_000)
    make_reward("Gone", kind="goods", stock_left=0)
    make_reward("For gold", slug="gold", gates=[{"audience": gold}, {"opens_at": now + DAY}])
    make_reward("星野の抹茶碗と季節の和菓子", slug="bowl", kind="goods", category=tea)
    tasting = make_reward("Tasting", slug="tasting", kind="experience", price_amount=500)
    for days in (1, 2):
        RewardSession.objects.create(
            reward=tasting, starts_at=now + days * DAY, ends_at=now + (days + 1) * DAY,
            seat_count=4, seats_left=2 * (days - 1), place="Cellar",
        )  # fmt: skip
    add_wish(mei, tasting, now=now)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_catalogue_is_well_made_for_members(width, scheme, visit, shelf):  # noqa: F811
    page = visit(width, scheme)
    log_in(page)
    for path in (
        "/rewards/", "/rewards/?wished=on", "/rewards/?q=nothing", "/rewards/cup/",
        "/rewards/house/", "/rewards/gold/", "/rewards/bowl/", "/rewards/tasting/", "/home/",
    ):  # fmt: skip
        page.goto(path)
        for folded in page.locator("main details > summary").all():
            if folded.is_visible() and not folded.evaluate("each => each.parentElement.open"):
                folded.click()
        page.wait_for_timeout(200)  # colours of what was pressed change in steps
        assert_well_made(page, path)


@pytest.mark.parametrize("width", WIDTHS)
def test_catalogue_is_well_made_for_visitors(width, visit, shelf):  # noqa: F811
    page = visit(width, "light")
    for path in ("/rewards/", "/rewards/cup/", "/rewards/gold/"):
        page.goto(path)
        assert_well_made(page, path)


def test_reward_is_found_and_wished_for_by_keyboard(visit, mei, shelf):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    press_to(page, "Rewards")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rewards/")
    press_to(page, "Search")
    page.keyboard.type("cup")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=cup**")
    page.get_by_text("1 reward", exact=True).wait_for()
    heart = page.get_by_role("button", name="On my wish list: Tea cup")
    for _step in range(30):
        page.keyboard.press("Tab")
        if heart.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.locator("button[aria-pressed=true]").wait_for()
    # Focus within the page: whether its window has it is the machine's matter.
    focused = page.locator(f"#{heart.get_attribute('id')}:focus")
    expect(focused).to_have_count(1)
    assert Wish.objects.filter(member=mei, reward__slug="cup").exists()
    page.keyboard.press("Space")
    expect(heart).to_have_attribute("aria-pressed", "false")
    expect(focused).to_have_count(1)
    assert not Wish.objects.filter(reward__slug="cup").exists()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rewards/cup/")
    assert page.get_by_role("heading", level=1).inner_text() == "Tea cup"
    assert page.complaints == []


def test_shelves_and_filters_change_the_list_in_place(visit, shelf):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    page.goto("/rewards/")
    page.get_by_role("link", name="Tea", exact=True).click()
    page.wait_for_url("**category=tea")
    page.get_by_text("2 rewards", exact=True).wait_for()
    page.get_by_text("Filters").click()
    page.get_by_label("What I can have now").check()
    page.wait_for_url("**reach=on**")
    page.get_by_text("Filters (1)").wait_for()
    assert "category=tea" in page.url
    assert page.locator("main").count() == 1
    page.go_back()
    page.wait_for_url("**category=tea")
    assert page.complaints == []


def test_catalogue_works_without_javascript(visit, mei, shelf):  # noqa: F811
    page = visit(390, "light", java_script_enabled=False)
    log_in(page)
    page.goto("/rewards/")
    page.get_by_label("Search").fill("tasting")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**q=tasting**")
    heart = page.get_by_role("button", name="On my wish list: Tasting")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "false")
    assert mei.wishes.count() == 0
    page.get_by_role("link", name="Tasting").click()
    page.wait_for_url("**/rewards/tasting/")
    assert page.locator(".reward-dates").get_by_text("Booked out").is_visible()
