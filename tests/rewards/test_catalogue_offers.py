"""What members see of the catalogue, and what each reward is to them."""

import datetime as dt
import itertools

import pytest

from core.time import day_of
from members.enums import AudienceKind
from members.selectors.gates import GateNotYetOpen
from members.services.audiences import (
    AudienceMove,
    ensure_audience,
    ensure_everyone,
    move_members,
)
from rewards.models import (
    Redemption,
    Reward,
    RewardCategory,
    RewardCode,
    RewardGate,
    RewardSession,
    Rotation,
    Tier,
)
from rewards.selectors.catalogue import (
    PER_PAGE,
    Wanted,
    get_reward_page,
    list_categories,
    list_goals,
    list_low_stock,
    list_offers,
)
from rewards.selectors.offers import Door
from rewards.selectors.rotation import list_rewards_on_show
from rewards.services.catalogue import GateTerms, add_wish, change_reward, set_gates
from rewards.services.redemption import redeem_reward
from tests.rewards.conftest import EVER, ZONE

pytestmark = pytest.mark.django_db
QUERIES_OF_LIST = 3
DAY = dt.timedelta(days=1)
NINE = dt.datetime(2026, 3, 10, 16, 0, tzinfo=dt.UTC)  # nine in the morning in Los Angeles
NOON = NINE + dt.timedelta(hours=3)


@pytest.fixture
def gold(programme):
    return Tier.objects.get(slug="gold").audience


@pytest.fixture
def look(mei, now):
    """``look(text="cup")`` → the offers that Mei sees, with 100 points, by name."""

    def see(member=mei, at=now, points=100, page=1, **wanted):
        points = None if member is None else points
        found = list_offers(member, Wanted(**wanted), now=at, available_points=points, page=page)
        return {offer.reward.name: offer for offer in found.offers}

    return see


def join(audience, member, now, is_added=True):
    move_members(None, [AudienceMove(audience.pk, member.pk, is_added=is_added)], now=now)


# --- Who sees what ------------------------------------------------------------------------------


def test_drafts_and_what_was_withdrawn_are_not_there(look, make_reward, now):
    make_reward("On offer")
    make_reward("Draft", published_at=None)
    make_reward("Withdrawn", retired_at=now)
    assert list(look()) == ["On offer"]


def test_without_a_gate_nobody_sees_it(look, make_reward, now):
    make_reward("No gate", gates=[])
    make_reward("Over", gates=[{"closes_at": now}])
    assert look() == look(member=None) == {}


def test_early_access_goes_by_the_audience_of_the_moment(mei, look, make_reward, gold):
    make_reward("Drop", gates=[{"audience": gold, "opens_at": NINE}, {"opens_at": NOON}])
    join(gold, mei, NINE)
    ten_past = look(at=NINE + dt.timedelta(minutes=10))["Drop"]
    assert (ten_past.door, ten_past.can_be_had) == (Door.EARLY, True)
    assert ten_past.reason == "Early for you: others can have it from March 10, noon"
    join(gold, mei, NINE + dt.timedelta(minutes=20), is_added=False)
    half_past = NINE + dt.timedelta(minutes=30)
    offer = look(at=half_past)["Drop"]
    assert (offer.door, offer.can_be_had) == (Door.SOON, False)
    assert offer.reason == "Opens for you on March 10, noon"
    with pytest.raises(GateNotYetOpen):
        redeem_reward(mei, offer.reward, key="a", by=mei.user, now=half_past)
    assert look(at=NOON)["Drop"].door == Door.OPEN


def test_others_are_told_of_tiers_and_not_of_lists(look, make_reward, gold, now):
    secret = ensure_audience("vip", kind=AudienceKind.LIST, name="Complained in May")
    make_reward("For gold", gates=[{"audience": gold}])
    make_reward("Gold next week", gates=[{"audience": gold, "opens_at": NINE + 7 * DAY}])
    make_reward("Secret", gates=[{"audience": secret}])
    offers = look()
    assert {name: offer.reason for name, offer in offers.items()} == {
        "For gold": "For Gold only",
        "Gold next week": "For Gold from March 17, 9 a.m.",
    }
    assert [offer.door for offer in offers.values()] == [Door.OTHERS, Door.OTHERS]
    assert get_reward_page(None, "reward-3", now=now, available_points=None) is None


