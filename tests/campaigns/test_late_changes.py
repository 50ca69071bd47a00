"""What becomes of a message when its member changes between planning and sending."""

import pytest

from campaigns.models import Message, Suppression
from members.enums import Channel, ConsentSource
from members.models import Member
from members.services.consents import Answer, record_answers
from members.services.erasing import erase_member
from members.services.merging import merge_members, undo_merge
from tests.campaigns.outbox import mail_to, make_mailing, make_members, plan, send, states
from tests.campaigns.readers import make_reader
from tests.campaigns.sink import Sink
from tests.rewards.conftest import programme

__all__ = ["programme"]

pytestmark = pytest.mark.django_db
EMAIL = Channel.EMAIL


@pytest.fixture
def sink(settings):
    with Sink() as server:
        mail_to(settings, server.port)
        yield server


def test_each_change_is_heeded(club, sink, now):
    members = [make_reader(place, now=now) for place in range(1, 7)]
    _stays, no, gone, off, moves, closed = members
    mailing = make_mailing(now=now, purpose="offers", is_once_per_address=True)
    plan(mailing, now=now)
    answer = Answer("offers", EMAIL, False)
    record_answers(no, [answer], source=ConsentSource.PROFILE, by=None, now=now)
    erase_member(gone, by=None, now=now)
    Suppression.objects.create(
        channel=EMAIL, address_key=Message.objects.get(member=off).address_key, reason="bounced",
        added_at=now,
    )  # fmt: skip
    Member.objects.filter(pk=moves.pk).update(email="MOVED@y.example")
    Member.objects.filter(pk=closed.pk).update(status="closed")
    send(now=now)
    assert sorted(mail.recipient.lower() for mail in sink.taken) == [
        "moved@y.example", "reader1@example.com",
    ]  # fmt: skip
    assert states(mailing) == {
        ("sent", ""): 2, ("not_sent", "no_consent"): 1, ("not_sent", "not_active"): 2,
        ("not_sent", "suppressed"): 1,
    }  # fmt: skip
    assert not Message.objects.filter(member=gone, address_key__isnull=False).exists()


@pytest.mark.parametrize("way", ["the one that goes had it", "the one that stays had it"])
def test_what_one_record_had_is_not_said_again_to_the_other(programme, sink, now, way):
    source, target = make_members(["one@x.example", "two@y.example"], now=now)
    had, waits = (source, target) if way.startswith("the one that goes") else (target, source)
    mailing = make_mailing(now=now)
    plan(mailing, now=now, recipients=Member.objects.filter(pk=had.pk))
    send(now=now)
    plan(mailing, now=now)
    merge = merge_members(source, target, by=None, reason="the same", now=now)
    send(now=now)
    assert [mail.recipient for mail in sink.taken] == [had.email]
    assert Message.objects.get(mailing=mailing, state="not_sent").reason == ("merged")
    undo_merge(merge, by=None, now=now)
    send(now=now)
    assert [mail.recipient for mail in sink.taken] == [had.email, waits.email]


def test_what_waits_goes_on_with_the_record_that_remains(programme, sink, now):
    source, target = make_members(["one@x.example", "two@y.example"], now=now)
    mailing = make_mailing(now=now)
    plan(mailing, now=now, recipients=Member.objects.filter(pk=source.pk))
    merge_members(source, target, by=None, reason="the same", now=now)
    plan(mailing, now=now)
    send(now=now)
    assert [mail.recipient for mail in sink.taken] == ["two@y.example"]
