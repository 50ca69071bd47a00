"""What LINE and WeChat tell: signed, once, and in whatever order it comes."""

import datetime as dt
import json

import pytest
from django.core.checks import run_checks
from django.test import Client

from campaigns.channels.line.api import send_reply
from campaigns.channels.wechat import webhook
from campaigns.models import ChannelBinding, Suppression
from campaigns.tasks import answer_line
from core.models import AuditEntry
from members.enums import ConsentSource
from members.models import Consent
from members.services.consents import Answer, record_answers
from members.services.enrolment import create_member
from tests.campaigns.chats import (
    ANNA,
    OPEN_ID,
    at_line,
    at_wechat,
    bind,
    line_event,
    tell_line,
    tell_wechat,
    wechat_query,
    wechat_xml,
)

pytestmark = pytest.mark.django_db
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def line(settings):
    with at_line(settings) as double:
        yield double


@pytest.fixture
def wechat(settings):
    with at_wechat(settings) as double:
        yield double


@pytest.fixture
def at(time_machine, now):
    """The webhooks read the clock; it stands still at ``now``."""
    time_machine.move_to(now, tick=False)
    return now


@pytest.fixture
def anna(club, now):
    member = create_member(now=now, source="test", given_name="Anna", locale="en")
    bind(member, ANNA, now=now - dt.timedelta(days=1))
    return member


def standing():
    return ChannelBinding.objects.get().state


# --- Signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["another", ""])
def test_what_line_did_not_sign_is_refused_and_nothing_is_written(anna, line, at, secret):
    before = AuditEntry.objects.count()
    assert tell_line(line_event("unfollow", ANNA, at=at), secret=secret).status_code == 403
    unsigned = Client().post("/webhooks/line/", b"{}", content_type="application/json")
    assert unsigned.status_code == 403
    assert standing() == "followed"
    assert not Suppression.objects.exists()
    assert AuditEntry.objects.count() == before


def test_the_door_is_shut_where_there_is_no_account(club, at, settings):
    assert tell_line(line_event("follow", ANNA, at=at)).status_code == 404
    assert tell_wechat(b"<xml/>", at=at).status_code == 404


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"events": 3}', b" " * 600_000])
def test_signed_nonsense_is_a_bad_request(anna, line, at, body):
    assert tell_line(body=body).status_code == 400


def test_lines_check_of_the_address_is_answered(club, line, at):
    assert tell_line().status_code == 200  # no events at all


def test_wechats_check_of_the_address_is_answered_with_its_word(club, wechat, at):
    query = wechat_query(at=at, echostr="5837397576500011341")
    assert Client().get("/webhooks/wechat/", query).content == b"5837397576500011341"
    forged = wechat_query(at=at, token="another", echostr="x")
    assert Client().get("/webhooks/wechat/", forged).status_code == 403


def test_wechat_is_known_by_its_signature_and_by_the_hour(anna, wechat, at):
    ChannelBinding.objects.update(channel="wechat", external_id=OPEN_ID)
    left = wechat_xml("event", event="unsubscribe", at=at)
    forged = wechat_query(at=at, token="another")
    assert tell_wechat(left, at=at, query=forged).status_code == 403
    assert tell_wechat(left, at=at - 6 * MINUTE).status_code == 403  # heard, and said again later
    assert tell_wechat(left, at=at, query={}).status_code == 403
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha">]><xml><FromUserName>&a;</FromUserName></xml>'
    assert tell_wechat(bomb, at=at).status_code == 403
    assert tell_wechat(b"<xml>", at=at).status_code == 403
    assert standing() == "followed"
    assert tell_wechat(left, at=at).content == b"success"
    assert standing() == "unfollowed"


def test_with_a_key_nothing_unencrypted_is_read(anna, wechat, at, settings):
    """安全模式: AES-CBC, filled up to 32 bytes, for this account."""
    ChannelBinding.objects.update(channel="wechat", external_id=OPEN_ID)
    settings.WECHAT_AES_KEY = AES_KEY
    left = wechat_xml("event", event="unsubscribe", at=at)
    assert tell_wechat(left, at=at).status_code == 403

    def seal(data, **changes):
        encrypted = webhook.encrypt(data)
        query = wechat_query(at=at, encrypt_type="aes")
        signed = webhook.sign(settings.WECHAT_TOKEN, query["timestamp"], query["nonce"], encrypted)
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
        return tell_wechat(body, at=at, query=query | {"msg_signature": signed} | changes)

    assert seal(left, msg_signature="0" * 40).status_code == 403
    settings.WECHAT_APP_ID, own = "wxanother", settings.WECHAT_APP_ID
    other = webhook.encrypt(left)
    settings.WECHAT_APP_ID = own
    with pytest.raises(webhook.NotFromWechat):
        webhook.decrypt(other)
    assert standing() == "followed"
    assert seal(left).content == b"success"
    assert standing() == "unfollowed"
    answer = seal(wechat_xml("text", text="STOP", at=at)).content
    fields = webhook.parse_flat_xml(answer)
    signed = webhook.sign(
        settings.WECHAT_TOKEN, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"]
    )
    assert signed == fields["MsgSignature"]
    assert "no more" in webhook.parse_flat_xml(webhook.decrypt(fields["Encrypt"]))["Content"]


