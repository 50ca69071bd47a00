"""Reviews in a real Chromium: written on a phone with photographs that are seen before they are
sent, and judged in the back office.
"""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from surveys.models import Review
from tests.admin.conftest import _waived_second_factor, log_in, roles  # noqa: F401 (fixtures)
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    now,
    visit,
)
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import picture, write

pytestmark = [pytest.mark.django_db(transaction=True)]


def enter(page, client, live_server):
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def test_review_with_photographs_on_a_phone(visit, live_server, people, honey, media):  # noqa: F811
    page, client = visit(390, "dark"), Client()
    client.force_login(
        people["mei"].user, backend="django.contrib.auth.backends.ModelBackend"
    )  # fmt: skip
    enter(page, client, live_server)
    page.goto(reverse("review_product", args=[honey.pk]))
    stars = page.get_by_role("radio", name="4 of 5 stars")
    stars.focus()
    page.keyboard.press("Space")
    page.get_by_label("What was it like?").fill("Sweet and clear.")
    photos = [
        {"name": f"{side}.jpg", "mimeType": "image/jpeg", "buffer": picture(side, 900).read()}
        for side in (1600, 700)
    ]
    page.get_by_label("Photographs").set_input_files(photos)
    expect(page.locator("#photo-preview canvas")).to_have_count(2)
    assert_well_made(page, "photographs that were chosen")
    page.get_by_role("button", name="Send my review").click()
    expect(page.get_by_text("Sweet and clear.")).to_be_visible()
    page.get_by_role("link", name="Change").first.click()
    expect(page.get_by_label("Remove number 2")).to_be_visible()
    assert_well_made(page, "photographs that were sent")


def test_reviews_are_judged(visit, live_server, people, honey, log_in, now):  # noqa: F811
    """The reason for not showing one is asked of whoever refuses, and of nobody else."""
    for name in people:
        write(people[name], honey, text=f"Said by {name}.", now=now)
    page = visit(1280, "light")
    enter(page, log_in("manager"), live_server)
    page.goto(reverse("admin:surveys_review_queue"))
    ticks = page.get_by_role("checkbox", name="Choose the review of Honey")
    for place in (0, 1):
        ticks.nth(place).check()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Publish them").click()
    expect(page.get_by_text("2 reviews published")).to_be_visible()
    ticks.check()
    page.get_by_role("button", name="Don't show").click()  # the browser itself asks for the reason
    page.get_by_label("Why it isn't shown").select_option("other")
    page.get_by_role("button", name="Don't show").click()  # the server asks for words
    expect(page.get_by_text("“another reason” needs your own")).to_be_visible()
    expect(ticks).to_be_checked()
    page.get_by_role("link", name="Honey").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("1 review published")).to_be_visible()
    page.get_by_label("Reply in public").fill("Thank you.")
    page.get_by_role("button", name="Reply in public").click()
    page.get_by_label("Reply in public").fill("")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("The reply is gone.")).to_be_visible()
    assert set(Review.objects.values_list("state", flat=True)) == {"published"}
