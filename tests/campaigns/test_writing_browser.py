"""In a real Chromium: words are typed, blocks put in, and the preview follows."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from campaigns.enums import MailingKind
from campaigns.models import Content, Mailing
from members.services.enrolment import create_member
from tests.admin.conftest import _waived_second_factor, log_in, roles  # noqa: F401 (fixtures)
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mailing(club, now):  # noqa: F811
    return Mailing.objects.create(
        kind=MailingKind.CAMPAIGN, name="Spring", purpose="offers", channels=["email"],
        created_at=now,
    )  # fmt: skip


def test_editor_follows_the_typing(visit, live_server, log_in, mailing, now, settings):  # noqa: F811
    page = visit(1280, "light")
    settings.SITE_URL = live_server.url
    mei = create_member(now=now, source="test", given_name="Mei", family_name="Chen")
    cookie = log_in("marketer").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(live_server.url + reverse("admin:campaigns_mailing_words", args=[mailing.pk]))
    page.locator("#id_subject").fill("Hello {{ member.name }}")
    page.locator("#id_body").fill("First words.")
    page.get_by_text("Insert a block").click()
    page.get_by_role("button", name="Points and the next tier").click()
    expect(page.locator("#id_body")).to_have_value("First words.\n\n{% points %}\n")
    page.get_by_label("as the member").fill(mei.number)
    frame = page.frame_locator("iframe[name=words-preview]")
    expect(frame.get_by_text("Hello Mei", exact=True)).to_be_visible()
    message = frame.frame_locator("iframe.sheet")
    expect(message.get_by_text("First words.")).to_be_visible()
    expect(message.get_by_text("Your balance")).to_be_visible()
    page.get_by_role("button", name="简体中文 →").click()
    expect(page.locator("#id_subject_zh_hans")).to_be_focused()
    page.get_by_role("button", name=re.compile("日本語 –")).click()
    expect(page.locator("#id_body")).to_be_hidden()
    expect(page.locator("#id_body_ja")).to_be_visible()
    expect(frame.get_by_text("nothing is written in 日本語")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The words are saved.")).to_be_visible()
    assert Content.objects.get().subject == "Hello {{ member.name }}"
    page.get_by_label("as the member").fill("Mei")  # is looked at, not saved
    page.reload()
    page.locator("#id_body").press("End")
    page.locator("#id_body").press_sequentially(" And more.")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Campaigns").first.click(no_wait_after=True)
    expect(page.locator("#id_body")).to_have_value(re.compile("And more"))
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The words are saved.")).to_be_visible()
    assert page.complaints == []
