"""The counter in a real Chromium: by keyboard alone, offline, with an answer lost, on a tablet."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from members.models import Member
from members.services.logins import create_login
from members.services.pins import set_pin
from members.services.profiles import update_member
from purchases.models import Purchase
from rewards.models import Bill, PointsRate, Redemption
from rewards.services.redemption import redeem_reward
from tests.admin.counters import PIN
from tests.rewards.conftest import EVER, assert_ledger_true, balances
from tests.site.conftest import PASSWORD
from tests.site.test_browser import (  # noqa: F401  (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]
COUNTER = re.compile(r"/admin/counter/$")
RECEIPT = re.compile(r"/receipts/\d+/$")


@pytest.fixture
def now():
    """The browser keeps its own clock, so here the server's must be the real one."""
    return timezone.now()


@pytest.fixture
def mei(counter, rules, claim, now):
    for days in (20, 13, 6):
        counter.buy("mei", "60.00", on=now.date() - dt.timedelta(days=days))
    member = claim(counter.member("mei"))
    birthday = (now + dt.timedelta(days=2)).date()
    names = {
        "family_name": "星野", "given_name": "雪", "family_name_reading": "ホシノ",
        "given_name_reading": "ユキ", "email": "yuki@example.com", "locale": "ja",
        "birth_month": birthday.month, "birth_day": min(birthday.day, 28),
    }  # fmt: skip
    return update_member(member, names, by=None, now=now)


@pytest.fixture
def sam(roles, register, now):
    sam = create_login(
        email="sam@example.com", password=PASSWORD, display_name="Sam Whitfield", is_staff=True,
        roles=("clerk",), by=None, now=now,
    )  # fmt: skip
    set_pin(sam, PIN, by=sam, now=now)
    return sam


@pytest.fixture
def rate(programme):
    return PointsRate.objects.create(
        starts_at=EVER, rate_points=1, rate_amount=1, minimum_points=10, step_points=10
    )


@pytest.fixture
def begin(visit, sam):  # noqa: F811
    """A tablet at which Sam has given the PIN."""

    def at(width=1280, scheme="light"):
        page = visit(width, scheme)
        page.goto("/accounts/login/?next=/admin/counter/")
        page.get_by_label("E-mail address or phone number").fill(sam.email)
        page.get_by_label("Password, if you have set one").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.get_by_role("button", name="Till 1").click()
        page.get_by_role("link", name="Sam Whitfield").click()
        page.get_by_label("PIN").press_sequentially(PIN)
        page.wait_for_url(COUNTER)
        page.wait_for_selector("#scan")
        return page

    return at


def test_scan_bill_points_done_by_keyboard_alone(begin, mei, rate):
    page = begin()
    page.keyboard.type(mei.number)
    page.keyboard.press("Enter")
    page.wait_for_selector(".till-figures")
    page.keyboard.type("12.00")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-finish]")
    page.wait_for_function("document.activeElement.id === 'entry'")
    page.get_by_role("button", name="As many as possible").press("Enter")
    page.wait_for_selector("text=Left to pay")
    page.wait_for_function("document.activeElement.id === 'entry'")
    page.keyboard.press("Enter")  # an empty field leads to the end
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/bills/\d+/$"))
    page.wait_for_function("document.activeElement.matches('[data-finish]')")
    page.keyboard.press("Enter")
    page.wait_for_url(RECEIPT)
    purchase = Purchase.objects.latest("pk")
    assert (purchase.member, purchase.total_amount) == (mei, 1200)
    assert purchase.lines.get().paid_otherwise_amount == 180
    page.wait_for_function("document.activeElement.textContent === 'Next'")
    page.keyboard.press("Enter")
    page.wait_for_url(COUNTER)
    assert page.complaints == []
    assert_ledger_true()


def test_a_scanner_types_into_the_field_wherever_the_focus_is(begin, mei):
    page = begin()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(mei.number)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/members/{mei.pk}/$"))


def test_offline_keeps_the_form_and_sends_it_once_later(begin, mei):
    page = begin()
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    page.keyboard.type("12.00")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-finish]")
    page.context.set_offline(True)
    page.click("[data-finish]")
    page.wait_for_selector("#offline:not([hidden])")
    assert page.locator("[name=price]").input_value() == "12.00"
    assert Purchase.objects.count() == 3
    page.context.set_offline(False)
    page.wait_for_url(RECEIPT)
    assert Purchase.objects.count() == 4
    assert page.locator("#offline").is_hidden()


def test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(begin, mei):
    page = begin()
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    page.keyboard.type("12.00")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-finish]")
    lost = []

    def lose_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch(max_redirects=0).status)  # the club has done it
        route.abort("connectionreset")

    page.route("**/admin/counter/sale/", lose_first)
    page.click("[data-finish]")
    page.wait_for_url(RECEIPT)
    assert lost == [302]
    assert Purchase.objects.count() == 4
    assert balances(mei)["available"] == 192


