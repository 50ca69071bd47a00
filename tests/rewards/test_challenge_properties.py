"""Random lives: however purchases, returns, stamps by hand and day closes fall, and in whatever
batches they are counted, cards say what their stamps say.
"""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from members.models import Member, User, WorkItem
from rewards.models import StampBook, StampCard
from rewards.registry import CHALLENGES
from rewards.services.challenges import count_batch, give_stamps
from rewards.services.closing import close_days
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.stamps import DAY, Cafe, assert_cards_true, make_card

pytestmark = pytest.mark.django_db
PEOPLE = ("mei", "lin")
QUICK = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
GOODS = ("coffee", "tea", "bread")
SALES = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE), st.integers(1, 4), st.sampled_from(GOODS), st.integers(0, 5),
        st.one_of(st.none(), st.integers(1, 4)),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


def say_progress():
    """What members have, without ids and without what was given and taken in between."""
    rows = StampCard.objects.filter(stamp_count__gt=0).order_by(
        "book__challenge__slug", "book__member_id", "round"
    )
    return list(
        rows.values_list(
            "book__challenge__slug", "book__member_id", "round", "stamp_count", "target",
            "filled_at",
        )
    )  # fmt: skip


def make_cards():
    make_card("items", count_by="item", target=4)
    make_card("purchases", target=3, minimum_amount=500)
    make_card("money", measure="sum", target=3000)
    make_card("kinds", measure="distinct", distinct_of="product", target=2)


def build(cafe, sales):
    purchases, returns = [], []
    for number, (person, quantity, product, day, back) in enumerate(sales):
        on = DAY + dt.timedelta(days=day)
        ticket = cafe.ticket(
            person, quantity, on=on, hour=9 + number % 3, product=product, pk=f"T{number}"
        )
        purchases.append(ticket)
        if back:
            returns.append(cafe.slip(f"T{number}", min(back, quantity), on=on, hour=20))
    return purchases, returns


@settings(max_examples=12, deadline=None,
          phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(sales=SALES)
def test_one_batch_and_many_leave_the_same_progress(counter, sales):
    results = []
    for together in (True, False):
        with transaction.atomic():
            make_cards()
            cafe = Cafe(counter.source)
            purchases, returns = build(cafe, sales)
            now = at(DAY + dt.timedelta(days=7))
            if together:
                cafe.take_in(*purchases, *returns, now=now)
            else:
                items = sorted(purchases, key=lambda item: (item.purchased_at, item.external_id))
                by_ticket = {each.returned_of: each for each in returns}
                for item in items:
                    cafe.take_in(item, now=now)
                    if item.external_id in by_ticket:
                        cafe.take_in(by_ticket[item.external_id], now=now)
            assert_cards_true()
            assert_ledger_true()
            members = dict(Member.objects.values_list("pk", "references__external_id"))
            progress = say_progress()
            results.append(
                [(slug, members[pk], number, count, target)
                 for slug, pk, number, count, target, _filled in progress]
            )  # fmt: skip
            transaction.set_rollback(True)
    assert sorted(results[0]) == sorted(results[1])


@settings(max_examples=12, deadline=None,
          phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(sales=SALES, order=st.randoms(use_true_random=False), hand=st.integers(-2, 3))
def test_batches_in_any_order_and_twice_leave_true_cards(counter, sales, order, hand):
    with transaction.atomic():
        make_cards()
        cafe = Cafe(counter.source, counts_at_once=False)
        purchases, returns = build(cafe, sales)
        now = at(DAY + dt.timedelta(days=7))
        for item in [*purchases, *returns]:
            cafe.take_in(item, now=now)
        waiting = list(WorkItem.objects.of_consumer(CHALLENGES).values_list("batch_id", flat=True))
        batches = waiting * 2
        order.shuffle(batches)
        staff = User.objects.create_superuser(email="staff@example.com", password="x")
        for place, batch_id in enumerate(batches):
            count_batch(batch_id, now)
            book = StampBook.objects.filter(challenge__slug="items").first()
            if place == len(batches) // 2 and hand and book and book.total + hand >= 0:
                give_stamps(
                    book.member, book.challenge, hand, reason="goodwill", happened_at=now,
                    key="hand", by=staff, now=now,
                )  # fmt: skip
            assert_cards_true()
        close_days(now=now + dt.timedelta(days=1))
        assert_cards_true()
        assert_ledger_true()
        first = {book.pk: book.total for book in StampBook.objects.all()}
        for batch_id in waiting:
            count_batch(batch_id, now)
        assert {book.pk: book.total for book in StampBook.objects.all()} == first
        transaction.set_rollback(True)
