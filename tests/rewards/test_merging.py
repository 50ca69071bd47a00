import datetime as dt

import pytest

from rewards.models import Award, Lot, Transfer
from rewards.services.closing import close_days
from rewards.services.merging import OpenReservations, forfeit_points, merge_points, undo_merge
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import capture_hold, hold_points, refund_hold

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)


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


def test_merge_repays_the_survivors_own_debt(counter, rules, claim):
    ann = _owing_fifty(counter, claim)
    counter.buy("bob", "200", on=DAY)
    bob = claim(counter.member("bob"))
    moved = merge_points(bob, ann, at(DAY, 18))
    assert balances(ann)["available"] == 150
    assert_ledger_true()
    undo_merge(bob, ann, moved, at(DAY, 19))
    assert balances(ann) == {"owed": 50}
    assert balances(bob) == {"available": 200, "status": 200}
    assert_ledger_true()


def test_each_members_entries_add_up_to_their_own_balance_after_a_merge(counter, rules, mei, claim):
    counter.buy("bob", "10", on=DAY)
    bob = claim(counter.member("bob"))
    merge_points(mei, bob, at(DAY, 18))
    for member, expected in ((mei, 0), (bob, 110)):
        rows = Transfer.objects.filter(member=member, unit="points")
        gained = sum(row.amount for row in rows if row.credit_account.kind == "available")
        lost = sum(row.amount for row in rows if row.debit_account.kind == "available")
        assert gained - lost == expected


def test_refund_of_what_was_redeemed_before_a_merge_goes_to_the_survivor(
    counter, rules, mei, claim
):
    counter.buy("bob", "10", on=DAY)
    bob = claim(counter.member("bob"))
    hold = hold_points(mei, 70, key="order", now=at(DAY, 15))
    capture_hold(hold, now=at(DAY, 15))
    merge_points(mei, bob, at(DAY, 18))
    refund_hold(hold, now=at(DAY, 19))
    assert balances(bob)["available"] == 110
    assert_ledger_true()


def test_undo_waits_for_reservations_on_moved_points(counter, rules, mei, claim):
    counter.buy("bob", "10", on=DAY)
    bob = claim(counter.member("bob"))
    moved = merge_points(mei, bob, at(DAY, 18))
    hold_points(bob, 105, key="order", now=at(DAY, 19))
    with pytest.raises(OpenReservations):
        undo_merge(mei, bob, moved, at(DAY, 20))


def test_caps_count_both_histories_after_a_merge(counter, make_rule, claim):
    make_rule(cap_points=50, cap_period="month")
    counter.buy("ann", "40", on=DAY)
    counter.buy("bob", "5", on=DAY)
    ann, bob = claim(counter.member("ann")), claim(counter.member("bob"))
    merge_points(ann, bob, at(DAY, 18))
    ann.purchases.update(member=bob)
    ann.status, ann.merged_into, ann.user = "merged", bob, None
    ann.save(update_fields=["status", "merged_into", "user"])
    counter.buy("bob", "45", on=DAY, hour=20)
    award = Award.objects.order_by("-pk")[0]
    assert (award.awarded_points, award.cap_trimmed_points) == (5, 40)


@pytest.mark.parametrize("spent", [100, 70])
def test_undo_after_a_refund_of_what_was_redeemed_before_the_merge(
    counter, rules, claim, mei, spent
):
    counter.buy("bob", "10", on=DAY)
    bob = claim(counter.member("bob"))
    hold = hold_points(mei, spent, key="o", now=at(DAY, 15))
    capture_hold(hold, now=at(DAY, 15))
    moved = merge_points(mei, bob, at(DAY, 18))
    refund_hold(hold, now=at(DAY, 19))
    undo_merge(mei, bob, moved, at(DAY, 20))
    assert_ledger_true()
    assert balances(mei)["available"] == 100


def test_merged_member_with_a_tier_change(counter, rules, claim):
    counter.buy("ann", "400", on=DAY)
    counter.buy("bob", "10", on=DAY)
    ann, bob = claim(counter.member("ann")), claim(counter.member("bob"))
    merge_points(ann, bob, at(DAY, 18))
    ann.status, ann.merged_into, ann.user = "merged", bob, None
    ann.save(update_fields=["status", "merged_into", "user"])
    close_days(now=at(DAY + dt.timedelta(days=500)))
    assert_ledger_true()


def test_forfeited_twice(counter, rules, mei):
    hold = hold_points(mei, 70, key="o", now=at(DAY, 15))
    capture_hold(hold, now=at(DAY, 15))
    forfeit_points(mei, at(DAY, 18))
    refund_hold(hold, now=at(DAY, 19))
    forfeit_points(mei, at(DAY, 20))
    assert_ledger_true()


def test_two_are_merged_parted_and_merged_again_at_one_instant(counter, rules, claim):
    ann = _owing_fifty(counter, claim)
    counter.buy("ann", "100", on=DAY, hour=17)
    bob = claim(counter.member(counter.buy("bob", "10", on=DAY) and "bob"))
    before = balances(ann), balances(bob)
    for _turn in range(2):
        moved = merge_points(ann, bob, at(DAY, 18))
        undo_merge(ann, bob, moved, at(DAY, 18))
    assert (balances(ann), balances(bob)) == before
    assert_ledger_true()
