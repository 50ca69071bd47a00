import datetime as dt

import pytest

from members.models import User
from rewards.models import Lot, Transfer
from rewards.services.holding import (
    BalanceTooLow,
    CannotSpend,
    HoldClosed,
    cancel_hold,
    capture_hold,
    hold_points,
    refund_hold,
)
from rewards.services.merging import OpenReservations, forfeit_points, merge_points, undo_merge
from tests.rewards.conftest import assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
LATER = DAY + dt.timedelta(days=500)


@pytest.fixture
def claim():
    def give_login(member):
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
        return member

    return give_login


@pytest.fixture
def mei(counter, rules, claim):
    counter.buy("mei", "100", on=DAY)
    return claim(counter.member("mei"))


def test_hold_moves_lots_and_capture_spends_them(mei):
    hold = hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    assert balances(mei) == {"available": 30, "held": 70, "status": 100}
    capture_hold(hold, now=at(DAY, 16))
    assert balances(mei) == {"available": 30, "status": 100}
    with pytest.raises(HoldClosed):
        cancel_hold(hold, now=at(DAY, 17))
    assert_ledger_true()


def test_same_key_holds_once(mei):
    first = hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    assert hold_points(mei, 70, key="order-1", now=at(DAY, 15)) == first
    assert balances(mei)["held"] == 70


def test_hold_beyond_the_balance_is_refused_in_words(mei):
    with pytest.raises(BalanceTooLow, match="needs 101 points and 100 are available"):
        hold_points(mei, 101, key="order-1", now=at(DAY, 15))


def test_hold_settles_expiries_first(mei):
    with pytest.raises(BalanceTooLow):
        hold_points(mei, 1, key="order-1", now=at(LATER))


def test_unclaimed_member_earns_but_spends_nothing(counter, rules):
    counter.buy("ken", "100", on=DAY)
    with pytest.raises(CannotSpend):
        hold_points(counter.member("ken"), 10, key="order-1", now=at(DAY, 15))


def test_cancelled_hold_restores_the_same_lot(mei):
    hold = hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    cancel_hold(hold, now=at(DAY, 16))
    lot = Lot.objects.get(unit="points")
    assert (lot.available, lot.held, lot.expires_on) == (100, 0, dt.date(2026, 1, 6))
    assert_ledger_true()


def _redeem_seventy_then_owe_fifteen(counter, mei):
    """70 spent, the other 30 spent too, then 15 % of the purchase comes back: owed 15."""
    hold = hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    capture_hold(hold, now=at(DAY, 15))
    rest = hold_points(mei, 30, key="order-2", now=at(DAY, 15))
    capture_hold(rest, now=at(DAY, 15))
    ticket = counter.made[0]
    counter.give_back(ticket, {1: "15"}, on=DAY + dt.timedelta(days=3))
    assert balances(mei)["owed"] == 15
    return hold


def test_cancelled_redemption_past_expiry_repays_then_expires(counter, mei):
    hold = _redeem_seventy_then_owe_fifteen(counter, mei)
    refund_hold(hold, now=at(LATER))
    assert "available" not in balances(mei)
    assert "owed" not in balances(mei)
    assert Transfer.objects.get(reason="repay").amount == 15
    assert Transfer.objects.get(reason="expire").amount == 55
    assert_ledger_true()


def test_cancelled_redemption_by_the_clubs_fault_lives_thirty_days(counter, mei):
    hold = _redeem_seventy_then_owe_fifteen(counter, mei)
    refund_hold(hold, by_club=True, now=at(LATER))
    assert balances(mei)["available"] == 55
    lot = Lot.objects.get(unit="points", available__gt=0)
    assert lot.expires_on == LATER + dt.timedelta(days=30)
    assert_ledger_true()
    with pytest.raises(HoldClosed):
        refund_hold(hold, now=at(LATER))


