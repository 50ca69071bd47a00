"""The inbox on these pages: messages and notices as one stream."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.channels.on_site.inbox import Place, list_inbox
from campaigns.models import Message
from campaigns.services.campaigns import release_campaign, start_due_campaigns
from campaigns.services.editions import save_content
from campaigns.services.sending.running import send_waiting_messages
from members.services.logins import create_login
from members.services.memberships import open_membership
from members.services.notices import NoticeRow, add_notices
from tests.campaigns.crowds import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def reader(club, now):
    """A member of "friends" who can log in, and their client."""
    from members.services.audiences import AudienceMove, ensure_audience, move_members

    user = create_login(email="mei@example.com", by=None, now=now)
    member = open_membership(user, now=now, profile={"given_name": "Mei"})
    friends = ensure_audience("friends", kind="list", name="Friends")
    move_members(None, [AudienceMove(friends.pk, member.pk)], now=now)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return member, client


@pytest.fixture
def tell(make_campaign, staff, now):
    """``tell("Subject", body)`` sends a message on these pages to "friends"."""

    def go(subject, body="Hello {{ member.name }}.", at=now, sends=False, **words):
        campaign = make_campaign(channels=["on_site"], purpose="service", words=False)
        save_content(
            campaign.mailing, channel="on_site",
            words={"subject": subject, "body": body, **words}, by=staff("owner"), now=at,
        )  # fmt: skip
        release_campaign(campaign, by=staff("owner"), now=at)
        start_due_campaigns(now=at)
        if sends:
            send_waiting_messages(clock=lambda: at)
        else:
            Message.objects.filter(mailing=campaign.mailing).update(state="sent", sent_at=at)
        return Message.objects.filter(mailing=campaign.mailing)

    return go


@pytest.mark.django_db(transaction=True)
def test_a_message_is_there_once_due_with_its_words_in_the_readers_language(reader, tell, now):
    member, client = reader
    message = tell(
        "Autumn is here",
        "Hello **{{ member.name }}**.",
        sends=True,
        body_ja="こんにちは。",
        subject_ja="秋です",
    ).get(member=member)
    assert (message.state, message.sent_at) == ("sent", now)
    page = client.get("/inbox/").text
    assert "Autumn is here" in page
    assert "Unread:" in page
    client.post(reverse("set_language"), {"language": "ja"})
    assert "秋です" in client.get("/inbox/").text
    assert "こんにちは。" in client.get(f"/inbox/{message.pk}/").text


@pytest.mark.django_db(transaction=True)
def test_a_letter_tells_the_points_of_its_day(reader, tell, now):
    member, client = reader
    body = (
        "You hold {{ points.balance }} points.\n\n"
        '{% audience "friends" %}\n\nOf ours.\n\n{% endaudience %}'
    )
    message = tell("Points", body, sends=True).get(member=member)
    assert message.figures == {"locale": "en", "points.balance": 0, "audiences.friends": True}
    url = f"/inbox/{message.pk}/"
    page = client.get(url).text
    assert "You hold 0 points." in page
    assert "those of today" not in page
    Message.objects.filter(pk=message.pk).update(
        figures={"locale": "en", "points.balance": 4321, "audiences.friends": False}
    )
    page = client.get(url).text
    assert "You hold 4,321 points." in page
    assert "Of ours" not in page
    Message.objects.filter(pk=message.pk).update(figures=None)
    assert "those of today" in client.get(url).text


def test_opening_it_reads_it_once_and_fetching_ahead_does_not(reader, tell):
    member, client = reader
    message = tell("Autumn is here").get(member=member)
    url = f"/inbox/{message.pk}/"
    client.get(url, headers={"sec-purpose": "prefetch"})
    client.head(url)
    message.refresh_from_db()
    assert message.read_at is None
    assert "<p>Hello Mei.</p>" in client.get(url).text
    message.refresh_from_db()
    first = message.read_at
    assert first is not None
    client.get(url)
    message.refresh_from_db()
    assert message.read_at == first


def test_bell_counts_messages_and_notices_until_all_are_read(reader, tell, now):
    member, client = reader
    tell("One")
    tell("Two")
    add_notices([NoticeRow(member.pk, "address_kept", now, f"n{each}") for each in "ab"], now=now)
    assert '<span class="bar-count number" aria-hidden="true">4</span>' in client.get("/home/").text
    message = Message.objects.filter(member=member).first()
    html = client.get(f"/inbox/{message.pk}/").text
    assert '<span class="bar-count number" aria-hidden="true">3</span>' in html
    assert client.post("/inbox/reading/").status_code == 302
    html = client.get("/inbox/").text
    assert "bar-count" not in html
    assert "Mark all as read" not in html


def test_pages_follow_each_other_without_gap_or_repeat(reader, tell, now, assert_statements):
    member, _client = reader
    for number in range(7):
        tell(f"Message {number}", at=now + MINUTE * (number // 2))  # some at the same time
    add_notices(
        [
            NoticeRow(member.pk, "records_merged", now + MINUTE * n, f"n{n}", {"number": "1"})
            for n in range(4)
        ],
        now=now,
    )
    seen, after = [], None
    for _page in range(9):
        page = list_inbox(member, after=after, limit=3, now=now)
        seen += page.rows
        after = page.next_place
        if after is None:
            break
        after = Place.read(str(after))
    keys = [
        (row.message.sent_at, 1, row.message.pk) if hasattr(row, "message")
        else (row.notice.effective_at, 0, row.notice.pk)
        for row in seen
    ]  # fmt: skip
    assert len(keys) == 11
    assert keys == sorted(set(keys), reverse=True)
    list_inbox(member, limit=20, now=now)  # words once read are kept
    with assert_statements(4):
        list_inbox(member, limit=6, now=now)
    with assert_statements(4):
        list_inbox(member, limit=20, now=now)


def test_nobody_reads_anothers_message_nor_one_that_is_not_there_yet(reader, tell, crowd):
    (other,) = crowd(1)
    member, client = reader
    messages = tell("Autumn is here")
    foreign = messages.get(member=other)
    assert client.get(f"/inbox/{foreign.pk}/").status_code == 404
    own = messages.get(member=member)
    Message.objects.filter(pk=own.pk).update(state="waiting", sent_at=None)
    assert client.get(f"/inbox/{own.pk}/").status_code == 404
    assert "Autumn is here" not in client.get("/inbox/").text


@pytest.mark.parametrize("after", ["", "x", "1-2", "9e99-0-1", "1-0-1-1", "nan-0-1"])
def test_a_place_that_is_none_begins_at_the_beginning(reader, tell, after):
    _member, client = reader
    tell("Autumn is here")
    assert "Autumn is here" in client.get("/inbox/", {"after": after}).text
