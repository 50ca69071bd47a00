"""A review is written in a real Chromium on a phone: photographs are seen before they are sent."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    now,
    visit,
)
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import picture

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_review_with_photographs_on_a_phone(visit, live_server, people, honey, media):  # noqa: F811
    page, client = visit(390, "dark"), Client()
    client.force_login(
        people["mei"].user, backend="django.contrib.auth.backends.ModelBackend"
    )  # fmt: skip
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
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