def test_whoever_is_on_the_list_sees_it(mei, look, make_reward, now):
    secret = ensure_audience("vip", kind=AudienceKind.LIST, name="Complained in May")
    make_reward("Secret", gates=[{"audience": secret}])
    join(secret, mei, now)
    assert look()["Secret"].is_open
    assert look(member=None) == {}


def test_visitor_sees_what_every_member_would(look, make_reward, gold):
    make_reward("For all")
    make_reward("For gold", gates=[{"audience": gold}])
    offers = look(member=None)
    assert [offer.door for offer in offers.values()] == [Door.OPEN, Door.OTHERS]
    assert not any(offer.can_be_had or offer.is_wished for offer in offers.values())


def test_rewards_take_turns_and_say_when_they_return(mei, look, make_reward, now):
    rotation = Rotation.objects.create(
        name="Weekly", starts_on=dt.date(2026, 3, 9), turn_days=7, slot_count=1
    )
    for name in ("First", "Second"):
        make_reward(name, rotation=rotation, slug=name.lower())
    assert list(look()) == ["First"]
    assert list(look(at=now + 7 * DAY)) == ["Second"]
    page = get_reward_page(mei, "second", now=now, available_points=100)
    assert (page.offer.door, page.offer.can_be_had) == (Door.RESTING, False)
    assert page.offer.reason == "Takes turns with others: on show again from March 16"


# --- Prices and reach ---------------------------------------------------------------------------


def test_lowest_open_gate_sets_the_price(mei, look, make_reward, gold, now):
    make_reward(
        "Cup",
        price_points=200,
        price_amount=500,
        gates=[
            {"audience": gold, "price_points": 150, "price_amount": 0},
            {},
            {"opens_at": now + DAY, "price_points": 1},
        ],
    )
    assert (look()["Cup"].price_points, look()["Cup"].price_amount) == (200, 500)
    join(gold, mei, now)
    assert (look()["Cup"].price_points, look()["Cup"].price_amount) == (150, 0)


def test_price_of_what_is_to_come_is_that_of_its_gate(look, make_reward, gold, now):
    make_reward("Cup", gates=[{"opens_at": now + DAY, "price_points": 70}])
    make_reward("For gold", gates=[{"audience": gold, "price_points": 1}])
    assert [offer.price_points for offer in look().values()] == [70, 30]
    assert list(look(min_points=70)) == ["Cup"]


def test_how_far_it_is(look, make_reward):
    make_reward("Near", price_points=80)
    make_reward("Far", price_points=400)
    make_reward("Free", price_points=0)
    near, far, free = look().values()
    assert (near.missing_points, near.permille, near.remaining_points) == (0, 1000, 20)
    assert (far.missing_points, far.permille, far.can_be_had) == (300, 250, False)
    assert (free.permille, free.can_be_had) == (1000, True)


def test_household_points_count_as_they_are_given(look, make_reward):
    make_reward("Far", price_points=400)
    assert look(points=400)["Far"].can_be_had


# --- What runs out ------------------------------------------------------------------------------


def test_scarcest_of_stock_seats_and_codes_is_told(look, make_reward, now):
    make_reward("Mug", stock_left=3)
    make_reward("Many", stock_left=60)
    make_reward("Own number", stock_left=60, low_stock_count=60)
    make_reward("Gone", stock_left=0)
    pool = make_reward("Pool", kind="pool", stock_left=9)
    days = [None, dt.date(2026, 3, 10), dt.date(2026, 3, 9)]
    for number, day in enumerate(days):
        RewardCode.objects.create(
            reward=pool, code=number, match_key=number, expires_on=day, imported_at=now
        )
    tasting = make_reward("Tasting", kind="experience")
    for number in range(1, 4):
        RewardSession.objects.create(
            reward=tasting, starts_at=now + number * DAY, ends_at=now + (number + 1) * DAY,
            seat_count=4, seats_left=number - 1, cancelled_at=now if number == 3 else None,
        )  # fmt: skip
    offers = look()
    assert {name: (offer.left, offer.stock_text) for name, offer in offers.items()} == {
        "Mug": (3, "Only 3 left"),
        "Many": (60, ""),
        "Own number": (60, "Only 60 left"),
        "Gone": (0, "Sold out"),
        "Pool": (2, "Only 2 left"),
        "Tasting": (1, "Only 1 seat left"),
    }
    assert offers["Tasting"].next_session_at == now + 2 * DAY
    assert not offers["Gone"].can_be_had


