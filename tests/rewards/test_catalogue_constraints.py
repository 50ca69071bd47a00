"""Every named constraint of the catalogue, from both sides."""

import datetime as dt

import pytest

from members.services.audiences import ensure_everyone
from rewards.models import (
    Reward,
    RewardCode,
    RewardGate,
    RewardSession,
    Rotation,
    Tier,
    Wish,
)
from tests.constraints import guards, refused

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def make(programme):
    def make_reward(**fields):
        number = Reward.objects.count()
        row = {"slug": f"r{number}", "name": "Cup", "kind": "voucher", "price_points": 1}
        return Reward.objects.create(**row | fields)

    return make_reward


@pytest.fixture
def reward(make):
    return make()


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("reward_kind_is_known", {"kind": "goods"}, {"kind": "wishes"}),
        ("reward_limit_at_least_one", {"limit_count": 1}, {"limit_count": 0}),
        (
            "reward_credit_is_worth_something",
            {"kind": "credit", "value_amount": 1},
            {"kind": "credit"},
        ),
        ("reward_hold_at_least_a_minute", {"hold_minutes": 1}, {"hold_minutes": 0}),
        (
            "reward_without_codes_has_link",
            {"kind": "partner", "has_codes": False, "link": "https://kino.example/"},
            {"kind": "partner", "has_codes": False},
        ),
        ("reward_without_codes_has_link", {"kind": "pool"}, {"kind": "pool", "has_codes": False}),
    ],
)
def test_reward(make, constraint, good, bad):
    guards(constraint, make, good, bad)


@pytest.mark.parametrize("bad", [{"tier_days": 0}, {"tier": None}])
def test_tier_reward_names_tier_and_days(make, bad):
    good = {"kind": "tier", "tier": Tier.objects.get(slug="gold"), "tier_days": 1}
    guards("reward_tier_names_tier_and_days", make, good, good | bad)


def test_slug_is_of_one_reward(make):
    guards("rewards_reward_slug", make, {"slug": "b"}, {"slug": "a"}, beside={"slug": "a"})


@pytest.mark.parametrize("bad", [{"turn_days": 0}, {"slot_count": 0}])
def test_rotation_turns(db, bad):
    def make_rotation(**fields):
        return Rotation.objects.create(name="r", starts_on=dt.date(2026, 3, 9), **fields)

    guards("rotation_turns", make_rotation, {"turn_days": 1, "slot_count": 1}, bad)


@pytest.fixture
def make_gate(reward, now):
    def make_gate(**fields):
        row = {"reward": reward, "audience": ensure_everyone(), "opens_at": now}
        return RewardGate.objects.create(**row | fields)

    return make_gate


def test_gate_closes_after_it_opened(make_gate, now):
    guards(
        "rewards_rewardgate_closes_after_opening", make_gate, {"closes_at": now + HOUR},
        {"closes_at": now},
    )  # fmt: skip


def test_gate_is_once_per_audience_and_time(make_gate, now):
    guards("reward_gate_once", make_gate, {"opens_at": now + HOUR}, {}, beside={})


@pytest.fixture
def make_session(reward, now):
    def make_session(**fields):
        row = {"starts_at": now, "ends_at": now + HOUR, "seat_count": 2, "seats_left": 2}
        return RewardSession.objects.create(reward=reward, **row | fields)

    return make_session


def test_session_ends_after_it_starts(make_session, now):
    guards("session_ends_after_start", make_session, {}, {"ends_at": now})


def test_session_has_no_more_seats_left_than_it_has(make_session):
    guards("session_seats_within_count", make_session, {"seats_left": 0}, {"seats_left": 3})


def test_seats_never_fall_below_zero(make_session):
    session = make_session(seats_left=0)
    rows = RewardSession.objects.filter(pk=session.pk)
    refused("rewards_rewardsession_seats_left_check", lambda: rows.update(seats_left=-1))


def test_stock_never_falls_below_zero(make):
    rows = Reward.objects.filter(pk=make(stock_left=0).pk)
    refused("rewards_reward_stock_left_check", lambda: rows.update(stock_left=-1))


@pytest.fixture
def make_code(reward, now):
    def make_code(**fields):
        row = {"reward": reward, "code": "A-1", "match_key": "A1", "imported_at": now}
        return RewardCode.objects.create(**row | fields)

    return make_code


def test_code_is_once_in_its_pool(make, make_code):
    guards("reward_code_once", make_code, {"reward": make()}, {"code": "a1"}, beside={})


def test_code_has_something_to_compare(make_code):
    guards("reward_code_has_key", make_code, {}, {"match_key": ""})


def test_wish_is_made_once(mei, make, reward, now):
    def make_wish(**fields):
        return Wish.objects.create(**{"member": mei, "reward": reward, "created_at": now} | fields)

    guards("wish_once", make_wish, {"reward": make()}, {}, beside={})
