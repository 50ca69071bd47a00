"""Ringing up at the counter: once, whatever happens to the press."""

import datetime as dt
from decimal import Decimal

import pytest

from core.errors import IdempotencyConflict
from core.models import AuditEntry
from members import registry
from members.models import Member, User
from members.services.conduct import OwnRecord
from members.services.enrolment import MemberGone
from members.services.profiles import close_member
from purchases.models import Category, Channel, Line, Product, Purchase, Source, Store
from rewards.models import Bill, Payment, PointsRate, Register, Transfer
from rewards.services.counter import (
    cancel_bill,
    cancel_lapsed_bills,
    pay_bill,
    quote_earning,
    ring_up,
)
from rewards.services.counter.bills import BillClosed, BillLapsed
from rewards.services.counter.draft import (
    DiscountTooLarge,
    Draft,
    DraftLine,
    EmptyBill,
    TooManyLines,
    allocate_paid,
)
from rewards.services.counter.selling import MemberNeeded, find_rung_up
from rewards.services.credit import CreditTooLow, give_credit
from rewards.services.holding import BalanceTooLow, CannotSpend
from rewards.services.paying import BelowMinimum, MoreThanBill, ShareTooLarge
from rewards.services.payments import let_go_of_overdue_payments
from tests.races import together
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


@pytest.fixture
def register(programme):
    channel = Channel.objects.get_or_create(code="counter", defaults={"name": "Counter"})[0]
    store = Store.objects.create(
        code="main", name="Main Street", zone="America/Los_Angeles", channel=channel
    )
    return Register.objects.create(name="Till 1", store=store)


@pytest.fixture
def sam(club):
    return User.objects.create(email="sam@example.com", is_staff=True, display_name="Sam")


@pytest.fixture
def rate(programme):
    """100 points are a dollar; from 20 on, by tens, up to half of a bill."""
    return PointsRate.objects.create(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=20, step_points=10
    )


@pytest.fixture
def ring(register, sam):
    def do(*prices, member=None, key="k" * 16, now=NOW, discount=0, **paid):
        lines = [each if isinstance(each, DraftLine) else DraftLine(each) for each in prices]
        return ring_up(
            register, Draft(lines, discount), member=member, key=key, by=sam, now=now, **paid
        )

    return do


# --- Sums ---------------------------------------------------------------------------------------


def test_discount_is_divided_by_largest_remainder():
    draft = Draft([DraftLine(333), DraftLine(333), DraftLine(334)], 100)
    assert [(line.amount, line.discount_amount) for line in draft.price()] == [
        (300, 33), (300, 33), (300, 34),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "quantity", "gross"),
    [(250, "3", 750), (399, "0.435", 174), (1, "0.5", 1), (5, "0.1", 1), (0, "2", 0)],
)
def test_price_times_quantity_is_rounded_half_up(price, quantity, gross):
    assert DraftLine(price, Decimal(quantity)).gross_amount == gross


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (Draft(), EmptyBill),
        (Draft([DraftLine(100)], 101), DiscountTooLarge),
        (Draft([DraftLine(100)], -1), DiscountTooLarge),
        (Draft([DraftLine(1)] * 101), TooManyLines),
    ],
)
def test_a_bill_that_cant_be(draft, refusal):
    with pytest.raises(refusal):
        draft.price()


def test_what_points_paid_never_passes_a_line():
    lines = Draft([DraftLine(1), DraftLine(999), DraftLine(0)]).price()
    assert allocate_paid(lines, 1000) == [1, 999, 0]
    assert allocate_paid(lines, 501) == [1, 500, 0]
    assert allocate_paid(lines, 0) == [0, 0, 0]


# --- At once ------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_bill_becomes_a_purchase_that_earns(mei, register, ring, sam):
    done = ring(1000, DraftLine(420, Decimal(2)), member=mei, discount=40)
    purchase = Purchase.objects.get(pk=done.purchase_id)
    assert (purchase.total_amount, purchase.discount_amount) == (1800, 40)
    assert (purchase.source.code, purchase.store, purchase.member) == (
        "counter", register.store, mei,
    )  # fmt: skip
    assert balances(mei)["available"] == 118
    assert list(purchase.lines.order_by("position").values_list("quantity", "amount")) == [
        (1, 978), (2, 822),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="counter.sold")
    assert (entry.actor, entry.changes["register"]) == (sam, register.pk)
    assert_ledger_true()


def test_number_says_the_day_and_nothing_more(ring):
    one = Purchase.objects.get(pk=ring(100).purchase_id)
    other = Purchase.objects.get(pk=ring(100, key="o" * 16).purchase_id)
    assert one.external_id[:7] == other.external_id[:7] == "250106-"
    assert one.external_id != other.external_id
    assert len(one.external_id) == 16


def test_counter_makes_its_source_with_numbers_that_nobody_guesses(ring):
    ring(100)
    source = Source.objects.get(code="counter")
    assert source.has_random_numbers
    assert source.default_channel.code == "counter"


