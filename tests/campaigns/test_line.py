"""Push messages at LINE: each once, whatever happens on the way."""

import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from campaigns.addresses import make_address_key
from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result
from campaigns.channels.line import LineAdapter
from campaigns.channels.line.api import LineUnavailable, read_quota
from campaigns.models import (
    ChannelBinding,
    ChannelPrice,
    Handover,
    Message,
    MessageEvent,
    Suppression,
)
from campaigns.selectors import chat
from campaigns.services.sending import resend_messages
from campaigns.services.sending.recovery import recover_handovers
from campaigns.writing.findings import find_in_contents
from members.models import User
from members.services.enrolment import create_member
from tests.campaigns.chats import ANNA, BEN, at_line, bind
from tests.campaigns.outbox import get_edition, make_mailing, plan, send, states

pytestmark = pytest.mark.django_db
WORDS = {"body": "Autumn is here."}


@pytest.fixture(autouse=True)
def _forget_prices():
    chat.kept.forget()
    yield
    chat.kept.forget()


@pytest.fixture
def line(settings):
    with at_line(settings) as double:
        double.people = {ANNA, BEN}
        yield double


@pytest.fixture
def anna(club, now):
    member = create_member(now=now, source="test", given_name="Anna")
    bind(member, ANNA, now=now)
    return member


def outgoing(text="Autumn is here.", to=ANNA, message_id=7):
    return Outgoing(
        message_id=message_id, member_id=1, address=to, locale="en", rendered=Rendered("", text)
    )


def push(*each):
    with LineAdapter().open() as session:
        return [session.send(one) for one in each]


# --- What a push is -------------------------------------------------------------------------------


def test_a_message_has_one_key_whenever_it_leaves(club, line):
    (first,) = push(outgoing())
    (again,) = push(outgoing("Other words by now."))
    assert (first.result, first.provider_id) == (Result.SENT, "4request-1")
    assert (again.result, again.provider_id) == (Result.SENT, "request-1")  # 409: taken before
    assert line.delivered == [(ANNA, ["Autumn is here."])]
    (other,) = push(outgoing(message_id=8))
    assert other.result == Result.SENT
    assert len(line.delivered) == 2


def test_one_connection_carries_all(club, line):
    push(*[outgoing(message_id=number) for number in range(5)])
    assert len(line.delivered) == 5
    assert len(line.connections) == 1


def test_long_words_are_bubbles_cut_between_paragraphs(club, line):
    text = "\n\n".join(["あ" * 3_000, "い" * 3_000, "😀" * 2_400])
    assert push(outgoing(text))[0].result == Result.SENT
    (_to, bubbles) = line.delivered[0]
    assert bubbles == text.split("\n\n")
    (refused,) = push(outgoing("a" * 25_001, message_id=8))
    assert refused.result == Result.REFUSED
    assert "25000" in refused.detail
    assert line.push_count == 1


def test_cost_is_the_price_of_one_message_however_long(club, line):
    assert LineAdapter().estimate_cost(None, "") is None
    ChannelPrice.objects.create(channel="line", price="0.03")
    chat.kept.forget()
    assert LineAdapter().estimate_cost(None, "") == Decimal("0.03")
    assert push(outgoing("a" * 9_000))[0].cost == Decimal("0.03")


# --- What LINE may answer -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "result"),
    [
        (400, "Failed to send messages", Result.DEAD),
        (400, "The request body has 2 error(s)", Result.REFUSED),
        (429, "The API rate limit has been exceeded. Try again later.", Result.RETRY),
        (500, "Internal server error", Result.RETRY),
    ],
)
def test_what_line_answers_decides_what_becomes_of_it(club, line, status, message, result):
    line.faults = [(status, {"message": message})]
    (outcome,) = push(outgoing())
    assert outcome.result == result
    assert message in outcome.detail
    assert line.delivered == []


def test_a_used_up_plan_waits_for_hours(club, line):
    line.limit = 0
    (outcome,) = push(outgoing())
    assert (outcome.result, outcome.retry_after) == (Result.RETRY, dt.timedelta(hours=6))


def test_a_lost_answer_is_asked_for_again_under_the_same_key(club, line):
    line.faults = ["lost"]
    (lost,) = push(outgoing())
    assert lost.result == Result.RETRY
    (again,) = push(outgoing())
    assert again.result == Result.SENT
    assert len(line.delivered) == 1


def test_what_was_in_doubt_a_day_ago_is_not_tried_by_itself(club, line):
    line.faults = ["lost"]
    with time_machine.travel("2026-03-10 12:00Z", tick=False) as clock:
        push(outgoing())
        clock.shift(dt.timedelta(hours=24))
        line.keys.clear()  # LINE forgets keys after a day
        with pytest.raises(AnswerLost):
            push(outgoing())
    assert len(line.delivered) == 1


