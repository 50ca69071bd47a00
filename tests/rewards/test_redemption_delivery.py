"""Goods from the shelf to the door, or over the counter; nobody gets them twice."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import Notice, User
from members.services.erasing import erase_member
from rewards.enums import Place
from rewards.models import Delivery, Reward
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    end_delivery,
    pack_deliveries,
    redeem_reward,
    refusals,
    send_delivery,
    use_redemption,
)
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.test_redemption import steps

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
PARCEL = Parcel("陳美", "TW", "106 台北市大安區\n和平東路一段1號", phone="+886912345678")


@pytest.fixture
def staff(db):
    return User.objects.create(email="manager@example.com", is_staff=True)


@pytest.fixture
def order(mei, make_reward):
    reward = make_reward(kind="goods", price_points=10, stock_left=5)

    def make(key="a", **options):
        options = {"parcel": PARCEL} | options
        return redeem_reward(mei, reward, key=key, by=mei.user, now=NOW, **options)

    return make


def test_packed_sent_and_delivered(mei, order, staff):
    made = order()
    assert pack_deliveries([made], by=staff, now=at(DAY, 16)) == 1
    assert pack_deliveries([made], by=staff, now=at(DAY, 16)) == 0
    send_delivery(made, carrier=" Post ", tracking_number="RR 1", by=staff, now=at(DAY, 17))
    send_delivery(made, carrier="Post", tracking_number="RR 12", by=staff, now=at(DAY, 18))
    end_delivery(made, by=staff, now=at(DAY + dt.timedelta(days=2)))
    made.refresh_from_db()
    delivery = made.delivery
    assert (delivery.state, delivery.tracking_number) == ("delivered", "RR 12")
    assert (delivery.packed_at, delivery.sent_at) == (at(DAY, 16), at(DAY, 17))
    assert (made.state, made.fulfilled_at) == ("fulfilled", at(DAY, 17))
    assert steps(made) == [("", "confirmed", "site"), ("confirmed", "fulfilled", "sent")]
    assert Notice.objects.filter(member=mei, code="reward_sent").count() == 1
    acts = AuditEntry.objects.filter(action__startswith="delivery.").order_by("pk")
    assert [entry.action for entry in acts] == [
        "delivery.packed", "delivery.sent", "delivery.sent", "delivery.delivered",
    ]  # fmt: skip


def test_a_packed_parcel_is_cancelled_by_the_club_alone(mei, order, staff):
    made = order()
    pack_deliveries([made], by=staff, now=NOW)
    with pytest.raises(refusals.AlreadyOnItsWay):
        cancel_redemption(made, by=mei.user, now=NOW)
    cancel_redemption(made, by=staff, by_club=True, now=NOW)
    with pytest.raises(refusals.NothingToSend):
        send_delivery(made, by=staff, now=NOW)
    assert not Delivery.objects.to_pack().exists()
    assert Reward.objects.get().stock_left == 5
    assert balances(mei)["available"] == 100
    assert_ledger_true()


def test_what_got_lost_on_its_way_gives_points_back_and_no_stock(mei, order, staff):
    made = order()
    send_delivery(made, by=staff, now=NOW)
    cancel_redemption(made, by=staff, by_club=True, note="lost", now=at(DAY, 20))
    assert Reward.objects.get().stock_left == 4
    assert balances(mei)["available"] == 100


def test_what_came_back_is_sent_again_or_given_back_to_the_shelf(mei, order, staff):
    first, second = order("a"), order("b")
    for made in (first, second):
        with pytest.raises(refusals.NothingToSend):
            end_delivery(made, came_back=True, by=staff, now=NOW)
        send_delivery(made, tracking_number="1", by=staff, now=NOW)
        end_delivery(made, came_back=True, by=staff, now=at(DAY + dt.timedelta(days=9)))
    send_delivery(first, tracking_number="2", by=staff, now=at(DAY + dt.timedelta(days=10)))
    cancel_redemption(second, by=staff, by_club=True, now=at(DAY + dt.timedelta(days=10)))
    first.delivery.refresh_from_db()
    assert (first.delivery.state, first.delivery.tracking_number) == ("sent", "2")
    assert Notice.objects.filter(member=mei, code="reward_sent").count() == 3
    assert Reward.objects.get().stock_left == 4


def test_goods_are_handed_over_once_by_post_or_at_the_counter(order, staff):
    sent, picked_up, on_the_spot = (
        order("a"),
        order("b"),
        order("c", parcel=None, place=Place.COUNTER),
    )
    send_delivery(sent, by=staff, now=NOW)
    with pytest.raises(refusals.HandedOver):
        use_redemption(sent, by=staff, now=NOW)
    for made in (picked_up, on_the_spot):
        use_redemption(made, by=staff, now=NOW)
        with pytest.raises(refusals.CodeUsed):
            use_redemption(made, by=staff, now=NOW)
        with pytest.raises(refusals.NothingToSend):
            send_delivery(made, by=staff, now=NOW)
    picked_up.delivery.refresh_from_db()
    assert picked_up.delivery.state == "delivered"


def test_a_reserved_parcel_is_not_packed_before_it_is_paid(mei, make_reward, staff):
    reward = make_reward(kind="goods", price_amount=500)
    made = redeem_reward(mei, reward, key="a", parcel=PARCEL, by=mei.user, now=NOW)
    assert pack_deliveries([made], by=staff, now=NOW) == 0
    with pytest.raises(refusals.NothingToSend):
        send_delivery(made, by=staff, now=NOW)
    confirm_redemption(made, by=staff, now=NOW)
    assert [each.pk for each in Delivery.objects.to_pack()] == [made.pk]


def test_erasure_takes_the_address_and_ends_all_but_what_was_sent(mei, order, staff):
    waiting, packed, sent = order("a"), order("b"), order("c")
    pack_deliveries([packed], by=staff, now=NOW)
    send_delivery(sent, by=staff, now=NOW)
    erase_member(mei, by=None, now=at(DAY, 16))
    for made in (waiting, packed, sent):
        made.refresh_from_db()
    assert [waiting.state, packed.state, sent.state] == ["cancelled", "cancelled", "fulfilled"]
    assert not Delivery.objects.exists()
    assert Reward.objects.get().stock_left == 4
    assert_ledger_true()