def test_stop_trying_leaves_the_form(begin, mei):
    page = begin()
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    page.keyboard.type("12.00")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-finish]")
    page.context.set_offline(True)
    page.click("[data-finish]")
    page.get_by_role("button", name="Stop trying").click()
    page.wait_for_selector("#main:not([aria-busy])")
    page.context.set_offline(False)
    assert page.locator("[name=price]").input_value() == "12.00"
    page.click("[data-finish]")
    page.wait_for_url(RECEIPT)
    assert Purchase.objects.count() == 4


def test_a_locked_counter_gives_the_bill_back(begin, mei):
    page = begin()
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    for amount in ("12.00", "3.50"):
        page.keyboard.type(amount)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[name=price][value='{amount}']")
    page.evaluate("document.body.dataset.idle = '1'")
    page.keyboard.press("Shift")  # touched: the clock runs anew
    page.wait_for_url(re.compile("/switch/"))
    assert "12.00" not in page.content()
    page.get_by_role("link", name="Sam Whitfield").click()
    page.get_by_label("PIN").press_sequentially(PIN)
    page.wait_for_selector("[name=price][value='3.50']")
    prices = [field.input_value() for field in page.locator("[name=price]").all()]
    assert prices == ["12.00", "3.50"]
    page.click("[data-finish]")
    page.wait_for_url(RECEIPT)
    assert Purchase.objects.latest("pk").total_amount == 1550


def test_it_works_without_javascript(visit, sam, mei, rate):  # noqa: F811
    page = visit(834, "light", java_script_enabled=False)
    page.goto("/accounts/login/?next=/admin/counter/")
    page.get_by_label("E-mail address or phone number").fill(sam.email)
    page.get_by_label("Password, if you have set one").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Till 1").click()
    page.get_by_role("link", name="Sam Whitfield").click()
    page.get_by_label("PIN").fill(PIN)
    page.get_by_role("button", name="It's me").click()
    page.get_by_label("Scan or type").fill("yuki@example.com")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("New bill: amount or goods").fill("12.00")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="As many as possible").click()
    page.get_by_role("button", name="Reserve, then take").click()
    page.get_by_role("button", name="received").click()
    page.wait_for_url(RECEIPT)
    assert Bill.objects.get().state == "paid"


def test_the_camera_reads_a_card(begin, mei, monkeypatch):
    """A browser that reads no codes itself sends pictures to the server."""
    from tests.rewards.test_counter_finding import draw

    page = begin()
    page.add_init_script(
        """
        delete window.BarcodeDetector;
        navigator.mediaDevices.getUserMedia = async () => window.fakeCamera();
        """
    )
    page.reload()
    page.evaluate(
        """([pixels, width, height]) => {
            window.fakeCamera = () => {
                const canvas = document.createElement("canvas");
                [canvas.width, canvas.height] = [width, height];
                const context = canvas.getContext("2d");
                const image = context.createImageData(width, height);
                for (let at = 0; at < pixels.length; at += 1) {
                    image.data.set([pixels[at], pixels[at], pixels[at], 255], at * 4);
                }
                const paint = () => context.putImageData(image, 0, 0);
                paint();
                setInterval(paint, 50);
                return canvas.captureStream(20);
            };
        }""",
        [list(draw(mei.number)), 480, 360],
    )
    page.get_by_role("button", name="Camera").click()
    page.wait_for_url(re.compile(rf"/members/{mei.pk}/$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 834, 1280])
def test_pages_are_well_made(width, scheme, begin, mei, make_reward, rate, now):
    page = begin(width, scheme)
    bag = make_reward()
    voucher = redeem_reward(mei, bag, key="a", by=None, now=now)
    to_pay = redeem_reward(mei, make_reward(price_amount=500), key="b", by=None, now=now)
    assert isinstance(voucher, Redemption)
    receipt = Purchase.objects.latest("pk")
    for path in (
        "",
        "members/new/",
        f"members/{mei.pk}/",
        f"members/{mei.pk}/rewards/",
        f"members/{mei.pk}/rewards/{bag.pk}/",
        f"receipts/{receipt.pk}/",
        f"receipts/{receipt.pk}/return/",
        f"vouchers/{voucher.pk}/",
        f"vouchers/{to_pay.pk}/",
        "poster/",
        "register/",
        "pin/",
        "switch/",
    ):
        page.goto(f"/admin/counter/{path}")
        assert_well_made(page, path)
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    page.fill("#entry", "12.00")
    page.click("[value=add]")
    page.wait_for_selector("[data-finish]")
    page.click("[value=most]")
    page.wait_for_selector("text=Left to pay")
    assert_well_made(page, "sale")
    page.click("[data-finish]")
    page.wait_for_url(re.compile(r"/bills/\d+/$"))
    assert_well_made(page, "bill")


def test_large_targets_on_a_tablet(begin, mei):
    """Whatever is pressed on the way of a bill is 44 pixels high at least."""
    page = begin(834)
    page.goto(f"/admin/counter/sale/?member={mei.pk}")
    page.fill("#entry", "12.00")
    page.click("[value=add]")
    page.wait_for_selector("[data-finish]")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, input:not([type=hidden]), a.button")]
            .filter((each) => each.offsetParent && each.getBoundingClientRect().height < 44)
            .filter((each) => !each.matches(".till-link"))
            .map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert Member.objects.count() == 1
