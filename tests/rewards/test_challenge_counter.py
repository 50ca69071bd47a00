"""The counter sees the new stamp right after the sale, and a work row never waits for a page."""

import datetime as dt

import pytest

from members.models import User, WorkItem
from members.services.work import process_batch
from purchases.models import Channel, Store
from rewards.models import Register
from rewards.registry import CHALLENGES
from rewards.services.counter import ring_up
from rewards.services.counter.draft import Draft, DraftLine
from tests.rewards.conftest import at
from tests.rewards.stamps import BEGUN, DAY, Cafe, cards, make_card

pytestmark = pytest.mark.django_db
NOW = at(DAY, 18)


def test_a_sale_at_the_counter_is_stamped_with_its_commit(
    counter, django_capture_on_commit_callbacks
):
    make_card(target=5)
    cafe = Cafe(counter.source)
    cafe.sell("mei", on=dt.date(2026, 2, 1))
    mei = cafe.member("mei")
    store = Store.objects.create(
        code="main", name="Main", zone="UTC", channel=Channel.objects.get(code="counter")
    )
    register = Register.objects.create(name="Till", store=store)
    sam = User.objects.create(email="sam@example.com", is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        ring_up(register, Draft([DraftLine(450)], 0), member=mei, key="k" * 16, by=sam, now=NOW)
    assert cards(mei) == [(1, 5, False)]
    assert WorkItem.objects.count() == 0


def test_a_batch_is_processed_at_once_or_left_to_whoever_has_it(counter):
    make_card(target=5, begins=BEGUN)
    cafe = Cafe(counter.source, counts_at_once=False)
    cafe.sell("mei")
    batch_id = WorkItem.objects.get().batch_id
    assert process_batch(CHALLENGES, batch_id, now=NOW) is True
    assert process_batch(CHALLENGES, batch_id, now=NOW) is False
    assert cards(cafe.member("mei")) == [(1, 5, False)]
