"""What waits leaves once: outcomes, pauses, rates, what a kill leaves, what staff decide."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.channels.base import Outcome, Result, adapters
from campaigns.enums import MailingState, MessageState
from campaigns.models import (
    Content,
    Edition,
    Handover,
    Mailing,
    Message,
    MessageEvent,
    RateLimit,
)
from campaigns.selectors.outbox import count_states, list_waiting_messages
from campaigns.services.rates import give_back_tokens, take_tokens
from campaigns.services.sending import (
    Cancelled,
    MailingNotStarted,
    NotUnknown,
    cancel_mailing,
    handing_over,
    leave_messages,
    pause_mailing,
    resend_messages,
    resume_mailing,
    sweep_cancelled,
)
from campaigns.services.sending.claiming import claim_batch, list_due
from campaigns.services.sending.handing_over import Line, hand_over
from campaigns.services.sending.recovery import recover_handovers
from campaigns.services.sending.settling import BACK_OFF
from core.models import AuditEntry
from members.models import Member
from tests.campaigns.outbox import mail_to, make_mailing, make_members, plan, send, states
from tests.campaigns.sink import Sink
from tests.races import together

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings):
    with Sink() as server:
        mail_to(settings, server.port)
        yield server


@pytest.fixture
def mailing(club, now, sink):
    """Five members, one letter each."""
    make_members([f"m{number}@x.example" for number in range(5)], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now)
    return mailing


def claim(mailing, *, now, limit=200):
    (due,) = list_due("email", now=now)
    return claim_batch(due, "email", limit=limit, worker="w", now=now)


def age_handovers(settings):
    """As if their workers had been silent for longer than the lease."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_handover SET beat_at = beat_at - make_interval(secs => %s)",
            [settings.SENDING_LEASE_SECONDS + 1],
        )


# --- Leaving -------------------------------------------------------------------------------------


def test_everybody_gets_one_mail_and_the_ledger_says_so(mailing, sink, now):
    done = send(now=now)
    again = send(now=now)

    assert (done.sent_count, again.sent_count) == (5, 0)
    assert states(mailing) == {("sent", ""): 5}
    rows = Message.objects.values_list("pk", "member__email")
    assert sorted((taken.message, taken.recipient) for taken in sink.taken) == sorted(rows)
    assert set(Message.objects.values_list("sent_at", "attempt_count")) == {(now, 1)}
    assert not Handover.objects.exists()
    assert b"Hello you" in sink.taken[0].mail


def test_what_is_not_due_or_not_running_stays(mailing, sink, now):
    Message.objects.filter(pk=Message.objects.earliest("pk").pk).update(
        due_at=now + dt.timedelta(hours=1)
    )
    Mailing.objects.update(state=MailingState.PAUSED)
    assert send(now=now).claimed_count == 0
    assert list_waiting_messages(now) == {}
    Mailing.objects.update(state=MailingState.RUNNING)
    later = now + dt.timedelta(minutes=5)
    assert list_waiting_messages(later) == {"email": dt.timedelta(minutes=5)}
    assert send(now=now).sent_count == 4
    assert send(now=now + dt.timedelta(hours=1)).sent_count == 1


def test_outcomes_are_told_apart(club, sink, now):
    """One that fails sends nobody else's again (pains 4 and 13)."""
    names = ["a", "gone", "banned", "full", "drop", "b", "no address", "mute", "c"]
    make_members([f"{name}@x.example" for name in names], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now)

    send(now=now)

    found = dict(Message.objects.values_list("member__email", "state"))
    assert {email.partition("@")[0]: state for email, state in found.items()} == {
        "a": "sent", "b": "sent", "c": "sent", "gone": "failed", "banned": "failed",
        "full": "waiting", "drop": "waiting", "no address": "failed", "mute": "unknown",
    }  # fmt: skip
    gone = Message.objects.get(member__email="gone@x.example")
    assert (gone.reason, gone.detail) == ("bounced", "550 5.1.1 no such user here")
    assert MessageEvent.objects.get(message=gone).kind == "bounced"
    full = Message.objects.get(member__email="full@x.example")
    assert (full.reason, full.due_at) == ("retry", now + BACK_OFF[0])
    assert {taken.recipient.partition("@")[0] for taken in sink.taken} == {"a", "b", "c", "mute"}
    assert len(sink.taken) == 4


