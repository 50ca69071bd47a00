"""Accounts at LINE and WeChat: connected by a code, one for each member, let go."""

import datetime as dt
import json
import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import ChannelBinding, ChannelPrice, Suppression
from campaigns.selectors import chat
from campaigns.services.binding_codes import (
    CODES_AN_HOUR,
    TRIES_AN_HOUR,
    CodeGone,
    TooManyCodes,
    TooManyTries,
    make_binding_code,
    read_code,
    take_code,
)
from campaigns.services.bindings import (
    AccountTaken,
    AlreadyBound,
    NotAMember,
    bind_account,
    merge_bindings,
    unbind_account,
    undo_binding_merge,
)
from campaigns.services.campaigns import Terms, draft_campaign
from campaigns.services.campaigns.releasing import estimate_campaign
from core.bulk import RowWriter
from core.models import AuditEntry
from members.enums import ConsentSource
from members.models import Consent, Member, Notice
from members.services.audiences import add_to_everyone, ensure_everyone
from members.services.consents import Answer, record_answers
from tests.campaigns.chats import (
    ANNA,
    BEN,
    OPEN_ID,
    at_line,
    at_wechat,
    bind,
    line_event,
    tell_line,
    tell_wechat,
    wechat_xml,
)
from tests.campaigns.readers import make_reader
from tests.constraints import guards
from tests.races import together

pytestmark = pytest.mark.django_db
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
    time_machine.move_to(now, tick=False)
    return now


@pytest.fixture
def anna(club, now):
    return make_reader(1, now=now, agrees=(), given_name="Anna", locale="en")


@pytest.fixture
def ben(club, now):
    return make_reader(2, now=now, agrees=(), given_name="Ben", locale="en")


def log_in(member):
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def write(text, *, at, user=ANNA, number=1):
    """What the club answers at LINE."""
    return tell_line(line_event("message", user, at=at, text=text, number=number))


def bind_line(member, external_id, *, now):
    return bind_account(member, channel="line", external_id=external_id, at=now, now=now)


# --- Constraints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "good", "bad", "beside"),
    [
        ("channel_binding_channel_is_known", {"channel": "wechat"}, {"channel": "email"}, None),
        ("channel_binding_state_is_known", {"state": "unfollowed"}, {"state": "lost"}, None),
        ("channel_binding_names_an_account", {}, {"external_id": ""}, None),
        ("channel_binding_ended_is_unbound", {"state": "unbound", "ended": 1}, {"ended": 1}, None),
        ("channel_binding_ended_is_unbound", {}, {"state": "unbound"}, None),
        ("channel_binding_ends_after_it_began", {"state": "unbound", "ended": 0},
         {"state": "unbound", "ended": -1}, None),
        ("channel_binding_account_once", {"external_id": "U2"}, {}, {"who": "ben"}),
        ("channel_binding_account_once", {"state": "unbound", "ended": 1}, {}, {"who": "ben"}),
        ("channel_binding_member_once", {"external_id": "U2", "state": "unbound", "ended": 1},
         {"external_id": "U2"}, {}),
        ("channel_binding_member_once", {"channel": "wechat"}, {"external_id": "U2"}, {}),
    ],
)  # fmt: skip
def test_constraint_holds_from_both_sides(anna, ben, now, constraint, good, bad, beside):
    def make(who="anna", ended=None, external_id="U1", **fields):
        ended_at = None if ended is None else now + ended * MINUTE
        member = {"anna": anna, "ben": ben}[who]
        return bind(member, external_id, now=now, ended_at=ended_at, **fields)

    guards(constraint, make, good, bad, beside)


@pytest.mark.parametrize(
    ("constraint", "bad"),
    [
        ("channel_price_channel_is_known", {"channel": "sms"}),
        ("channel_price_not_negative", {"price": -1}),
    ],
)
def test_price_constraint_holds_from_both_sides(db, constraint, bad):
    def make(**fields):
        return ChannelPrice.objects.create(**{"channel": "line", "price": 0} | fields)

    guards(constraint, make, {}, bad)


# --- Codes ----------------------------------------------------------------------------------------