def test_same_press_twice_is_one_purchase(mei, ring):
    first, again = ring(1000, member=mei), ring(1000, member=mei)
    assert first.purchase_id == again.purchase_id
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert balances(mei)["available"] == 110


def test_same_key_with_another_bill_is_refused_and_leads_to_the_first(mei, register, ring):
    first = ring(1000, member=mei)
    with pytest.raises(IdempotencyConflict):
        ring(2000, member=mei)
    assert find_rung_up(register, "k" * 16).purchase_id == first.purchase_id
    assert find_rung_up(register, "n" * 16) is None


def test_a_refused_bill_leaves_its_key_free(mei, ring):
    with pytest.raises(EmptyBill):
        ring(member=mei)
    assert ring(1000, member=mei).purchase_id


def test_goods_of_any_source_keep_their_category(mei, ring, make_rule, shop):
    drinks = Category.objects.create(slug="drinks", name="Drinks")
    Category.objects.filter(pk=drinks.pk).update(lineage=[drinks.pk])
    tea = Product.objects.create(
        source=shop.source, external_id="4900001", name="Tea", category=drinks
    )
    make_rule("tea", kind="fixed", points=5, category_ids=[drinks.pk], starts_at=EVER)
    ring(DraftLine(300, Decimal(1), tea.pk), 200, member=mei)
    assert list(Line.objects.order_by("-pk").values_list("product", "category")[:2]) == [
        (None, None), (tea.pk, drinks.pk),
    ]  # fmt: skip
    assert Product.objects.count() == 1
    assert balances(mei)["available"] == 110


def test_quote_tells_what_the_bill_then_earns_and_leaves_nothing(mei, register, ring, sam):
    draft = Draft([DraftLine(1000)])
    before = (Purchase.objects.count(), Transfer.objects.count(), balances(mei))
    quoted = quote_earning(register, draft, member=mei, paid_amount=400, now=NOW)
    assert [(each.label, each.number) for each in quoted] == [("points", 6), ("status credits", 6)]
    assert (Purchase.objects.count(), Transfer.objects.count(), balances(mei)) == before


def test_nobody_rings_up_for_themselves(mei, register):
    with pytest.raises(OwnRecord):
        ring_up(register, Draft([DraftLine(100)]), member=mei, key="k" * 16, by=mei.user, now=NOW)
    entry = AuditEntry.objects.get(action="act.refused")
    assert entry.changes == {"refused": "own_record", "act": "counter.sale"}


def test_closed_membership_is_refused(mei, ring):
    close_member(mei, by=None, now=NOW)
    with pytest.raises(MemberGone):
        ring(1000, member=mei)
    assert Purchase.objects.count() == 1


# --- With points and credit ---------------------------------------------------------------------


def test_points_are_reserved_then_spent_when_the_rest_is_paid(mei, rate, ring, sam):
    done = ring(1000, 200, member=mei, points=40)
    bill = Bill.objects.get(pk=done.bill_id)
    assert (done.purchase_id, bill.state) == (None, "open")
    assert (balances(mei)["held"], balances(mei)["available"]) == (40, 60)
    paid = pay_bill(bill, by=sam, now=NOW + dt.timedelta(minutes=2))
    assert (paid.state, paid.purchase.external_id) == ("paid", bill.number)
    assert list(paid.purchase.lines.order_by("position").values_list(
        "amount", "paid_otherwise_amount"
    )) == [(1000, 333), (200, 67)]  # fmt: skip
    # 8.00 earned a point per dollar; what points paid earns nothing.
    assert balances(mei) == {"available": 68, "status": 108}
    payment = Payment.objects.get()
    assert (payment.state, payment.purchase) == ("captured", paid.purchase)
    assert_ledger_true()


def test_points_and_credit_pay_together(mei, rate, ring, sam):
    give_credit(mei, 500, cause=("test", 1), by=None, now=NOW)
    done = ring(1000, member=mei, points=50, credit_amount=500)
    bill = pay_bill(Bill.objects.get(pk=done.bill_id), by=sam, now=NOW)
    assert bill.purchase.lines.get().paid_otherwise_amount == 1000
    assert balances(mei) == {"available": 50, "status": 100}
    assert_ledger_true()


def test_a_paid_bill_pressed_again_is_the_same(mei, rate, ring, sam):
    bill = Bill.objects.get(pk=ring(1000, member=mei, points=40).bill_id)
    assert (
        pay_bill(bill, by=sam, now=NOW).purchase_id == pay_bill(bill, by=sam, now=NOW).purchase_id
    )
    with pytest.raises(BillClosed):
        cancel_bill(bill, by=sam, now=NOW)
    assert Purchase.objects.count() == 2