def test_temporary_refusal_waits_longer_each_time_and_is_given_up(club, sink, now):
    make_members(["full@x.example"], now=now)
    plan(make_mailing(now=now), now=now)
    waits = []
    for _try in range(len(BACK_OFF)):
        send(now=now)
        message = Message.objects.get()
        waits.append(message.due_at - now)
        assert send(now=message.due_at - dt.timedelta(seconds=1)).claimed_count == 0
        now = message.due_at
    send(now=now)
    message.refresh_from_db()
    assert waits == list(BACK_OFF)
    assert (message.state, message.reason) == ("failed", "gave_up")
    assert message.attempt_count == len(BACK_OFF) + 1


def test_server_that_is_down_costs_nobody_an_attempt(mailing, settings, now):
    mail_to(settings, 1)
    assert send(now=now).claimed_count == 0
    assert states(mailing) == {("waiting", ""): 5}
    assert set(Message.objects.values_list("attempt_count", flat=True)) == {0}


def test_variable_without_a_value_is_no_mail(club, sink, now):
    make_members(["a@x.example"], now=now)
    mailing = make_mailing(now=now)
    edition = Edition.objects.create(mailing=mailing, number=2)
    Content.objects.create(edition=edition, channel="email", body="{{ reward.name }}")
    edition.frozen_at = now
    edition.save()
    plan(mailing, now=now)
    send(now=now)
    assert states(mailing) == {("not_sent", "template"): 1}
    assert sink.taken == []


# --- Turns, pauses, ends -------------------------------------------------------------------------


def test_lower_priority_number_goes_first_and_equals_take_turns(club, sink, now, monkeypatch):
    from campaigns.services.sending import running

    monkeypatch.setattr(running, "BATCH", 2)
    make_members([f"m{number}@x.example" for number in range(4)], now=now)
    late, *equals = (make_mailing(now=now, priority=priority) for priority in (60, 50, 50))
    for mailing in (late, *equals):
        plan(mailing, now=now)

    send(now=now)

    mailings = dict(Message.objects.values_list("pk", "mailing_id"))
    order = [mailings[taken.message] for taken in sink.taken]
    assert [order[place] for place in (0, 2, 4, 6)] in (
        [equals[0].pk, equals[1].pk] * 2, [equals[1].pk, equals[0].pk] * 2,
    )  # fmt: skip
    assert order[8:] == [late.pk] * 4


@committed
def test_pause_stops_within_one_message_and_resuming_thrice_sends_the_rest_once(
    mailing, sink, now, monkeypatch
):
    """Pain 2: pause and resume mails people again."""
    keep = sink.keep

    def keep_and_pause(taken):
        keep(taken)
        if len(sink.taken) == 2:
            Mailing.objects.update(state=MailingState.PAUSED)
            connection.close()  # this is the server's thread

    monkeypatch.setattr(sink, "keep", keep_and_pause)
    send(now=now)
    assert states(mailing) == {("sent", ""): 2, ("waiting", ""): 3}

    for _time in range(3):
        resume_mailing(mailing, by=None, now=now)
        send(now=now)
    assert states(mailing) == {("sent", ""): 5}
    assert len({taken.message for taken in sink.taken}) == len(sink.taken) == 5
    assert AuditEntry.objects.filter(action="mailing.resumed").count() == 1


def test_pause_resume_and_cancel_are_on_record_once(mailing, now, sent_tasks):
    for _time in range(2):
        pause_mailing(mailing, by=None, now=now)
    for _time in range(2):
        resume_mailing(mailing, by=None, now=now)
    for _time in range(2):
        cancel_mailing(mailing, by=None, now=now)
    with pytest.raises(MailingNotStarted):
        resume_mailing(mailing, by=None, now=now)
    Mailing.objects.update(state=MailingState.FINISHED)
    with pytest.raises(MailingNotStarted):
        cancel_mailing(mailing, by=None, now=now)
    actions = AuditEntry.objects.filter(action__startswith="mailing.").order_by("pk")
    assert list(actions.exclude(action__startswith="mailing.words").values_list("action", flat=True)
                ) == ["mailing.paused", "mailing.resumed", "mailing.cancelled"]  # fmt: skip


def test_cancelled_mailing_says_why_nobody_else_gets_it(mailing, sink, now):
    claimed = claim(mailing, now=now, limit=2)
    cancel_mailing(mailing, by=None, now=now)
    assert sweep_cancelled(now=now) == 3
    line = Line(adapters["email"])
    handed = hand_over(claimed.load, line, clock=lambda: now, should_stop=lambda: False)
    line.close()
    assert handed.sent_count == 0
    assert sweep_cancelled(now=now) == 2
    assert sweep_cancelled(now=now) == 0
    assert states(mailing) == {("not_sent", "cancelled"): 5}
    assert sink.taken == []


