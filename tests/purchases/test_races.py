"""Two transactions at once: each test fails when the lock or constraint it names is removed."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from members.models import Member
from purchases.incoming import IncomingLine
from purchases.models import Product, Purchase, Return
from purchases.services.intake import take_in
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_same_purchase_from_many_tills_is_taken_once(source, build_purchase, now):
    """``purchase_once_per_source`` with ON CONFLICT."""
    results = together(
        *[lambda: take_in(source, [build_purchase()], now=now) for _number in range(4)]
    )

    states = sorted(result.outcomes[0].state for result in results)
    assert states == ["created", "known", "known", "known"]
    assert (Purchase.objects.count(), Member.objects.count()) == (1, 1)


def test_rival_contents_leave_one_and_refuse_the_other(source, build_purchase, now):
    results = together(
        lambda: take_in(source, [build_purchase(store="1")], now=now),
        lambda: take_in(source, [build_purchase(store="2")], now=now),
    )

    assert sorted(result.outcomes[0].state for result in results) == ["created", "refused"]
    assert Purchase.objects.count() == 1


def test_batches_in_opposite_order_never_deadlock(source, build_purchase, now):
    """Parents are written in key order."""

    def build(number):
        lines = [IncomingLine(Decimal(1), 100, product=f"good {number}")]
        return build_purchase(f"P{number:03}", member=f"M{number}", lines=lines)

    purchases = [build(number) for number in range(200)]
    results = together(
        lambda: take_in(source, purchases, now=now),
        lambda: take_in(source, purchases[::-1], now=now),
    )

    assert sorted(result.purchase_count for result in results) == [0, 200]
    assert sorted(result.known_count for result in results) == [0, 200]
    assert (Product.objects.count(), Member.objects.count()) == (200, 200)


def test_two_returns_at_once_never_pass_what_was_bought(source, build_purchase, build_return, now):
    """FOR UPDATE on the purchase."""
    take_in(source, [build_purchase()], now=now)

    results = together(
        *[
            lambda name=f"R{number}": take_in(source, [], [build_return(name)], now=now)
            for number in range(4)
        ]
    )

    states = sorted(result.outcomes[0].state for result in results)
    assert states == ["created", "refused", "refused", "refused"]
    assert Return.objects.get().total_amount == 500


def test_return_waits_for_the_holder_of_its_purchase(source, build_purchase, build_return, now):
    take_in(source, [build_purchase()], now=now)
    answered = threading.Event()

    def give_back():
        result = take_in(source, [], [build_return()], now=now)
        answered.set()
        return result

    with transaction.atomic():
        Purchase.objects.select_for_update().get()
        thread = threading.Thread(target=lambda: (give_back(), connection.close()))
        thread.start()
        assert not answered.wait(0.3)
    thread.join(timeout=10)

    assert answered.is_set()
    assert Return.objects.get().returned_at - now == dt.timedelta(0)
