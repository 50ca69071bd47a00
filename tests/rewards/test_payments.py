"""Points and store credit as part of a bill."""

import datetime as dt

import pytest

from members.models import Member
from rewards.models import Payment, PointsRate
from rewards.selectors.payments import quote_points
from rewards.services.credit import CreditTooLow, give_credit
from rewards.services.holding import BalanceTooLow, CannotSpend
from rewards.services.paying import (
    BelowMinimum,
    MoreThanBill,
    OtherPayment,
    PointsDontPay,
    ShareTooLarge,
    reserve_credit_payment,
    reserve_points_payment,
)
from rewards.services.payments import (
    InvalidRate,
    PaymentClosed,
    RefundTooLarge,
    capture_payment,
    let_go_of_overdue_payments,
    publish_rate,
    refund_payment,
    release_payment,
)
from rewards.services.redemption import redeem_reward
from tests.constraints import guards
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


@pytest.fixture
def rate(programme):
    """10 points pay 1.00; at least 20, in tens, at most half of a bill."""
    return publish_rate(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=20, step_points=10,
        largest_percent=50, by=None, now=EVER,
    )  # fmt: skip


@pytest.fixture
def pay(mei, counter, rate):
    def reserve(points, *, bill=10000, key="a", receipt="R1", now=NOW):
        return reserve_points_payment(
            mei, points, bill_amount=bill, source=counter.source, external_id=receipt, key=key,
            by=None, now=now,
        )  # fmt: skip

    return reserve


@pytest.fixture
def credit(mei, counter, rate):
    """30.00 given and 20.00 refunded; pays with what is asked."""
    give_credit(mei, 3000, cause=("test", 1), by=None, now=NOW)
    give_credit(mei, 2000, cause=("test", 2), is_refund=True, by=None, now=NOW)

    def reserve(amount, *, bill=10000, key="c", receipt="R1"):
        return reserve_credit_payment(
            mei, amount, bill_amount=bill, source=counter.source, external_id=receipt, key=key,
            by=None, now=NOW,
        )  # fmt: skip

    return reserve


@pytest.mark.parametrize(
    ("available", "bill", "paid", "points", "amount"),
    [
        (1000, 10000, 0, 500, 5000),  # half of the bill
        (1000, 10000, 4900, 0, 0),  # what is left is under the minimum
        (95, 10000, 0, 90, 900),  # whole steps
        (19, 10000, 0, 0, 0),
        (1000, 199, 0, 0, 0),
    ],
)
def test_quote_keeps_minimum_step_and_share(rate, available, bill, paid, points, amount):
    quote = quote_points(rate, available=available, bill_amount=bill, paid_amount=paid)
    assert (quote.points, quote.amount) == (points, amount)


def test_points_are_reserved_captured_and_refunded_in_parts(mei, pay):
    payment = pay(70)
    assert (payment.amount, balances(mei)["held"]) == (700, 70)
    capture_payment(payment, by=None, now=NOW)
    assert capture_payment(payment, by=None, now=NOW).state == "captured"
    assert balances(mei) == {"available": 30, "status": 100}
    refund_payment(payment, 105, by=None, now=NOW)
    assert balances(mei)["available"] == 40
    refund_payment(payment, 595, by=None, now=NOW)
    assert balances(mei)["available"] == 100
    with pytest.raises(RefundTooLarge):
        refund_payment(payment, 1, by=None, now=NOW)
    assert_ledger_true()


def test_same_key_reserves_once_and_other_content_is_refused(mei, pay):
    assert pay(70) == pay(70)
    with pytest.raises(OtherPayment):
        pay(80)
    assert balances(mei)["held"] == 70


def test_the_share_counts_all_payments_of_the_bill(pay):
    pay(40, bill=1000, key="a")
    with pytest.raises(ShareTooLarge, match="at most 50% of a bill: here 0 points"):
        pay(20, bill=1000, key="b")


@pytest.mark.parametrize("points", [0, 10, 25, -20])
def test_under_the_minimum_or_between_steps_is_refused(pay, points):
    with pytest.raises(BelowMinimum):
        pay(points)


def test_more_than_the_balance_is_refused(pay):
    with pytest.raises(BalanceTooLow):
        pay(110)


def test_points_dont_pay_without_a_rate_or_a_login(mei, pay, counter):
    Member.objects.filter(pk=mei.pk).update(user=None)
    mei.refresh_from_db()
    with pytest.raises(CannotSpend):
        pay(20)
    publish_rate(
        starts_at=NOW, rate_points=10, rate_amount=100, minimum_points=0, step_points=1,
        largest_percent=1, is_open=False, by=None, now=NOW,
    )  # fmt: skip
    with pytest.raises(PointsDontPay):
        pay(20)


def test_a_released_payment_gives_back_and_is_closed(mei, pay):
    payment = pay(70)
    release_payment(payment, by=None, now=NOW)
    release_payment(payment, by=None, now=NOW)
    assert balances(mei) == {"available": 100, "status": 100}
    with pytest.raises(PaymentClosed):
        capture_payment(payment, by=None, now=NOW)
    assert_ledger_true()


