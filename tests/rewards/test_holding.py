import datetime as dt

import pytest

from members.models import AudienceMember
from members.services.enrolment import create_member
from members.services.profiles import close_member
from rewards.models import Lot, Transfer
from rewards.services.closing import close_days
from rewards.services.holding import BalanceTooLow, CannotSpend, HoldClosed, InvalidPoints
from rewards.services.settlement import NoProgramme
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import cancel_hold, capture_hold, hold_points, refund_hold

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
LATER = DAY + dt.timedelta(days=500)


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


def test_given_back_after_the_rest_of_its_lot_expired(mei):
    hold = hold_points(mei, 70, key="order-1", now=at(DAY, 15))
    close_days(now=at(LATER))
    cancel_hold(hold, now=at(LATER))
    expired = Transfer.objects.filter(reason="expire", unit="points").order_by("id")
    assert [transfer.amount for transfer in expired] == [30, 70]
    assert_ledger_true()


def test_hold_of_nothing_is_refused(mei):
    with pytest.raises(InvalidPoints):
        hold_points(mei, 0, key="order-1", now=at(DAY, 15))


def test_club_without_a_programme_refuses_in_words(club, claim, now):
    lone = claim(create_member(now=now, source="test", family_name="Lone"))
    with pytest.raises(NoProgramme):
        hold_points(lone, 5, key="order-1", now=now)


def test_closed_membership_leaves_the_books_true_and_the_audiences_empty(counter, mei, now):
    close_member(mei, by=None, now=now)
    close_days(now=at(LATER))
    assert not AudienceMember.objects.filter(member=mei).exists()
    assert_ledger_true()