def test_cancelled_bill_gives_points_and_credit_back_once(mei, rate, ring, sam):
    give_credit(mei, 500, cause=("test", 1), by=None, now=NOW)
    before = balances(mei)
    bill = Bill.objects.get(pk=ring(1000, member=mei, points=20, credit_amount=100).bill_id)
    cancel_bill(bill, by=sam, now=NOW)
    cancel_bill(bill, by=sam, now=NOW)
    assert balances(mei) == before
    with pytest.raises(BillClosed):
        pay_bill(bill, by=sam, now=NOW)
    assert_ledger_true()


@pytest.mark.parametrize("is_swept", [True, False])
def test_bill_whose_points_were_let_go_is_not_paid(mei, rate, ring, sam, is_swept):
    bill = Bill.objects.get(pk=ring(1000, member=mei, points=40).bill_id)
    later = NOW + dt.timedelta(minutes=30)
    if is_swept:
        assert let_go_of_overdue_payments(now=later) == 1
    with pytest.raises(BillLapsed):
        pay_bill(bill, by=sam, now=later)
    assert Purchase.objects.count() == 1
    cancel_bill(bill, by=sam, now=later)
    assert balances(mei)["available"] == 100
    assert_ledger_true()


def test_lapsed_bills_end_by_themselves(mei, rate, ring, sam):
    bill = Bill.objects.get(pk=ring(1000, member=mei, points=40).bill_id)
    almost = NOW + dt.timedelta(minutes=29)
    assert cancel_lapsed_bills(now=almost) == 0
    assert cancel_lapsed_bills(now=NOW + dt.timedelta(minutes=30)) == 1
    bill.refresh_from_db()
    assert (bill.state, balances(mei)["available"]) == ("cancelled", 100)
    assert cancel_lapsed_bills(now=NOW + dt.timedelta(hours=1)) == 0


def test_open_bills_end_before_an_erasure(mei, rate, ring):
    ring(1000, member=mei, points=40)
    entry = registry.personal_data["rewards.bill"]
    entry.before_erase(mei, NOW)
    entry.before_erase(mei, NOW)
    assert Bill.objects.get().state == "cancelled"
    assert "held" not in balances(mei)


@pytest.mark.parametrize(
    ("paid", "refusal"),
    [
        ({"points": 110}, BalanceTooLow),
        ({"points": 15}, BelowMinimum),
        ({"points": 25}, BelowMinimum),
        ({"credit_amount": 100}, CreditTooLow),
        ({"credit_amount": 99_999}, MoreThanBill),
    ],
)
def test_what_points_and_credit_dont_pay(mei, rate, ring, paid, refusal):
    with pytest.raises(refusal):
        ring(5000, member=mei, **paid)
    assert Bill.objects.count() == Payment.objects.count() == 0
    assert balances(mei) == {"available": 100, "status": 100}


def test_points_pay_no_more_than_their_share(mei, rate, ring):
    with pytest.raises(ShareTooLarge):
        ring(1000, member=mei, points=60)


def test_points_need_a_member_with_a_login(mei, rate, ring):
    with pytest.raises(MemberNeeded):
        ring(1000, points=20)
    Member.objects.filter(pk=mei.pk).update(user=None)
    mei.refresh_from_db()
    with pytest.raises(CannotSpend):
        ring(1000, member=mei, points=20)


# --- At the same time ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_presses_of_one_key_at_once_are_one_purchase(mei, ring):
    """Constraint: idempotency_once_per_key."""
    results = together(*(lambda: ring(1000, member=mei) for _ in range(8)))
    assert len({result.purchase_id for result in results}) == 1
    assert sum(not result.is_repeat for result in results) == 1
    assert Purchase.objects.filter(external_id__startswith="250106-").count() == 1
    assert balances(mei)["available"] == 110
    assert_ledger_true()


@pytest.mark.django_db(transaction=True)
def test_paid_and_cancelled_at_once_is_one_of_both(mei, rate, ring, sam):
    """Lock: the bill's row."""
    bill = Bill.objects.get(pk=ring(1000, member=mei, points=40).bill_id)
    results = together(
        lambda: pay_bill(bill, by=sam, now=NOW),
        lambda: cancel_bill(bill, by=sam, now=NOW),
        lambda: pay_bill(bill, by=sam, now=NOW),
    )
    bill.refresh_from_db()
    refused = sum(isinstance(result, BillClosed) for result in results)
    assert (bill.state, refused) in (("paid", 1), ("cancelled", 2))
    assert "held" not in balances(mei)
    assert_ledger_true()


@pytest.mark.django_db(transaction=True)
def test_two_registers_reserve_one_balance_once(mei, rate, register, sam):
    other = Register.objects.create(name="Till 2", store=register.store)
    results = together(
        *(
            lambda till=till: ring_up(
                till, Draft([DraftLine(2000)]), member=Member.objects.get(pk=mei.pk), points=80,
                key="k" * 16, by=sam, now=NOW,
            )
            for till in (register, other)
        )
    )  # fmt: skip
    assert sum(isinstance(result, BalanceTooLow) for result in results) == 1
    assert balances(mei)["held"] == 80
    assert_ledger_true()
