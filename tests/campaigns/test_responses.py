"""What became of messages: told by providers, seen by links and pictures; a person's or not."""

import datetime as dt
import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import links
from campaigns.channels.message_ids import make_message_id
from campaigns.models import Message, MessageEvent, Suppression
from campaigns.services.responses import (
    MOST_SEEN,
    EventRow,
    record_click,
    record_events,
    record_open,
)
from campaigns.services.suppression import find_suppression
from core.actors import (
    TRAP,
    Actor,
    Agent,
    Sighting,
    find_bursts,
    is_inside,
    read_agent,
)
from core.actors import judge as judge_actor
from members.enums import Channel
from members.names import format_number
from members.selectors.consents import has_agreed
from tests.campaigns.readers import DAY, HOUR, make_mailing, make_message, make_reader

pytestmark = pytest.mark.django_db
SHOP, STORY = "https://shop.example/autumn?a=1&b=2", "https://shop.example/story"
EMAIL = Channel.EMAIL
SECOND = dt.timedelta(seconds=1)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Safari/537.36"
)


@pytest.fixture
def mei(club, now):
    return make_reader(1, now=now - DAY)


@pytest.fixture
def message(mei, now):
    mailing = make_mailing(now=now, urls=[SHOP, STORY, "https://shop.example/{{ member.number }}"])
    return make_message(mailing, mei, now=now, sent=True)


def click(message, seconds, number=1, agent=DESKTOP, *, is_head=False):
    at = message.sent_at + dt.timedelta(seconds=seconds)
    record_click(message.pk, number, agent=agent, is_head=is_head, now=at)


def actors(message, kind="clicked"):
    rows = MessageEvent.objects.filter(message=message, kind=kind).order_by("effective_at", "pk")
    return list(rows.values_list("actor", flat=True))


# --- Who it was: the rules alone ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        (PHONE, Agent.BROWSER),
        (DESKTOP, Agent.BROWSER),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", Agent.BROWSER),
        ("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Thunderbird/128", Agent.BROWSER),
        ("Mozilla/5.0", Agent.PREFETCH),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com"
            " GoogleImageProxy)",
            Agent.PROXY,
        ),
        ("YahooMailProxy; https://help.yahoo.com/", Agent.PROXY),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.BOT),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120 Safari/537.36", Agent.BOT),
        ("python-requests/2.32", Agent.BOT),
        ("BarracudaCentral/1.0", Agent.BOT),
        ("something nobody knows", Agent.BOT),
        ("", Agent.NONE),
        ("  ", Agent.NONE),
    ],
)
def test_programs_say_what_they_are(text, agent):
    assert read_agent(text) == agent


@pytest.mark.parametrize(
    ("facts", "actor", "why"),
    [
        ({}, Actor.HUMAN, ""),
        ({"is_head": True}, Actor.MACHINE, "head"),
        ({"is_in_burst": True}, Actor.MACHINE, "burst"),
        ({"agent": Agent.BOT}, Actor.MACHINE, "agent"),
        ({"agent": Agent.PREFETCH}, Actor.MACHINE, "agent"),
        ({"agent": Agent.NONE}, Actor.MACHINE, "agent"),
        ({"agent": Agent.PROXY}, Actor.UNKNOWN, "proxy"),
        ({"seconds_since_sent": 2.9}, Actor.MACHINE, "at_once"),
        ({"seconds_since_sent": 3.0}, Actor.UNKNOWN, "early"),
        ({"seconds_since_sent": 59.9}, Actor.UNKNOWN, "early"),
        ({"seconds_since_sent": 60.0}, Actor.HUMAN, ""),
        ({"seconds_since_sent": None}, Actor.UNKNOWN, "early"),
    ],
)
def test_one_sign_after_the_other(facts, actor, why):
    plain = {
        "agent": Agent.BROWSER,
        "is_head": False,
        "seconds_since_sent": 600.0,
        "is_in_burst": False,
    }
    judgement = judge_actor(**plain | facts)
    assert (judgement.actor, judgement.why) == (actor, why)


