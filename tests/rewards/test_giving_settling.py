"""Closing periods and paying charities (docs/giving.md)."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.models import AuditEntry
from members.models import User
from rewards.models import CharitySettlement, Donation
from rewards.services.giving import (
    close_period,
    close_periods,
    donate_points,
    mark_paid,
    preview_settlement,
    read_period,
    undo_donation,
)
from rewards.services.giving.refusals import (
    AlreadyPaid,
    DonationFinal,
    InvalidPeriod,
    PaymentIncomplete,
    PeriodClosed,
    PeriodNotOver,
)
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.givings import make_appeal, make_charity, make_match, with_login

pytestmark = pytest.mark.django_db
JANUARY = dt.date(2026, 1, 5)
FEBRUARY = at(dt.date(2026, 2, 3))
MARCH = at(dt.date(2026, 3, 3))


@pytest.fixture
def mei(counter, rules):
    counter.buy("mei", "5000", on=dt.date(2026, 1, 2))
    return with_login(counter.member("mei"))


@pytest.fixture
def staff_user(db):
    return User.objects.create(email="staff@example.com", is_staff=True)


@pytest.fixture
def appeal(programme):
    return make_appeal(make_charity(hundred_amount=33))


def give(member, appeal, points, *, now, key=None):
    return donate_points(
        member, appeal, points, key=key or f"{points}{now:%m%d%H}", by=None, now=now
    )


def test_a_settlement_rounds_once_and_carries_the_rest(mei, appeal):
    for points in (10, 20, 7):
        give(mei, appeal, points, now=at(JANUARY))
    first = close_period(appeal.charity, read_period("2026-01"), by=None, now=FEBRUARY)
    assert (first.points, first.hundredths) == (37, 37 * 33)
    assert (first.amount, first.carried_out) == (12, 21)
    give(mei, appeal, 3, now=FEBRUARY)
    second = close_period(appeal.charity, read_period("2026-02"), by=None, now=MARCH)
    assert (second.hundredths, second.carried_in) == (99, 21)
    assert (second.amount, second.carried_out) == (1, 20)
    assert Donation.objects.filter(settlement=None).count() == 0
    assert_ledger_true()


def test_each_donation_counts_at_its_own_rate(mei, appeal):
    give(mei, appeal, 100, now=at(JANUARY))
    appeal.charity.hundred_amount = 50
    appeal.charity.save()
    make_match(appeal)
    give(mei, appeal, 10, now=at(JANUARY, 13))
    made = close_period(appeal.charity, read_period("2026-01"), by=None, now=FEBRUARY)
    assert (made.points, made.match_points, made.amount) == (110, 10, 33 + 10)


def test_what_is_not_final_comes_with_the_next(mei, appeal):
    last = at(dt.date(2026, 1, 31), 23)
    give(mei, appeal, 100, now=last)
    now = last + dt.timedelta(hours=2)
    assert preview_settlement(appeal.charity, read_period("2026-01"), now=now).waiting_count == 1
    made = close_period(appeal.charity, read_period("2026-01"), by=None, now=now)
    assert (made.donation_count, made.amount) == (0, 0)
    undone = give(mei, appeal, 5, now=FEBRUARY)
    undo_donation(undone, by=None, now=FEBRUARY)
    made = close_period(appeal.charity, read_period("2026-02"), by=None, now=MARCH)
    assert (made.donation_count, made.points) == (1, 100)
    assert_ledger_true()


def test_a_settled_donation_stays(mei, appeal):
    made = give(mei, appeal, 100, now=at(JANUARY))
    close_period(appeal.charity, read_period("2026-01"), by=None, now=FEBRUARY)
    with pytest.raises(DonationFinal):
        undo_donation(Donation.objects.get(pk=made.pk), by=None, now=at(JANUARY, 13))
    assert_ledger_true()


def test_closing_twice_is_refused_on_record(mei, appeal, staff_user):
    give(mei, appeal, 100, now=at(JANUARY))
    close_period(appeal.charity, read_period("2026-01"), by=staff_user, now=FEBRUARY)
    for period in ("2026-01", "2025-12"):
        with pytest.raises(PeriodClosed):
            close_period(appeal.charity, read_period(period), by=staff_user, now=FEBRUARY)
    assert CharitySettlement.objects.count() == 1
    row = AuditEntry.objects.filter(action="charity.settle_refused").first()
    assert (row.actor, row.changes["refused"]) == (staff_user, "period_closed")


def test_a_period_is_closed_once_it_is_over(appeal):
    period = read_period("2026-01")
    with pytest.raises(PeriodNotOver):
        close_period(appeal.charity, period, by=None, now=period.until() - dt.timedelta(seconds=1))
    close_period(appeal.charity, period, by=None, now=period.until())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-q1", "2026-01-01", "2026-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_periods(text, first, last):
    period = read_period(text)
    assert (period.first_on.isoformat(), period.last_on.isoformat()) == (first, last)


@pytest.mark.parametrize("text", ["", "2026-Q5", "2026-13", "Q3", "26-01", "2026-Q3-1"])
def test_what_is_no_period(text):
    with pytest.raises(InvalidPeriod):
        read_period(text)


def test_paid_once_with_reference_and_day(mei, appeal):
    give(mei, appeal, 100, now=at(JANUARY))
    made = close_period(appeal.charity, read_period("2026-01"), by=None, now=FEBRUARY)
    day = FEBRUARY.date()
    for bad in ({"payout_reference": " "}, {"paid_on": day + dt.timedelta(days=2)}):
        with pytest.raises(PaymentIncomplete):
            pay(made, **bad)
    pay(made)
    with pytest.raises(AlreadyPaid):
        pay(made)
    made.refresh_from_db()
    assert (made.paid_on, made.payout_reference) == (day, "BANK-1")
    assert AuditEntry.objects.filter(action="settlement.pay_refused").exists()


def pay(settlement, **changes):
    values = {"paid_on": FEBRUARY.date(), "payout_reference": "BANK-1"} | changes
    return mark_paid(settlement, by=None, now=FEBRUARY, **values)


def test_all_charities_at_once_and_by_command(mei, appeal, monkeypatch):
    other = make_charity("other")
    give(mei, appeal, 100, now=at(JANUARY))
    close_period(other, read_period("2026-01"), by=None, now=FEBRUARY)
    made, refused = close_periods(read_period("2026-01"), by=None, now=FEBRUARY)
    assert [each.charity_id for each in made] == [appeal.charity_id]
    assert [charity.pk for charity, _why in refused] == [other.pk]
    out = StringIO()
    call_command("settle_charities", "--period", "2026-Q1", stdout=out)
    assert "Rice" in out.getvalue()
    assert CharitySettlement.objects.filter(period="2026-Q1").count() == 2
    with pytest.raises(CommandError):
        call_command("settle_charities", "--period", "2026-Q9")
