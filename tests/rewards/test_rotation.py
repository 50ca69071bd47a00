import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rewards.models import Rotation
from rewards.selectors.rotation import count_turn, find_next_turn, list_turns, pick_turn

START = dt.date(2026, 3, 2)
rotations = st.builds(
    Rotation,
    starts_on=st.just(START),
    turn_days=st.integers(1, 40),
    slot_count=st.integers(1, 9),
)
rewards = st.lists(st.integers(1, 10**6), unique=True, max_size=12)
days = st.integers(-100, 4000).map(lambda number: START + dt.timedelta(days=number))


def test_three_of_five_take_turns_for_a_week():
    rotation = Rotation(starts_on=START, turn_days=7, slot_count=3)
    shown = [
        pick_turn([1, 2, 3, 4, 5], rotation, START + dt.timedelta(days=offset))
        for offset in (-1, 0, 6, 7, 14)
    ]
    assert shown == [set(), {1, 2, 3}, {1, 2, 3}, {4, 5, 1}, {2, 3, 4}]


@given(rewards, rotations, days)
def test_as_many_as_there_are_places_are_on_show(members, rotation, day):
    shown = pick_turn(members, rotation, day)
    expected = min(rotation.slot_count, len(members)) if day >= START else 0
    assert len(shown) == expected
    assert shown <= set(members)


@given(rewards, rotations, days)
def test_a_turn_lasts_its_days(members, rotation, day):
    for turn in list_turns(members, rotation, day, count=2):
        for on in (turn.starts_on, turn.ends_on):
            assert pick_turn(members, rotation, on) == set(turn.members)
        assert (turn.ends_on - turn.starts_on).days == rotation.turn_days - 1


@given(rewards.filter(bool), rotations, days)
def test_everybody_has_as_many_turns_as_anybody(members, rotation, day):
    turns = list_turns(members, rotation, day, count=len(members))
    counts = Counter(member for turn in turns for member in turn.members)
    assert set(counts.values()) == {min(rotation.slot_count, len(members))}
    assert set(counts) == set(members)


@given(rewards.filter(bool), rotations, days)
def test_next_turn_is_the_first_that_shows_the_reward(members, rotation, day):
    turn = find_next_turn(members[-1], members, rotation, day)
    assert members[-1] in turn.members
    assert turn.ends_on >= day
    before = max(day, START)
    while before < turn.starts_on:
        assert members[-1] not in pick_turn(members, rotation, before)
        before += dt.timedelta(days=rotation.turn_days)


def test_a_stranger_has_no_turn():
    rotation = Rotation(starts_on=START, turn_days=7, slot_count=3)
    assert find_next_turn(9, [1, 2], rotation, START) is None
    assert list_turns([], rotation, START, count=1)[0].members == []


def test_turns_before_the_first_are_negative():
    rotation = Rotation(starts_on=START, turn_days=7, slot_count=1)
    assert count_turn(rotation, START - dt.timedelta(days=1)) == -1
