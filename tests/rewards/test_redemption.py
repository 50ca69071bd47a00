"""A redemption from the press to its end, and what each step does to points, stock and codes."""

import datetime as dt

import pytest

from rewards.models import RedemptionEvent, Reward
from rewards.services.holding import BalanceTooLow
from rewards.services.redemption import (
    cancel_redemption,
    confirm_redemption,
    expire_redemption,
    redeem_reward,
    refusals,
    use_redemption,
)
from tests.rewards.conftest import assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)


def steps(redemption):
    return list(
        RedemptionEvent.objects.filter(redemption=redemption)
        .order_by("pk")
        .values_list("from_state", "to_state")
    )


def test_redeeming_takes_points_and_stock_in_one_step(mei, make_reward):
    reward = make_reward(stock_left=3)
    made = redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert balances(mei) == {"available": 70, "status": 100}
    assert made.state == "fulfilled"
    assert steps(made) == [("", "fulfilled")]
    assert Reward.objects.get().stock_left == 2
    assert_ledger_true()


def test_the_same_key_again_is_the_same_redemption(mei, make_reward):
    reward = make_reward()
    first = redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15)) == first
    assert balances(mei)["available"] == 70


def test_price_above_balance_is_refused_and_nothing_moves(mei, make_reward):
    reward = make_reward(price_points=101, stock_left=1)
    with pytest.raises(BalanceTooLow):
        redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert balances(mei)["available"] == 100
    assert Reward.objects.get().stock_left == 1


def test_a_part_in_money_is_reserved_paid_and_used(mei, make_reward):
    reward = make_reward(price_amount=500, stock_left=1)
    made = redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert (made.state, balances(mei)) == ("reserved", {"available": 70, "held": 30, "status": 100})
    paid = confirm_redemption(made, by=None, now=at(DAY, 15))
    assert (paid.state, balances(mei)) == ("fulfilled", {"available": 70, "status": 100})
    used = use_redemption(paid, by=None, now=at(DAY, 16))
    assert used.state == "used"
    assert_ledger_true()


def test_a_reservation_lets_go_by_itself(mei, make_reward):
    reward = make_reward(price_amount=500, stock_left=1, hold_minutes=30)
    made = redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert not expire_redemption(made.pk, now=at(DAY, 15) + dt.timedelta(minutes=29))
    assert expire_redemption(made.pk, now=at(DAY, 15) + dt.timedelta(minutes=30))
    assert balances(mei) == {"available": 100, "status": 100}
    assert Reward.objects.get().stock_left == 1
    assert_ledger_true()


def test_a_cancelled_voucher_gives_all_back_once(mei, make_reward):
    made = redeem_reward(mei, make_reward(stock_left=1), key="a", by=mei.user, now=at(DAY, 15))
    cancel_redemption(made, by=mei.user, now=at(DAY, 16))
    cancel_redemption(made, by=mei.user, now=at(DAY, 16))
    assert balances(mei) == {"available": 100, "status": 100}
    assert Reward.objects.get().stock_left == 1
    assert_ledger_true()


def test_sold_out_between_page_and_press(mei, make_reward):
    with pytest.raises(refusals.SoldOut):
        redeem_reward(mei, make_reward(stock_left=0), key="a", by=mei.user, now=at(DAY, 15))


def test_store_credit_is_a_second_transfer(mei, make_reward):
    reward = make_reward(kind="credit", value_amount=1000)
    redeem_reward(mei, reward, key="a", by=mei.user, now=at(DAY, 15))
    assert balances(mei) == {"available": 70, "status": 100, "credit_granted": 1000}
    assert_ledger_true()
