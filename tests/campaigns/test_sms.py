"""Text messages: counted, priced, kept to China's rules, sent by Twilio, answered."""

import json
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from twilio.request_validator import RequestValidator

from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result
from campaigns.channels.sms import SmsAdapter
from campaigns.channels.sms.counting import count_segments
from campaigns.models import Message, MessageEvent, SmsPrice, Suppression
from campaigns.selectors import sms_prices
from members.enums import ConsentSource
from members.models import Consent, Member
from members.services.consents import Answer, record_answers
from members.services.enrolment import create_member
from members.sms import list_sms_files
from tests.campaigns.doubles.http import serve
from tests.campaigns.outbox import get_edition, make_mailing, plan, send, states

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-twilio"
SENT = json.dumps({"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued"})
WORDS = {"body": "Autumn is here."}


@pytest.fixture(autouse=True)
def _forget_prices():
    sms_prices.kept.forget()
    yield
    sms_prices.kept.forget()


@pytest.fixture
def twilio(settings):
    """Twilio's API on this machine."""
    with serve() as double:
        settings.SMS_BACKEND = "members.sms_twilio.TwilioBackend"
        settings.TWILIO_ACCOUNT_SID = "AC" + "0" * 32
        settings.TWILIO_AUTH_TOKEN = TOKEN
        settings.TWILIO_FROM = "+14155550100"
        settings.TWILIO_API_URL = double.url
        yield double


def outgoing(text="Autumn is here.", to="+14155550123", *, is_marketing=True, **extras):
    return Outgoing(
        message_id=7, member_id=1, address=to, locale="en",
        rendered=Rendered("", text, "", extras), is_marketing=is_marketing,
    )  # fmt: skip


def hand_over(each):
    with SmsAdapter().open() as session:
        return session.send(each)


def refuse(twilio, status, code, message="No"):
    twilio.answer(status, json.dumps({"code": code, "message": message, "status": status}))


# --- Counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_gsm", "units", "segments"),
    [
        ("", True, 0, 1),
        ("a" * 160, True, 160, 1),
        ("a" * 161, True, 161, 2),
        ("a" * 306, True, 306, 2),
        ("a" * 307, True, 307, 3),
        ("€" * 80, True, 160, 1),  # two places each
        ("€" * 81, True, 162, 2),
        ("a" * 152 + "€" + "a" * 152, True, 306, 3),  # never cut between escape and letter
        ("ç", False, 1, 1),  # only the capital is in the table
        ("Ç", True, 1, 1),
        ("你" * 70, False, 70, 1),
        ("你" * 71, False, 71, 2),
        ("你" * 134, False, 134, 2),
        ("你" * 135, False, 135, 3),
        ("😀" * 35, False, 70, 1),
        ("😀" * 36, False, 72, 2),
        ("你" * 66 + "😀" + "你" * 66, False, 134, 3),  # nor between two halves of a sign
    ],
)
def test_segments_are_counted_as_networks_cut_them(text, is_gsm, units, segments):
    counted = count_segments(text)
    assert (counted.is_gsm, counted.unit_count, counted.segment_count) == (is_gsm, units, segments)


def test_cost_is_segments_times_the_price_of_the_country(club, twilio):
    SmsPrice.objects.create(country="JP", price="0.08")
    SmsPrice.objects.create(country="", price="0.01")
    twilio.answer(201, SENT)
    adapter = SmsAdapter()
    assert adapter.estimate_cost(Rendered("", "あ" * 71), "+819012345678") == Decimal("0.16")
    assert adapter.estimate_cost(Rendered("", "a" * 161), "+14155550123") == Decimal("0.02")
    assert hand_over(outgoing("a" * 307)).cost == Decimal("0.03")


def test_without_a_price_nothing_is_said_of_cost(club):
    assert SmsAdapter().estimate_cost(Rendered("", "a"), "+14155550123") is None


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"country": "jp", "price": 1}, "sms_price_country_is_a_code"),
        ({"country": "JP", "price": -1}, "sms_price_not_negative"),
    ],
)
def test_a_price_is_of_a_country_and_not_negative(db, values, name):
    SmsPrice.objects.create(country="TW", price=0)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        SmsPrice.objects.create(**values)


# --- China --------------------------------------------------------------------------------------


def test_china_wants_a_name_in_front_a_template_and_a_way_to_refuse(club, twilio):
    twilio.answer(201, SENT)
    club.name, club.i18n = "Harbor Lane", {"name_zh_hans": "海港里"}
    club.save()
    china = "+8613812345678"
    refused = hand_over(outgoing("秋天到了。", china))
    assert (refused.result, twilio.asked) == (Result.REFUSED, [])
    assert "approved template" in refused.detail
    assert (
        hand_over(outgoing("【别家】秋天到了。", china, template_id="T1")).result == Result.REFUSED
    )
    assert twilio.asked == []
    assert hand_over(outgoing("秋天到了。", china, template_id="T1")).result == Result.SENT
    sent = parse_qs(twilio.asked[0].body.decode())["Body"]
    assert sent == ["【海港里】秋天到了，拒收请回复R"]
    hand_over(outgoing("您的验证码是 1234。", china, template_id="T1", is_marketing=False))
    assert parse_qs(twilio.asked[1].body.decode())["Body"] == ["【海港里】您的验证码是 1234。"]