def test_big_pool_is_not_counted_to_its_end(look, make_reward, now):
    pool = make_reward("Pool", kind="pool")
    RewardCode.objects.bulk_create(
        RewardCode(reward=pool, code=f"C{number}", match_key=f"C{number}", imported_at=now)
        for number in range(100)
    )
    assert look()["Pool"].left is None


@pytest.mark.parametrize(
    ("period", "days_ago", "left"),
    [("day", 0, 0), ("day", 1, 1), ("week", 1, 0), ("week", 2, 1), ("month", 9, 0),
     ("month", 10, 1), ("year", 60, 0), ("year", 80, 1), ("lifetime", 300, 0)],
)  # fmt: skip
def test_limit_counts_by_the_clubs_calendar(mei, look, make_reward, now, period, days_ago, left):
    reward = make_reward("Cup", price_points=0, limit_count=1, limit_period=period)
    redeem_reward(mei, reward, key="a", by=mei.user, now=now)
    Redemption.objects.update(reserved_at=now - days_ago * DAY)
    offer = look()["Cup"]
    assert (offer.limit_left, offer.can_be_had) == (left, bool(left))
    assert offer.limit_text.startswith("Limit: 1 " if left else "You have reached the limit: 1 ")
    assert len(list_goals(mei, now=now, available_points=0)) == left


def test_what_was_cancelled_or_lapsed_does_not_count(mei, look, make_reward, now):
    reward = make_reward("Cup", price_points=0, limit_count=1)
    redeem_reward(mei, reward, key="a", by=mei.user, now=now)
    Redemption.objects.update(state="cancelled", closed_at=now)

    def count_left():
        (left,) = {look()["Cup"].limit_left, len(list_goals(mei, now=now, available_points=0))}
        return left

    assert count_left() == 1
    Redemption.objects.update(state="expired", confirmed_at=None)
    assert count_left() == 1
    Redemption.objects.update(confirmed_at=now)
    assert count_left() == 0


# --- Looking for something ----------------------------------------------------------------------


@pytest.fixture
def shelf(make_reward, gold, now):
    drinks = RewardCategory.objects.create(slug="drinks", name="Drinks")
    make_reward("Matcha", price_points=40, category=drinks, position=3, published_at=now - DAY)
    make_reward("Mug", kind="goods", price_points=300, position=1, summary="抹茶茶碗")
    make_reward(
        "Cinema", kind="partner", partner="Kino 50%_", price_points=90, position=2, stock_left=0
    )
    make_reward(
        "Drop",
        price_points=100,
        gates=[{}, {"audience": gold, "opens_at": now + DAY}],
        position=9,
        published_at=now,
    )


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["Mug", "Cinema", "Matcha", "Drop"]),
        ({"sort": "cheapest"}, ["Matcha", "Cinema", "Drop", "Mug"]),
        ({"sort": "dearest"}, ["Mug", "Drop", "Cinema", "Matcha"]),
        ({"sort": "newest"}, ["Drop", "Matcha", "Cinema", "Mug"]),
        ({"sort": "nonsense"}, ["Mug", "Cinema", "Matcha", "Drop"]),
        ({"text": "mat"}, ["Matcha"]),
        ({"text": " 茶碗 "}, ["Mug"]),
        ({"text": "50%_"}, ["Cinema"]),
        ({"text": "_"}, ["Cinema"]),
        ({"text": "\\"}, []),
        ({"kinds": ["goods", "pool"]}, ["Mug"]),
        ({"category": "drinks"}, ["Matcha"]),
        ({"category": "nonsense"}, []),
        ({"is_affordable": True}, ["Matcha", "Drop"]),
        ({"is_early": True}, ["Drop"]),
        ({"min_points": 90, "max_points": 100}, ["Cinema", "Drop"]),
        ({"is_wished": True}, []),
    ],
)
def test_catalogue_is_narrowed_and_sorted(look, shelf, wanted, names):
    assert list(look(**wanted)) == names


