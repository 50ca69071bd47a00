"""A tier held by decision, in the engine: never below it before its day, as any other after."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.engine.settling import settle
from rewards.engine.tiers import end_promises, keep_tier
from tests.rewards.world import DAY, World

WINDOWS = ["rolling", "calendar_year", "fiscal_year", "joining", "upgrade", "lifetime"]
GREEN, SILVER, GOLD = 1, 2, 3
RANKS = {GREEN: 0, SILVER: 1, GOLD: 2}


def day(number):
    return DAY + dt.timedelta(days=number)


def keep(world, tier, until, on=0, reason="decision"):
    world.settle(on)
    keep_tier(
        world.book, tier, day(until), world.terms, reason=reason, at=world.at(on), decided_by_id=9
    )
    world.settle(on)


def steps(world):
    return [
        (step.from_tier_id, step.to_tier_id, step.reason, (step.effective_at.date() - DAY).days)
        for step in world.book.tier_steps
    ]


def test_granted_tier_falls_one_step_at_a_time_after_its_day():
    world = World()
    keep(world, GOLD, until=90)
    world.settle(90)
    assert (world.book.tier_id, world.book.grace_until_on) == (GOLD, None)
    world.settle(91)
    assert (world.book.tier_id, world.book.grace_until_on) == (GOLD, day(120))
    world.settle(400)
    assert steps(world) == [
        (GREEN, GOLD, "decision", 0),
        (GOLD, SILVER, "downgrade", 121),
        (SILVER, GREEN, "downgrade", 152),
    ]
    assert world.book.tier_steps[0].decided_by_id == 9
    assert world.book.tier_steps[1].decided_by_id is None
    assert world.book.kept_tiers == []


def test_tier_in_grace_is_kept_and_falls_after_a_new_grace():
    world = World()
    world.buy("320", day=0, window=0)
    world.settle(380)
    assert (world.book.tier_id, world.book.grace_until_on is not None) == (SILVER, True)
    keep(world, SILVER, until=500, on=385)
    assert world.book.grace_until_on is None
    world.settle(500)
    assert world.book.tier_id == SILVER
    world.settle(501)
    assert world.book.grace_until_on == day(530)
    world.settle(531)
    assert world.book.tier_id == GREEN


def test_higher_tier_still_falls_to_the_one_that_is_kept():
    world = World()
    world.buy("1200", day=0, window=0)
    keep(world, SILVER, until=800, on=10)
    world.settle(799)
    assert world.book.tier_id == SILVER
    assert [step[2] for step in steps(world)] == ["upgrade", "downgrade"]


def test_bought_tier_outlives_the_promise():
    world = World()
    keep(world, GOLD, until=30)
    world.buy("1200", day=20, window=0)
    world.settle(200)
    assert steps(world) == [(GREEN, GOLD, "decision", 0)]
    assert world.book.grace_until_on is None


def test_tier_for_life_that_rests_on_a_decision_alone_falls_after_it():
    world = World(tier_window="lifetime")
    world.buy("320", day=0, window=0)
    keep(world, GOLD, until=60, on=1)
    world.settle(600)
    assert [step[:3] for step in steps(world)] == [
        (GREEN, SILVER, "upgrade"),
        (SILVER, GOLD, "decision"),
        (GOLD, SILVER, "downgrade"),
    ]
    assert world.book.review_on is None


def test_two_promises_hold_each_its_own_tier_for_its_own_time():
    world = World()
    keep(world, GOLD, until=30)
    keep(world, SILVER, until=200, on=5)
    assert world.book.kept_tiers == [(SILVER, day(200)), (GOLD, day(30))]
    world.settle(400)
    assert [step[1:] for step in steps(world)] == [
        (GOLD, "decision", 0),
        (SILVER, "downgrade", 61),
        (GREEN, "downgrade", 231),
    ]


def test_promise_that_another_outranks_and_outlasts_is_dropped():
    world = World()
    keep(world, SILVER, until=30)
    keep(world, GOLD, until=90, on=5)
    keep(world, SILVER, until=60, on=6)
    assert world.book.kept_tiers == [(GOLD, day(90))]


def test_promise_that_is_over_says_nothing_about_the_next():
    world = World()
    keep(world, GOLD, until=30)
    keep(world, SILVER, until=90, on=40)
    assert world.book.kept_tiers == [(SILVER, day(90))]


def test_promise_taken_back_goes_through_grace():
    world = World()
    keep(world, GOLD, until=300)
    world.settle(50)
    end_promises(world.book, day(50))
    world.settle(51)
    assert (world.book.tier_id, world.book.grace_until_on) == (GOLD, day(80))


def test_other_terms_do_not_break_a_promise():
    world = World()
    keep(world, SILVER, until=300)
    world.book.review_on = day(20)  # as where a new version begins
    world.settle(20)
    assert (world.book.tier_id, world.book.review_on) == (SILVER, day(301))


acts = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 60), st.integers(1, 900)),
        st.tuples(
            st.just("keep"),
            st.integers(0, 60),
            st.sampled_from([SILVER, GOLD]),
            st.integers(0, 200),
        ),
    ),
    max_size=8,
)


def live(world, history, every_day=False):
    """Play a history; returns what was promised as (tier, first day, last day), and its end."""
    now, promises = 0, []
    for act, wait, *rest in history:
        for step in range(now, now + wait + 1) if every_day else [now + wait]:
            world.settle(step)
        now += wait
        if act == "buy":
            world.buy(str(rest[0]), day=now, window=0)
        else:
            keep(world, rest[0], until=now + rest[1], on=now)
            promises.append((rest[0], now, now + rest[1]))
    return promises, now


@pytest.mark.parametrize("window", WINDOWS)
@settings(max_examples=60, deadline=None)
@given(history=acts, grace=st.sampled_from([0, 30]))
def test_nobody_stands_below_a_promise_before_its_day(window, history, grace):
    world = World(tier_window=window, tier_months=3, grace_days=grace)
    promises, end = live(world, history)
    for number in range(end, end + 260, 7):
        world.settle(number)
        for tier, first, last in promises:
            if first <= number <= last:
                assert RANKS[world.book.tier_id] >= RANKS[tier]
    for tier, first, last in promises:  # also on every day that has gone by
        for number in range(first, min(last, end) + 1):
            assert RANKS[world.book.tier_at(world.at(number))] >= RANKS[tier]


@pytest.mark.parametrize("window", WINDOWS)
@settings(max_examples=60, deadline=None)
@given(history=acts, grace=st.sampled_from([0, 30]))
def test_after_all_promises_the_tier_is_what_purchases_bear(window, history, grace):
    """Beside a member who bought the same and was promised nothing."""
    kept, plain = (World(tier_window=window, tier_months=3, grace_days=grace) for _ in "ab")
    live(kept, history)
    live(plain, [(act, wait, *rest) for act, wait, *rest in history if act == "buy"])
    for world in (kept, plain):
        for number in range(0, 4000, 60):
            settle(world.book, day(number), world.terms)
    assert kept.book.tier_id == plain.book.tier_id
    assert kept.book.grace_until_on is None


@pytest.mark.parametrize("window", WINDOWS)
@settings(max_examples=40, deadline=None)
@given(history=acts, grace=st.sampled_from([0, 30]))
def test_late_close_gives_the_same_steps_with_promises(window, history, grace):
    daily, late = (World(tier_window=window, tier_months=3, grace_days=grace) for _ in "ab")
    _promises, end = live(daily, history, every_day=True)
    live(late, history)
    for number in range(end, end + 600):
        daily.settle(number)
    late.settle(end + 599)
    assert steps(daily) == steps(late)
