"""Members who may be written to, and messages of theirs."""

import datetime as dt

from campaigns.enums import MailingState
from campaigns.models import Content, Edition, Link, Mailing, Message
from campaigns.services.restraint import ClaimedRow, judge_messages
from members.enums import Channel, ConsentSource
from members.models import Member, User
from members.services.consents import Answer, record_answers

OFFERS = "offers"


def make_reader(place, *, now, agrees=((OFFERS, Channel.EMAIL),), **fields):
    """A member with a login, an address and a phone."""
    user = User.objects.create(email=f"reader{place}@example.com")
    values = {"email": f"reader{place}@example.com", "phone": f"+1415555{place:04d}"} | fields
    member = Member.objects.create(
        number=f"{place:010d}{98 - place * 100 % 97:02d}", user=user, joined_at=now, **values
    )
    if agrees:
        answers = [Answer(purpose, channel, True) for purpose, channel in agrees]
        record_answers(member, answers, source=ConsentSource.PROFILE, by=None, now=now)
    return member


def make_mailing(*, now, purpose=OFFERS, channels=("email",), urls=(), **fields):
    """A running mailing with a frozen edition that leads to ``urls``."""
    mailing = Mailing.objects.create(
        kind="campaign", name="Autumn", purpose=purpose, channels=list(channels),
        state=MailingState.RUNNING, created_at=now, **fields,
    )  # fmt: skip
    edition = Edition.objects.create(mailing=mailing)
    for channel in channels:
        Content.objects.create(edition=edition, channel=channel, subject="Autumn", body="Hello.")
    for number, url in enumerate(urls, 1):
        Link.objects.create(edition=edition, number=number, url=url)
    edition.frozen_at = now
    edition.save()
    return mailing


def make_message(mailing, member, *, now, sent=False, occurrence="", **fields):
    values = {"state": "sent", "sent_at": now} if sent else {}
    return Message.objects.create(
        mailing=mailing,
        edition=mailing.editions.get(),
        member=member,
        occurrence=occurrence,
        recorded_at=now,
        due_at=fields.pop("due_at", now),
        **{"channel": mailing.channels[0]} | values | fields,
    )


def claim(message):
    mailing = message.mailing
    return ClaimedRow(
        id=message.pk,
        member_id=message.member_id,
        mailing_id=mailing.pk,
        purpose=mailing.purpose,
        channel=message.channel,
        due_at=message.first_due_at or message.due_at,
        recorded_at=message.recorded_at,
        stale_after_hours=mailing.stale_after_hours,
    )


def judge(*messages, now):
    """(decision, reason) of each, in their order."""
    verdicts = judge_messages([claim(message) for message in messages], now=now)
    return [(verdicts[each.pk].decision, verdicts[each.pk].reason) for each in messages]


HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
