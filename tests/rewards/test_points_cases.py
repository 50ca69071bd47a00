"""The table of docs/points.md, case by case: 100 earned on one purchase, 40 % of it returned."""

import datetime as dt

import pytest

from rewards.enums import MoveKind
from tests.rewards.world import STATUS_RULE, World, build_rule


@pytest.fixture
def world():
    return World(build_rule())


def spend(world, amount, day):
    world.settle(day)
    world.book.take(
        amount, "redeemed", "capture", at=world.at(day), key=f"spend:{day}", kind=MoveKind.TAKEN
    )


def test_return_before_release_takes_pending(world):
    world.buy("100", day=0)
    world.give_back(1, {1: "40"}, day=3)
    assert world.balances() == (60, 0, 0)


def test_return_after_release_takes_own_lot(world):
    world.buy("100", day=0)
    world.give_back(1, {1: "40"}, day=20)
    assert world.balances() == (0, 60, 0)
    assert world.points_lots() == [60]


def test_return_of_spent_lot_takes_others_and_owes_rest(world):
    world.buy("100", day=0)
    world.settle(20)
    spend(world, 100, 20)
    world.buy("25", day=21, window=0)
    world.give_back(1, {1: "40"}, day=22)
    assert world.balances() == (0, 0, 15)
    assert world.book.reversals[0].other_lots == 25
    assert world.book.reversals[0].owed == 15


def test_return_of_expired_lot_moves_expired_to_returned(world):
    world.buy("100", day=0)
    world.settle(20 + 366)
    assert world.balances() == (0, 0, 0)
    world.give_back(1, {1: "40"}, day=20 + 367)
    reopened = world.book.transfers[-1]
    assert (reopened.debit, reopened.credit, reopened.amount) == ("expired", "returned", 40)
    assert world.balances() == (0, 0, 0)


def test_return_of_partly_spent_partly_expired_lot(world):
    world.buy("100", day=0)
    world.settle(14)
    spend(world, 30, 15)
    lot = world.book.lots[0]
    at = world.at(16)
    draft = world.book.transfer("available", "expired", 50, "expire", at=at, key="expire")
    world.book.move(lot, draft, MoveKind.EXPIRED, 50, "available", "")
    world.give_back(1, {1: "40"}, day=17)
    reversal = world.book.reversals[0]
    assert (reversal.own_lot, reversal.lapsed, reversal.owed) == (20, 20, 0)
    assert world.balances() == (0, 0, 0)


def test_next_earning_repays_debt_at_release_only(world):
    _owe_fifteen(world)
    world.buy("50", day=30)
    assert world.balances() == (50, 0, 15)
    world.settle(44)
    assert world.balances() == (0, 35, 0)
    assert world.book.lots[-1].available == 35


def test_return_of_purchase_that_repaid_counts_repayment_as_spent(world):
    _owe_fifteen(world)
    world.buy("50", day=30, pk=9)
    world.settle(44)
    world.give_back(9, {1: "50"}, day=45)
    assert world.balances() == (0, 0, 15)
    assert world.book.reversals[-1].own_lot == 35


def _owe_fifteen(world):
    world.buy("100", day=0)
    world.settle(14)
    spend(world, 100, 15)
    world.buy("25", day=16, window=0)
    world.give_back(1, {1: "40"}, day=17)
    assert world.balances() == (0, 0, 15)


def test_three_half_dollar_lines_earn_one_point_on_line_one(world):
    draft = world.buy("0.50", "0.50", "0.50")[0]
    assert (draft.awarded, draft.allocations) == (1, [1, 0, 0])
    assert world.give_back(1, {2: "0.50"}) == []
    assert world.balances() == (1, 0, 0)


def test_partial_returns_of_one_line_add_up(world):
    world.buy("10.00")
    taken = [world.give_back(1, {1: "3.33"}, day=day)[0].reversed for day in (1, 2)]
    taken.append(world.give_back(1, {1: "3.34"}, day=3)[0].reversed)
    assert taken == [3, 3, 4]
    assert world.balances() == (0, 0, 0)


def test_return_never_touches_another_purchases_pending(world):
    world.buy("100", day=0)
    world.settle(14)
    spend(world, 100, 15)
    world.buy("500", day=16)
    world.give_back(1, {1: "100"}, day=17)
    assert world.balances() == (500, 0, 100)


def test_status_reversal_counts_on_the_purchase_day():
    world = World(build_rule(), STATUS_RULE)
    world.buy("400", day=0)
    world.settle(14)
    assert world.book.tier_id == 2
    world.give_back(1, {1: "200"}, day=20)
    assert world.book.status_days == {dt.date(2026, 3, 2): 200}


def test_tier_lost_to_a_return_goes_through_warning_and_grace():
    world = World(build_rule(), STATUS_RULE)
    world.buy("400", day=0)
    world.settle(14)
    world.give_back(1, {1: "200"}, day=20)
    world.settle(22)
    assert world.book.tier_id == 2
    assert [notice.code for notice in world.book.notices] == ["tier_up", "tier_warning"]
    world.settle(21 + 29)
    assert world.book.tier_id == 2
    world.settle(21 + 30)
    assert world.book.tier_id == 1
