"""Many at once at the last of a budget, one balance, one charity: each test fails when the lock
or condition that it names is taken away.
"""

import datetime as dt

import pytest

from core.models import AuditEntry
from rewards.models import CharitySettlement, Donation, MatchOffer
from rewards.services.giving import (
    close_period,
    donate_points,
    matching,
    read_period,
    undo_donation,
)
from rewards.services.holding import BalanceTooLow
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.givings import count_given, make_appeal, make_match
from tests.rewards.test_redemption_races import (  # noqa: F401  (fixtures)
    CONNECTIONS,
    NOON,
    _sixteen_connections,
    count_kinds,
    crowd,
    make_members,
)

pytestmark = pytest.mark.django_db(transaction=True)
FEBRUARY = at(dt.date(2026, 2, 3))


def give_all(members, appeal, points=10):
    return crowd([
        lambda member=member: donate_points(
            member, appeal, points, key="k", by=member.user, now=NOON
        )
        for member in members
    ])  # fmt: skip


def test_the_last_of_a_matching_budget(make_members):  # noqa: F811
    """What is left is asked and taken in one statement (services.giving.matching)."""
    appeal = make_appeal()
    make_match(appeal, budget_points=205)
    results = give_all(make_members(40), appeal)
    assert count_kinds(results) == {"Donation": 40}
    assert MatchOffer.objects.get().left_points == 0
    matched = sorted(Donation.objects.values_list("match_points", flat=True), reverse=True)
    assert matched == [10] * 20 + [5] + [0] * 19
    assert count_given(appeal.charity) == 400 + 205
    assert_ledger_true()


def test_without_its_condition_a_budget_is_overdrawn(make_members, monkeypatch):  # noqa: F811
    """Shown once: who trusts what was read at the press takes what another took, and the
    database refuses the gift.
    """
    monkeypatch.setattr(
        matching, "_TAKE", matching._TAKE.replace("least(left_points, %(wanted)s)", "%(wanted)s")
    )
    appeal = make_appeal()
    make_match(appeal, budget_points=205)
    results = give_all(make_members(40), appeal)
    assert count_kinds(results)["Donation"] < 40
    assert MatchOffer.objects.get().left_points != 0


def test_one_balance_in_many_tabs(make_members):  # noqa: F811
    """The lock on the member's standing: three gifts of 30 fit into 100 points."""
    (mei,) = make_members(1)
    appeal = make_appeal()
    results = crowd([
        lambda key=key: donate_points(mei, appeal, 30, key=f"k{key}", by=mei.user, now=NOON)
        for key in range(CONNECTIONS)
    ])  # fmt: skip
    assert count_kinds(results) == {"Donation": 3, "AboveBalance": CONNECTIONS - 3}
    assert isinstance(results[-1], (Donation, BalanceTooLow))
    assert AuditEntry.objects.filter(action="donation.refused").count() == CONNECTIONS - 3
    assert balances(mei)["available"] == 10


def test_one_key_pressed_many_times(make_members):  # noqa: F811
    (mei,) = make_members(1)
    appeal = make_appeal()
    results = crowd([
        lambda: donate_points(mei, appeal, 30, key="k", by=mei.user, now=NOON)
        for _ in range(CONNECTIONS)
    ])  # fmt: skip
    assert len({each.pk for each in results}) == 1
    assert count_given(appeal.charity) == 30


def test_taken_back_once(make_members):  # noqa: F811
    (mei,) = make_members(1)
    appeal = make_appeal()
    make_match(appeal, budget_points=30)
    made = donate_points(mei, appeal, 30, key="k", by=mei.user, now=NOON)
    results = crowd([
        lambda: undo_donation(Donation.objects.select_related("member").get(pk=made.pk),
                              by=mei.user, now=NOON)
        for _ in range(8)
    ], workers=8)  # fmt: skip
    assert count_kinds(results)["Donation"] == 1
    assert balances(mei)["available"] == 100
    assert MatchOffer.objects.get().left_points == 30
    assert_ledger_true()


def test_a_period_is_closed_once(make_members):  # noqa: F811
    """The lock on the charity's row, and its constraint."""
    (mei,) = make_members(1)
    appeal = make_appeal()
    donate_points(mei, appeal, 30, key="k", by=mei.user, now=NOON)
    period = read_period("2026-01")
    results = crowd([
        lambda: close_period(appeal.charity, period, by=None, now=FEBRUARY) for _ in range(8)
    ], workers=8)  # fmt: skip
    assert count_kinds(results) == {"CharitySettlement": 1, "PeriodClosed": 7}
    assert CharitySettlement.objects.get().points == 30
    assert_ledger_true()


def test_taken_back_or_settled_never_both(make_members):  # noqa: F811
    """A clock that is behind takes back what a settlement takes up at this moment."""
    people = make_members(12)
    appeal = make_appeal()
    made = [donate_points(each, appeal, 10, key="k", by=None, now=NOON) for each in people]
    period = read_period("2026-01")
    calls = [lambda gift=gift: undo_donation(gift, by=None, now=NOON) for gift in made]
    calls.insert(5, lambda: close_period(appeal.charity, period, by=None, now=FEBRUARY))
    crowd(calls)
    settlement = CharitySettlement.objects.get()
    undone = Donation.objects.filter(undone_at__isnull=False).count()
    assert settlement.points == 10 * (12 - undone)
    assert count_given(appeal.charity) == settlement.points
    assert_ledger_true()
