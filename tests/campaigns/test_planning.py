"""Rows of the outbox: one for each member, channel and occurrence, however often it is planned."""

import datetime as dt

import pytest

from campaigns.enums import MailingState, Reach
from campaigns.models import Message
from campaigns.services.editions import get_draft
from campaigns.services.planning import (
    EditionUnfinished,
    HoldoutShare,
    MailingOver,
    QueuedMessage,
    VariantShare,
    plan_messages,
    queue_messages,
)
from members.models import Member
from tests.campaigns.crowds import share
from tests.campaigns.outbox import get_edition, make_mailing, make_members, plan, states
from tests.races import together


def test_everybody_has_one_row_and_planning_again_adds_who_is_new(club, now):
    make_members(["a@x.example", None, "b@x.example"], now=now)
    mailing = make_mailing(now=now)

    first = plan(mailing, now=now)
    make_members(["c@x.example"], now=now)
    second = plan(mailing, now=now)
    third = plan(mailing, now=now)

    assert first.counts == {("waiting", ""): 2, ("not_sent", "no_address"): 1}
    assert (first.waiting_count, first.total_count) == (2, 3)
    assert second.counts == {("waiting", ""): 1}
    assert third.counts == {}
    assert Message.objects.count() == 4


def test_one_address_in_two_cases_is_written_to_once(club, now):
    """Bad input: a list with one address twice in different case."""
    members = make_members(["a@x.example", "b@x.example"], now=now)
    _write_raw(members[1].pk, "A@X.example ")
    mailing = make_mailing(now=now, is_once_per_address=True)

    plan(mailing, now=now)
    make_members(["a@x.example"], now=now)  # who comes later shares it, too
    plan(mailing, now=now)

    rows = Message.objects.order_by("member_id").values_list("state", "reason")
    assert list(rows) == [
        ("waiting", ""), ("not_sent", "same_address"), ("not_sent", "same_address"),
    ]  # fmt: skip


def _write_raw(pk, address):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET email = %s WHERE id = %s", [address, pk])


def test_members_who_share_an_address_each_get_what_is_theirs(club, now):
    make_members(["a@x.example"] * 3, now=now)
    assert plan(make_mailing(now=now), now=now).waiting_count == 3


@pytest.mark.parametrize(
    ("reach", "found"),
    [
        (
            Reach.FIRST,
            {("email", "waiting"): 1, ("sms", "waiting"): 1, ("email", "not_sent"): 1},
        ),
        (
            Reach.EVERY,
            {
                ("email", "waiting"): 1, ("email", "not_sent"): 2,
                ("sms", "waiting"): 2, ("sms", "not_sent"): 1,
            },
        ),
    ],
)  # fmt: skip
def test_channels_follow_the_reach(club, now, reach, found):
    both, phone, _none = make_members(["a@x.example", None, None], now=now)
    Member.objects.filter(pk__in=[both.pk, phone.pk]).update(phone="+14155550123")
    mailing = make_mailing(now=now, channels=("email", "sms"), reach=reach)

    plan(mailing, now=now)

    counts = {}
    for key in Message.objects.values_list("channel", "state"):
        counts[key] = counts.get(key, 0) + 1
    assert counts == found


def test_variants_and_holdout_are_a_hash_of_seed_and_member(club, now):
    make_members([f"m{number}@x.example" for number in range(40)], now=now)
    shares = [VariantShare("A", 1), VariantShare("B", 3)]
    first, again, other = (make_mailing(now=now) for _each in range(3))

    for mailing, seed in ((first, "s"), (again, "s"), (other, "t")):
        plan(mailing, now=now, variants=shares, holdout=HoldoutShare(f"{seed}h", 20), seed=seed)

    def drawn(mailing):
        rows = Message.objects.filter(mailing=mailing).order_by("member_id")
        return list(rows.values_list("variant", "reason"))

    def expected(seed):
        for pk in Member.objects.order_by("pk").values_list("pk", flat=True):
            is_held = share(f"{seed}h", pk) < 2_000
            in_a = share(f"{seed}:variant", pk) < 2_500
            yield "A" if in_a else "B", "holdout" if is_held else ""

    assert drawn(first) == drawn(again) == list(expected("s"))
    assert drawn(other) == list(expected("t"))


def test_variant_leaves_at_its_hour_where_the_member_lives(club, now):
    """``now`` is noon in Los Angeles."""
    here, there = make_members(["a@x.example", "b@x.example"], now=now)
    Member.objects.filter(pk=there.pk).update(zone="Asia/Tokyo")
    plan(make_mailing(now=now), now=now, variants=[VariantShare("A", 1, hour=9)])

    found = dict(Message.objects.values_list("member_id", "due_at"))
    assert found[here.pk] == dt.datetime(2026, 3, 11, 16, 0, tzinfo=dt.UTC)
    assert found[there.pk] == dt.datetime(2026, 3, 11, 0, 0, tzinfo=dt.UTC)


def test_steps_queue_single_messages_and_repeats_are_silent(club, now):
    anna, ben = make_members(["a@x.example", None], now=now)
    mailing = make_mailing(now=now)
    edition = get_edition(mailing)
    rows = [
        QueuedMessage(mailing.pk, edition.pk, member.pk, "activity:7", now, {"points": 5})
        for member in (anna, ben)
    ]

    first, second = queue_messages(rows, now=now), queue_messages(rows, now=now)
    later = [QueuedMessage(mailing.pk, edition.pk, anna.pk, "activity:8", now)]

    assert first.counts == {("waiting", ""): 1, ("not_sent", "no_address"): 1}
    assert second.counts == {}
    assert queue_messages(later, now=now).waiting_count == 1
    assert Message.objects.get(member=anna, occurrence="activity:7").facts == {"points": 5}


def test_mailing_that_is_over_takes_nobody(club, now):
    make_members(["a@x.example"], now=now)
    mailing = make_mailing(now=now)
    edition = get_edition(mailing)
    with pytest.raises(EditionUnfinished):
        plan_messages(
            mailing, get_draft(mailing), recipients=Member.objects.all(), occurrence="",
            due_at=now, now=now,
        )  # fmt: skip
    mailing.state = MailingState.CANCELLED
    mailing.save()
    with pytest.raises(MailingOver):
        plan(mailing, now=now)
    row = QueuedMessage(mailing.pk, edition.pk, Member.objects.get().pk, "1", now)
    assert queue_messages([row], now=now).counts == {}


@pytest.mark.django_db(transaction=True)
def test_two_plans_at_once_write_to_nobody_twice(club, now):
    """Lock: the plan's own; without it both would give an address to one of its sharers."""
    make_members([f"m{number % 150}@x.example" for number in range(300)], now=now)
    mailing = make_mailing(now=now, is_once_per_address=True)
    results = together(*(lambda: plan(mailing, now=now) for _each in range(3)))
    assert sorted(result.total_count for result in results) == [0, 0, 300]
    assert states(mailing) == {("waiting", ""): 150, ("not_sent", "same_address"): 150}
