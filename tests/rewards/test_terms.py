"""Calendars of the programme: expiry, tier periods, rule versions, versions of terms."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import add_months, day_of
from rewards.engine.earning import allocate, combine
from rewards.engine.limits import cap_period
from rewards.engine.terms import Terms, anchored_period
from tests.rewards.world import STATUS_RULE, ZONE, World, build_programme, build_rule

D = dt.date
days = st.dates(D(2000, 1, 1), D(2090, 12, 31))


@pytest.mark.parametrize(
    ("terms", "available_on", "last_day"),
    [
        ({"expiry_months": 1}, D(2026, 1, 31), D(2026, 2, 28)),
        ({"expiry_months": 1}, D(2028, 1, 31), D(2028, 2, 29)),
        ({"expiry_months": 12}, D(2028, 2, 29), D(2029, 2, 28)),
        ({"expiry_mode": "calendar_year", "expiry_extra_years": 0}, D(2026, 5, 1), D(2026, 12, 31)),
        ({"expiry_mode": "calendar_year"}, D(2026, 12, 31), D(2027, 12, 31)),
        (
            {"expiry_mode": "fiscal_year", "fiscal_start_month": 4, "expiry_extra_years": 0},
            D(2026, 3, 31),
            D(2026, 3, 31),
        ),
        (
            {"expiry_mode": "fiscal_year", "fiscal_start_month": 4, "expiry_extra_years": 0},
            D(2026, 4, 1),
            D(2027, 3, 31),
        ),
        ({"expiry_mode": "never"}, D(2026, 4, 1), None),
        ({"expiry_mode": "inactivity"}, D(2026, 4, 1), None),
    ],
)
def test_last_usable_day_by_mode(terms, available_on, last_day):
    assert build_programme(**terms).last_usable_day(available_on) == last_day


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("lifetime", (D.min, D.max)),
        ("calendar_year", (D(2026, 1, 1), D(2026, 12, 31))),
        ("fiscal_year", (D(2026, 4, 1), D(2027, 3, 31))),
        ("rolling", (D(2025, 8, 16), D(2026, 8, 15))),
        ("joining", (D(2026, 2, 28), D(2027, 2, 27))),
        ("upgrade", (D(2026, 5, 10), D(2027, 5, 9))),
    ],
)
def test_tier_period_by_window(window, expected):
    programme = build_programme(tier_window=window, fiscal_start_month=4)
    joined, since = D(2024, 2, 29), D(2025, 5, 10)
    assert programme.tier_period(D(2026, 8, 15), joined, since) == expected


@given(days, days, st.integers(1, 36))
def test_anchored_periods_hold_their_day_and_follow_each_other(day, anchor, months):
    start, end = anchored_period(day, anchor, months)
    assert start <= day <= end
    assert anchored_period(end + dt.timedelta(days=1), anchor, months)[0] == end + dt.timedelta(1)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", (D(2026, 3, 4), D(2026, 3, 4))),
        ("week", (D(2026, 3, 2), D(2026, 3, 8))),
        ("month", (D(2026, 3, 1), D(2026, 3, 31))),
        ("year", (D(2026, 1, 1), D(2026, 12, 31))),
    ],
)
def test_cap_periods_are_calendar_periods(period, expected):
    assert cap_period(period, D(2026, 3, 4)) == expected


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_allocation_is_exact_and_fair(points, weights):
    parts = allocate(points, weights)
    assert sum(parts) == points
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part * whole - points * weight) < whole


def test_point_days_add_their_excess_and_multiply_only_where_a_rule_says_so():
    assert combine(3, 1500, ((1, 5000, "add"),)).numerator == 11  # 1.5 + 4 = 5.5
    assert combine(3, 1500, ((1, 5000, "multiply"),)).numerator == 15  # 7.5
    both = combine(3, 1500, ((2, 2000, "multiply"), (1, 5000, "add")))
    assert (both.numerator, both.denominator) == (11, 1)


def test_rule_version_goes_by_the_purchase_time():
    change = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    old = build_rule(1, ends_at=change)
    new = build_rule(2, rule_id=1, starts_at=change, points=2)
    world = World(old, new)
    assert world.buy("10", day=1)[0].awarded == 10
    assert world.buy("10", day=4)[0].awarded == 20
    assert world.buy("10", day=2)[0].awarded == 10  # late, under the rule of its time


@pytest.mark.parametrize(
    ("terms", "earns"),
    [
        ({"weekdays": frozenset({1})}, True),  # 2 March 2026 is a Monday
        ({"weekdays": frozenset({2})}, False),
        ({"days_of_month": frozenset({2})}, True),
        ({"first_hour": 12, "last_hour": 13}, True),
        ({"first_hour": 13}, False),
        ({"last_hour": 12}, False),
        ({"in_birthday_month": True}, False),
        ({"channel_ids": frozenset({1})}, True),
        ({"store_ids": frozenset({9})}, False),
        ({"product_ids": frozenset({5})}, True),
        ({"category_ids": frozenset({6})}, False),
        ({"category_ids": frozenset({70})}, True),
        ({"audience_ids": frozenset({101})}, True),
        ({"audience_ids": frozenset({103})}, False),
        ({"minimum_amount": 1000}, True),
        ({"minimum_amount": 1001}, False),
    ],
)
def test_rule_conditions(terms, earns):
    world = World(build_rule(**terms))
    drafts = world.buy("10", product_id=5, category_ids=(7, 70))
    assert bool(drafts) == earns


def test_basis_leaves_out_tax_and_what_was_paid_with_points():
    world = World(build_rule(), tax_included=False)
    assert world.buy("20.00", tax=180, paid_otherwise=500)[0].basis == 1320


def test_best_of_rivals_counts_beside_those_that_stack():
    world = World(
        build_rule(1),
        build_rule(2, kind="fixed", points=5, stacking="best"),
        build_rule(3, kind="fixed", points=9, stacking="best"),
    )
    assert [draft.awarded for draft in world.buy("10")] == [10, 9]


def test_short_lived_points_are_spent_first_and_expire_first():
    world = World(build_rule(), build_rule(2, kind="fixed", points=20, expires_after_days=7))
    world.buy("10", window=0)
    lots = world.book.spendable_lots()
    assert [lot.available for lot in lots] == [20, 10]
    world.settle(8)
    assert world.balances("available") == (10,)


def test_sliding_points_live_as_long_as_the_member_is_active():
    world = World(
        build_rule(), expiry_mode="inactivity", expiry_months=3,
        expiry_activities=frozenset({"purchase"}),
    )  # fmt: skip
    world.buy("10", window=0)
    world.buy("10", day=80, window=0)
    world.settle(100)
    assert world.balances("available") == (20,)
    last = add_months(D(2026, 3, 2) + dt.timedelta(days=80), 3)
    world.settle(last)
    assert world.balances("available") == (20,)
    world.settle(last + dt.timedelta(days=1))
    assert world.balances("available") == (0,)


@pytest.mark.parametrize("window", ["rolling", "calendar_year", "fiscal_year", "joining"])
def test_downgrade_is_one_step_after_warning_and_grace(window):
    world = World(build_rule(), STATUS_RULE, tier_window=window, grace_days=30)
    world.buy("1200", day=0, window=0)
    assert world.book.tier_id == 3
    world.settle(365 * 2 + 60)
    steps = [(step.from_tier_id, step.to_tier_id) for step in world.book.tier_steps]
    assert steps[:2] == [(1, 3), (3, 2)]
    warnings = [n for n in world.book.notices if n.code == "tier_warning"]
    fell_on = day_of(world.book.tier_steps[1].effective_at, ZONE)
    assert (fell_on - day_of(warnings[0].effective_at, ZONE)).days == 30
    world.settle(365 * 5)
    assert world.book.tier_id == 1


def test_purchase_in_grace_keeps_the_tier():
    world = World(build_rule(), STATUS_RULE)
    world.buy("320", day=0, window=0)
    world.settle(366)
    assert world.book.grace_until_on is not None
    world.buy("300", day=370, window=0)
    assert world.book.grace_until_on is None
    world.settle(500)
    assert world.book.tier_id == 2


def test_lifetime_tiers_are_never_reviewed():
    world = World(build_rule(), STATUS_RULE, tier_window="lifetime")
    world.buy("320", day=0, window=0)
    world.settle(4000)
    assert (world.book.tier_id, world.book.review_on) == (2, None)


def test_credits_posted_after_the_year_still_count_for_it():
    world = World(build_rule(), STATUS_RULE, tier_window="calendar_year")
    world.buy("320", day=D(2026, 12, 28))
    world.settle(D(2027, 1, 11))
    assert world.book.tier_id == 2
    world.settle(D(2027, 12, 31))
    assert world.book.tier_id == 2


def test_new_terms_move_members_on_their_first_day():
    harder = tuple(
        level if level.rank < 2 else type(level)(3, "gold", 2, 2000, 1500, 103)
        for level in build_programme().levels
    )
    world = World(build_rule(), STATUS_RULE)
    world.terms = Terms(
        ZONE,
        [
            build_programme(),
            build_programme(id=2, starts_on=D(2026, 6, 1), levels=harder),
        ],
        [build_rule(), STATUS_RULE],
    )
    world.buy("1200", day=0, window=0)
    world.settle(D(2026, 6, 1))
    assert [n.code for n in world.book.notices] == ["tier_up", "tier_warning"]
    world.settle(D(2026, 7, 1))
    assert world.book.tier_id == 2
