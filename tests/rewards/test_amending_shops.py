"""From the shops' documented messages to points, amended on the way."""

import datetime as dt

import pytest

from members.models import MemberReference
from purchases.models import Purchase, ShopRefund
from rewards.models import Award
from rewards.services.settlement import settle_members
from tests.purchases.shops import change, make_shop, read_file
from tests.rewards.conftest import assert_ledger_true, balances

pytestmark = pytest.mark.django_db


@pytest.fixture
def shopify(rules, now):
    return make_shop("shopify", now)


@pytest.fixture
def woocommerce(rules, now):
    return make_shop("woocommerce", now)


def member_of(shop, reference):
    return MemberReference.objects.get(
        source_code=shop.connection.source.code, external_id=reference
    ).member


def test_shopify_order_earns_on_its_goods_and_not_on_shipping(shopify):
    delivery = shopify.send("orders/paid", read_file("shopify/orders_paid"))

    assert (delivery.state, delivery.note) == ("done", "Taken in.")
    purchase = Purchase.objects.get()
    assert (purchase.external_id, purchase.total_amount) == ("5678120304812", 4536 + 3402)
    member = member_of(shopify, "7112233445566")
    assert (member.email, member.phone) == ("priya.raman@example.com", "+15035550142")
    assert balances(member) == {"pending": 79, "status_pending": 79}
    assert_ledger_true()


def test_shopify_order_through_edit_and_refund(shopify):
    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    edited = shopify.send("orders/updated", read_file("shopify/orders_updated"))
    assert edited.note == "Amended: version 2."
    member = member_of(shopify, "7112233445566")
    assert balances(member) == {"pending": 102, "status_pending": 102}  # 79.38 + 23.10

    refund = shopify.send("refunds/create", read_file("shopify/refunds_create"))
    assert (refund.state, refund.note) == ("done", "Applied.")
    # One cup of two: 17.01 of 34.02; the line carries 34 points, half of them go.
    assert balances(member) == {"pending": 85, "status_pending": 85}

    after = shopify.send("orders/updated", read_file("shopify/orders_updated_after_refund"))
    assert after.note == "Known; nothing that counts has changed."
    assert balances(member) == {"pending": 85, "status_pending": 85}
    assert_ledger_true()


def test_shopify_money_without_goods_goes_over_the_lines(shopify):
    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    shopify.send("refunds/create", read_file("shopify/refunds_create_without_lines"))

    refund = ShopRefund.objects.get()
    parts = refund.applied_return.lines.order_by("line__position").values_list("amount", flat=True)
    assert list(parts) == [571, 429]  # 10.00 over 45.36 and 34.02
    assert balances(member_of(shopify, "7112233445566"))["pending"] == 79 - 5 - 4
    assert_ledger_true()


def test_woocommerce_order_counts_once_it_is_paid(woocommerce):
    created = woocommerce.send("order.created", read_file("woocommerce/order_created"))
    assert (created.state, Purchase.objects.count()) == ("ignored", 0)

    woocommerce.send("order.updated", read_file("woocommerce/order_updated"))
    member = member_of(woocommerce, "26")
    assert balances(member) == {"pending": 95, "status_pending": 95}  # 58.05 + 37.62
    assert_ledger_true()


@pytest.mark.parametrize(
    ("message", "back"),
    [
        ("order_updated_with_refunded_lines", {2: 3762}),
        # The documented list names no lines: 37.62 over 58.05 and 37.62.
        ("order_updated_after_refund", {1: 2283, 2: 1479}),
    ],
)
def test_woocommerce_refund_comes_in_the_orders_list(woocommerce, message, back):
    woocommerce.send("order.updated", read_file("woocommerce/order_updated"))
    woocommerce.send("order.updated", read_file(f"woocommerce/{message}"))

    lines = ShopRefund.objects.get().applied_return.lines
    assert dict(lines.values_list("line__position", "amount")) == back
    assert_ledger_true()


def test_woocommerce_order_deleted_in_time_gives_its_points_back(woocommerce):
    woocommerce.send("order.updated", read_file("woocommerce/order_updated"))
    member = member_of(woocommerce, "26")

    deleted = woocommerce.send("order.deleted", read_file("woocommerce/order_deleted"))

    assert (deleted.state, balances(member)) == ("done", {})
    assert Purchase.objects.get().total_amount == 0
    assert_ledger_true()


def test_woocommerce_housekeeping_takes_no_points(woocommerce, now):
    woocommerce.send("order.updated", read_file("woocommerce/order_updated"))
    member = member_of(woocommerce, "26")
    woocommerce.now = now + dt.timedelta(days=30)
    settle_members([member.pk], until=woocommerce.now.date(), now=woocommerce.now)

    deleted = woocommerce.send("order.deleted", read_file("woocommerce/order_deleted"))

    assert deleted.note == "Deleted in the shop after its time of return: its points stay."
    assert balances(member) == {"available": 95, "status": 95}


def test_cancelled_order_gives_its_points_back_and_comes_back_to_life(shopify):
    paid = read_file("shopify/orders_paid")
    shopify.send("orders/paid", paid)
    member = member_of(shopify, "7112233445566")
    cancelled = change(
        paid, cancelled_at="2026-03-08T10:00:00-08:00", updated_at="2026-03-08T10:00:00-08:00"
    )
    assert shopify.send("orders/cancelled", cancelled).note.startswith("Cancelled")
    assert balances(member) == {}
    again = shopify.send("orders/updated", change(paid, updated_at="2026-03-08T11:00:00-08:00"))
    assert again.note == "Amended: version 3."
    assert balances(member) == {"pending": 79, "status_pending": 79}
    assert Award.objects.filter(unit="points").count() == 2
    assert_ledger_true()