def test_a_captured_payment_is_not_released(pay):
    payment = pay(70)
    capture_payment(payment, by=None, now=NOW)
    with pytest.raises(PaymentClosed):
        release_payment(payment, by=None, now=NOW)


def test_a_reservation_that_no_till_captures_lets_go(mei, pay):
    payment = pay(70)
    late = NOW + dt.timedelta(minutes=30)
    with pytest.raises(PaymentClosed):
        capture_payment(payment, by=None, now=late)
    assert let_go_of_overdue_payments(now=late) == 1
    assert balances(mei) == {"available": 100, "status": 100}


def test_overdue_reservations_let_go_before_a_payment(mei, pay, make_reward):
    """Of redemptions and of other bills: their points are there again for this one."""
    made = redeem_reward(
        mei, make_reward(price_amount=500), key="r", by=mei.user, now=NOW
    )  # 30 points
    other = pay(60, key="a", receipt="R1")
    with pytest.raises(BalanceTooLow):
        pay(100, key="b", receipt="R2", bill=20000)
    late = NOW + dt.timedelta(minutes=30)
    payment = pay(100, key="b", receipt="R2", bill=20000, now=late)
    made.refresh_from_db()
    other.refresh_from_db()
    assert (made.state, other.state, payment.state) == ("expired", "released", "reserved")
    assert balances(mei) == {"held": 100, "status": 100}
    assert_ledger_true()


def test_what_let_go_of_the_same_bill_no_longer_counts_as_paid(mei, pay):
    pay(50, bill=1000)
    late = NOW + dt.timedelta(minutes=30)
    assert pay(50, bill=1000, key="again", now=late).state == "reserved"
    assert_ledger_true()


@pytest.mark.parametrize("amount", [0, -1, -700, 701])
def test_no_less_than_something_and_no_more_than_was_paid_is_refunded(mei, pay, amount):
    payment = capture_payment(pay(70), by=None, now=NOW)
    with pytest.raises(RefundTooLarge):
        refund_payment(payment, amount, by=None, now=NOW)
    assert balances(mei)["available"] == 30
    assert_ledger_true()


def test_credit_given_is_spent_before_credit_refunded_and_comes_back_in_reverse(mei, credit):
    payment = credit(4000)
    assert balances(mei)["credit_refunded"] == 1000
    assert "credit_granted" not in balances(mei)
    capture_payment(payment, by=None, now=NOW)
    refund_payment(payment, 1500, by=None, now=NOW)
    assert (balances(mei)["credit_refunded"], balances(mei)["credit_granted"]) == (2000, 500)
    refund_payment(payment, 2500, by=None, now=NOW)
    assert (balances(mei)["credit_refunded"], balances(mei)["credit_granted"]) == (2000, 3000)
    assert_ledger_true()


def test_released_credit_is_whole_again(mei, credit):
    release_payment(credit(4000), by=None, now=NOW)
    assert (balances(mei)["credit_refunded"], balances(mei)["credit_granted"]) == (2000, 3000)
    assert_ledger_true()


def test_credit_beyond_balance_or_bill_is_refused(credit):
    with pytest.raises(CreditTooLow):
        credit(5001)
    with pytest.raises(MoreThanBill):
        credit(2001, bill=2000)


def test_credit_of_one_cause_is_given_once(mei, rate):
    for _ in range(2):
        give_credit(mei, 500, cause=("test", 9), by=None, now=NOW)
    assert balances(mei)["credit_granted"] == 500


@pytest.mark.parametrize("field", ["rate_points", "rate_amount", "step_points", "largest_percent"])
def test_a_rate_of_nothing_is_refused(programme, field):
    terms = {"rate_points": 1, "rate_amount": 1, "minimum_points": 0, "step_points": 1,
             "largest_percent": 1}  # fmt: skip
    with pytest.raises(InvalidRate):
        publish_rate(starts_at=EVER, by=None, now=EVER, **terms | {field: 0})


RATE = {"starts_at": EVER, "rate_points": 1, "rate_amount": 1, "step_points": 1}


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("points_rate_pays", {"rate_points": 0}),
        ("points_rate_share_is_percent", {"largest_percent": 101}),
    ],
)
def test_rate_constraints(db, constraint, changes):
    guards(constraint, PointsRate.objects.create, RATE, RATE | changes)


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("payment_refund_within_amount", {"refunded_amount": 700}, {"refunded_amount": 701}),
        ("payment_refund_within_points", {"refunded_points": 70}, {"refunded_points": 71}),
        ("payment_kind_fits_points", {"points": 1}, {"points": 0}),
        (
            "payment_state_has_time",
            {"state": "captured", "captured_at": NOW},
            {"state": "captured"},
        ),
        ("payment_once_per_key", {"key": "c"}, {"key": "b"}),
    ],
)
def test_payment_constraints(pay, constraint, good, bad):
    pay(20, key="b")
    payment = pay(70)
    guards(constraint, Payment.objects.filter(pk=payment.pk).update, good, bad)