def test_worker_that_is_asked_to_stop_settles_what_it_sent(mailing, sink, now):
    send(now=now, should_stop=lambda: len(sink.taken) >= 3)
    assert states(mailing) == {("sent", ""): 3, ("waiting", ""): 2}
    assert not Handover.objects.exists()


# --- Kills ---------------------------------------------------------------------------------------


@committed
@pytest.mark.parametrize(
    ("position", "found"),
    [
        (0, {("waiting", ""): 5}),
        (1, {("unknown", ""): 1, ("waiting", ""): 4}),
        (4, {("sent", ""): 2, ("failed", "refused"): 1, ("unknown", ""): 1, ("waiting", ""): 1}),
    ],
)
def test_handover_of_a_dead_worker_is_taken_apart(mailing, settings, now, position, found):
    load = claim(mailing, now=now).load
    note = {"2": {"state": "failed", "reason": "refused", "detail": "554 no", "attempts": 1}}
    Handover.objects.update(position=position, outcomes=note if position else {})
    assert recover_handovers(now=now) == 0
    age_handovers(settings)
    results = together(*(lambda: recover_handovers(now=now) for _each in range(2)))
    assert sorted(results) == [0, 1]
    assert states(mailing) == found
    assert list(Message.objects.unknown().values_list("pk", flat=True)) == (
        [load.outgoing[position - 1].message_id] if position else []
    )


def test_markers_that_a_power_cut_took_along_are_unknown(club, sink, settings, now, monkeypatch):
    """Those up to the next marker that waits for the disk, so that nobody is written to twice."""
    from campaigns.services.sending import recovery

    make_members([f"m{number}@x.example" for number in range(30)], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now)
    claim(mailing, now=now)
    assert [place for place in range(1, 31) if handing_over.is_sure(place)] == [1, 11, 21]
    Handover.objects.update(position=13)
    assert not recovery._has_crashed_since(timezone.now())
    monkeypatch.setattr(recovery, "_has_crashed_since", lambda at: True)
    age_handovers(settings)
    recover_handovers(now=now)
    assert states(mailing) == {("sent", ""): 12, ("unknown", ""): 8, ("waiting", ""): 10}


def test_worker_that_lost_its_lease_stops_and_writes_nothing(mailing, settings, sink, now):
    """It wakes up after recovery: the row that it would mark is gone."""
    load = claim(mailing, now=now).load
    age_handovers(settings)
    recover_handovers(now=now)
    line = Line(adapters["email"])
    handed = hand_over(load, line, clock=lambda: now, should_stop=lambda: False)
    line.close()
    assert (handed.is_lost, sink.taken) == (True, [])
    assert states(mailing) == {("waiting", ""): 5}


def test_lost_lease_is_what_keeps_a_second_mail_away(mailing, settings, sink, now, monkeypatch):
    """The same without the check: everybody is written to twice."""
    load = claim(mailing, now=now).load
    age_handovers(settings)
    recover_handovers(now=now)
    monkeypatch.setattr(handing_over, "_mark", lambda load, place, note: True)
    line = Line(adapters["email"])
    hand_over(load, line, clock=lambda: now, should_stop=lambda: False)
    line.close()
    send(now=now)
    assert len(sink.taken) == 10


def test_failing_channel_ends_the_round_with_one_unknown(mailing, sink, now, monkeypatch):
    from campaigns.channels.email import smtp

    def fail(*_arguments):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(smtp.SmtpSession, "send", fail)
    send(now=now)
    assert states(mailing) == {("unknown", ""): 1, ("waiting", ""): 4}


@pytest.mark.parametrize("cost", [Decimal("1e9"), Decimal(-1), Decimal("NaN")])
def test_an_answer_that_no_column_can_hold_stops_nothing(mailing, sink, now, monkeypatch, cost):
    from campaigns.channels.email import smtp

    def send_one(self, outgoing):
        return Outcome(Result.SENT, provider_id="p\x00\ud800", detail="d\x00", cost=cost)

    monkeypatch.setattr(smtp.SmtpSession, "send", send_one)
    send(now=now)
    assert states(mailing) == {("sent", ""): 5}
    rows = set(Message.objects.values_list("provider_id", "detail", "cost"))
    assert rows == {("p", "d", None)}


