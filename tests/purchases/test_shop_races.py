"""Two at once at a shop's order: each test fails when the lock or constraint it names is gone."""

import itertools
import threading

import pytest
from django.db import connection, transaction

from purchases.models import (
    Purchase,
    PurchaseVersion,
    Return,
    ShopOrder,
    ShopRefund,
    WebhookDelivery,
)
from purchases.services.intake import take_in
from purchases.services.shops.processing import process_due_deliveries
from tests.purchases.shops import change, make_shop, read_file
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shopify(club, now):
    return make_shop("shopify", now)


@pytest.fixture
def paid():
    return read_file("shopify/orders_paid")


def process_together(now, workers=4):
    results = together(*[lambda: process_due_deliveries(now=now) for _each in range(workers)])
    assert not [result for result in results if isinstance(result, Exception)]
    return sum(results)


def test_same_message_eight_times_at_once_is_one_row(shopify, paid):
    """``webhook_once_accepted`` with ON CONFLICT."""
    responses = together(
        *[lambda: shopify.post("orders/paid", paid, delivery_id="same") for _each in range(8)]
    )
    assert {response.status_code for response in responses} == {200}
    assert WebhookDelivery.objects.get().seen_count == 8


def test_workers_share_the_messages_and_do_each_once(shopify, paid, now):
    """``skip_locked`` on the delivery."""
    for number in range(12):
        shopify.post("orders/paid", change(paid, id=1000 + number))
    assert process_together(now) == 12
    assert Purchase.objects.count() == 12
    attempts = set(WebhookDelivery.objects.values_list("attempt_count", flat=True))
    assert attempts == {1}


def test_versions_of_one_order_through_two_connections_end_as_the_newest(shopify, paid, now):
    """The order's row: without its lock two workers would both take the order in, or amend
    past each other.
    """
    second = make_shop("shopify", now, source=shopify.connection.source)
    versions = []
    for number, price in enumerate(["48.00", "50.00", "52.00", "54.00", "56.00", "58.00"]):
        said = change(paid, updated_at=f"2026-03-0{number + 1}T10:00:00-08:00")
        said["line_items"][0]["price"] = price
        versions.append(said)
    shops = itertools.cycle([shopify, second])
    for said, shop in zip([versions[index] for index in (3, 5, 0, 2, 4, 1)], shops, strict=False):
        shop.post("orders/updated", said)

    process_together(now)

    purchase = Purchase.objects.get()
    assert purchase.lines.get(position=1).amount == 5800 - 480 + 216
    numbers = sorted(PurchaseVersion.objects.values_list("number", flat=True))
    assert numbers == list(range(1, purchase.version + 1))


def test_refund_and_order_at_once_meet(shopify, paid, now):
    """The order's row again: the refund may not park while the order finds nothing parked."""
    for number in range(6):
        order = change(paid, id=2000 + number)
        refund = change(read_file("shopify/refunds_create"), id=3000 + number,
                        order_id=2000 + number)  # fmt: skip
        shopify.post("refunds/create", refund)
        shopify.post("orders/paid", order)

    process_together(now)

    assert set(ShopRefund.objects.values_list("state", flat=True)) == {"applied"}
    assert Return.objects.count() == 6


def test_same_order_from_a_file_at_the_same_moment_is_amended(shopify, paid, now, build_purchase):
    """``purchase_once_per_source``: whoever comes second finds the other's purchase."""
    source = shopify.connection.source
    shopify.post("orders/paid", paid)
    results = together(
        lambda: take_in(source, [build_purchase("5678120304812", member="9")], now=now),
        lambda: process_due_deliveries(now=now),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    process_due_deliveries(now=now)
    assert Purchase.objects.get().total_amount == 7938
    assert ShopOrder.objects.get().purchase == Purchase.objects.get()


def test_worker_waits_for_the_holder_of_the_order(shopify, paid, now):
    shopify.post("orders/paid", paid)
    process_due_deliveries(now=now)
    shopify.post("orders/updated", read_file("shopify/orders_updated"))
    with transaction.atomic():
        ShopOrder.objects.select_for_update().get()
        worker = _start(lambda: process_due_deliveries(now=now))
        worker.join(0.5)
        assert worker.is_alive()
        assert Purchase.objects.get().version == 1
    worker.join(10)
    assert Purchase.objects.get().version == 2


def _start(call):
    def run():
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
