"""The record in a real Chromium, without a mouse: profile, address, household."""

import pytest
from playwright.sync_api import expect

from members.models import Address, Member
from members.selectors.households import get_household
from members.services.addresses import save_address
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household
from tests.site.record import STREET
from tests.site.test_browser import (  # noqa: F401 (fixtures)
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


def focus(page, label):
    """Tab until the focus is on the field of that label, which may bear a note besides."""
    page.wait_for_load_state()
    for _step in range(60):
        page.keyboard.press("Tab")
        text = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
        if text.startswith(label):
            return
    raise AssertionError(f"no way to “{label}” by keyboard")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_pages_of_the_record_are_well_made(width, scheme, visit, mei, own, now):  # noqa: F811
    save_address(mei, STREET, country="US", by=None, now=now)
    ken = own("ken", given_name="Ken")
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, number=ken.number, by=None, now=now)
    accept_invitation(invitation, ken, by=None, now=now, pools_points=True)
    invite_to_household(mei, by=None, now=now)
    page = visit(width, scheme)
    log_in(page)
    for path in (
        "/profile/",
        "/profile/addresses/",
        "/profile/addresses/new/?country=JP",
        "/profile/addresses/new/?country=CN",
        "/profile/addresses/new/?country=DE",
        "/household/",
    ):
        page.goto(path)
        assert_well_made(page, path)


def test_profile_is_filled_in_by_keyboard(visit, mei):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    page.goto("/profile/")
    focus(page, "Month of birth")
    page.keyboard.type("April")
    focus(page, "Day of birth")
    page.keyboard.type("30")
    focus(page, "Your children's years of birth")
    page.keyboard.type("2015, 2018")
    focus(page, "Wine, tea and coffee")
    page.keyboard.press("Space")
    focus(page, "Save")
    page.keyboard.press("Enter")
    page.get_by_text("Saved.").wait_for()
    member = Member.objects.get(pk=mei.pk)
    assert (member.birth_month, member.birth_day) == (4, 30)
    assert (member.child_birth_years, member.interests) == ([2015, 2018], ["wine"])
    assert page.get_by_label("Day of birth").is_disabled()
    assert page.complaints == []


def test_address_is_filled_in_by_keyboard_and_postal_code(visit, mei):  # noqa: F811
    page = visit(390, "light")
    log_in(page)
    page.goto("/profile/addresses/new/")
    focus(page, "Country or region")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.type("Japan")
    page.get_by_label("Prefecture").wait_for()
    focus(page, "Postal code")
    with page.expect_response("**/addresses/lookup/**"):
        page.keyboard.type("1500043")
    page.get_by_text("Filled in from the postal code: 東京都 渋谷区 道玄坂").wait_for()
    assert page.get_by_label("Prefecture").input_value() == "東京都"
    focus(page, "Block and number")
    page.keyboard.type("1-2-3")
    page.keyboard.press("Enter")
    page.get_by_text("The address is saved.").wait_for()
    address = Address.objects.get(member=mei)
    assert (address.country, address.postal_code, address.city, address.street) == (
        "JP", "150-0043", "渋谷区", "1-2-3",
    )  # fmt: skip
    assert page.complaints == []


def test_what_was_typed_is_not_overwritten(visit, mei):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    page.goto("/profile/addresses/new/?country=CN")
    page.get_by_label("Postal code").fill("999999")
    page.get_by_label("Province").select_option("广东省")
    page.get_by_role("textbox", name="City").or_(page.get_by_label("City")).first.fill("广州市")
    with page.expect_response("**/addresses/lookup/**"):
        page.get_by_label("District or county").fill("天河区")
        page.keyboard.press("Tab")
    assert page.get_by_label("Postal code").input_value() == "999999"
    page.get_by_label("Postal code").fill("")
    with page.expect_response("**/addresses/lookup/**"):
        page.get_by_label("District or county").fill("越秀区")
        page.keyboard.press("Tab")
    page.get_by_text("Postal code filled in:").wait_for()
    assert len(page.get_by_label("Postal code").input_value()) == 6
    assert page.complaints == []


def test_address_needs_no_javascript(visit, mei):  # noqa: F811
    page = visit(390, "light", java_script_enabled=False)
    log_in(page)
    page.goto("/profile/addresses/new/")
    page.get_by_label("Country or region").select_option("JP")
    page.get_by_role("button", name="Show the form for this country").click()
    page.get_by_label("Postal code").fill("4520961")
    page.get_by_role("button", name="Fill in from the postal code").click()
    page.get_by_label("Which one is yours?").select_option(index=2)
    page.get_by_role("button", name="Fill in from the postal code").click()
    expect(page.get_by_label("City, ward or county town")).to_have_value("清須市")
    page.get_by_label("Block and number").fill("1")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The address is saved.").wait_for()
    assert Address.objects.get(member=mei).district != ""


def test_household_is_led_by_keyboard(visit, mei, now):  # noqa: F811
    page = visit(1280, "light")
    log_in(page)
    page.goto("/household/")
    focus(page, "Begin a household")
    page.keyboard.press("Enter")
    page.get_by_text("This is your household now.").wait_for()
    focus(page, "Pool my points")
    page.keyboard.press("Enter")
    page.get_by_text("Your points are pooled with").first.wait_for()
    focus(page, "Make a link")
    page.keyboard.press("Enter")
    page.get_by_text("Whoever has this link").wait_for()
    shown = get_household(mei, now=now)
    assert shown.own.agreed_at is not None
    assert len(shown.invitations) == 1
    assert page.complaints == []