@pytest.mark.parametrize(
    ("seen", "is_burst"),
    [
        ([(0, 1), (1.9, 2)], True),
        ([(0, 1), (2.1, 2)], False),
        ([(0, 1), (0.1, 1), (0.2, 1)], False),  # the same link again is no other
        ([(0, 1), (5, 2), (9.9, 3)], True),  # slowly, but all of them
        ([(0, 1), (5, 2), (10.1, 3)], False),
        ([(0, 1), (0, None)], False),  # the picture is no link
        ([(0, TRAP)], True),
        ([], False),
    ],
)
def test_several_links_at_once_are_a_burst(seen, is_burst, now):
    sightings = [Sighting(now + dt.timedelta(seconds=at), number) for at, number in seen]
    spans = find_bursts(sightings)
    assert is_inside(now, spans) is is_burst
    assert not is_inside(now + 60 * SECOND, spans)


@pytest.mark.parametrize("delay", [20, 43, 60, 290])
def test_bursts_are_found_whenever_they_come(message, delay):
    """The times at which scanners of real mail came: seconds to five minutes after it left."""
    click(message, delay, 1)
    click(message, delay + 0.4, 2)
    click(message, delay + 0.9, 3)
    assert actors(message) == ["machine"] * 3


# --- Clicks and views -----------------------------------------------------------------------------


def test_a_person_who_reads_first_is_a_person(message):
    click(message, 400, 1, PHONE)
    click(message, 460, 2, PHONE)
    assert actors(message) == ["human", "human"]
    event = MessageEvent.objects.earliest("pk")
    assert event.link.url == SHOP
    assert event.evidence == {"agent": "browser", "link": 1, "seconds": 400.0}


def test_a_burst_turns_what_it_began_with_into_a_machines(message):
    record_open(message.pk, agent=DESKTOP, is_head=False, now=message.sent_at + 299 * SECOND)
    click(message, 300, 1)
    assert (actors(message), actors(message, "opened")) == (["human"], ["human"])
    click(message, 301, 2)
    assert (actors(message), actors(message, "opened")) == (["machine"] * 2, ["machine"])
    # Later, when they have read it, a person comes after all.
    click(message, 900, 1, PHONE)
    assert actors(message) == ["machine", "machine", "human"]


def test_the_link_that_no_person_sees_tells_a_machine(message):
    click(message, 300, 1)
    click(message, 306, TRAP)
    assert actors(message) == ["machine", "machine"]
    assert MessageEvent.objects.filter(link=None).get().evidence["link"] == TRAP


def test_pictures_are_fetched_by_proxies(message):
    for agent in ("Mozilla/5.0", "x (via ggpht.com GoogleImageProxy)", PHONE):
        record_open(message.pk, agent=agent, is_head=False, now=message.sent_at + 120 * SECOND)
    assert actors(message, "opened") == ["machine", "unknown", "human"]


def test_whoever_asks_on_and_on_is_not_kept(message):
    rows = [
        EventRow(message.pk, "clicked", "machine", 1, message.sent_at) for _each in range(MOST_SEEN)
    ]
    record_events(rows, now=message.sent_at)
    click(message, 900)
    assert len(actors(message)) == MOST_SEEN


# --- The pages ------------------------------------------------------------------------------------


def test_a_click_leads_where_the_mailing_says(message, client):
    path = links.sign_message_link(message.pk, 1)
    answer = client.get(path, headers={"user-agent": DESKTOP})
    assert (answer.status_code, answer["Location"]) == (302, SHOP)
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    third = client.get(links.sign_message_link(message.pk, 3))
    number = format_number(message.member.number)
    assert third["Location"] == f"https://shop.example/{quote(number)}"


def test_looking_by_head_never_counts(message, client):
    answer = client.head(links.sign_message_link(message.pk, 1), headers={"user-agent": DESKTOP})
    assert answer.status_code == 302
    client.head(links.sign_open(message.pk), headers={"user-agent": DESKTOP})
    assert (actors(message), actors(message, "opened")) == (["machine"], ["machine"])


def test_the_picture_is_one_pixel(message, client):
    answer = client.get(links.sign_open(message.pk), headers={"user-agent": DESKTOP})
    assert answer["Content-Type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a\x01\x00\x01\x00")
    assert len(actors(message, "opened")) == 1


