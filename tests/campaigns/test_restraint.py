"""Whether a message may leave is asked when it is about to: of what holds then."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from campaigns.enums import SuppressionReason
from campaigns.models import Message, Suppression
from campaigns.services.restraint import judge_messages
from campaigns.services.suppression import (
    NoAddress,
    add_suppression,
    find_suppression,
    lift_suppression,
)
from core.models import AuditEntry
from members import registry
from members.enums import Channel, ConsentSource
from members.models import ContactCap, ContactPolicy, Member
from members.selectors.contact import count_contacts, find_quiet_end
from members.services.consents import Answer, record_answers
from members.services.contact import take_contacts
from tests.campaigns.readers import (
    DAY,
    HOUR,
    OFFERS,
    claim,
    judge,
    make_mailing,
    make_message,
    make_reader,
)
from tests.constraints import guards, refused
from tests.races import together

pytestmark = pytest.mark.django_db
SEND = ("send", "")
EMAIL, SMS, ON_SITE = Channel.EMAIL, Channel.SMS, Channel.ON_SITE


@pytest.fixture
def mei(club, now):
    return make_reader(1, now=now - DAY)


def dropped(reason):
    return ("drop", reason)


def answer(member, channel, is_given, *, now, purpose=OFFERS):
    answers = [Answer(purpose, channel, is_given)]
    record_answers(member, answers, source=ConsentSource.LINK, by=None, now=now)


# --- Consent, membership, address -----------------------------------------------------------------


def test_consent_is_asked_at_sending_not_at_planning(mei, now):
    message = make_message(make_mailing(now=now), mei, now=now)
    assert judge(message, now=now) == [SEND]
    verdict = judge_messages([claim(message)], now=now)[message.pk]
    assert verdict.address == "reader1@example.com"
    answer(mei, EMAIL, False, now=now)
    assert judge(message, now=now) == [dropped("no_consent")]


def test_consent_is_for_a_purpose_and_a_channel(mei, now):
    by_sms = make_message(make_mailing(now=now, channels=["sms"]), mei, now=now)
    surveys = make_message(make_mailing(now=now, purpose="surveys"), mei, now=now)
    assert judge(by_sms, surveys, now=now) == [dropped("no_consent")] * 2


def test_service_needs_no_consent_but_a_member(club, now):
    member = make_reader(2, now=now, agrees=())
    message = make_message(make_mailing(now=now, purpose="service"), member, now=now)
    assert judge(message, now=now) == [SEND]
    Member.objects.filter(pk=member.pk).update(status="closed")
    assert judge(message, now=now) == [dropped("not_active")]


def test_what_lies_on_our_own_pages_needs_no_yes_and_heeds_a_no(club, now):
    member = make_reader(2, now=now - DAY, agrees=())
    message = make_message(make_mailing(now=now, channels=["on_site"]), member, now=now)
    assert judge(message, now=now) == [SEND]
    answer(member, Channel.ANY, False, now=now - HOUR)
    assert judge(message, now=now) == [dropped("no_consent")]
    answer(member, ON_SITE, True, now=now)
    assert judge(message, now=now) == [SEND]


def test_an_address_that_went_is_none(mei, now):
    message = make_message(make_mailing(now=now), mei, now=now)
    Member.objects.filter(pk=mei.pk).update(email=None)
    assert judge(message, now=now) == [dropped("no_address")]


def test_what_comes_too_late_is_not_sent(mei, now):
    mailing = make_mailing(now=now, stale_after_hours=4)
    message = make_message(mailing, mei, now=now, due_at=now - 4 * HOUR)
    assert judge(message, now=now) == [SEND]
    assert judge(message, now=now + HOUR) == [dropped("stale")]
    message.due_at, message.first_due_at = now, now - 5 * HOUR  # it had to wait
    assert judge(message, now=now) == [dropped("stale")]


# --- Mourning, complaints -------------------------------------------------------------------------


def test_a_household_in_mourning_gets_no_wishes_until_its_day_is_over_there(club, now):
    tokyo = make_reader(3, now=now - DAY, zone="Asia/Tokyo", mourning_ends_on="2026-03-10")
    here = make_reader(4, now=now - DAY, mourning_ends_on="2026-03-10")
    wishes = make_mailing(now=now, is_festive=True)
    messages = [make_message(wishes, member, now=now) for member in (tokyo, here)]
    # In Tokyo it is the 11th already.
    assert judge(*messages, now=now) == [SEND, dropped("mourning")]
    plain = make_message(make_mailing(now=now), here, now=now)
    assert judge(plain, now=now) == [SEND]


def test_no_promotion_while_a_complaint_is_open(mei, now):
    other = make_reader(5, now=now - DAY)
    registry.register_promotion_hold("test", f"SELECT id FROM members_member WHERE id = {mei.pk}")
    try:
        mailing = make_mailing(now=now)
        messages = [make_message(mailing, member, now=now) for member in (mei, other)]
        service = make_message(make_mailing(now=now, purpose="service"), mei, now=now)
        assert judge(*messages, service, now=now) == [dropped("promotions_held"), SEND, SEND]
    finally:
        registry.promotion_holds.remove("test")


# --- The list of addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "marketing", "service"),
    [
        ("bounced", "suppressed", "suppressed"),
        ("complained", "suppressed", "suppressed"),
        ("by_hand", "suppressed", "suppressed"),
        ("unfollowed", "unfollowed", "unfollowed"),
        ("unsubscribed", "suppressed", ""),
    ],
)
def test_a_suppressed_address_is_not_written_to(mei, now, reason, marketing, service):
    add_suppression(EMAIL, " Reader1@EXAMPLE.com", reason=reason, by=None, now=now)
    messages = [
        make_message(make_mailing(now=now, purpose=purpose), mei, now=now)
        for purpose in (OFFERS, "service")
    ]
    expected = [dropped(each) if each else SEND for each in (marketing, service)]
    assert judge(*messages, now=now) == expected


def test_the_list_can_be_asked_but_not_read(mei, now):
    row = add_suppression(EMAIL, "reader1@example.com", reason="by_hand", by=None, now=now)
    again = add_suppression(EMAIL, "READER1@example.com", reason="bounced", by=None, now=now)
    assert again.pk == row.pk
    assert again.reason == SuppressionReason.BY_HAND
    assert find_suppression(EMAIL, "Reader1@Example.com ") == row
    assert find_suppression(EMAIL, "other@example.com") is None
    assert find_suppression(SMS, "+14155550001") is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM campaigns_suppression t")
        assert "example" not in cursor.fetchone()[0]
    lift_suppression(row, by=None, now=now)
    lift_suppression(row, by=None, now=now)  # somebody else was faster
    assert not Suppression.objects.exists()
    acts = AuditEntry.objects.filter(action__startswith="suppression.")
    assert sorted(acts.values_list("action", flat=True)) == [
        "suppression.added",
        "suppression.lifted",
    ]


def test_what_is_no_address_is_refused(club, now):
    for channel, address in ((EMAIL, "nobody"), (SMS, "abc"), (Channel.LINE, "  ")):
        with pytest.raises(NoAddress):
            find_suppression(channel, address)
    # A number as they write it here is found as the record holds it.
    row = add_suppression(SMS, "(415) 555-0101", reason="by_hand", by=None, now=now)
    assert find_suppression(SMS, "+1 415 555 0101") == row


# --- Quiet hours ----------------------------------------------------------------------------------


def local(zone, *moment):
    return dt.datetime(*moment, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (local("Asia/Tokyo", 2026, 3, 10, 20, 59), None),
        (local("Asia/Tokyo", 2026, 3, 10, 21, 0), local("Asia/Tokyo", 2026, 3, 11, 8, 0)),
        (local("Asia/Tokyo", 2026, 3, 11, 7, 59), local("Asia/Tokyo", 2026, 3, 11, 8, 0)),
        (local("Asia/Tokyo", 2026, 3, 11, 8, 0), None),
        # The night in which Los Angeles loses an hour, and the one in which it gets it back.
        (
            local("America/Los_Angeles", 2026, 3, 7, 23, 0),
            dt.datetime(2026, 3, 8, 15, 0, tzinfo=dt.UTC),
        ),
        (
            local("America/Los_Angeles", 2026, 10, 31, 23, 0),
            dt.datetime(2026, 11, 1, 16, 0, tzinfo=dt.UTC),
        ),
    ],
)
def test_quiet_is_by_the_clock_on_the_wall(at, until):
    policy = ContactPolicy()
    assert find_quiet_end(policy, at.tzinfo, now=at.astimezone(dt.UTC)) == until


def test_quiet_by_day_or_not_at_all():
    noon = local("Asia/Taipei", 2026, 3, 10, 12, 30)
    siesta = ContactPolicy(quiet_from=dt.time(12), quiet_until=dt.time(14))
    assert find_quiet_end(siesta, noon.tzinfo, now=noon).hour == 6  # UTC
    assert find_quiet_end(siesta, noon.tzinfo, now=noon - HOUR) is None
    never = ContactPolicy(quiet_from=dt.time(8), quiet_until=dt.time(8))
    assert find_quiet_end(never, noon.tzinfo, now=noon) is None


def test_an_hour_that_comes_twice_is_quiet_once():
    zone = ZoneInfo("America/Los_Angeles")
    policy = ContactPolicy(quiet_from=dt.time(0, 30), quiet_until=dt.time(1, 45))
    first = dt.datetime(2026, 11, 1, 8, 40, tzinfo=dt.UTC)  # 01:40, for the first time
    assert find_quiet_end(policy, zone, now=first) == first + dt.timedelta(minutes=5)
    assert find_quiet_end(policy, zone, now=first + HOUR) is None


def test_a_text_message_waits_until_it_is_morning_where_the_member_lives(club, now):
    agrees = [(OFFERS, SMS), (OFFERS, EMAIL)]
    tokyo = make_reader(6, now=now - DAY, agrees=agrees, zone="Asia/Tokyo")  # 04:00 there
    here = make_reader(7, now=now - DAY, agrees=agrees)  # noon
    mailing = make_mailing(now=now, channels=["sms"])
    messages = [make_message(mailing, member, now=now) for member in (tokyo, here)]
    assert judge(*messages, now=now) == [("hold", "quiet_hours"), SEND]
    verdict = judge_messages([claim(messages[0])], now=now)[messages[0].pk]
    assert verdict.until == local("Asia/Tokyo", 2026, 3, 11, 8, 0)
    # E-mail only where the club says so; service always.
    mail = make_message(make_mailing(now=now), tokyo, now=now)
    receipt = make_mailing(now=now, channels=["sms"], purpose="service")
    assert judge(mail, make_message(receipt, tokyo, now=now), now=now) == [SEND, SEND]
    ContactPolicy.objects.filter(pk=1).update(quiet_channels=["email"])
    assert judge(mail, messages[0], now=now) == [("hold", "quiet_hours"), SEND]


def test_what_would_be_too_late_in_the_morning_is_not_kept(club, now):
    tokyo = make_reader(8, now=now - DAY, agrees=[(OFFERS, SMS)], zone="Asia/Tokyo")
    mailing = make_mailing(now=now, channels=["sms"], stale_after_hours=3)
    assert judge(make_message(mailing, tokyo, now=now), now=now) == [dropped("stale")]


# --- Caps -----------------------------------------------------------------------------------------


@pytest.fixture
def caps(club):
    """``caps(("email", 1, 1))`` are the only ones."""

    def set_caps(*rows):
        ContactCap.objects.all().delete()
        for channel, most, days in rows:
            ContactCap.objects.create(channel=channel, most=most, days=days)
        return list(ContactCap.objects.all())

    return set_caps


def test_the_reviewed_budget_is_there_from_the_start(club):
    found = set(ContactCap.objects.values_list("channel", "most", "days"))
    assert {("email", 1, 1), ("email", 3, 7), ("sms", 2, 7), ("any", 5, 7)} <= found
    policy = ContactPolicy.objects.get()
    assert (policy.quiet_from, policy.quiet_until) == (dt.time(21), dt.time(8))
    assert policy.quiet_channels == ["sms", "line", "wechat"]


def test_caps_count_what_was_sent_within_their_days(mei, now, caps):
    caps((EMAIL, 2, 7))
    mailing = make_mailing(now=now)
    message = make_message(mailing, mei, now=now)
    for place, age in enumerate((8 * DAY, 6 * DAY)):
        make_message(mailing, mei, now=now - age, sent=True, occurrence=f"{place}")
    assert judge(message, now=now) == [SEND]
    make_message(mailing, mei, now=now - HOUR, sent=True, occurrence="2")
    assert judge(message, now=now) == [dropped("cap")]
    assert judge(message, now=now + DAY) == [SEND]  # the one of six days ago no longer counts


def test_service_is_neither_counted_nor_stopped(mei, now, caps):
    caps((EMAIL, 1, 7), (Channel.ANY, 1, 7))
    service = make_mailing(now=now, purpose="service")
    make_message(service, mei, now=now - HOUR, sent=True)
    offer = make_message(make_mailing(now=now), mei, now=now)
    assert judge(offer, now=now) == [SEND]
    Message.objects.filter(pk=offer.pk).update(state="sent", sent_at=now)
    assert judge(make_message(service, mei, now=now, occurrence="2"), now=now) == [SEND]


def test_all_channels_together_have_a_cap_too(club, now, caps):
    caps((Channel.ANY, 1, 7))
    mei = make_reader(9, now=now - DAY, agrees=[(OFFERS, EMAIL), (OFFERS, SMS)])
    make_message(make_mailing(now=now, channels=["sms"]), mei, now=now - HOUR, sent=True)
    on_site = make_message(make_mailing(now=now, channels=["on_site"]), mei, now=now)
    mail = make_message(make_mailing(now=now), mei, now=now)
    assert judge(mail, on_site, now=now) == [dropped("cap"), SEND]  # nobody is disturbed there


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_what_may_have_left_counts(mei, now, caps, state):
    caps((EMAIL, 1, 1))
    make_message(make_mailing(now=now), mei, now=now, due_at=now - HOUR, state=state)
    assert judge(make_message(make_mailing(now=now), mei, now=now), now=now) == [dropped("cap")]


def test_a_batch_with_two_for_one_member_keeps_to_the_cap(mei, now, caps):
    caps((EMAIL, 1, 1))
    mailing = make_mailing(now=now)
    late = make_message(mailing, mei, now=now, occurrence="late", due_at=now)
    early = make_message(mailing, mei, now=now, occurrence="early", due_at=now - HOUR)
    assert judge(late, early, now=now) == [dropped("cap"), SEND]


def test_the_budget_is_asked_by_whoever_writes(mei, now, caps):
    cap = caps((Channel.ANY, 2, 7))[0]
    sql = f"SELECT {mei.pk}::bigint, 'email', '{now.isoformat()}'::timestamptz"
    registry.register_contact_counter("test", sql)
    try:
        assert count_contacts([mei.pk], [cap], now=now + HOUR) == {(mei.pk, cap.pk): 1}
        assert take_contacts([mei.pk, mei.pk], EMAIL, now=now + HOUR) == [True, False]
        assert take_contacts([mei.pk], ON_SITE, now=now + HOUR) == [True]
    finally:
        registry.contact_counters.remove("test")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_keep_to_the_cap_together(club, now, caps):
    """Each settles what it sends in its own transaction; the second waits for the first."""
    caps((EMAIL, 1, 1))
    mei = make_reader(1, now=now - DAY)
    messages = [make_message(make_mailing(now=now), mei, now=now) for _each in range(4)]

    def work(message):
        with transaction.atomic():
            verdict = judge(message, now=now)[0]
            if verdict == SEND:
                Message.objects.filter(pk=message.pk).update(state="sending")
            return verdict

    verdicts = together(*[lambda each=each: work(each) for each in messages])
    assert sorted(verdicts) == [dropped("cap")] * 3 + [SEND]


# --- As a whole -----------------------------------------------------------------------------------


def test_the_queries_of_a_batch_are_few(club, now, django_assert_max_num_queries):
    mailing = make_mailing(now=now, channels=["sms"])
    members = [make_reader(place, now=now - DAY, agrees=[(OFFERS, SMS)]) for place in range(1, 13)]
    messages = [make_message(mailing, member, now=now) for member in members]
    rows = [claim(message) for message in messages]
    with django_assert_max_num_queries(8):
        verdicts = judge_messages(rows, now=now)
    assert {verdict.decision for verdict in verdicts.values()} == {"send"}
    assert judge_messages([], now=now) == {}


def test_constraints_of_the_budget_and_the_list(club, now):
    ContactCap.objects.all().delete()
    good = {"channel": "sms", "most": 2, "days": 7}
    make = ContactCap.objects.create
    guards("contact_cap_once", make, good | {"days": 8}, good, beside=good)
    guards("contact_cap_channel_is_known", make, good | {"days": 1}, good | {"channel": "owl"})
    guards("contact_cap_days_are_sane", make, good | {"days": 366}, good | {"days": 367})
    guards("contact_cap_lets_some_through", make, good | {"days": 2, "most": 1},
           good | {"days": 2, "most": 0})  # fmt: skip
    policies = ContactPolicy.objects
    refused("contact_policy_is_one_row", lambda: policies.create(pk=2))
    refused(
        "contact_policy_channels_are_known",
        lambda: policies.filter(pk=1).update(quiet_channels=["owl"]),
    )
    row = {"channel": "email", "address_key": "0" * 32, "reason": "by_hand", "added_at": now}
    make = Suppression.objects.create
    guards("suppression_once_per_address", make, row | {"channel": "sms"}, row, beside=row)
    guards(
        "suppression_channel_is_known", make, row | {"channel": "line"}, row | {"channel": "any"}
    )
    guards("suppression_reason_is_known", make, row | {"channel": "sms"}, row | {"reason": "owl"})
