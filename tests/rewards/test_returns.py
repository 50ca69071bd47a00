"""Goods that come back at the counter: refund, store credit, and the points of both directions."""

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from core.models import AuditEntry
from members.models import User
from members.services.conduct import OwnRecord
from members.services.roles import sync_roles
from purchases.errors import ReturnsTooMuch
from purchases.models import Purchase, Return
from rewards.models import ReturnRefund
from rewards.services.control import OverLimit
from rewards.services.paying import reserve_points_payment
from rewards.services.payments import capture_payment, publish_rate
from rewards.services.returns import (
    MemberNeeded,
    ReasonNeeded,
    ReturnedPart,
    _count_paid_otherwise,
    preview_return,
    return_purchase,
)
from tests.constraints import guards
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 18)
FORTY = [ReturnedPart(1, Decimal("0.4"))]


@pytest.fixture
def purchase(mei):
    """100.00 on one line, 100 points available."""
    return Purchase.objects.select_related("store", "channel", "source", "member").get()


@pytest.fixture
def staff(db):
    """A person with a role: ``staff("clerk")``."""
    sync_roles(by=None, now=NOW)

    def make(role):
        user = User.objects.create(email=f"{role}@example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def assert_asked(django_assert_num_queries):
    """How often the database is asked for what was paid otherwise, whatever number of lines."""

    def check(count):
        item = Return.objects.order_by("-pk").first()
        with django_assert_num_queries(count):
            _count_paid_otherwise(item)

    return check


def test_return_to_store_credit_takes_points_and_gives_refunded_credit(mei, purchase):
    refund = return_purchase(purchase, FORTY, kind="credit", key="a", by=None, now=NOW)
    assert (refund.credit_amount, refund.money_amount) == (4000, 0)
    assert balances(mei) == {"available": 60, "status": 60, "credit_refunded": 4000}
    assert_ledger_true()


def test_preview_tells_the_same_and_changes_nothing(mei, purchase):
    before = balances(mei)
    preview = preview_return(purchase, FORTY, kind="credit", now=NOW)
    assert (preview.total_amount, preview.taken_points, preview.available_points) == (4000, 40, 60)
    assert len(preview.entries) == 1
    assert balances(mei) == before
    assert not Return.objects.exists()


def test_the_same_press_twice_is_one_return(purchase):
    first = return_purchase(purchase, FORTY, kind="money", key="a", by=None, now=NOW)
    again = return_purchase(purchase, FORTY, kind="money", key="a", by=None, now=at(DAY, 19))
    assert first == again
    assert Return.objects.count() == 1


def test_more_than_was_bought_is_refused_and_nothing_stays(purchase):
    with pytest.raises(ReturnsTooMuch):
        return_purchase(
            purchase, [ReturnedPart(1, Decimal(2))], kind="money", key="a", by=None, now=NOW
        )
    assert not ReturnRefund.objects.exists()


def test_a_late_return_needs_a_reason(purchase):
    late = at(DAY + dt.timedelta(days=33))
    with pytest.raises(ReasonNeeded, match="3 days late"):
        return_purchase(purchase, FORTY, kind="money", key="a", by=None, now=late)
    refund = return_purchase(
        purchase, FORTY, kind="money", key="a", late_reason="weather", by=None, now=late
    )
    assert (refund.late_days, refund.late_reason) == (3, "weather")


def test_a_late_return_is_bounded_by_role(purchase, staff):
    late = at(DAY + dt.timedelta(days=33))
    whole = {"kind": "money", "late_reason": "gift", "now": late}
    with pytest.raises(OverLimit):
        return_purchase(purchase, [], key="a", by=staff("clerk"), **whole)
    assert AuditEntry.objects.filter(action="act.refused").count() == 1
    assert return_purchase(purchase, [], key="b", by=staff("manager"), **whole).late_days == 3


def test_small_late_returns_add_up(purchase, staff):
    clerk = staff("clerk")
    late = at(DAY + dt.timedelta(days=33))
    for key in ("a", "b"):
        return_purchase(
            purchase, [ReturnedPart(1, Decimal("0.2"))], kind="money", key=key,
            late_reason="gift", by=clerk, now=late,
        )  # fmt: skip
    with pytest.raises(OverLimit):
        return_purchase(
            purchase, [ReturnedPart(1, Decimal("0.2"))], kind="money", key="c",
            late_reason="gift", by=clerk, now=late,
        )  # fmt: skip


def test_nobody_returns_for_themselves(mei, purchase):
    with pytest.raises(OwnRecord):
        return_purchase(purchase, FORTY, kind="money", key="a", by=mei.user, now=NOW)


def test_what_points_had_paid_comes_back_as_points(mei, counter, purchase):
    publish_rate(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=10, step_points=10,
        largest_percent=50, by=None, now=EVER,
    )  # fmt: skip
    payment = reserve_points_payment(
        mei, 50, bill_amount=2000, source=counter.source, external_id="T2", key="p", by=None,
        now=NOW,
    )  # fmt: skip
    ticket = counter.ticket("mei", "20", on=DAY, hour=16, pk="T2")
    ticket.lines[0].paid_otherwise = 500
    counter.take_in(ticket)
    capture_payment(payment, by=None, now=NOW)
    second = Purchase.objects.select_related("store", "channel", "source", "member").get(
        external_id="T2"
    )
    assert balances(mei)["available"] == 65
    refund = return_purchase(
        second, [ReturnedPart(1, Decimal(1))], kind="money", key="a", by=None, now=NOW
    )
    assert (refund.money_amount, refund.points_amount, refund.points_back_points) == (1500, 500, 50)
    assert balances(mei)["available"] == 100
    assert_ledger_true()


def test_what_was_paid_otherwise_is_counted_by_line_and_to_date(counter, rules, assert_asked):
    """A third of each line, thrice: rounded by line, and what rounding left comes with the last."""
    ticket = counter.ticket("mei", "10", "10", "10", on=DAY, pk="T3")
    ticket.lines[0].paid_otherwise, ticket.lines[1].paid_otherwise = 100, 200
    counter.take_in(ticket)
    bought = Purchase.objects.select_related("store", "channel", "source", "member").get()
    found = []
    for key, amount in (("a", 333), ("b", 333), ("c", 334)):
        parts = [ReturnedPart(position, Decimal(0), amount) for position in (1, 2, 3)]
        refund = return_purchase(bought, parts, kind="money", key=key, by=None, now=NOW)
        found.append(refund.other_amount)
    assert found == [33 + 66, 33 + 67, 34 + 67]
    assert_asked(1)


def test_credit_needs_a_member(purchase):
    Purchase.objects.update(member=None)
    purchase.refresh_from_db()
    with pytest.raises(MemberNeeded):
        return_purchase(purchase, FORTY, kind="credit", key="a", by=None, now=NOW)


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        (
            "return_refund_late_has_reason",
            {"late_days": 1, "late_reason": "gift"},
            {"late_days": 1},
        ),
        ("return_refund_one_kind", {"money_amount": 1}, {"credit_amount": 1}),
    ],
)
def test_refund_constraints(purchase, constraint, good, bad):
    return_purchase(purchase, FORTY, kind="money", key="a", by=None, now=NOW)
    guards(constraint, ReturnRefund.objects.update, good, bad)