def test_a_mailing_that_is_broken_holds_up_no_other(mailing, sink, now, monkeypatch):
    from campaigns.services.sending import claiming

    broken = make_mailing(now=now, priority=1)
    plan(broken, now=now)
    judge = claiming.judge_messages

    def fail(rows, *, now):
        if rows[0].mailing_id == broken.pk:
            raise ValueError("a mistake of ours")
        return judge(rows, now=now)

    monkeypatch.setattr(claiming, "judge_messages", fail)
    send(now=now)
    assert states(mailing) == {("sent", ""): 5}
    assert states(broken) == {("waiting", ""): 5}


def test_a_channel_without_its_settings_holds_up_no_other(mailing, sink, now, settings):
    settings.SMS_BACKEND = "nowhere.Gateway"
    Member.objects.update(phone="+14155550100")
    by_phone = make_mailing(now=now, channels=("sms",), words={"body": "Hello."}, priority=1)
    plan(by_phone, now=now)
    send(now=now)
    assert states(mailing) == {("sent", ""): 5}
    assert states(by_phone) == {("waiting", ""): 5}


@committed
def test_who_moves_to_an_address_that_had_it_gets_it_once(club, sink, now):
    """Planned for two addresses, which are one by the time it leaves; a third moves elsewhere."""
    make_members(["a@x.example", "b@x.example", "c@x.example", "d@x.example"], now=now)
    mailing = make_mailing(now=now, is_once_per_address=True)
    plan(mailing, now=now)
    RateLimit.objects.create(channel="email", count=1, period="hour", tokens=1, refilled_at=now)
    send(now=now)
    RateLimit.objects.all().delete()
    (had_it,) = (mail.recipient for mail in sink.taken)
    moving, *others = Message.objects.waiting().values_list("member", flat=True)
    Member.objects.filter(pk=moving).update(email=had_it)
    Member.objects.filter(pk__in=others).update(email="e@x.example")
    send(now=now)
    assert states(mailing) == {("sent", ""): 2, ("not_sent", "same_address"): 2}
    assert sorted(mail.recipient for mail in sink.taken) == sorted([had_it, "e@x.example"])


def test_outcomes_with_an_id_survive_in_the_marker(mailing, settings, sink, now, monkeypatch):
    """A provider's id of a message that left before the kill is not lost."""
    from campaigns.channels.email import smtp

    def send_one(self, outgoing):
        return Outcome(Result.SENT, provider_id=f"p{outgoing.message_id}")

    monkeypatch.setattr(smtp.SmtpSession, "send", send_one)
    monkeypatch.setattr(handing_over, "_settle", lambda *_: None)  # killed before it settles
    send(now=now)
    age_handovers(settings)
    recover_handovers(now=now)
    rows = Message.objects.filter(state=MessageState.SENT).values_list("pk", "provider_id")
    assert list(rows) == [(pk, f"p{pk}") for pk, _id in rows]
    assert states(mailing) == {("sent", ""): 4, ("unknown", ""): 1}


# --- Races ---------------------------------------------------------------------------------------


@committed
def test_workers_at_once_send_each_message_once(club, sink, now, settings):
    """Lock: the claim's row locks, which others skip."""
    make_members([f"m{number}@x.example" for number in range(1000)], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now)
    settings.SENDING_CONNECTIONS = 4
    results = together(*(lambda: send(now=now) for _each in range(4)))
    assert sum(result.sent_count for result in results) == 1000
    assert states(mailing) == {("sent", ""): 1000}
    assert len({taken.message for taken in sink.taken}) == len(sink.taken) == 1000


@committed
def test_row_locks_are_what_keeps_two_workers_apart(mailing, now, monkeypatch):
    """The same without them: two claims hold the same messages."""
    from campaigns.services.sending import claiming

    monkeypatch.setattr(
        claiming, "_CLAIM", claiming._CLAIM.replace("FOR UPDATE OF m SKIP LOCKED", "")
    )
    judge = claiming._Batch.judge
    import threading

    barrier = threading.Barrier(2)
    monkeypatch.setattr(
        claiming._Batch, "judge", lambda self: (barrier.wait(10), judge(self))
    )  # both have read before either writes
    loads = together(*(lambda: claim(mailing, now=now).load for _each in range(2)))
    held = [{each.message_id for each in load.outgoing} for load in loads]
    assert held[0] == held[1]