def test_a_code_is_good_once_for_its_channel_and_for_a_quarter_of_an_hour(anna, at, time_machine):
    code = make_binding_code(anna, "line")
    assert re.fullmatch(r"([2-9A-Z]{4}-){2}[2-9A-Z]{4}", code)
    letters = read_code(f"  code： {code.lower()} ")
    with pytest.raises(CodeGone):
        take_code(letters, channel="wechat", external_id=ANNA)
    assert take_code(letters, channel="line", external_id=ANNA) == anna
    with pytest.raises(CodeGone):
        take_code(letters, channel="line", external_id=ANNA)
    first, second = (read_code(make_binding_code(anna, "line")) for _try in range(2))
    with pytest.raises(CodeGone):  # the newer one ends the older
        take_code(first, channel="line", external_id=ANNA)
    assert take_code(second, channel="line", external_id=ANNA) == anna


def test_codes_are_many_and_asked_for_by_measure(anna, now):
    codes = {make_binding_code(anna, "line") for _try in range(CODES_AN_HOUR)}
    assert len(codes) == CODES_AN_HOUR
    with pytest.raises(TooManyCodes):
        make_binding_code(anna, "line")


def test_who_guesses_is_stopped(anna, now):
    for _try in range(TRIES_AN_HOUR):
        with pytest.raises(CodeGone):
            take_code("K7QM3XWDP8RN", channel="line", external_id=BEN)
    with pytest.raises(TooManyTries):
        take_code("K7QM3XWDP8RN", channel="line", external_id=BEN)


@pytest.mark.parametrize("text", ["", "STOP", "K7QM-3XWD", "K7QM-3XWD-P8RN " * 2, "x" * 99])
def test_not_everything_is_a_code(text):
    assert read_code(text) == ""


# --- Binding --------------------------------------------------------------------------------------


def test_a_member_connects_line_from_the_profile(anna, line, at, sent_tasks):
    client = log_in(anna)
    assert reverse("messengers") in client.get(reverse("member_profile")).text
    assert "Connect LINE" in client.get(reverse("messengers")).text
    page = client.post(reverse("messenger_code", args=["line"]), follow=True)
    code = re.search(r"messenger-code\">([^<]+)<", page.text)[1]
    assert f"https://line.me/R/oaMessage/%40club/?{quote(code)}" in page.text
    assert "<svg" in page.text
    write(code, at=at)
    binding = ChannelBinding.objects.get()
    assert (binding.member, binding.external_id, binding.state) == (anna, ANNA, "followed")
    assert AuditEntry.objects.filter(action="channel_binding.bound").count() == 1
    assert Notice.objects.get(member=anna).code == "channel_bound"
    assert not Consent.objects.exists()  # who connects agrees to nothing
    assert "Anna" in sent_tasks[0][1][1]
    shown = client.get(reverse("messengers")).text
    assert "Disconnect" in shown
    assert code not in shown
    write(code, at=at, number=2)  # used
    assert "over" in sent_tasks[1][1][1]


@pytest.mark.parametrize(("event", "key"), [("subscribe", "qrscene_{code}"), ("SCAN", "{code}")])
def test_a_member_connects_wechat_by_its_qr_code(anna, wechat, at, event, key):
    page = log_in(anna).post(reverse("messenger_code", args=["wechat"]), follow=True)
    code = re.search(r"messenger-code\">([^<]+)<", page.text)[1]
    assert wechat.scenes == [
        {"expire_seconds": 900, "action_name": "QR_STR_SCENE",
         "action_info": {"scene": {"scene_str": code}}}
    ]  # fmt: skip
    answer = tell_wechat(wechat_xml("event", event=event, key=key.format(code=code), at=at), at=at)
    assert "Anna" in answer.text
    assert ChannelBinding.objects.get().external_id == OPEN_ID
    answer = tell_wechat(
        wechat_xml("event", event="subscribe", key="last_trade_no_1", at=at), at=at
    )
    assert answer.content == b"success"


def test_wechat_out_of_reach_is_said_in_words(anna, wechat, at, settings):
    settings.WECHAT_API_URL = "http://127.0.0.1:9"
    client = log_in(anna)
    page = client.post(reverse("messenger_code", args=["wechat"]))
    assert page.status_code == 503
    assert "WeChat" in page.text


def test_somebody_elses_account_is_refused_in_words(anna, ben, line, at, sent_tasks):
    bind_line(anna, ANNA, now=at)
    write(make_binding_code(ben, "line"), at=at)
    assert "already connected with another membership" in sent_tasks[0][1][1]
    assert ChannelBinding.objects.get().member == anna
    bind_line(ben, BEN, now=at)
    with pytest.raises(AlreadyBound):
        bind_line(anna, "U3", now=at)
    assert bind_line(anna, ANNA, now=at).member == anna  # what is so already stays so
    Member.objects.filter(pk=ben.pk).update(status="closed")
    with pytest.raises(NotAMember):
        bind_line(ben, "U3", now=at)


