"""What gives stamps, what fills cards, what returns take back (docs/challenges.md)."""

import datetime as dt

import pytest

from members.enums import AudienceKind
from members.models import AudienceMember, Notice
from members.services.audiences import ensure_audience
from purchases.models import Category, Product
from rewards.models import Entitlement, Stamp, StampCard, Transfer
from rewards.registry import CHALLENGES
from rewards.services.challenges import count_batch, end_challenge
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.stamps import (
    BEGUN,
    DAY,
    Cafe,
    amounts,
    assert_cards_true,
    cards,
    make_card,
    publish,
    total,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cafe(counter):
    return Cafe(counter.source)


def test_third_purchase_fills_a_card_and_gives_its_prize_once(cafe):
    make_card()
    for day in (9, 10, 11):
        cafe.sell("mei", on=dt.date(2026, 3, day))
    mei = cafe.member("mei")
    assert cards(mei) == [(3, 3, True)]
    assert balances(mei) == {"available": 50}
    card = StampCard.objects.get()
    assert (card.begun_at, card.filled_at) == (at(dt.date(2026, 3, 9)), at(DAY))
    assert Transfer.objects.get().key == f"prize:stamp_card:{card.pk}:1"
    assert Notice.objects.get(code="stamp_card_full").member == mei
    assert_cards_true()
    assert_ledger_true()


def test_eleventh_coffee_of_one_purchase_goes_on_the_next_card(cafe):
    make_card(target=10, count_by="item")
    cafe.sell("mei", 9)
    cafe.sell("mei", 2)
    mei = cafe.member("mei")
    assert cards(mei) == [(10, 10, True), (1, 10, False)]
    cafe.sell("mei", 29, hour=13)
    assert cards(mei) == [(10, 10, True)] * 4
    assert balances(mei) == {"available": 200}
    assert_cards_true()


def test_a_card_for_once_takes_no_second_round(cafe):
    make_card(target=2, round_limit=1)
    for hour in (9, 10, 11):
        cafe.sell("mei", hour=hour)
    mei = cafe.member("mei")
    assert (cards(mei), total(mei)) == ([(2, 2, True)], 3)
    assert_cards_true()


@pytest.mark.parametrize(
    ("terms", "sold", "expected"),
    [
        ({}, {}, [1]),
        ({"count_by": "item"}, {"quantity": 3}, [3]),
        ({"count_by": "item"}, {"quantity": "0.35"}, [1]),
        ({"measure": "sum", "target": 2000}, {"quantity": 2}, [800]),
        ({"minimum_amount": 401}, {}, []),
        ({"minimum_amount": 400}, {}, [1]),
        ({"day_limit": 2, "count_by": "item"}, {"quantity": 5}, [2]),
        ({}, {"price": 0}, []),
        ({}, {"paid_otherwise": 400}, []),
        ({"measure": "sum", "target": 2000}, {"paid_otherwise": 150}, [250]),
        ({"measure": "distinct", "distinct_of": "product"},
         {"lines": [("tea", 1, 300), ("coffee", 1, 400), ("tea", 2, 600)]}, [1, 1]),
        ({"measure": "distinct", "distinct_of": "category"},
         {"lines": [("tea", 1, 300), ("coffee", 1, 400)]}, [1, 1]),
        ({"measure": "distinct", "distinct_of": "store"}, {}, []),
        ({"measure": "distinct", "distinct_of": "day"}, {}, [1]),
    ],
)  # fmt: skip
def test_a_purchase_gives_what_the_terms_count(cafe, terms, sold, expected):
    make_card(**terms)
    cafe.sell("mei", **sold)
    assert amounts(cafe.member("mei")) == expected
    assert_cards_true()


def test_only_goods_and_places_that_are_named_count(cafe):
    cafe.sell("mei", on=dt.date(2026, 2, 1), lines=[("coffee", 1, 400), ("bread", 1, 300)])
    coffee = Product.objects.get(external_id="coffee")
    inside = coffee.category
    outside = Category.objects.create(slug="drinks", name="Drinks")
    inside.parent = outside
    inside.save(update_fields=["parent"])
    make_card("product", count_by="item", product_ids=[coffee.pk])
    make_card("category", count_by="item", category_ids=[outside.pk])
    make_card("elsewhere", channel_ids=[0])
    make_card("nowhere", store_ids=[0])
    cafe.sell("mei", lines=[("coffee", 2, 800), ("bread", 1, 300)])
    mei = cafe.member("mei")
    assert [amounts(mei, slug) for slug in ("product", "category", "elsewhere", "nowhere")] == [
        [2], [2], [], []
    ]  # fmt: skip
    assert Stamp.objects.filter(positions=[1]).count() == 2


def test_a_day_limit_counts_the_day_before_the_batch_and_inside_it(cafe):
    make_card(day_limit=2, target=10)
    cafe.sell("mei", hour=8)
    cafe.take_in(*(cafe.ticket("mei", hour=hour) for hour in (9, 10, 11)))
    cafe.sell("mei", on=DAY + dt.timedelta(days=1))
    assert amounts(cafe.member("mei")) == [1, 1, 1]


def test_gates_ask_for_the_audience_and_its_time(cafe):
    audience = ensure_audience("list-a", kind=AudienceKind.LIST, name="A")
    make_card(audiences=[audience])
    cafe.sell("mei")
    mei = cafe.member("mei")
    assert amounts(mei) == []
    AudienceMember.objects.create(audience=audience, member=mei, added_at=BEGUN)
    cafe.sell("mei", hour=15)
    assert amounts(mei) == [1]


def test_what_lies_outside_the_span_or_after_the_end_counts_nothing(cafe):
    card = make_card(ends_at=at(dt.date(2026, 4, 1), 0))
    cafe.sell("mei", on=dt.date(2026, 2, 28))
    cafe.sell("mei", on=dt.date(2026, 4, 1))
    cafe.sell("mei", on=dt.date(2026, 3, 31))
    end_challenge(card, at=at(dt.date(2026, 3, 20)), by=None, now=at(dt.date(2026, 3, 20)))
    cafe.sell("mei", on=dt.date(2026, 3, 21))
    cafe.sell("mei", on=dt.date(2026, 3, 19))
    assert total(cafe.member("mei")) == 2


def test_history_that_comes_late_fills_cards_without_news(cafe):
    make_card(target=2)
    for hour in (9, 10):
        cafe.sell("mei", hour=hour, now=at(DAY + dt.timedelta(days=3)))
    assert cards(cafe.member("mei")) == [(2, 2, True)]
    assert not Notice.objects.filter(code="stamp_card_full").exists()


# --- Returns ------------------------------------------------------------------------------------


def test_a_return_takes_its_stamps_back_from_what_was_recorded(cafe):
    make_card(count_by="item", target=10)
    cafe.sell("mei", 3, pk="A")
    cafe.sell("mei", 2, pk="B")
    cafe.give_back("A", 1)
    mei = cafe.member("mei")
    assert (amounts(mei), cards(mei)) == ([3, 2, -1], [(4, 10, False)])
    cafe.give_back("A", 2, hour=15)
    assert (amounts(mei), total(mei)) == ([3, 2, -1, -2], 2)
    assert_cards_true()


def test_a_return_asks_nothing_of_todays_terms(cafe):
    card = make_card(count_by="item", target=10)
    cafe.sell("mei", 3, pk="A")
    publish(card, begins=at(DAY, 13), target=10, product_ids=[0])
    cafe.give_back("A", 1, hour=15)
    assert amounts(cafe.member("mei")) == [3, -1]


def test_what_falls_below_the_minimum_by_a_return_loses_its_stamp(cafe):
    make_card(minimum_amount=800)
    cafe.sell("mei", 3, pk="A")
    cafe.give_back("A", 1)
    assert amounts(cafe.member("mei")) == [1]
    cafe.give_back("A", 1, hour=15)
    assert amounts(cafe.member("mei")) == [1, -1]


def test_a_day_limit_takes_back_only_what_it_gave(cafe):
    make_card(count_by="item", day_limit=2, target=10)
    cafe.sell("mei", 4, pk="A")
    cafe.give_back("A", 2)
    assert amounts(cafe.member("mei")) == [2]
    cafe.give_back("A", 1, hour=15)
    assert amounts(cafe.member("mei")) == [2, -1]


def test_an_unused_reward_goes_back_with_the_stamp_and_comes_again(cafe, make_reward):
    reward = make_reward()
    make_card(target=2, prize_kind="reward", prize_points=0, prize_reward=reward)
    cafe.sell("mei", hour=9)
    ticket = cafe.sell("mei", hour=10)
    mei = cafe.member("mei")
    assert Entitlement.objects.open().count() == 1
    cafe.give_back(ticket, hour=11)
    assert cards(mei) == [(1, 2, False)]
    assert Entitlement.objects.open().count() == 0
    cafe.sell("mei", hour=13)
    assert cards(mei) == [(2, 2, True)]
    assert Entitlement.objects.open().count() == 1
    assert_cards_true()


def test_points_that_a_card_gave_stay_and_the_card_fills_again_without_more(cafe):
    make_card(target=2)
    cafe.sell("mei", hour=9)
    ticket = cafe.sell("mei", hour=10)
    mei = cafe.member("mei")
    cafe.give_back(ticket, hour=11)
    assert (cards(mei), balances(mei)) == ([(1, 2, True)], {"available": 50})
    cafe.sell("mei", hour=13)
    cafe.sell("mei", hour=14)
    assert (cards(mei), balances(mei)) == ([(2, 2, True), (1, 2, False)], {"available": 50})
    assert_cards_true()
    assert_ledger_true()


def test_different_ones_stand_in_for_each_other(cafe):
    make_card(measure="distinct", distinct_of="product", target=3)
    cafe.sell("mei", product="tea", pk="A", hour=8)
    cafe.sell("mei", product="tea", pk="B", hour=9)
    cafe.sell("mei", product="coffee", hour=10)
    mei = cafe.member("mei")
    assert total(mei) == 2
    cafe.give_back("A", hour=11)
    assert total(mei) == 2
    cafe.give_back("B", hour=13)
    assert total(mei) == 1
    assert_cards_true()


# --- Versions -----------------------------------------------------------------------------------


def test_a_begun_card_keeps_what_it_asks_and_gives(cafe):
    card = make_card(target=3)
    cafe.sell("mei", hour=9)
    publish(card, begins=at(DAY, 10), target=2, prize_points=70)
    cafe.sell("mei", hour=11)
    cafe.sell("mei", hour=13)
    cafe.sell("mei", hour=14)
    cafe.sell("mei", hour=15)
    mei = cafe.member("mei")
    assert cards(mei) == [(3, 3, True), (2, 2, True)]
    assert balances(mei) == {"available": 120}


# --- Once, late, in any order -------------------------------------------------------------------


def test_the_same_batch_twice_counts_once(cafe):
    make_card(count_by="item")
    cafe.sell("mei", 2, pk="A")
    batch_id = Stamp.objects.get().activity_id and _batch_of(Stamp.objects.get())
    count_batch(batch_id, at(DAY, 18))
    count_batch(batch_id, at(DAY, 18))
    assert amounts(cafe.member("mei")) == [2]


def _batch_of(stamp):
    from members.models import Activity

    return Activity.objects.get(pk=stamp.activity_id).batch_id


def test_a_return_that_is_counted_before_its_purchase(cafe):
    from members.models import WorkItem

    make_card(count_by="item")
    cafe.counts_at_once = False
    cafe.sell("mei", 3, pk="A")
    cafe.give_back("A", 1)
    items = WorkItem.objects.of_consumer(CHALLENGES).order_by("pk")
    first, second = items.values_list("batch_id", flat=True)
    count_batch(second, at(DAY, 18))
    count_batch(first, at(DAY, 18))
    count_batch(second, at(DAY, 18))
    assert total(cafe.member("mei")) == 2
    work(at(DAY, 18))
    assert total(cafe.member("mei")) == 2
    assert_cards_true()


def test_many_members_in_one_batch(cafe):
    make_card(target=2)
    cafe.take_in(
        *(
            cafe.ticket(f"m{number}", hour=hour)
            for number in range(70)
            for hour in range(9, 9 + number % 5)
        )
    )
    mine = [cards(cafe.member(f"m{number}")) for number in range(1, 5)]
    assert mine == [
        [(1, 2, False)], [(2, 2, True)], [(2, 2, True), (1, 2, False)],
        [(2, 2, True), (2, 2, True)],
    ]  # fmt: skip
    assert_cards_true()
    assert_ledger_true()


@pytest.mark.parametrize("others", [0, 7])
def test_a_purchase_and_its_return_in_one_batch(cafe, others):
    make_card(count_by="item", target=10)
    tickets = [cafe.ticket("mei", 1, pk=f"O{number}") for number in range(others)]
    cafe.take_in(*tickets, cafe.ticket("mei", 2, pk="A"), cafe.slip("A", 1))
    assert total(cafe.member("mei")) == others + 1


def test_a_return_counts_once_for_each_of_several_cards(cafe):
    make_card("items", count_by="item", target=10)
    make_card("money", measure="sum", target=9000)
    make_card("purchases")
    ticket = cafe.sell("mei", 3)
    cafe.give_back(ticket, 1)
    mei = cafe.member("mei")
    assert [total(mei, slug) for slug in ("items", "money", "purchases")] == [2, 800, 1]
