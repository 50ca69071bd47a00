"""Mailings and the outbox: each constraint from both sides."""

import uuid

import pytest

from campaigns.models import (
    Content,
    Edition,
    Handover,
    Link,
    Mailing,
    Message,
    MessageEvent,
    RateLimit,
)
from members.models import Member
from tests.campaigns.outbox import make_members
from tests.constraints import guards

KEY = uuid.UUID(int=7)
pytestmark = pytest.mark.django_db


@pytest.fixture
def makers(club, now):
    """By model a function that makes a good row, whatever is said otherwise."""
    anna, ben = make_members(["a@x.example", "b@x.example"], now=now)

    def mailing(**values):
        return Mailing.objects.create(
            **{"kind": "campaign", "name": "Summer", "purpose": "news", "channels": ["email"],
               "created_at": now, **values},
        )  # fmt: skip

    first = mailing()
    edition = Edition.objects.create(mailing=first, number=1, frozen_at=now)
    draft = Edition.objects.create(mailing=mailing(), number=1)
    link = Link.objects.create(edition=draft, number=1, url="https://x.example/1")

    def message(**values):
        if values.get("member") == "other":
            values["member"] = Member.objects.get(pk=ben.pk)
        return Message.objects.create(
            **{"mailing": first, "edition": edition, "member": anna, "channel": "email",
               "recorded_at": now, "due_at": now, **values},
        )  # fmt: skip

    letter = message(occurrence="of events")

    def event(**values):
        return MessageEvent.objects.create(
            **{"message": letter, "kind": "opened", "effective_at": now, "recorded_at": now,
               **values},
        )  # fmt: skip

    return {
        "mailing": mailing,
        "edition": lambda **values: Edition.objects.create(**{"mailing": draft.mailing, **values}),
        "content": lambda **values: Content.objects.create(
            **{"edition": draft, "channel": "email", "body": "Hi", **values}
        ),
        "link": lambda **values: Link.objects.create(
            **{"edition": draft, "number": 2, "url": "https://x.example/2", **values}
        ),
        "message": message,
        "handover": lambda **values: Handover.objects.create(
            **{"worker": "w", "channel": "email", "message_ids": [letter.pk], "opened_at": now,
               "beat_at": now, **values}
        ),
        "event": event,
        "rate": lambda **values: RateLimit.objects.create(
            **{"channel": "email", "count": 5, "period": "minute", "refilled_at": now, **values}
        ),
        "": link,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad", "beside"),
    [
        ("mailing_kind_is_known", "mailing", {"kind": "step"}, {"kind": "x"}, None),
        ("mailing_state_is_known", "mailing", {"state": "paused"}, {"state": "x"}, None),
        ("mailing_purpose_is_known", "mailing", {"purpose": "service"}, {"purpose": "x"}, None),
        ("mailing_has_a_channel", "mailing", {"channels": ["sms"]}, {"channels": []}, None),
        ("edition_once_per_number", "edition", {"number": 2}, {"number": 1}, {"number": 3}),
        ("edition_one_draft_per_mailing", "edition", {"number": 2}, {"number": 2}, None),
        ("content_once_per_variant", "content", {"variant": "B"}, {}, {}),
        ("content_variant_is_a_letter", "content", {"variant": "B"}, {"variant": "b"}, None),
        ("content_channel_is_known", "content", {"channel": "sms"}, {"channel": "any"}, None),
        ("link_once_per_number", "link", {}, {"number": 1}, None),
        ("link_once_per_address", "link", {}, {"url": "https://x.example/1"}, None),
        ("link_has_address", "link", {}, {"url": ""}, None),
        ("message_once", "message", {"occurrence": "2"}, {}, {}),
        ("message_once", "message", {"member": "other"}, {}, {}),
        ("message_once", "message", {"channel": "sms"}, {}, {}),
        (
            "message_once_per_address",
            "message",
            {"member": "other", "address_key": uuid.UUID(int=8)},
            {"member": "other", "address_key": KEY},
            {"address_key": KEY},
        ),
        ("message_state_is_known", "message", {}, {"state": "x"}, None),
        (
            "message_not_sent_has_a_reason",
            "message",
            {"state": "not_sent", "reason": "cap"},
            {"state": "not_sent"},
            None,
        ),
        ("message_sent_has_its_time", "message", {}, {"state": "sent"}, None),
        ("message_cost_not_negative", "message", {"cost": 0}, {"cost": -1}, None),
        ("handover_has_messages", "handover", {}, {"message_ids": []}, None),
        (
            "message_event_once_per_provider_id",
            "event",
            {"provider_id": "2"},
            {"provider_id": "1"},
            {"provider_id": "1"},
        ),
        ("message_event_kind_is_known", "event", {"kind": "clicked"}, {"kind": "x"}, None),
        ("message_event_actor_is_known", "event", {"actor": "machine"}, {"actor": "x"}, None),
        ("rate_limit_once_per_period", "rate", {"period": "hour"}, {}, {}),
        ("rate_limit_lets_some_through", "rate", {"count": 1}, {"count": 0}, None),
        ("rate_limit_tokens_fit", "rate", {"tokens": 5}, {"tokens": 5.5}, None),
        ("rate_limit_tokens_fit", "rate", {"tokens": 0}, {"tokens": -1}, None),
        ("rate_limit_period_is_known", "rate", {"period": "second"}, {"period": "x"}, None),
        ("rate_limit_channel_is_known", "rate", {"channel": "sms"}, {"channel": "any"}, None),
    ],
)
def test_constraint_takes_the_good_row_and_refuses_the_bad(
    makers, now, constraint, model, good, bad, beside
):
    if constraint.startswith("edition"):  # one of them is a draft already
        good = {**good, "frozen_at": now}
        beside = beside and {**beside, "frozen_at": now}
        bad = bad if constraint == "edition_one_draft_per_mailing" else {**bad, "frozen_at": now}
    guards(constraint, makers[model], good, bad, beside)


def test_sent_message_and_its_time_come_together(makers, now):
    makers["message"](occurrence="3", state="sent", sent_at=now)
    guards("message_sent_has_its_time", makers["message"], {"state": "waiting"}, {"sent_at": now})
