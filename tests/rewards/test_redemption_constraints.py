"""Each constraint of redemptions from both sides; what verify_ledger would find of them."""

import datetime as dt

import pytest
from django.db import connection, transaction

from members.services.enrolment import create_member
from rewards.models import (
    Account,
    Delivery,
    Redemption,
    RedemptionEvent,
    RedemptionShare,
    Reward,
    Transfer,
)
from rewards.services.redemption import Parcel, redeem_reward
from rewards.services.verification import verify_ledger
from tests.constraints import guards
from tests.rewards.conftest import at
from tests.rewards.test_redemption import make_codes, make_date

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


@pytest.fixture
def make_row(mei, make_reward):
    """A row of a redemption, whatever any service would say to it."""
    reward = make_reward()

    def make(**changes):
        row = {
            "member": mei, "reward": reward, "state": "fulfilled", "code": "1", "key": "1",
            "price_points": 0, "reserved_at": NOW, "confirmed_at": NOW,
        }  # fmt: skip
        return Redemption.objects.create(**row | changes)

    return make


RESERVED = {"state": "reserved", "confirmed_at": None}


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("redemption_state_is_known", {}, {"state": "stolen"}),
        ("redemption_reserved_has_end", RESERVED | {"lapses_at": NOW}, RESERVED),
        ("redemption_confirmed_has_time", {"state": "confirmed"}, {"state": "confirmed",
                                                                   "confirmed_at": None}),
        ("redemption_confirmed_has_time", {}, {"confirmed_at": None}),
        ("redemption_used_has_time", {"state": "used", "used_at": NOW}, {"state": "used"}),
        ("redemption_used_has_time", {}, {"used_at": NOW}),
        ("redemption_ended_has_time", {"state": "cancelled", "closed_at": NOW},
         {"state": "cancelled"}),
        ("redemption_ended_has_time", {"state": "expired", "closed_at": NOW}, {"state": "expired"}),
        ("redemption_ended_has_time", {}, {"closed_at": NOW}),
    ],
)  # fmt: skip
def test_states_bring_their_times(make_row, constraint, good, bad):
    guards(constraint, make_row, good, bad)


def test_a_key_is_used_once_per_member(make_row, now):
    other = create_member(now=now, source="test")
    guards(
        "redemption_once_per_key", make_row, {"code": "2", "member": other}, {"code": "2"},
        beside={},
    )  # fmt: skip


def test_a_code_of_ours_is_given_once(make_row):
    guards("rewards_redemption_code", make_row, {"code": "2", "key": "2"}, {"key": "2"}, beside={})


def test_a_share_is_once_and_of_something(make_row, mei, now):
    made, other = make_row(), create_member(now=now, source="test")

    def share(**changes):
        row = {"redemption": made, "member": mei, "share_points": 1}
        return RedemptionShare.objects.create(**row | changes)

    guards("share_gives_something", share, {}, {"share_points": 0})
    guards("share_once_per_member", share, {"member": other}, {}, beside={})


@pytest.mark.parametrize("state", ["sent", "delivered"])
def test_a_parcel_on_its_way_has_left(make_row, state):
    def send(**changes):
        made = make_row()
        return Delivery.objects.create(redemption=made, country="US", state=state, **changes)

    guards("delivery_sent_has_time", send, {"sent_at": NOW}, {})


def test_the_history_is_append_only(make_row):
    event = RedemptionEvent.objects.create(
        redemption=make_row(), to_state="fulfilled", effective_at=NOW
    )
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        RedemptionEvent.objects.filter(pk=event.pk).update(to_state="used")
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        event.delete()


def test_a_cause_is_whole(mei):
    accounts = Account.objects.filter(unit="points", member=None).order_by("pk")

    def move(**changes):
        row = {
            "unit": "points", "debit_account": accounts[0], "credit_account": accounts[1],
            "amount": 1, "reason": "grant", "effective_at": NOW, "recorded_at": NOW, "key": "k",
        }  # fmt: skip
        return Transfer.objects.create(**row | changes)

    whole = {"cause_type": "redemption", "cause_id": 7}
    guards("transfer_cause_is_whole", move, whole, {"cause_type": "redemption"})
    guards("transfer_cause_is_whole", move, {}, {"cause_id": 7})


# --- What the proof of the books would find -------------------------------------------------------


@pytest.fixture
def club_at_work(mei, make_reward):
    """A voucher, a reservation, a booking, a pool's code and a parcel."""
    experience, pool = make_reward(kind="experience"), make_reward(kind="pool", price_points=10)
    make_codes(pool, "ONE", "TWO")
    orders = [
        (make_reward(price_points=10), {}),
        (make_reward(price_points=10, price_amount=500), {}),
        (pool, {}),
        (make_reward(kind="goods", price_points=10), {"parcel": Parcel("M", "US", "1 Main St")}),
    ]
    Reward.objects.filter(pk=experience.pk).update(price_points=10)
    orders.append((experience, {"session": make_date(experience)}))
    for number, (reward, options) in enumerate(orders):
        redeem_reward(mei, reward, key=f"{number}", by=mei.user, now=NOW, **options)
    assert verify_ledger()[1] == []


@pytest.mark.parametrize(
    ("check", "statement"),
    [
        ("redemptions hold and spend their price",
         "UPDATE rewards_redemption SET price_points = 11 WHERE state = 'fulfilled'"),
        ("redemptions hold and spend their price",
         "UPDATE rewards_redemption SET price_points = 11 WHERE state = 'reserved'"),
        ("held points are somebody's reservation",
         "UPDATE rewards_redemption SET state = 'fulfilled', confirmed_at = now()"
         " WHERE state = 'reserved'"),
        ("redemptions stand where their steps led",
         "UPDATE rewards_redemption SET state = 'used', used_at = now()"
         " WHERE state = 'fulfilled'"),
        ("shares add up to the price",
         "INSERT INTO rewards_redemptionshare (redemption_id, member_id, share_points)"
         " SELECT id, member_id, 9 FROM rewards_redemption LIMIT 1"),
        ("codes belong to their reward",
         "UPDATE rewards_rewardcode SET redemption_id ="
         " (SELECT min(id) FROM rewards_redemption) WHERE code = 'TWO'"),
        ("whoever has a pool's reward has a code",
         "UPDATE rewards_rewardcode SET redemption_id = NULL"),
        ("seats equal their bookings", "UPDATE rewards_rewardsession SET seats_left = 2"),
        ("seats equal their bookings",
         "UPDATE rewards_rewardsession SET reward_id = (SELECT min(id) FROM rewards_reward"
         " WHERE kind = 'voucher')"),
        ("parcels go on as their redemption does",
         "UPDATE rewards_delivery SET state = 'sent', sent_at = now()"),
    ],
)  # fmt: skip
def test_the_proof_finds_what_was_tampered_with(club_at_work, check, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert check in [finding.check for finding in verify_ledger()[1]]


def test_the_proof_finds_credit_that_nobody_reserved(mei):
    Account.objects.create(member=mei, kind="credit_held", unit="money", balance=5)
    assert "held credit is somebody's reservation" in [each.check for each in verify_ledger()[1]]
