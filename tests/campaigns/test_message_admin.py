"""The outbox in the back office: why, or why not; and what to do about what nobody knows."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.enums import MessageState
from campaigns.models import Message, RateLimit
from campaigns.selectors.outbox import explain_message
from core.models import AuditEntry
from members.models import User
from rewards.models import Reward
from tests.campaigns.outbox import make_mailing, make_members, plan


@pytest.fixture
def office(club):
    client = Client()
    client.force_login(
        User.objects.create(email="owner@example.com", is_staff=True, is_superuser=True)
    )
    return client


@pytest.fixture
def unknown(club, now):
    """Three messages of one mailing of which nobody knows whether they left."""
    make_members([f"m{number}@x.example" for number in range(3)], now=now)
    plan(make_mailing(now=now), now=now)
    Message.objects.update(state=MessageState.UNKNOWN)
    return list(Message.objects.order_by("pk"))


def decide(office, message, act, **data):
    url = reverse("admin:campaigns_message_decide", args=[message.pk, act])
    return office.post(url, data, follow=True)


def test_list_shows_what_is_to_decide(office, unknown):
    Message.objects.filter(pk=unknown[0].pk).update(reason="left")
    url = reverse("admin:campaigns_message_changelist")
    assert office.get(url, {"to_decide": "1"}).context["cl"].result_count == 2
    assert b"m1@x.example" not in office.get(url).content


def test_list_asks_the_same_for_few_and_for_many(office, unknown, django_assert_num_queries):
    url = reverse("admin:campaigns_message_changelist")
    office.get(url)
    Message.objects.exclude(pk=unknown[0].pk).delete()
    with CaptureQueriesContext(connection) as few:
        office.get(url)
    make_members([f"n{number}@x.example" for number in range(5)], now=unknown[0].recorded_at)
    plan(unknown[0].mailing, now=unknown[0].recorded_at)
    with django_assert_num_queries(len(few)):
        office.get(url)
    assert not any(
        "COUNT(" in query["sql"] and "campaigns_message" in query["sql"] for query in few
    )


def test_page_of_an_unknown_message_offers_both_ways(office, unknown):
    first, second, third = unknown
    page = office.get(reverse("admin:campaigns_message_change", args=[first.pk]))
    assert b"Send it again" in page.content
    asked = office.get(reverse("admin:campaigns_message_decide", args=[first.pk, "resend"]))
    assert b"all 3 unknown messages" in asked.content
    assert Message.objects.unknown().count() == 3

    assert b"1 message leaves again." in decide(office, first, "resend").content
    assert b"2 messages stay as they are." in decide(office, second, "leave", all="1").content
    assert b"unknown any more" in decide(office, third, "resend").content

    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {first.pk: "waiting", second.pk: "unknown", third.pk: "unknown"}
    assert (
        b"Send it again"
        not in office.get(reverse("admin:campaigns_message_change", args=[third.pk])).content
    )
    by = AuditEntry.objects.filter(action__startswith="message.").values_list("actor__email")
    assert list(by) == [("owner@example.com",)] * 2


@pytest.mark.parametrize(
    ("values", "mailing", "sentence"),
    [
        ({}, "running", "It is due and leaves as soon as a worker comes to it."),
        ({}, "paused", "It waits; the mailing is in the state “Paused”."),
        (
            {"reason": "quiet_hours", "due_at": dt.datetime(2026, 3, 11, 15, tzinfo=dt.UTC)},
            "running",
            "It waits until March 11, 2026, 3 p.m.: Quiet hours.",
        ),
        (
            {"due_at": dt.datetime(2026, 3, 11, 15, tzinfo=dt.UTC)},
            "running",
            "It is due on March 11, 2026, 3 p.m.",
        ),
        (
            {"state": "not_sent", "reason": "no_consent"},
            "running",
            "It was not sent: They didn't agree to it.",
        ),
        (
            {"state": "failed", "reason": "refused", "detail": "554 no"},
            "running",
            "It didn't reach them: The provider refused it. The other side said: 554 no",
        ),
        (
            {"state": "unknown"},
            "running",
            "A worker was cut off while it handed it over: it may have left, or not.",
        ),
        (
            {"state": "unknown", "reason": "left"},
            "running",
            "Left as it is by staff. A worker was cut off while it handed it over: "
            "it may have left, or not.",
        ),
    ],
)
def test_why_is_a_sentence(unknown, now, values, mailing, sentence):
    message = Message.objects.select_related("mailing").get(pk=unknown[0].pk)
    message.state, message.mailing.state = "waiting", mailing
    for name, value in values.items():
        setattr(message, name, value)
    assert explain_message(message, now=now) == sentence


def test_rate_is_edited_and_begins_empty(office, club):
    office.post(
        reverse("admin:campaigns_ratelimit_add"),
        {"channel": "email", "domain": " Example.COM ", "count": 14, "period": "second"},
    )
    rate = RateLimit.objects.get()
    assert (rate.domain, rate.count, rate.tokens) == ("example.com", 14, 0)


def test_page_says_in_words_what_brought_it_about(office, unknown, now):
    reward = Reward.objects.create(
        name="Coffee", slug="coffee", kind="voucher", price_points=100, created_at=now
    )
    facts = {"reward": reward.pk, "day": "2026-11-28", "points": 120}
    Message.objects.filter(pk=unknown[0].pk).update(facts=facts)
    url = reverse("admin:campaigns_message_change", args=[unknown[0].pk])
    page = office.get(url).text
    assert "What it is about" in page
    assert "day: Nov. 28, 2026; points: 120; reward: Coffee" in page
    assert "&quot;reward&quot;" not in page
    Message.objects.filter(pk=unknown[0].pk).update(facts={})
    assert "What it is about" not in office.get(url).text
