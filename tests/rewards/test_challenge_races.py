"""Two workers at once: each test fails when the lock that it names is taken away."""

import datetime as dt

import pytest

from members.models import WorkItem
from members.services.work import process_due_work
from rewards.models import Entitlement, Stamp
from rewards.registry import CHALLENGES
from rewards.services.challenges import count_batch
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.stamps import DAY, Cafe, assert_cards_true, cards, make_card, total

pytestmark = pytest.mark.django_db(transaction=True)
NOW = at(DAY, 18)


@pytest.fixture
def cafe(counter):
    return Cafe(counter.source, counts_at_once=False)


def test_two_workers_and_one_members_batches_give_one_prize(cafe):
    """Lock: the standing row."""
    make_card(target=6)
    for hour in range(9, 17):
        cafe.sell("mei", hour=hour)
    batches = list(WorkItem.objects.of_consumer(CHALLENGES).values_list("batch_id", flat=True))
    results = together(*(lambda pk=pk: count_batch(pk, NOW) for pk in batches))
    assert results == [None] * 8
    mei = cafe.member("mei")
    assert (cards(mei), balances(mei)) == ([(6, 6, True), (2, 6, False)], {"available": 50})
    assert_cards_true()
    assert_ledger_true()


def test_one_batch_at_eight_workers_is_counted_once(cafe):
    """Lock: the standing row, taken before what was recorded is read."""
    make_card(count_by="item", target=10)
    cafe.sell("mei", 3)
    batch_id = WorkItem.objects.of_consumer(CHALLENGES).get().batch_id
    together(*(lambda: count_batch(batch_id, NOW) for _ in range(8)))
    assert (total(cafe.member("mei")), Stamp.objects.count()) == (3, 1)


def test_a_purchase_and_its_return_at_once_leave_what_is_left(cafe):
    """Lock: the standing row, taken before the lines are read."""
    make_card(count_by="item", target=10)
    for number in range(4):
        ticket = cafe.sell("mei", 3, hour=9 + number)
        cafe.give_back(ticket, 1)
    batches = list(WorkItem.objects.of_consumer(CHALLENGES).values_list("batch_id", flat=True))
    together(*(lambda pk=pk: count_batch(pk, NOW) for pk in batches))
    assert total(cafe.member("mei")) == 8
    assert_cards_true()


def test_workers_share_the_rows_and_none_is_lost(cafe, make_reward):
    """Lock: the work row, skipped by who comes second."""
    make_card(target=5, prize_kind="reward", prize_points=0, prize_reward=make_reward())
    for number in range(15):
        cafe.sell(f"m{number % 3}", on=DAY + dt.timedelta(days=number // 3))
    later = NOW + dt.timedelta(days=5)
    together(*(lambda: process_due_work(now=later) for _ in range(4)))
    process_due_work(now=later + dt.timedelta(hours=1))
    assert WorkItem.objects.count() == 0
    assert Entitlement.objects.count() == 3
    assert_cards_true()