def test_wish_list_keeps_what_can_t_be_had(mei, look, shelf, make_reward, gold, now):
    closed = make_reward("Closed", gates=[{"closes_at": now}])
    add_wish(mei, closed, now=now)
    add_wish(mei, Reward.objects.get(name="Mug"), now=now)
    offers = look(is_wished=True)
    assert list(offers) == ["Mug", "Closed"]
    assert all(offer.is_wished for offer in offers.values())
    assert (offers["Closed"].door, offers["Closed"].reason) == (
        Door.OVER,
        "Since March 10, 2026, noon, this is closed.",
    )


def test_pages_are_of_one_size_and_a_wrong_number_shows_the_nearest(mei, make_reward, now):
    for number in range(PER_PAGE + 1):
        make_reward(f"R{number}")

    def turn(page):
        return list_offers(mei, Wanted(), now=now, available_points=0, page=page)

    assert (len(turn(1).offers), turn(1).previous, turn(1).next) == (PER_PAGE, None, 2)
    assert (len(turn(2).offers), turn(99).number, turn(-3).number) == (1, 2, 1)


@pytest.mark.parametrize("count", [20, 2000])
def test_catalogue_asks_the_same_for_20_rewards_and_for_2000(
    mei, gold, now, count, assert_statements
):
    everyone = ensure_everyone()
    rotation = Rotation.objects.create(name="Weekly", starts_on=dt.date(2026, 3, 9), slot_count=9)
    kinds = itertools.cycle(["voucher", "pool", "experience", "goods"])
    rewards = Reward.objects.bulk_create(
        Reward(
            slug=f"r{number}", name=f"Reward {number}", kind=next(kinds), price_points=number,
            published_at=EVER, limit_count=1, limit_period="month",
            rotation=rotation if number % 10 == 0 else None,
        )
        for number in range(count)
    )  # fmt: skip
    RewardGate.objects.bulk_create(
        RewardGate(reward=reward, audience=audience, opens_at=EVER)
        for reward in rewards
        for audience in (everyone, gold)
    )
    with assert_statements(QUERIES_OF_LIST):
        page = list_offers(mei, Wanted(), now=now, available_points=100)
        [(offer.reason, offer.stock_text, offer.limit_text) for offer in page.offers]
    assert len(page.offers) == min(count, PER_PAGE)


# --- One reward ---------------------------------------------------------------------------------


def test_reward_page_brings_dates_and_what_goes_well_with_it(mei, make_reward, now):
    shelf = RewardCategory.objects.create(slug="fun", name="Fun")
    tasting = make_reward("Tasting", kind="experience", category=shelf, slug="tasting")
    dates = [
        RewardSession.objects.create(
            reward=tasting, starts_at=now + days * DAY, ends_at=now + (days + 1) * DAY,
            seat_count=2, seats_left=2, cancelled_at=cancelled,
        )
        for days, cancelled in ((3, None), (1, None), (2, now), (-1, None))
    ]  # fmt: skip
    cup = make_reward("Cup")
    for name in ("A", "B"):
        make_reward(name, category=shelf)
    page = get_reward_page(mei, "tasting", now=now, available_points=100)
    assert page.sessions == [dates[1], dates[0]]
    assert [offer.reward.name for offer in page.related] == ["A", "B"]
    change_reward(tasting, related=[cup], by=None, now=now)
    page = get_reward_page(mei, "tasting", now=now, available_points=100)
    assert [offer.reward.name for offer in page.related] == ["Cup"]


def test_reward_page_takes_a_constant_number_of_queries(mei, make_reward, now, assert_statements):
    shelf = RewardCategory.objects.create(slug="fun", name="Fun")
    make_reward("A", category=shelf, slug="a", kind="experience")
    with assert_statements(5):
        get_reward_page(mei, "a", now=now, available_points=100)
    for number in range(6):
        make_reward(f"B{number}", category=shelf)
    with assert_statements(5):
        page = get_reward_page(mei, "a", now=now, available_points=100)
    assert len(page.related) == 4