def test_without_line_or_its_yes_no_message_is_touched(club, line, settings):
    settings.LINE_CHANNEL_ACCESS_TOKEN = "another"
    with pytest.raises(ConnectionLost, match="401"):
        push(outgoing())
    settings.LINE_API_URL = "http://127.0.0.1:9"  # nobody listens
    with pytest.raises(ConnectionLost):
        push(outgoing())
    settings.LINE_CHANNEL_ACCESS_TOKEN = ""
    with pytest.raises(ConnectionLost, match="no account"):
        push(outgoing())
    assert line.push_count == 0


def test_quota_is_what_line_says(club, line, settings):
    assert (read_quota().used, read_quota().left) == (0, None)
    line.limit, line.usage = 1000, 997
    assert read_quota().left == 3
    settings.LINE_CHANNEL_ACCESS_TOKEN = "another"
    with pytest.raises(LineUnavailable, match="401"):
        read_quota()


# --- From the outbox ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_mailing_reaches_who_is_connected_and_follows(anna, line, now):
    create_member(now=now, source="test", given_name="Nobody")
    ben = create_member(now=now, source="test", given_name="Ben")
    bind(ben, BEN, now=now, state="unfollowed")
    gone = create_member(now=now, source="test", given_name="Gone")
    bind(gone, "U" + "c" * 32, now=now)  # no such id
    Suppression.objects.create(
        channel="line", reason="unfollowed", added_at=now,
        address_key=make_address_key("line", BEN),
    )  # fmt: skip
    words = {"body": "Autumn is here. [See](https://shop.example/autumn/)"}
    mailing = make_mailing(now=now, channels=("line",), words=words)
    plan(mailing, now=now)
    send(now=now)
    assert states(mailing) == {
        ("sent", ""): 1, ("not_sent", "no_address"): 1, ("not_sent", "unfollowed"): 1,
        ("failed", "bounced"): 1,
    }  # fmt: skip
    ((to, (text,)),) = line.delivered
    assert to == ANNA
    # The link is ours, and a click is counted.
    link = re.search(r"https?://\S+?(/\S+?)\)?$", text.strip())[1]
    assert Client().get(link)["Location"] == "https://shop.example/autumn/"
    assert MessageEvent.objects.filter(kind="clicked", message__member=anna).exists()
    assert Message.objects.get(state="sent").provider_id == "4request-1"


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_line_took_it_sends_no_second(anna, line, now):
    """The worker died between LINE's yes and the database: unknown; sent again, it is still one."""
    mailing = make_mailing(now=now, channels=("line",), words=WORDS)
    plan(mailing, now=now)
    message = Message.objects.get()
    push(outgoing(message_id=message.pk))  # what the worker did before it was killed
    Message.objects.update(state="sending")
    long_ago = now - dt.timedelta(days=1)
    Handover.objects.create(
        worker="w:1", channel="line", message_ids=[message.pk], position=1, opened_at=long_ago,
        beat_at=long_ago,
    )  # fmt: skip
    recover_handovers(now=now)
    assert states(mailing) == {("unknown", ""): 1}
    staff = User.objects.create(email="head@example.com")
    resend_messages([message.pk], by=staff, now=now)
    send(now=now)
    assert states(mailing) == {("sent", ""): 1}
    assert len(line.delivered) == 1
    assert line.push_count == 2


@pytest.mark.django_db(transaction=True)
def test_429_waits_and_goes_later(anna, line, now):
    line.faults = [(429, {"message": "The API rate limit has been exceeded. Try again later."})]
    mailing = make_mailing(now=now, channels=("line",), words=WORDS)
    plan(mailing, now=now)
    send(now=now)
    assert states(mailing) == {("waiting", "retry"): 1}
    send(now=now + dt.timedelta(minutes=2))
    assert states(mailing) == {("sent", ""): 1}
    assert len(line.delivered) == 1


def test_words_that_line_would_not_take_stop_the_mailing(club, now):
    mailing = make_mailing(now=now, channels=("line",), words=WORDS, purpose="offers")
    content = get_edition(mailing).contents.get()
    assert [each for each in find_in_contents([content]) if each.stops] == []
    content.body = "long " * 6_000
    told = [each.text for each in find_in_contents([content]) if each.stops]
    assert len(told) == 1
    assert "25000" in told[0]


def test_ids_are_not_shown_whole(anna):
    shown = ChannelBinding.objects.get().short_id
    assert shown == "Uaaa…aaaa"