@committed
def test_channel_has_no_more_connections_than_it_may(mailing, sink, now, settings):
    settings.SENDING_CONNECTIONS = 1
    together(*(lambda: send(now=now) for _each in range(3)))
    assert states(mailing) == {("sent", ""): 5}
    assert sink.connections == 1


# --- Rates ---------------------------------------------------------------------------------------


def test_rate_lets_no_more_through_and_remembers(mailing, sink, now):
    RateLimit.objects.create(channel="email", count=3, period="minute", tokens=3, refilled_at=now)
    assert send(now=now).sent_count == 3
    # A restart forgets nothing: the tokens are in the row.
    assert send(now=now + dt.timedelta(seconds=19)).sent_count == 0
    assert send(now=now + dt.timedelta(seconds=20)).sent_count == 1
    assert send(now=now + dt.timedelta(seconds=60)).sent_count == 1
    assert states(mailing) == {("sent", ""): 5}


def test_rate_of_a_domain_holds_up_no_other(club, sink, now):
    make_members([f"m{n}@{d}.example" for n in range(3) for d in ("slow", "quick")], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now)
    RateLimit.objects.create(
        channel="email", domain="slow.example", count=1, period="minute", tokens=1, refilled_at=now
    )
    send(now=now)
    assert states(mailing) == {("sent", ""): 4, ("waiting", "rate"): 2}
    due = Message.objects.filter(reason="rate").order_by("due_at").values_list("due_at", flat=True)
    assert list(due) == [now + dt.timedelta(minutes=1), now + dt.timedelta(minutes=2)]


@committed
def test_tokens_taken_at_once_are_no_more_than_there_are(club, now):
    """Lock: the bucket's row."""
    for count, period in ((100, "hour"), (40, "minute")):
        RateLimit.objects.create(
            channel="email", count=count, period=period, tokens=count, refilled_at=now
        )
    taken = together(*(lambda: take_tokens("email", {"": 9}, now=now)[""] for _each in range(8)))
    assert sum(taken) == 40
    give_back_tokens("email", {"": 5}, now=now)
    assert take_tokens("email", {"": 9, "free.example": 7}, now=now) == {"": 5, "free.example": 7}
    assert take_tokens("sms", {"": 9}, now=now) == {"": 9}


# --- Unknown -------------------------------------------------------------------------------------


def test_staff_resend_or_leave_what_is_unknown(mailing, sink, now):
    first, second, third, *_rest = Message.objects.order_by("pk").values_list("pk", flat=True)
    Message.objects.filter(pk__in=[first, second, third]).update(state=MessageState.UNKNOWN)
    Message.objects.exclude(pk__in=[first, second, third]).delete()

    assert resend_messages([first], by=None, now=now) == 1
    assert leave_messages([second, first], by=None, now=now) == 1
    with pytest.raises(NotUnknown):
        resend_messages([first, second], by=None, now=now)

    send(now=now)
    assert states(mailing) == {
        ("sent", ""): 1, ("unknown", "left"): 1, ("unknown", ""): 1,
    }  # fmt: skip
    assert [message.pk for message in Message.objects.unknown()] == [third]
    entries = AuditEntry.objects.filter(action__startswith="message.").order_by("pk")
    assert [(entry.action, entry.changes) for entry in entries] == [
        ("message.resent", {"messages": [first]}), ("message.left", {"messages": [second]}),
    ]  # fmt: skip
    assert {(each.state, each.reason, each.count) for each in count_states(mailing)} == {
        ("sent", "", 1), ("unknown", "left", 1), ("unknown", "", 1),
    }  # fmt: skip


def test_nothing_of_a_cancelled_mailing_is_sent_again(mailing, now):
    first = Message.objects.earliest("pk").pk
    Message.objects.filter(pk=first).update(state=MessageState.UNKNOWN)
    Mailing.objects.update(state="cancelled")
    with pytest.raises(Cancelled):
        resend_messages([first], by=None, now=now)
    assert Message.objects.get(pk=first).state == MessageState.UNKNOWN
    assert leave_messages([first], by=None, now=now) == 1


def test_member_who_left_before_the_letter_did_gets_none(mailing, sink, now):
    member = Member.objects.earliest("pk")
    Member.objects.filter(pk=member.pk).update(status="closed")
    send(now=now)
    assert states(mailing) == {("sent", ""): 4, ("not_sent", "not_active"): 1}
