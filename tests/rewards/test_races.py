"""Two at once: each test fails when the lock or constraint that it names is taken away."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from members.models import Member, User
from rewards.models import Account, Award, EarningRule, LotMove, Transfer
from rewards.services.closing import close_days
from rewards.services.holding import BalanceTooLow, HoldClosed
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import cancel_hold, capture_hold, hold_points

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 1, 5)


@pytest.fixture
def mei(counter, rules):
    counter.buy("mei", "100", on=DAY)
    member = counter.member("mei")
    member.user = User.objects.create(email="mei@example.com")
    member.save(update_fields=["user"])
    return member


def test_one_balance_in_twelve_tabs_is_spent_once(mei):
    """Lock: the standing row."""
    results = together(
        *(
            lambda tab=tab: hold_points(
                Member.objects.get(pk=mei.pk), 30, key=f"tab-{tab}", now=at(DAY, 15)
            )
            for tab in range(12)
        )
    )
    assert sum(isinstance(result, tuple) for result in results) == 3
    assert sum(isinstance(result, BalanceTooLow) for result in results) == 9
    assert balances(mei)["available"] == 10
    assert_ledger_true()


def test_one_key_pressed_eight_times_holds_once(mei):
    """Lock: the standing row; constraint: the transfer's key."""
    results = together(
        *(lambda: hold_points(mei, 30, key="same", now=at(DAY, 15)) for _ in range(8))
    )
    assert len(set(results)) == 1
    assert Transfer.objects.get(reason="hold").amount == 30
    assert balances(mei)["held"] == 30


def test_capture_and_cancel_at_once_settle_a_hold_one_way(mei):
    hold = hold_points(mei, 30, key="order", now=at(DAY, 15))
    results = together(
        lambda: capture_hold(hold, now=at(DAY, 16)),
        lambda: cancel_hold(hold, now=at(DAY, 16)),
        lambda: capture_hold(hold, now=at(DAY, 16)),
    )
    assert sum(isinstance(result, HoldClosed) for result in results) == 2
    assert "held" not in balances(mei)
    assert_ledger_true()


def test_same_ticket_from_two_tills_earns_once(counter, rules):
    """Constraint: purchase_once_per_source."""
    ticket = counter.ticket("ken", "50", on=DAY)
    together(*(lambda: counter.take_in(ticket) for _ in range(6)))
    assert Award.objects.filter(unit="points").count() == 1
    assert balances(counter.member("ken")) == {"available": 50, "status": 50}
    assert_ledger_true()


def test_many_purchases_of_one_member_at_once_lose_nothing(counter, rules):
    tickets = [counter.ticket("ken", "10", on=DAY, hour=index % 12) for index in range(16)]
    results = together(*(lambda t=t: counter.take_in(t) for t in tickets))
    assert not any(isinstance(result, Exception) for result in results)
    assert balances(counter.member("ken")) == {"available": 160, "status": 160}
    assert_ledger_true()


def test_budget_holds_against_many_members_at_once(counter, make_rule):
    """Lock: the rule's row."""
    make_rule(budget_points=100)
    tickets = [counter.ticket(f"m{index}", "30", on=DAY) for index in range(10)]
    results = together(*(lambda t=t: counter.take_in(t) for t in tickets))
    assert not any(isinstance(result, Exception) for result in results)
    assert sum(Award.objects.values_list("awarded_points", flat=True)) == 100
    assert EarningRule.objects.get(code="base").used_points == 100


def test_two_day_closes_at_once_release_once(shop, rules):
    for index in range(30):
        shop.buy(f"m{index}", "20", on=DAY)
    now = at(DAY + dt.timedelta(days=20))
    results = together(lambda: close_days(now=now), lambda: close_days(now=now))
    assert not any(isinstance(result, Exception) for result in results)
    assert Transfer.objects.filter(reason="release", unit="points").count() == 30
    assert_ledger_true()


def test_return_and_redemption_at_once_never_fall_below_zero(counter, mei):
    slip = counter.slip(counter.made[0], {1: "100"}, on=DAY, hour=16)
    together(
        lambda: counter.take_in(slip),
        lambda: hold_points(mei, 80, key="order", now=at(DAY, 16)),
    )
    left = balances(mei)
    assert left in ({"held": 80, "owed": 80}, {})
    assert_ledger_true()


# --- What the database itself refuses ------------------------------------------------------------


def _refuses(change, fragment):
    with pytest.raises(IntegrityError, match=fragment), transaction.atomic():
        change()


def test_database_refuses_a_balance_below_zero(mei):
    account = Account.objects.get(member=mei, kind="available")
    _refuses(
        lambda: Account.objects.filter(pk=account.pk).update(balance=-1),
        "account_balance_not_below_zero",
    )
    Account.objects.filter(pk=account.pk).update(balance=0)


def test_database_refuses_a_transfer_between_units(mei, now):
    points = Account.objects.get(member=None, kind="issued", unit="points")
    status = Account.objects.get(member=mei, kind="status")
    _refuses(
        lambda: Transfer.objects.create(
            unit="points", debit_account=points, credit_account=status, amount=1, reason="earn",
            member=mei, effective_at=now, recorded_at=now, key="wrong",
        ),
        "transfer_credit_within_unit",
    )  # fmt: skip


@pytest.mark.parametrize("model", [Transfer, LotMove, Award])
def test_database_refuses_to_change_what_was_written(mei, model):
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        model.objects.all()._raw_delete("default")
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        model.objects.update(id=1)
    table = model._meta.db_table
    with (
        pytest.raises(Exception, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table} CASCADE")
