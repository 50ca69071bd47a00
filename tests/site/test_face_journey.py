"""From the door to a code in the hand, without a mouse."""

import re

import pytest

from members.models import Member
from rewards.models import Redemption
from rewards.services.grants import grant_points
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    press_to,
    read_code,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_keyboard_leads_from_sign_up_to_a_code(visit, rules, make_reward, now):  # noqa: F811
    make_reward("Tea cup", slug="cup", price_points=20)
    page = visit(390, "light")
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
    press_to(page, "Code")
    page.keyboard.type(read_code("hana@example.com"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")
    hana = Member.objects.get(user__email="hana@example.com")
    grant_points(hana, 50, expires_on=None, note="", key="hello", by=None, now=now)
    press_to(page, "Rewards")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rewards/")
    press_to(page, "Tea cup")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rewards/cup/")
    begin = page.locator("#redeem > summary").first
    for _step in range(40):
        page.keyboard.press("Tab")
        if begin.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    send = page.locator("#redeem button[type=submit]")
    for _step in range(10):
        page.keyboard.press("Tab")
        if send.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/redemptions/\d+/"))
    made = Redemption.objects.get(member=hana)
    assert page.get_by_role("heading", level=1).inner_text() == "Tea cup"
    assert page.locator(".ticket-text code").inner_text() == made.shown_code
    assert page.locator(".ticket-qr svg").is_visible()
    assert page.complaints == []
