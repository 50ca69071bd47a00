import datetime as dt

import pytest
from django.db import transaction

from core.time import start_of
from rewards.models import DayClose, ProgrammeVersion, Standing, TierChange, Transfer
from rewards.services.closing import close_days
from rewards.services.settlement import settle_members
from tests.rewards.conftest import ZONE, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)


def _tier_changes(counter, steps):
    with transaction.atomic():
        counter.buy("a", "900", on=DAY)
        counter.buy("a", "400", on=DAY + dt.timedelta(days=200))
        member = counter.member("a")
        for step in steps:
            day = DAY + dt.timedelta(days=step)
            settle_members([member.pk], until=day, now=start_of(day, ZONE))
        rows = TierChange.objects.order_by("id")
        result = [(row.effective_at, row.from_tier_id, row.to_tier_id) for row in rows]
        transaction.set_rollback(True)
    return result


def test_late_close_gives_the_same_tier_dates_as_daily_ones(counter, rules):
    often = _tier_changes(counter, range(201, 1300, 10))
    assert len(often) == 4
    assert _tier_changes(counter, [1299]) == often


@pytest.mark.parametrize("kinds", [["purchase"], []])
def test_points_that_live_by_activity_expire_at_the_close(counter, programme, rules, kinds):
    ProgrammeVersion.objects.update(
        expiry_mode="inactivity", expiry_months=3, expiry_activities=kinds
    )
    counter.buy("mei", "100", on=DAY)
    member = counter.member("mei")
    last = dt.date(2025, 4, 6)
    assert Standing.objects.get(member=member).points_expire_on == last
    close_days(now=at(last))
    assert balances(member)["available"] == 100
    close_days(now=at(last + dt.timedelta(days=1)))
    assert "available" not in balances(member)
    assert_ledger_true()


def test_last_usable_day_is_usable_to_its_end(counter, rules):
    counter.buy("mei", "100", on=DAY)
    member = counter.member("mei")
    last = dt.date(2026, 1, 6)
    settle_members([member.pk], until=last, now=at(last))
    assert balances(member)["available"] == 100
    settle_members([member.pk], until=last + dt.timedelta(days=1), now=at(last))
    assert "available" not in balances(member)


def test_till_with_a_fast_clock_settles_no_further_than_today(counter, rules):
    counter.buy("mei", "100", on=DAY)
    last = dt.date(2026, 1, 6)
    ticket = counter.ticket("mei", "1", on=last + dt.timedelta(days=1), hour=1)
    counter.take_in(ticket, now=at(last, 12))
    assert balances(counter.member("mei"))["available"] == 101


def test_what_arrives_after_the_close_is_swept_without_another_snapshot(counter, rules):
    counter.buy("mei", "10", on=dt.date(2026, 2, 1))
    today = dt.date(2026, 2, 20)
    closed = close_days(now=at(today))
    counter.buy("old", "100", on=DAY)
    assert set(Transfer.objects.filter(reason="earn", award__basis_amount=10000).values_list(
        "is_late", flat=True)) == {True}  # fmt: skip
    assert close_days(now=at(today, 13)) == []
    assert "available" not in balances(counter.member("old"))
    assert [row.available_points for row in DayClose.objects.order_by("day_on")] == [
        row.available_points for row in closed
    ]
    assert_ledger_true()