def test_a_link_that_was_edited_leads_nowhere(message, client, now):
    path = links.sign_message_link(message.pk, 1)
    token = path.removeprefix("/m/").removesuffix("/")
    value, _dot, mark = token.rpartition(".")
    other = make_message(message.mailing, make_reader(2, now=now - DAY), now=now, sent=True)
    for edited in (
        f"/m/{message.pk}.2.{mark}/",  # another link
        f"/m/{other.pk}.1.{mark}/",  # another reader
        f"/m/{value}.{mark[:-1]}{'A' if mark[-1] != 'A' else 'B'}/",
        f"/m/{value}/",
        "/m/https:%2F%2Fevil.example/",
        f"/m/{token}.https:evil/",
        f"/m/u/{token}/",  # a key of its own for each purpose
        f"/m/o/{token}.gif",
        path.replace("/m/", "/m/o/").removesuffix("/") + ".gif",
    ):
        assert client.get(edited).status_code == 404, edited
    assert not MessageEvent.objects.exists()
    # What is written behind a good link changes nothing.
    assert client.get(path + "?next=https://evil.example")["Location"] == SHOP


def test_links_outlive_a_change_of_the_key(message, client, settings):
    path = links.sign_message_link(message.pk, 1)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-the-club"
    assert client.get(path)["Location"] == SHOP
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(path).status_code == 404


def test_a_good_link_to_nothing_leads_home(message, client, now):
    for number in (TRAP, 99):
        assert client.get(links.sign_message_link(message.pk, number))["Location"] == "/"
    assert client.get(links.sign_message_link(10**9, 1))["Location"] == "/"
    assert MessageEvent.objects.count() == 2


# --- What providers tell --------------------------------------------------------------------------


def row(message, kind, provider_id="", **evidence):
    return EventRow(message.pk, kind, "machine", None, message.sent_at, provider_id, evidence)


def test_what_is_told_twice_is_one_event(message, now):
    rows = [row(message, "delivered", "a"), row(message, "delivered", "a")]
    assert record_events(rows, now=now) == 1
    assert record_events(rows, now=now) == 0
    assert record_events([row(message, "bounced", "a", is_soft=True)], now=now) == 1
    assert record_events([EventRow(10**9, "delivered", "machine")], now=now) == 0
    assert record_events([], now=now) == 0
    later = EventRow(message.pk, "delivered", "machine", None, now + DAY, "b")
    record_events([later], now=now)
    assert MessageEvent.objects.get(provider_id="b").effective_at == now  # their clock is ahead


def test_a_dead_address_is_not_written_to_again_and_a_full_mailbox_is(message, now):
    record_events([row(message, "bounced", "1", is_soft=True)], now=now)
    assert not Suppression.objects.exists()
    record_events([row(message, "bounced", "2")], now=now)
    assert find_suppression(EMAIL, "reader1@example.com").reason == "bounced"
    assert has_agreed(message.member, "offers", EMAIL)


def test_the_address_that_bounced_is_the_one_that_was_written_to(message, now, postmark):
    type(message.member).objects.filter(pk=message.member_id).update(email="new@example.com")
    postmark.tell("Bounce", Type="HardBounce", Email="Reader1@example.com", ID=7)
    assert find_suppression(EMAIL, "new@example.com") is None
    assert find_suppression(EMAIL, "reader1@example.com")


def test_a_complaint_takes_the_consent_back(message, now):
    record_events([row(message, "complained", "1")], now=now)
    assert find_suppression(EMAIL, "reader1@example.com").reason == "complained"
    assert not has_agreed(message.member, "offers", EMAIL)
    assert message.member.consents.latest("pk").source == "system"


# --- The provider's door --------------------------------------------------------------------------