@pytest.mark.django_db(transaction=True)
def test_of_two_members_with_one_account_one_gets_it(club, now):
    members = [make_reader(place, now=now, agrees=()) for place in (1, 2)]

    def act(member):
        try:
            return bind_line(member, ANNA, now=now).member_id
        except AccountTaken:
            return "taken"

    results = together(*[lambda member=member: act(member) for member in members])
    assert sorted(map(str, results)).count("taken") == 1
    assert ChannelBinding.objects.active().count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_with_one_code_one_gets_it(club, now):
    letters = read_code(make_binding_code(make_reader(1, now=now, agrees=()), "line"))

    def act(user):
        try:
            return take_code(letters, channel="line", external_id=user).pk
        except CodeGone:
            return "gone"

    results = together(lambda: act(ANNA), lambda: act(BEN))
    assert sorted(map(str, results)).count("gone") == 1


def test_coming_back_lifts_what_leaving_put_there(anna, line, at):
    binding = bind_line(anna, ANNA, now=at - 5 * MINUTE)
    tell_line(line_event("unfollow", ANNA, at=at - 2 * MINUTE))
    assert "left our account" in log_in(anna).get(reverse("messengers")).text
    unbind_account(binding, by=None, now=at)
    bind_line(anna, ANNA, now=at)
    assert not Suppression.objects.exists()


# --- Letting go -----------------------------------------------------------------------------------


def test_a_member_lets_go_of_their_own_alone(anna, ben, line, at):
    bind_line(anna, ANNA, now=at)
    end = reverse("messenger_end", args=["line"])
    assert log_in(ben).post(end).status_code == 404
    assert log_in(anna).post(end, follow=True).status_code == 200
    ended = ChannelBinding.objects.get()
    assert (ended.state, ended.ended_at) == ("unbound", at)
    entry = AuditEntry.objects.get(action="channel_binding.unbound")
    assert entry.actor == anna.user
    unbind_account(ended, by=None, now=at)
    assert AuditEntry.objects.filter(action="channel_binding.unbound").count() == 1
    assert bind_line(ben, ANNA, now=at).member == ben  # free again


# --- The record -----------------------------------------------------------------------------------


def test_a_merge_keeps_the_survivors_account_and_undo_gives_back(anna, ben, now):
    mine, other = bind_line(anna, ANNA, now=now), bind_line(ben, BEN, now=now)
    wechat = bind(ben, OPEN_ID, now=now, channel="wechat")
    moved = json.loads(json.dumps(merge_bindings(ben, anna, now)))  # as the merge keeps it
    rows = {row.pk: row for row in ChannelBinding.objects.all()}
    assert {row.member_id for row in rows.values()} == {anna.pk}
    assert [rows[pk].state for pk in (mine.pk, other.pk, wechat.pk)] == [
        "followed", "unbound", "followed",
    ]  # fmt: skip
    undo_binding_merge(ben, anna, moved, now)
    rows = {row.pk: row for row in ChannelBinding.objects.all()}
    assert [rows[pk].member_id for pk in (mine.pk, other.pk, wechat.pk)] == [
        anna.pk, ben.pk, ben.pk,
    ]  # fmt: skip
    assert rows[other.pk].state == "followed"


def test_an_estimate_counts_who_is_connected_and_what_it_costs(anna, ben, line, now):
    chat.kept.forget()
    ChannelPrice.objects.create(channel="line", price="0.05")
    answers = [Answer("offers", "line", True)]
    for member in (anna, ben):
        record_answers(member, answers, source=ConsentSource.PROFILE, by=None, now=now)
    writer = RowWriter()
    add_to_everyone(writer, [anna.pk, ben.pk], now=now)
    writer.flush()
    bind_line(anna, ANNA, now=now)
    terms = Terms(name="Hello", purpose="offers", channels=["line"], audiences=[ensure_everyone()])
    campaign = draft_campaign(terms, by=anna.user, now=now)
    estimate = estimate_campaign(campaign, by=None, now=now)
    assert (estimate.channels, str(estimate.cost)) == ({"line": 1}, "0.0500")
    chat.kept.forget()