def _owing_fifty(counter, claim):
    counter.buy("ann", "50", on=DAY)
    ann = claim(counter.member("ann"))
    capture_hold(hold_points(ann, 50, key="ann-1", now=at(DAY, 15)), now=at(DAY, 15))
    counter.give_back(counter.made[-1], {1: "50"}, on=DAY, hour=16)
    assert balances(ann) == {"owed": 50}
    return ann


def test_merge_repays_the_debt_and_undo_brings_it_back(counter, rules, claim):
    ann = _owing_fifty(counter, claim)
    counter.buy("bob", "200", on=DAY)
    bob = claim(counter.member("bob"))
    moved = merge_points(ann, bob, at(DAY, 18))
    assert balances(bob)["available"] == 150
    assert balances(ann) == {}
    assert_ledger_true()
    capture_hold(hold_points(bob, 120, key="bob-1", now=at(DAY, 19)), now=at(DAY, 19))
    undo_merge(ann, bob, moved, at(DAY, 20))
    assert balances(ann) == {"owed": 50}
    assert balances(bob)["available"] == 80
    assert_ledger_true()


def test_merge_moves_lots_with_their_expiry_and_undo_moves_back_the_unspent(
    counter, shop, rules, claim
):
    counter.buy("ann", "100", on=DAY)
    shop.buy("ann2", "40", on=DAY)
    ann, bob = claim(counter.member("ann")), claim(shop.member("ann2"))
    moved = merge_points(ann, bob, at(DAY, 18))
    assert balances(bob) == {
        "available": 100, "pending": 40, "status": 100, "status_pending": 40
    }  # fmt: skip
    assert Lot.objects.get(unit="points", available=100).expires_on == dt.date(2026, 1, 6)
    assert_ledger_true()
    capture_hold(hold_points(bob, 30, key="bob-1", now=at(DAY, 19)), now=at(DAY, 19))
    undo_merge(ann, bob, moved, at(DAY, 20))
    assert balances(ann) == {"available": 70, "status": 100}
    assert balances(bob) == {"pending": 40, "status_pending": 40}
    assert_ledger_true()


def test_return_after_a_merge_takes_from_the_moved_lot(counter, rules, claim):
    ticket = counter.buy("ann", "100", on=DAY)
    counter.buy("bob", "10", on=DAY)
    ann, bob = claim(counter.member("ann")), claim(counter.member("bob"))
    merge_points(ann, bob, at(DAY, 18))
    ann.purchases.update(member=bob)
    counter.give_back(ticket, {1: "40"}, on=DAY, hour=20)
    assert balances(bob)["available"] == 70
    assert_ledger_true()


def test_open_reservation_stops_merge_and_erasure(counter, mei, rules, claim):
    counter.buy("bob", "10", on=DAY)
    hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    with pytest.raises(OpenReservations):
        merge_points(mei, counter.member("bob"), at(DAY, 18))
    with pytest.raises(OpenReservations):
        forfeit_points(mei, at(DAY, 18))


def test_erasure_forfeits_and_a_later_return_owes_nothing(shop, rules):
    ticket = shop.buy("mei", "100", on=DAY)
    mei = shop.member("mei")
    forfeit_points(mei, at(DAY, 18))
    assert balances(mei) == {"status_pending": 100}
    shop.give_back(ticket, {1: "40"}, on=DAY + dt.timedelta(days=1))
    back = Transfer.objects.get(reason="reopen")
    assert (back.debit_account.kind, back.credit_account.kind, back.amount) == (
        "forfeited", "returned", 40,
    )  # fmt: skip
    assert balances(mei) == {"status_pending": 60}
    assert_ledger_true()


def test_erasure_writes_a_debt_off(counter, rules, claim):
    ann = _owing_fifty(counter, claim)
    forfeit_points(ann, at(DAY, 18))
    assert balances(ann) == {}
    assert Transfer.objects.get(reason="write_off").amount == 50
    assert_ledger_true()
