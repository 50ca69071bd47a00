"""The counter sees the new stamp right after the sale, and a work row never waits for a page."""

import datetime as dt

import pytest

from members.models import User, WorkItem
from members.services.work import process_batch
from purchases.models import Channel, Purchase, Store
from rewards.models import Entitlement, Register
from rewards.registry import CHALLENGES
from rewards.services.counter import claim_at_counter, ring_up
from rewards.services.counter.draft import Draft, DraftLine
from rewards.services.returns import preview_return, return_purchase
from tests.rewards.conftest import at
from tests.rewards.stamps import BEGUN, DAY, Cafe, cards, make_card

pytestmark = pytest.mark.django_db
NOW = at(DAY, 18)


@pytest.fixture
def till(counter):
    store = Store.objects.create(
        code="main", name="Main", zone="UTC", channel=Channel.objects.get(code="counter")
    )
    return Register.objects.create(name="Till", store=store)


@pytest.fixture
def sam(db):
    return User.objects.create(email="sam@example.com", is_staff=True)


def test_a_sale_at_the_counter_is_stamped_with_its_commit(
    counter, till, sam, django_capture_on_commit_callbacks
):
    make_card(target=5)
    cafe = Cafe(counter.source)
    cafe.sell("mei", on=dt.date(2026, 2, 1))
    mei = cafe.member("mei")
    with django_capture_on_commit_callbacks(execute=True):
        ring_up(till, Draft([DraftLine(450)], 0), member=mei, key="k" * 16, by=sam, now=NOW)
    assert cards(mei) == [(1, 5, False)]
    assert WorkItem.objects.of_consumer(CHALLENGES).count() == 0


def test_a_claim_at_the_counter_is_stamped_and_a_return_takes_the_reward_at_once(
    counter, till, sam, make_reward, django_capture_on_commit_callbacks
):
    make_card(target=1, prize_kind="reward", prize_points=0, prize_reward=make_reward())
    cafe = Cafe(counter.source)
    cafe.sell("mei", on=dt.date(2026, 2, 1))
    mei = cafe.member("mei")
    sold = ring_up(till, Draft([DraftLine(450)], 0), member=None, key="k" * 16, by=sam, now=NOW)
    purchase = Purchase.objects.get(pk=sold.purchase_id)
    claim_at_counter(purchase, mei, total_amount=450, by=sam, now=NOW)
    assert Entitlement.objects.open().count() == 1
    purchase.refresh_from_db()
    with django_capture_on_commit_callbacks() as after:
        preview_return(purchase, [], kind="money", now=NOW)
    assert after == []
    with django_capture_on_commit_callbacks(execute=True):
        return_purchase(purchase, [], kind="money", key="r", by=sam, now=NOW)
    assert Entitlement.objects.open().count() == 0
    assert WorkItem.objects.of_consumer(CHALLENGES).count() == 0


def test_a_batch_is_processed_at_once_or_left_to_whoever_has_it(counter):
    make_card(target=5, begins=BEGUN)
    cafe = Cafe(counter.source, counts_at_once=False)
    cafe.sell("mei")
    batch_id = WorkItem.objects.of_consumer(CHALLENGES).get().batch_id
    assert process_batch(CHALLENGES, batch_id, now=NOW) is True
    assert process_batch(CHALLENGES, batch_id, now=NOW) is False
    assert cards(cafe.member("mei")) == [(1, 5, False)]