# --- Twilio -------------------------------------------------------------------------------------


def test_twilio_is_told_number_words_and_where_to_answer(club, twilio, settings):
    twilio.answer(201, SENT)
    outcome = hand_over(outgoing())
    assert (outcome.result, outcome.provider_id) == (Result.SENT, json.loads(SENT)["sid"])
    (asked,) = twilio.asked
    assert asked.path == f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
    assert asked.headers["Authorization"].startswith("Basic ")
    assert parse_qs(asked.body.decode()) == {
        "To": ["+14155550123"],
        "From": ["+14155550100"],
        "Body": ["Autumn is here."],
        "StatusCallback": [f"{settings.SITE_URL}/webhooks/twilio/status/?message=7"],
    }


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [
        (400, 21211, Result.DEAD),
        (400, 21610, Result.DEAD),
        (400, 21408, Result.REFUSED),
        (401, 20003, Result.REFUSED),
        (429, 20429, Result.RETRY),
        (503, 20503, Result.RETRY),
    ],
)
def test_what_twilio_answers_decides_what_becomes_of_it(club, twilio, status, code, result):
    refuse(twilio, status, code)
    outcome = hand_over(outgoing())
    assert outcome.result == result
    assert str(code) in outcome.detail


def test_no_answer_is_not_a_refusal(club, twilio, settings):
    refuse(twilio, 500, 20500)
    with pytest.raises(AnswerLost):
        hand_over(outgoing())
    settings.TWILIO_API_URL = "http://127.0.0.1:9"  # nobody listens
    with pytest.raises(ConnectionLost):
        hand_over(outgoing())


@pytest.mark.django_db(transaction=True)
def test_a_mailing_leaves_by_any_gateway(club, now):
    create_member(now=now, source="test", given_name="Mei", phone="+14155550123")
    mailing = make_mailing(now=now, channels=("sms",), words=WORDS)
    plan(mailing, now=now)
    before = len(list_sms_files())
    send(now=now)
    assert states(mailing) == {("sent", ""): 1}
    files = list_sms_files()
    assert len(files) == before + 1
    assert json.loads(files[0].read_text()) == {"to": "+14155550123", "text": "Autumn is here."}


# --- What comes back ------------------------------------------------------------------------------


@pytest.fixture
def mei(club, now):
    return create_member(now=now, source="test", given_name="Mei", phone="+14155550123")


@pytest.fixture
def message(mei, now):
    mailing = make_mailing(now=now, channels=("sms",), words=WORDS, purpose="offers")
    return Message.objects.create(
        mailing=mailing, edition=get_edition(mailing), member=mei, channel="sms", state="sent",
        recorded_at=now, due_at=now, sent_at=now,
    )  # fmt: skip


def tell(settings, path, *, token=TOKEN, **values):
    settings.TWILIO_AUTH_TOKEN = TOKEN
    signature = RequestValidator(token).compute_signature(settings.SITE_URL + path, values)
    return Client().post(path, values, headers={"X-Twilio-Signature": signature})


def test_what_became_of_a_message_is_recorded_once(message, settings):
    path = f"/webhooks/twilio/status/?message={message.pk}"
    values = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    for status in ("sent", "delivered", "delivered"):
        answer = tell(settings, path, **values | {"MessageStatus": status})
        assert answer.status_code == 204
    assert list(MessageEvent.objects.values_list("message", "kind", "actor")) == [
        (message.pk, "delivered", "machine")
    ]


@pytest.mark.parametrize(("code", "is_suppressed"), [("30003", False), ("30005", True)])
def test_a_number_that_does_not_exist_is_not_written_to_again(
    message, settings, code, is_suppressed
):
    path = f"/webhooks/twilio/status/?message={message.pk}"
    tell(settings, path, MessageSid="SM1", MessageStatus="undelivered", ErrorCode=code)
    assert MessageEvent.objects.get().kind == "bounced"
    assert Suppression.objects.exists() is is_suppressed


def test_a_forged_callback_is_refused(message, settings):
    path = f"/webhooks/twilio/status/?message={message.pk}"
    values = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert tell(settings, path, token="another", **values).status_code == 403
    settings.TWILIO_AUTH_TOKEN = ""
    assert Client().post(path, values).status_code == 404
    assert not MessageEvent.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("word", ["STOP", " stop. ", "退订", "停止", "R", "ＳＴＯＰ"])
def test_stop_takes_back_what_they_agreed_to_by_text_message(mei, settings, now, word):
    answers = [Answer("offers", "sms", True), Answer("news", "email", True)]
    record_answers(mei, answers, source=ConsentSource.PROFILE, by=None, now=now)
    values = {"From": mei.phone, "Body": word}
    assert tell(settings, "/webhooks/twilio/replies/", **values).status_code == 200
    found = Consent.objects.filter(member=mei, purpose="offers", channel="sms").latest("pk")
    assert found.is_given is False
    assert Suppression.objects.get().reason == "unsubscribed"
    tell(settings, "/webhooks/twilio/replies/", From=mei.phone, Body="START")
    assert not Suppression.objects.exists()
    assert Member.objects.get(pk=mei.pk).phone == mei.phone


def test_any_other_word_changes_nothing(mei, settings):
    tell(settings, "/webhooks/twilio/replies/", From=mei.phone, Body="Please stop by tomorrow")
    assert not Suppression.objects.exists()