def test_unknown_and_unpublished_rewards_are_not_found(mei, make_reward, now):
    make_reward("Draft", slug="draft", published_at=None)
    make_reward("No gate", slug="none", gates=[])
    for slug in ("nowhere", "draft", "none"):
        assert get_reward_page(mei, slug, now=now, available_points=0) is None


def test_reward_that_is_over_says_so(mei, make_reward, now):
    make_reward("Over", slug="over", gates=[{"closes_at": now}])
    offer = get_reward_page(mei, "over", now=now, available_points=0).offer
    assert (offer.door, offer.gates) == (Door.OVER, [])


# --- Home and staff -----------------------------------------------------------------------------


def test_goals_are_what_is_wished_then_the_dearest_that_one_can_have(
    mei, make_reward, gold, now, assert_statements
):
    for name, points in (("Far", 500), ("Nearest", 120), ("Cheap", 10), ("Best", 100)):
        make_reward(name, price_points=points)
    make_reward("Gone", price_points=100, stock_left=0)
    make_reward("Gold", price_points=100, gates=[{"audience": gold}])

    def goals(limit=3):
        with assert_statements(1):
            found = list_goals(mei, now=now, available_points=100, limit=limit)
        return [(goal.name, goal.missing_points, goal.permille) for goal in found]

    assert goals(4) == [
        ("Best", 0, 1000), ("Cheap", 0, 1000), ("Nearest", 20, 833), ("Far", 400, 200)
    ]  # fmt: skip
    add_wish(mei, Reward.objects.get(name="Far"), now=now)
    assert goals() == [("Far", 400, 200), ("Best", 0, 1000), ("Cheap", 0, 1000)]


@pytest.mark.parametrize("day", range(-3, 40, 4))
@pytest.mark.parametrize(("count", "slots", "days"), [(1, 1, 1), (5, 3, 7), (4, 9, 2), (6, 4, 3)])
def test_turns_are_the_same_in_sql_and_in_python(look, make_reward, now, count, slots, days, day):
    """``catalogue._FIND`` and ``rotation.pick_turn`` say one thing."""
    rotation = Rotation.objects.create(
        name="r", starts_on=dt.date(2026, 3, 10), turn_days=days, slot_count=slots
    )
    for number in range(count):
        make_reward(f"R{number}", rotation=rotation, rotation_position=-number % 3)
    moment = now + day * DAY
    shown = {offer.reward.pk for offer in look(at=moment).values()}
    assert shown == list_rewards_on_show(rotation, day_of(moment, ZONE))


def test_low_stock_is_listed_for_staff(make_reward, now):
    make_reward("Enough", stock_left=6, low_stock_count=5)
    make_reward("Low", stock_left=5, low_stock_count=5)
    make_reward("Unwatched", stock_left=0)
    make_reward("Draft", stock_left=0, low_stock_count=5, published_at=None)
    pool = make_reward("Pool", kind="pool", low_stock_count=1)
    for number in range(2):
        RewardCode.objects.create(reward=pool, code=number, match_key=number, imported_at=now)
    make_reward("Seats", kind="experience", low_stock_count=1)
    assert {reward.name for reward in list_low_stock(now=now)} == {"Low", "Seats"}
    RewardCode.objects.filter(code="0").update(voided_at=now)
    low = {reward.name: reward.left_count for reward in list_low_stock(now=now)}
    assert low == {"Low": 5, "Pool": 1, "Seats": 0}


def test_shelves_with_nothing_on_them_are_left_out(shelf):
    RewardCategory.objects.create(slug="empty", name="Empty")
    assert [category.slug for category in list_categories()] == ["drinks"]


def test_offer_of_gates_that_say_the_same_is_for_its_tiers(look, make_reward, gold, now):
    reward = make_reward("For gold", gates=[])
    silver = Tier.objects.get(slug="silver").audience
    set_gates(reward, [GateTerms(gold, EVER), GateTerms(silver, EVER)], by=None, now=now)
    offer = look()["For gold"]
    assert offer.reason == "For Silver and Gold only"
    assert [line.name for line in offer.tiers] == ["Silver", "Gold"]
