"""WeChat: templates and answers, one token for all, and what each errcode makes of a message."""

import datetime as dt
import threading

import pytest

from campaigns.channels.base import AnswerLost, ConnectionLost, Outgoing, Rendered, Result
from campaigns.channels.chat import check_wechat_size
from campaigns.channels.wechat import WechatAdapter
from campaigns.channels.wechat.api import WechatRefused, get_token, open_api, read_daily_quota
from campaigns.models import ChannelBinding, Suppression
from campaigns.writing.compile import compile_content
from members.services.enrolment import create_member
from tests.campaigns.chats import OPEN_ID, at_wechat, bind
from tests.campaigns.outbox import get_edition, make_mailing, plan, send, states

pytestmark = pytest.mark.django_db
WORDS = {"body": "秋天到了。"}
TEMPLATE = {"template_id": "T1", "template_fields": "thing1, amount2"}


@pytest.fixture
def wechat(settings):
    with at_wechat(settings) as double:
        double.followers, double.writers = {OPEN_ID}, {OPEN_ID}
        yield double


def outgoing(text="秋天到了。", to=OPEN_ID, message_id=7, **extras):
    return Outgoing(
        message_id=message_id, member_id=1, address=to, locale="zh-hans",
        rendered=Rendered("", text, "", extras),
    )  # fmt: skip


def hand_over(*each):
    with WechatAdapter().open() as session:
        return [session.send(one) for one in each]


# --- The two kinds of message ---------------------------------------------------------------------


def test_own_words_go_as_an_answer_letter_by_letter(club, wechat):
    (outcome,) = hand_over(outgoing())
    assert (outcome.result, outcome.provider_id) == (Result.SENT, "200001")
    assert wechat.delivered == [
        {"touser": OPEN_ID, "msgtype": "text", "text": {"content": "秋天到了。"}}
    ]


def test_lines_fill_the_fields_of_a_template_and_a_link_is_where_it_leads(club, wechat):
    wechat.writers = set()  # templates need no 48 hours
    text = "您的积分\n120 分\n\n查看：https://club.example/c/abc/\n"
    (outcome,) = hand_over(outgoing(text, **TEMPLATE))
    assert outcome.result == Result.SENT
    (told,) = wechat.delivered
    assert told["template_id"] == "T1"
    assert told["data"] == {"thing1": {"value": "您的积分"}, "amount2": {"value": "120 分"}}
    assert told["url"] == "https://club.example/c/abc/"
    hand_over(outgoing(text, **TEMPLATE))  # the same message: WeChat knows it by its id
    assert len(wechat.delivered) == 1
    hand_over(outgoing(text, message_id=8, **TEMPLATE))
    assert len(wechat.delivered) == 2


def test_a_field_without_a_line_is_found_before_anything_is_sent(club, wechat):
    (refused,) = hand_over(outgoing("您的积分", **TEMPLATE))
    assert refused.result == Result.REFUSED
    assert "template: 2" in refused.detail
    assert wechat.delivered == []


def test_too_many_bytes_are_refused_before_anything_is_sent(club, wechat):
    check_wechat_size("秋" * 682)
    (refused,) = hand_over(outgoing("秋" * 683))
    assert refused.result == Result.REFUSED
    assert "2049" in refused.detail
    assert wechat.delivered == []


@pytest.mark.parametrize(("extras", "is_told"), [({}, True), (TEMPLATE, False)])
def test_advertisement_says_how_to_be_left_alone(club, now, extras, is_told):
    mailing = make_mailing(now=now, channels=("wechat",), words=WORDS, purpose="offers")
    content = get_edition(mailing).contents.get()
    content.extras, content.edition.frozen_at = extras, None
    text = compile_content(content, "en").fill({}).text
    assert ("STOP" in text) is is_told


# --- The token ------------------------------------------------------------------------------------


def test_the_token_is_fetched_once_and_kept(club, wechat):
    hand_over(outgoing(), outgoing(message_id=8))
    hand_over(outgoing(message_id=9))
    assert wechat.token_calls == [False]


def test_a_token_that_wechat_refuses_is_fetched_anew_and_the_message_goes_once(club, wechat):
    hand_over(outgoing())
    wechat.token = "token-of-another-program"
    (outcome,) = hand_over(outgoing(message_id=8))
    assert outcome.result == Result.SENT
    assert wechat.token_calls == [False, False]
    assert len(wechat.delivered) == 2


def test_a_token_that_stays_refused_is_asked_for_by_force_once(club, wechat):
    hand_over(outgoing())
    wechat.faults = [42001]
    (outcome,) = hand_over(outgoing(message_id=8))
    assert outcome.result == Result.SENT
    assert wechat.token_calls == [False, False, True]


def test_ten_at_once_fetch_one_token(club, wechat):
    wechat.is_slow = True
    got = []

    def ask():
        with open_api() as api:
            got.append(get_token(api))

    threads = [threading.Thread(target=ask) for _place in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 10
    assert wechat.token_calls == [False]


def test_without_a_token_no_message_is_touched(club, wechat, settings):
    settings.WECHAT_APP_SECRET = "wrong"
    with pytest.raises(ConnectionLost, match="40125"):
        hand_over(outgoing())
    settings.WECHAT_APP_SECRET = ""
    with pytest.raises(ConnectionLost, match="no account"):
        hand_over(outgoing())


# --- What WeChat may answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("errcode", "result", "wait"),
    [
        (-1, Result.RETRY, None),
        (45011, Result.RETRY, dt.timedelta(minutes=1)),
        (45009, Result.RETRY, dt.timedelta(hours=6)),
        (43004, Result.LEFT, None),
        (40003, Result.DEAD, None),
        (45015, Result.REFUSED, None),
        (45047, Result.REFUSED, None),
        (40037, Result.REFUSED, None),
    ],
)
def test_an_errcode_decides_what_becomes_of_it(club, wechat, errcode, result, wait):
    wechat.faults = [errcode]
    (outcome,) = hand_over(outgoing())
    assert (outcome.result, outcome.retry_after) == (result, wait)
    assert str(errcode) in outcome.detail
    assert wechat.delivered == []


def test_no_answer_leaves_it_unknown_and_tells_no_token(club, wechat):
    wechat.faults = ["lost"]
    with pytest.raises(AnswerLost) as lost:
        hand_over(outgoing())
    assert "token" not in str(lost.value)
    wechat.faults = [48001]  # the account may not: no fault of the message's
    with pytest.raises(ConnectionLost):
        hand_over(outgoing())


def test_quota_is_what_wechat_says(club, wechat, settings):
    assert read_daily_quota() == (12, 500000)
    settings.WECHAT_API_URL = "http://127.0.0.1:9"
    with pytest.raises(WechatRefused, match="answer"):
        read_daily_quota()


@pytest.mark.django_db(transaction=True)
def test_who_no_longer_follows_is_not_written_to_again(club, wechat, now):
    member = create_member(now=now, source="test", given_name="梅")
    bind(member, OPEN_ID, now=now, channel="wechat")
    wechat.followers = set()
    mailing = make_mailing(now=now, channels=("wechat",), words=WORDS)
    plan(mailing, now=now)
    send(now=now)
    assert states(mailing) == {("failed", "unfollowed"): 1}
    assert ChannelBinding.objects.get().state == "unfollowed"
    assert Suppression.objects.get().reason == "unfollowed"
    plan(mailing, now=now, occurrence="again")
    send(now=now)
    assert states(mailing)[("not_sent", "unfollowed")] == 1
