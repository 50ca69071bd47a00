"""Purchases and responses after a campaign, for reports."""

import itertools

import pytest

from campaigns.models import Message, MessageEvent
from campaigns.services.campaigns import release_campaign, start_due_campaigns
from purchases.models import Channel, Purchase, Return, Source

_number = itertools.count(1)


@pytest.fixture
def till(club):
    channel = Channel.objects.create(code="counter", name="Counter", return_window_days=14)
    return Source.objects.create(code="till", name="Till", default_channel=channel)


@pytest.fixture
def buy(till):
    """``buy(member_id, 500, at, returned=200)``"""

    def make(member_id, amount, at, returned=0):
        number = next(_number)
        purchase = Purchase.objects.create(
            source=till, external_id=f"P{number}", content_hash=b"", member_id=member_id,
            channel=till.default_channel, purchased_at=at, recorded_at=at, currency="USD",
            total_amount=amount, line_count=1,
        )  # fmt: skip
        if returned:
            Return.objects.create(
                source=till, external_id=f"R{number}", content_hash=b"", purchase=purchase,
                returned_at=at, recorded_at=at, total_amount=returned,
            )  # fmt: skip
        return purchase

    return make


def send_campaign(campaign, *, by, now):
    """Released, started, and every message that waited sent at once."""
    release_campaign(campaign, by=by, now=now)
    assert start_due_campaigns(now=now) == 1
    rows = Message.objects.filter(mailing=campaign.mailing, state="waiting")
    rows.update(state="sent", sent_at=now)
    campaign.refresh_from_db()
    return list(Message.objects.filter(mailing=campaign.mailing, state="sent").order_by("member"))


def respond(message, kind, at, actor="human"):
    MessageEvent.objects.create(
        message=message, kind=kind, actor=actor, effective_at=at, recorded_at=at
    )