@pytest.fixture
def postmark(settings, message):
    """The provider that the club uses, as it speaks: ``postmark.tell("Delivery", …)``."""
    settings.MAIL_PROVIDER = "postmark"
    settings.MAIL_WEBHOOK_VIEW = "anymail.webhooks.postmark.PostmarkTrackingWebhookView"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "club:5f0c8a1d2b3e4f5a6b7c8d9e"}

    class Postmark:
        url = reverse("mail_events", args=["postmark"])

        def tell(self, kind, secret="club:5f0c8a1d2b3e4f5a6b7c8d9e", url="", **facts):
            told = {
                "RecordType": kind,
                "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
                "Metadata": {"message_id": str(message.pk)},
                **facts,
            }
            basic = "Basic " + b64encode(secret.encode()).decode()
            return Client(enforce_csrf_checks=True).post(
                url or self.url,
                json.dumps(told),
                content_type="application/json",
                headers={"authorization": basic} if secret else {},
            )

    return Postmark()


def kinds(message):
    rows = MessageEvent.objects.filter(message=message).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_a_provider_tells_what_became_of_a_mail(message, postmark):
    told = {"Recipient": "reader1@example.com", "DeliveredAt": "2026-03-10T19:01:00Z"}
    assert postmark.tell("Delivery", **told).status_code == 200
    assert postmark.tell("Delivery", **told).status_code == 200  # told again
    assert kinds(message) == ["delivered"]
    postmark.tell("Open", UserAgent="x", Recipient="reader1@example.com")
    postmark.tell("Bounce", Type="Transient", Email="reader1@example.com", ID=1)
    assert kinds(message) == ["delivered"]
    postmark.tell("Bounce", Type="SoftBounce", Email="reader1@example.com", ID=2)
    assert kinds(message) == ["delivered", "bounced"]
    assert not Suppression.objects.exists()
    postmark.tell("SpamComplaint", Type="SpamComplaint", Email="reader1@example.com", ID=3)
    assert not has_agreed(message.member, "offers", EMAIL)
    assert Suppression.objects.get().reason == "complained"


def test_letting_go_at_the_provider_takes_the_consent_back(message, postmark):
    told = {
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Recipient": "reader1@example.com",
        "ChangedAt": "2026-03-10T19:05:00Z",
    }
    postmark.tell("SubscriptionChange", **told)
    postmark.tell("SubscriptionChange", **told)
    assert kinds(message) == ["unsubscribed"]
    assert not has_agreed(message.member, "offers", EMAIL)


def test_a_mail_is_known_by_the_providers_id_and_by_our_own(message, postmark):
    Message.objects.filter(pk=message.pk).update(provider_id="their-id")
    postmark.tell("Bounce", Type="SoftBounce", ID=1, Metadata={}, MessageID="their-id")
    own = make_message_id(message.pk, "club.example")
    postmark.tell("Bounce", Type="SoftBounce", ID=2, Metadata={}, MessageID=own)
    forged = own.replace(str(message.pk), str(message.pk + 1), 1)
    postmark.tell("Bounce", Type="SoftBounce", ID=3, Metadata={}, MessageID=forged)
    postmark.tell("Bounce", Type="SoftBounce", ID=4, Metadata={"message_id": "x"}, MessageID="y")
    postmark.tell("Bounce", Type="SoftBounce", ID=5, Metadata={}, MessageID="")
    assert kinds(message) == ["bounced", "bounced"]
    assert MessageEvent.objects.count() == 2


def test_a_forged_bounce_is_refused(message, postmark, settings):
    told = {"Type": "HardBounce", "Email": "reader1@example.com", "ID": 1}
    assert postmark.tell("Bounce", secret="", **told).status_code == 400
    assert postmark.tell("Bounce", secret="club:guessed", **told).status_code == 400
    other = reverse("mail_events", args=["sendgrid"])
    assert postmark.tell("Bounce", url=other, **told).status_code == 404
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}  # a door without a lock stays shut
    assert postmark.tell("Bounce", **told).status_code == 404
    settings.MAIL_PROVIDER = ""
    assert Client().post("/anymail//tracking/").status_code == 404
    assert not MessageEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_events_are_recorded_by_the_clock(message, postmark):
    before = timezone.now()
    postmark.tell("Bounce", Type="SoftBounce", ID=1)
    event = MessageEvent.objects.get()
    assert before <= event.recorded_at <= timezone.now() + HOUR
