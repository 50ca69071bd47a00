"""The Monday digest: to whom, when, once, and what it says."""

import datetime as dt
import smtplib

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from campaigns.models import CampaignFigures, DigestChoice, DigestMail
from campaigns.selectors.digest import build_digest, list_digest_readers
from campaigns.services.campaigns import count_due_campaigns
from campaigns.services.digest import choose_digest, send_due_digests
from core.models import AuditEntry
from tests.campaigns.bought import *  # noqa: F403 (fixtures)
from tests.campaigns.bought import respond, send_campaign
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
# The Monday after ``now``, at eight where the club is.
MONDAY = dt.datetime(2026, 3, 16, 15, 0, tzinfo=dt.UTC)


def test_each_manager_gets_one_from_eight_on(staff):
    manager, owner = staff("manager"), staff("owner")
    staff("marketer")
    staff("clerk")
    assert send_due_digests(now=MONDAY - HOUR / 60) == 0
    assert send_due_digests(now=MONDAY) == 2
    assert send_due_digests(now=MONDAY + HOUR) == 0
    assert sorted(each.to[0] for each in mail.outbox) == sorted([manager.email, owner.email])
    assert send_due_digests(now=MONDAY + 24 * HOUR) == 0
    assert send_due_digests(now=MONDAY + 7 * 24 * HOUR) == 2


def test_it_speaks_the_readers_language_and_stays_away_from_who_left_it(staff, now):
    manager, owner = staff("manager"), staff("owner")
    choose_digest(is_wanted=True, locale="ja", by=manager, now=now)
    choose_digest(is_wanted=False, locale="", by=owner, now=now)
    assert list_digest_readers() == [(manager, "ja")]
    assert send_due_digests(now=MONDAY) == 1
    assert "2026年3月9日" in mail.outbox[0].subject
    assert AuditEntry.objects.filter(action="digest.chosen").count() == 2


def test_it_tells_of_the_week(crowd, make_campaign, staff, buy, settings, now):
    crowd(2)
    owner = staff("owner")
    campaign = make_campaign(name="Cherry *blossom* <now>")
    first, second = send_campaign(campaign, by=owner, now=now)
    respond(first, "clicked", now)
    buy(first.member_id, 4_200, now + HOUR)
    type(second).objects.filter(pk=second.pk).update(state="unknown", sent_at=None)
    count_due_campaigns(now=now + HOUR)
    digest = build_digest(MONDAY.date())
    assert [each.pk for each in digest.campaigns] == [campaign.pk]
    assert (digest.unknown_count, digest.approval_count) == (1, 0)
    assert send_due_digests(now=MONDAY) == 1
    (letter,) = mail.outbox
    html = letter.alternatives[0].content
    assert "Cherry *blossom* <now>" in letter.body
    assert "Cherry *blossom* &lt;now&gt;</a>" in html
    assert f"{settings.SITE_URL}{campaign.get_absolute_url()}" in html
    assert "_link" not in html
    for text in (letter.body, html):
        assert "1 sent, 1 clicked, $42.00 followed" in text
        assert "not enough data yet" in text
        assert "1 message of which nobody knows whether it left" in text
    CampaignFigures.objects.update(lift_amount=120, lift_low=20, lift_high=220)
    mail.outbox.clear()
    DigestMail.objects.all().delete()
    send_due_digests(now=MONDAY)
    assert "$1.20 per member ($0.20 to $2.20)" in mail.outbox[0].body


def test_a_server_that_refuses_is_asked_again(staff, settings):
    staff("manager")
    settings.MAILERS = {"default": {"BACKEND": "tests.campaigns.test_digest.Refusing"}}
    assert send_due_digests(now=MONDAY) == 0
    assert not DigestMail.objects.exists()
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert send_due_digests(now=MONDAY + HOUR) == 1


class Refusing:
    """A server that hangs up."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


def test_a_manager_switches_their_own(staff, settings, now):
    settings.STAFF_MFA_WAIVED = True
    client = Client()
    client.force_login(staff("manager"), backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("admin:campaigns_campaign_digest")
    with time_machine.travel(now, tick=False):
        assert "Active members" in client.get(url).content.decode()
    assert client.post(url, {"locale": "xx"}).status_code == 422
    assert client.post(url, {"locale": "ja"}).status_code == 302
    choice = DigestChoice.objects.get()
    assert (choice.is_wanted, choice.locale) == (False, "ja")
