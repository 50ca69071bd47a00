"""Each constraint of stamp cards from both sides; what is written once stays."""

import datetime as dt

import pytest
from django.db import transaction

from members.models import User
from members.services.audiences import ensure_everyone
from members.services.enrolment import create_member
from rewards.models import (
    Approval,
    Challenge,
    ChallengeGate,
    ChallengeVersion,
    Stamp,
    StampBook,
    StampCard,
    StampGrant,
)
from tests.constraints import guards
from tests.rewards.conftest import at
from tests.rewards.stamps import DAY

pytestmark = pytest.mark.django_db
NOW = at(DAY, 15)
LATER = NOW + dt.timedelta(days=1)


@pytest.fixture
def challenge(programme):
    return Challenge.objects.create(slug="card", name="Card")


@pytest.fixture
def make_version(challenge):
    def make(**changes):
        row = {
            "challenge": challenge, "number": 1, "starts_at": NOW, "published_at": NOW,
            "target": 3, "prize_kind": "points", "prize_points": 5,
        }  # fmt: skip
        return ChallengeVersion.objects.create(**row | changes)

    return make


@pytest.fixture
def book(challenge, now):
    member = create_member(now=now, source="test")
    return StampBook.objects.create(challenge=challenge, member=member)


@pytest.fixture
def by(db):
    return User.objects.create(email="staff@example.com")


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("challenge_version_from_one", {}, {"number": 0}),
        ("challenge_version_ends_after_start", {"ends_at": LATER}, {"ends_at": NOW}),
        ("challenge_version_asks_something", {"target": 1}, {"target": 0}),
        ("challenge_version_has_a_card", {"round_limit": 1}, {"round_limit": 0}),
        ("challenge_version_day_limit_lets_some", {"day_limit": 1}, {"day_limit": 0}),
        ("challenge_version_distinct_says_of_what",
         {"measure": "distinct", "distinct_of": "day"}, {"measure": "distinct"}),
        ("challenge_version_distinct_says_of_what", {}, {"distinct_of": "day"}),
        ("challenge_version_gives_something", {}, {"prize_kind": "nothing", "prize_points": 0}),
        ("challengeversion_prize_is_whole", {}, {"prize_points": 0}),
        ("challengeversion_prize_lives", {"prize_days": 1}, {"prize_days": 0}),
    ],
)  # fmt: skip
def test_terms_mean_something(make_version, constraint, good, bad):
    guards(constraint, make_version, good, bad)


def test_a_version_has_its_number_once(make_version):
    guards("challenge_version_number_once", make_version, {"number": 2}, {}, beside={})


def test_a_gate_opens_once_and_before_it_closes(make_version):
    version = make_version()

    def make(**changes):
        row = {"version": version, "audience": ensure_everyone(), "opens_at": NOW}
        return ChallengeGate.objects.create(**row | changes)

    guards("challenge_gate_once", make, {"opens_at": LATER}, {}, beside={})
    guards(
        "rewards_challengegate_closes_after_opening", make,
        {"opens_at": LATER, "closes_at": LATER + dt.timedelta(days=1)},
        {"opens_at": LATER, "closes_at": NOW},
    )  # fmt: skip


def test_a_member_has_one_book_of_a_challenge(book, now):
    def make(**changes):
        row = {"challenge": book.challenge, "member": book.member}
        return StampBook.objects.create(**row | changes)

    guards(
        "stamp_book_once_per_member", make, {"member": create_member(now=now, source="test")}, {}
    )


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("stamp_card_full_has_time", {}, {"stamp_count": 4, "filled_at": NOW}),
        ("stamp_card_full_has_time", {"stamp_count": 3, "filled_at": NOW}, {"stamp_count": 3}),
        ("stamp_card_full_has_time", {}, {"filled_at": NOW}),
        ("stamp_card_paid_once", {"is_paid": True, "prize_count": 1}, {"is_paid": True}),
    ],
)
def test_a_card_is_what_it_says(make_version, book, constraint, good, bad):
    version = make_version()

    def make(**changes):
        row = {
            "book": book, "round": 1, "version": version, "target": 3, "stamp_count": 1,
            "begun_at": NOW,
        }  # fmt: skip
        return StampCard.objects.create(**row | changes)

    guards(constraint, make, good, bad)
    guards("stamp_card_once_per_round", make, {"round": 2}, {}, beside={})


def make_grant(book, by, **changes):
    row = {
        "book": book, "stamp_count": 1, "happened_at": NOW, "reason": "goodwill",
        "state": "posted", "asked_by": by, "asked_at": NOW, "key": "k",
    }  # fmt: skip
    return StampGrant.objects.create(**row | changes)


def test_stamps_by_hand_move_some_and_wait_for_somebody(book, by):
    approval = Approval.objects.create(
        kind="stamps", payload_id=1, amount=1, asked_by=by, asked_at=NOW, state="waiting"
    )

    def make(**changes):
        return make_grant(book, by, **changes)

    guards("stamp_grant_moves_some", make, {}, {"stamp_count": 0})
    guards(
        "stamp_grant_waited_for_an_approval", make, {"state": "waiting", "approval": approval},
        {"state": "waiting"},
    )  # fmt: skip


def test_a_stamp_has_one_cause_and_a_reversal_takes(make_version, book, by):
    version = make_version()

    def make(**changes):
        row = {
            "book": book, "version": version, "amount": 1, "activity_id": 1, "effective_at": NOW,
            "recorded_at": NOW,
        }  # fmt: skip
        return Stamp.objects.create(**row | changes)

    grant = make_grant(book, by)
    of_hand = {"grant": grant, "activity_id": None}
    guards("stamp_has_one_cause", make, of_hand, {"activity_id": None})
    guards("stamp_has_one_cause", make, {}, {"grant": grant})
    guards("stamp_reversal_takes", make, of_hand | {"amount": -1}, {"amount": -1})
    guards("stamp_once_per_activity", make, {"activity_id": 2}, {}, beside={})
    gain = Stamp.objects.get()
    guards("stamp_reversal_takes", make, {"reverses": gain, "amount": -1}, {"reverses": gain})
    make(**of_hand)
    guards("stamp_once_per_grant", make, {"activity_id": 3}, of_hand)


def test_stamps_and_published_terms_are_written_once(make_version, book):
    version = make_version()
    gate = ChallengeGate.objects.create(version=version, audience=ensure_everyone(), opens_at=NOW)
    stamp = Stamp.objects.create(
        book=book, version=version, amount=1, activity_id=1, effective_at=NOW, recorded_at=NOW
    )
    for row, field in ((version, "target"), (gate, "closes_at"), (stamp, "amount")):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            row.save(update_fields=[field])
