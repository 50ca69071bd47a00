"""The wheel in a real Chromium: turned by key and by press, calmly, without a script, twice at
once, in ten tabs, and over a connection that breaks.
"""

import datetime as dt

import pytest
from django.utils import timezone

from rewards.models import Spin
from rewards.services.prizes import Prize
from rewards.services.wheel import SliceTerms, reveal_days
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    visit,
)
from tests.site.test_face_pages import log_in_at_once
from tests.site.wheel import open_wheel, press

pytestmark = [pytest.mark.django_db(transaction=True)]
PATH, PRESS = "/wheel/daily/", "**/wheel/daily/spins/"
TEN = (SliceTerms("Ten", 1, Prize("points", points=10)),) * 4
AT_REST = 15_000  # milliseconds by which even a slow machine has come to rest


@pytest.fixture
def now():
    """The browser keeps its own clock, so here the server's must be the real one."""
    return timezone.now()


@pytest.fixture
def open_page(visit, own, make_client, live_server, now):  # noqa: F811
    """The wheel's page as Mei sees it, three free spins before her."""
    mei = own("mei")
    wheel = open_wheel(now - dt.timedelta(days=1), slices=TEN, daily_spin_count=3)
    client = make_client(mei.user)

    def open_it(path=PATH, **options):
        page = visit(390, "light", **options)
        log_in_at_once(page, client, live_server.url)
        page.goto(path)
        return page

    open_it.mei, open_it.wheel = mei, wheel
    return open_it


def get_press(page):
    return page.locator("[data-wheel-form] button")


def wait_until_told(page):
    page.wait_for_selector(".wheel.is-told", timeout=AT_REST)


def test_wheel_is_turned_by_keyboard_and_its_result_spoken(open_page):
    page = open_page()
    said = page.get_by_role("status").filter(has_text="turning")
    get_press(page).focus()
    page.keyboard.press("Enter")
    said.wait_for(state="attached")
    page.wait_for_selector(".wheel.is-turning")
    wait_until_told(page)
    assert page.locator("[data-wheel-said]").text_content().startswith("You won: 10 points.")
    assert page.get_by_role("heading", name="You won: 10 points").is_visible()
    assert page.evaluate("document.activeElement.matches('[data-wheel-next]')")
    # What it says is what it shows: the slice at the top is the one that was drawn.
    assert page.evaluate(_READ_TOP) == Spin.objects.get().slice.position - 1
    assert page.complaints == []
    page.reload()
    assert page.get_by_role("heading", name="Your last spin").is_visible()


# Which slice lies under the pointer: its label's turn on the screen is nearest to none.
_READ_TOP = """
() => {
  const stage = document.querySelector("[data-wheel]").getBoundingClientRect();
  const far = [...document.querySelectorAll(".wheel-slice .wheel-paper")].map(each => {
    const point = each.ownerSVGElement.createSVGPoint();
    const whole = each.getScreenCTM().inverse();
    point.x = stage.left + stage.width / 2;
    point.y = stage.top + stage.height * 0.3;
    return each.isPointInFill(point.matrixTransform(whole));
  });
  return far.indexOf(true);
}
"""


def test_key_shows_the_result_at_once(open_page):
    page = open_page()
    get_press(page).click()
    page.wait_for_selector(".wheel.is-turning")
    for _time in range(20):
        page.keyboard.press("Escape")
        if page.locator(".wheel.is-told").count():
            break
        page.wait_for_timeout(100)
    wait_until_told(page)
    assert Spin.objects.count() == 1


def test_double_click_is_one_spin(open_page):
    page = open_page()
    get_press(page).dblclick()
    wait_until_told(page)
    assert Spin.objects.count() == 1


def test_less_motion_has_the_result_without_a_turn(open_page):
    page = open_page(reduced_motion="reduce")
    get_press(page).click()
    wait_until_told(page)
    assert not page.locator(".is-turning, .wheel-burst").count()
    assert page.evaluate("document.querySelector('[data-wheel-disc]').getAnimations().length") == 0


def test_works_without_a_script(open_page):
    page = open_page(java_script_enabled=False)
    get_press(page).click()
    page.wait_for_url("**/wheel/spins/*/")
    assert page.get_by_role("heading", name="You won: 10 points").is_visible()
    page.reload()
    page.go_back()
    assert page.get_by_role("heading", name="Your last spin").is_visible()
    assert Spin.objects.count() == 1


def test_lost_connection_is_said_and_the_next_press_makes_the_spin(open_page):
    page = open_page(reduced_motion="reduce")
    page.route(PRESS, lambda route: route.abort())
    get_press(page).click()
    lost = page.locator("[data-wheel-lost]")
    lost.wait_for(timeout=AT_REST)
    assert "you will see that same spin" in page.locator("[data-wheel-said]").text_content()
    assert not Spin.objects.exists()
    page.unroute(PRESS)
    get_press(page).click()
    wait_until_told(page)
    assert Spin.objects.count() == 1


def test_lost_answer_brings_the_same_spin_again(open_page):
    page = open_page(reduced_motion="reduce")

    def lose(route):
        """The server draws, and nobody hears of it."""
        route.fetch()
        route.abort()

    page.route(PRESS, lose, times=1)
    get_press(page).click()
    wait_until_told(page)  # the script asked again by itself
    made = Spin.objects.get()
    assert page.locator(f'a[href="/wheel/spins/{made.pk}/"]').count()


def test_ten_tabs_share_one_spin(open_page):
    page = open_page(reduced_motion="reduce")
    tabs = [page, *(page.context.new_page() for _tab in range(9))]
    for tab in tabs[1:]:
        tab.goto(PATH)
    for tab in tabs:
        get_press(tab).click()
    for tab in tabs:
        wait_until_told(tab)
    assert Spin.objects.count() == 1


def test_browser_computes_a_day_again(open_page, now):
    yesterday = now - dt.timedelta(days=1)
    made = press(open_page.mei, open_page.wheel, yesterday)
    reveal_days(now=now)
    page = open_page(f"/wheel/daily/fairness/{made.day.day_on.isoformat()}/")
    page.get_by_role("button", name="Compute it in my browser").click()
    page.get_by_text("Your own browser agrees: all 1 draws come out the same").wait_for()


def test_answer_without_a_wheel_loads_the_page_anew_wherever_it_ends(open_page):
    """A session that is over, a refusal by the site: also below "#odds", the same address."""
    page = open_page(f"{PATH}#odds", reduced_motion="reduce")
    page.route(PRESS, lambda route: route.fulfill(status=403, body="<p>No.</p>"))
    with page.expect_navigation(timeout=AT_REST):
        get_press(page).click()
    page.unroute(PRESS)
    get_press(page).click()
    wait_until_told(page)
    assert Spin.objects.count() == 1


def test_answer_that_never_comes_is_asked_for_again(open_page):
    page = open_page(reduced_motion="reduce")
    page.route(PRESS, lambda route: None, times=1)  # hangs
    get_press(page).click()
    wait_until_told(page)
    assert Spin.objects.count() == 1