def test_the_sample_of_wechats_document_is_read_as_it_says(settings):
    """https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html"""
    assert webhook.sign("AAAAA", "1714037059", "486452656") == (
        "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    )


# --- Following ------------------------------------------------------------------------------------


def test_leaving_is_a_suppression_that_ends_with_coming_back(anna, line, at):
    tell_line(line_event("unfollow", ANNA, at=at - 3 * MINUTE))
    assert (standing(), Suppression.objects.get().reason) == ("unfollowed", "unfollowed")
    tell_line(line_event("follow", ANNA, at=at - 2 * MINUTE, number=2))
    assert standing() == "followed"
    assert not Suppression.objects.exists()


def test_what_is_told_again_or_late_changes_nothing(anna, line, at):
    left = line_event("unfollow", ANNA, at=at - 3 * MINUTE)
    tell_line(left)
    tell_line(line_event("follow", ANNA, at=at - 2 * MINUTE, number=2))
    tell_line(left | {"deliveryContext": {"isRedelivery": True}})
    late = line_event("unfollow", ANNA, at=at - 4 * MINUTE, number=3)
    assert tell_line(late).status_code == 200
    assert standing() == "followed"
    assert not Suppression.objects.exists()


def test_an_event_of_last_week_is_not_heard(anna, line, at):
    ChannelBinding.objects.update(state_at=at - dt.timedelta(days=30))
    tell_line(line_event("unfollow", ANNA, at=at - dt.timedelta(days=7)))
    assert standing() == "followed"


def test_strangers_and_groups_leave_no_trace(club, line, at):
    group = line_event("message", ANNA, at=at, text="STOP", source={"type": "group"})
    tell_line(line_event("unfollow", ANNA, at=at), group, line_event("postback", ANNA, at=at))
    assert not Suppression.objects.exists()
    assert not ChannelBinding.objects.exists()


# --- Words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "退订", " 配信停止 "])
def test_stop_takes_back_what_they_agreed_to_at_line_and_says_so(anna, line, at, sent_tasks, word):
    answers = [Answer("offers", "line", True), Answer("offers", "email", True)]
    record_answers(anna, answers, source=ConsentSource.PROFILE, by=None, now=at - MINUTE)
    told = line_event("message", ANNA, at=at, text=word)
    tell_line(told)
    tell_line(told)  # again
    assert Suppression.objects.get().reason == "unsubscribed"
    latest = {
        row.channel: row.is_given for row in Consent.objects.filter(purpose="offers").order_by("pk")
    }
    assert latest == {"line": False, "email": True}
    ((name, arguments),) = sent_tasks
    assert name == "campaigns.tasks.answer_line"
    answer_line(*arguments)
    assert line.replies[0]["replyToken"] == "reply-1"
    assert "no more" in line.replies[0]["messages"][0]["text"]
    tell_line(line_event("message", ANNA, at=at, text="START", number=2))
    assert not Suppression.objects.exists()


def test_any_other_word_is_heard_and_not_answered(anna, line, at, sent_tasks):
    tell_line(line_event("message", ANNA, at=at, text="Do you stop serving at ten? r"))
    assert ChannelBinding.objects.get().heard_at == at
    assert sent_tasks == []


def test_in_standby_another_program_answers(anna, line, at, sent_tasks):
    tell_line(line_event("message", ANNA, at=at, text="STOP", mode="standby"))
    assert Suppression.objects.exists()
    assert sent_tasks == []


def test_a_reply_that_line_refuses_is_no_error(club, line, settings):
    settings.LINE_CHANNEL_ACCESS_TOKEN = "another"
    assert send_reply("token", "Hello") is False


def test_wechat_shows_the_answer_at_once(anna, wechat, at):
    ChannelBinding.objects.update(channel="wechat", external_id=OPEN_ID)
    answer = tell_wechat(wechat_xml("text", text="退订", at=at), at=at).content
    fields = webhook.parse_flat_xml(answer)
    assert (fields["ToUserName"], fields["FromUserName"]) == (OPEN_ID, "gh_club")
    assert "no more" in fields["Content"]
    # WeChat asks again where it heard nothing within five seconds.
    again = tell_wechat(wechat_xml("text", text="退订", at=at), at=at)
    assert again.content == b"success"


# --- Set up ---------------------------------------------------------------------------------------


def test_half_an_account_is_an_error_of_the_system_check(settings):
    def list_ids():
        return {each.id for each in run_checks() if each.id.startswith("campaigns.")}

    assert list_ids() == set()
    settings.LINE_CHANNEL_SECRET = "s"
    assert list_ids() == {"campaigns.E001"}
    settings.LINE_CHANNEL_ACCESS_TOKEN, settings.LINE_ACCOUNT_ID = "t", "@club"
    assert list_ids() == set()
    settings.WECHAT_AES_KEY = AES_KEY
    assert list_ids() == {"campaigns.E002"}
    assert json.dumps(AES_KEY) not in str(run_checks())
