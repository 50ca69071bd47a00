"""Trials of words beside mail: to whoever writes them, on every channel, and counted nowhere."""

import json
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import Mailing, Message
from core.models import AuditEntry
from members.models import Member, User
from members.registry import contact_counters
from members.services.enrolment import create_member
from tests.admin.conftest import (  # noqa: F401 (fixtures)
    _waived_second_factor,
    clock,
    log_in,
    roles,
)
from tests.campaigns.chats import ANNA, OPEN_ID, at_line, at_wechat, bind
from tests.campaigns.doubles.http import serve

pytestmark = pytest.mark.django_db
SENT = json.dumps({"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued"})


@pytest.fixture
def mailing(club, now):
    return Mailing.objects.create(
        kind="step", name="Spring", purpose="offers",
        channels=["on_site", "sms", "line", "wechat", "post"], created_at=now,
    )  # fmt: skip


@pytest.fixture
def desk(log_in):  # noqa: F811
    return log_in("marketer")


@pytest.fixture
def own(desk, now):
    """The member record of who writes."""
    return create_member(
        now=now, source="test", given_name="Marta", phone="+14155550123",
        user=User.objects.get(email="marketer@example.com"),
    )  # fmt: skip


@pytest.fixture
def press(desk, mailing):
    def go(channel, body="Hello {{ member.name }}.", **more):
        url = reverse("admin:campaigns_mailing_trial", args=[mailing.pk])
        told = {"body": body, "language": "en"} | more
        return desk.post(f"{url}?channel={channel}", told)

    return go


def test_on_our_pages_it_lies_in_the_inbox_of_who_writes_and_says_so(
    press,
    mailing,
    own,
    clock,  # noqa: F811
):
    words = {
        "subject": "Your {{ reward.name }}", "subject_ja": "特典",
        "body": "Hello {{ member.name }}: {{ reward.name }}, {{ points.balance }}.\n\n"
                "[Look](https://example.org/look)",
        "body_ja": "こんにちは。",
    }  # fmt: skip
    assert "Sent to Marta." in press("on_site", **words).text
    message = Message.objects.get()
    reader = Client()
    reader.force_login(own.user, backend="django.contrib.auth.backends.ModelBackend")
    assert "[Trial] Your Coffee" in reader.get("/inbox/").text
    page = reader.get(reverse("inbox_message", args=[message.pk])).text
    assert "Hello Marta: Coffee, 0." in page
    assert reader.get(f"/m/{page.split('/m/')[1].split('"')[0]}").url == "https://example.org/look"
    shown = reader.get(
        reverse("inbox_message", args=[message.pk]), headers={"Accept-Language": "ja"}
    ).text
    assert "特典" in shown
    # A mailing of its own, which nothing counts and no list of words shows.
    assert message.mailing_id != mailing.pk
    assert (message.mailing.kind, message.mailing.purpose) == ("trial", "service")
    assert AuditEntry.objects.filter(action="mailing.trial_sent").count() == 1


def test_on_our_pages_only_staff_get_a_trial(press, own, settings, now, clock):  # noqa: F811
    mei = create_member(now=now, source="test", given_name="Mei", email="mei@example.com")
    told = {"subject": "Spring", "member": "mei@example.com"}
    assert "into the inbox of staff alone, and Mei is none" in press("on_site", **told).text
    mei.user = User.objects.create(email="mei@example.com", is_staff=False)
    mei.save(update_fields=["user"])
    assert "into the inbox of staff alone, and Mei is none" in press("on_site", **told).text
    assert not Message.objects.exists()
    User.objects.filter(pk=mei.user_id).update(is_staff=True)
    assert "Sent to Mei." in press("on_site", **told).text
    assert Message.objects.get().member == mei
    Member.objects.filter(pk=own.pk).update(user=None)
    for channel in ("on_site", "sms"):
        answer = press(channel, subject="Spring")
        assert f"open one at {settings.SITE_URL}/membership/, and try again" in answer.text


def test_what_cannot_be_read_is_put_nowhere(press, own, clock):  # noqa: F811
    answer = press("on_site", subject="Spring", body="Hi.", body_ja="{{ member.password }}")
    assert "There is no “member.password”." in answer.text
    assert Mailing.objects.count() == 1


def test_a_text_message_goes_to_ones_own_number(press, own, settings, clock):  # noqa: F811
    with serve() as twilio:
        twilio.answer(201, SENT)
        settings.SMS_BACKEND = "members.sms_twilio.TwilioBackend"
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "0" * 32, "token"
        settings.TWILIO_FROM, settings.TWILIO_API_URL = "+14155550100", twilio.url
        assert "Sent to +14155550123." in press("sms").text
        (asked,) = twilio.asked
    told = parse_qs(asked.body.decode())
    assert told["To"] == ["+14155550123"]
    assert told["Body"][0].startswith("Hello ")
    assert not Message.objects.exists()


def test_a_trial_goes_to_ones_own_line_and_wechat(press, own, settings, now, clock):  # noqa: F811
    bind(own, ANNA, now=now)
    bind(own, OPEN_ID, now=now, channel="wechat")
    with at_line(settings) as line:
        line.people = {ANNA}
        assert f"Sent to {ANNA}." in press("line", member=own.number).text
        ((to, bubbles),) = line.delivered
    assert (to, bubbles[0].partition("\n")[0]) == (ANNA, "Hello Marta.")
    with at_wechat(settings) as wechat:
        wechat.followers = wechat.writers = {OPEN_ID}
        assert f"Sent to {OPEN_ID}." in press("wechat", member=own.number).text
        (told,) = wechat.delivered
        assert told["text"]["content"].startswith("Hello Marta.")
        wechat.writers = set()
        assert "It was not sent" in press("wechat").text
    assert not Message.objects.exists()


def test_a_letter_is_one_pdf_and_no_message(desk, mailing, own, clock):  # noqa: F811
    url = reverse("mailing_sheet", args=[mailing.pk, "A"])
    answer = desk.post(
        url, {"body": "Dear {{ member.name }},", "language": "en", "paper": "letter_a4"}
    )
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert not Message.objects.exists()


def test_no_cap_counts_a_trial(press, own, clock):  # noqa: F811
    press("on_site", subject="Spring")
    with connection.cursor() as cursor:
        cursor.execute(contact_counters["campaigns"])
        assert cursor.fetchall() == []
