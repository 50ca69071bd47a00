"""What becomes of a shop's messages: taken in, left, parked or refused, in words that say why."""

import datetime as dt

import pytest
from django.utils import timezone

from members.models import ErasureRequest, Member, MemberReference
from members.services.enrolment import create_member
from purchases.models import (
    Purchase,
    Return,
    ShopOrder,
    ShopPrivacyRequest,
    ShopRefund,
    WebhookBody,
    WebhookDelivery,
)
from purchases.registrations import erase_messages
from purchases.selectors import list_waiting_deliveries
from purchases.services.shops import processing
from purchases.services.shops.processing import process_due_deliveries
from tests.purchases.shops import change, make_shop, read_file

pytestmark = pytest.mark.django_db
ORDER = "5678120304812"


@pytest.fixture
def shopify(club, now):
    return make_shop("shopify", now)


@pytest.fixture
def woocommerce(club, now):
    return make_shop("woocommerce", now)


@pytest.fixture
def paid():
    return read_file("shopify/orders_paid")


def list_lines():
    lines = Purchase.objects.get().lines.order_by("position")
    return list(
        lines.values_list("external_id", "quantity", "amount", "discount_amount", "tax_amount")
    )


# --- What counts ---------------------------------------------------------------------------------


def test_lines_are_what_was_paid_for_goods(shopify, paid):
    shopify.send("orders/paid", paid)
    assert list_lines() == [
        ("13977001001", 1, 4536, 480, 216),
        ("13977001002", 2, 3402, 360, 162),
    ]
    purchase = Purchase.objects.get()
    assert purchase.purchased_at == dt.datetime(2026, 3, 6, 19, 4, 28, tzinfo=dt.UTC)
    assert purchase.lines.first().product.name == "Canvas Tote, Ink"
    order = ShopOrder.objects.get()
    assert (order.name, order.state, order.total_amount) == ("#1042", "counted", 8738)


def test_prices_with_tax_hold_it_already(shopify, paid):
    shopify.send("orders/paid", change(paid, taxes_included=True))
    assert [line[2] for line in list_lines()] == [4320, 3240]


def test_gift_cards_and_tips_are_no_goods(shopify, paid):
    paid["line_items"][0]["gift_card"] = True
    paid["line_items"].append(
        {**paid["line_items"][1], "id": 9, "title": "Tip", "tip": {"payment_gateway": "x"}}
    )
    shopify.send("orders/paid", paid)
    assert [line[0] for line in list_lines()] == ["13977001002"]


def test_nothing_but_a_gift_card_is_no_purchase(shopify, paid):
    paid["line_items"] = [{**paid["line_items"][0], "gift_card": True}]
    delivery = shopify.send("orders/paid", paid)
    assert (delivery.state, Purchase.objects.count()) == ("ignored", 0)


def test_what_an_edit_took_off_is_told_once(shopify, paid):
    """``current_quantity`` without a refund is an edit; with one, the refund tells it."""
    edited = change(paid, updated_at="2026-03-07T10:00:00-08:00")
    edited["line_items"][1]["current_quantity"] = 1
    shopify.send("orders/paid", edited)
    assert list_lines()[1] == ("13977001002", 1, 1701, 180, 81)

    after = read_file("shopify/orders_updated_after_refund")
    shopify.send("orders/updated", after)
    assert list_lines()[1] == ("13977001002", 2, 3402, 360, 162)
    assert Return.objects.get().total_amount == 1701


def test_woocommerce_lines_hold_their_tax_and_bear_negative_fees(woocommerce):
    order = read_file("woocommerce/order_updated")
    order["fee_lines"] = [
        {"id": 1, "name": "Loyal", "total": "-10.00", "total_tax": "-0.75"},
        {"id": 2, "name": "Wrapping", "total": "3.00", "total_tax": "0.00"},
    ]
    woocommerce.send("order.updated", order)
    assert [line[:3] for line in list_lines()] == [("315", 2, 5153), ("316", 1, 3339)]
    assert Purchase.objects.get().discount_amount == 645 + 1075


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"test": True}, "A test order."),
        ({"financial_status": "pending"}, "Not paid"),
        ({"financial_status": "authorized"}, "Not paid"),
        ({"financial_status": "partially_paid"}, "Not paid"),
        ({"financial_status": "voided"}, "Not paid"),
        ({"cancelled_at": "2026-03-06T12:00:00-08:00"}, "Cancelled before it counted."),
    ],
)
def test_shopify_order_that_does_not_count(shopify, paid, fields, note):
    delivery = shopify.send("orders/updated", change(paid, **fields))
    assert delivery.state == "ignored"
    assert delivery.note.startswith(note)
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("processing", True),
        ("completed", True),
        ("refunded", True),
        ("packed", True),
        ("on-hold", False),
        ("pending", False),
        ("failed", False),
        ("cancelled", False),
        ("trash", False),
        ("checkout-draft", False),
    ],
)
def test_woocommerce_order_counts_by_status_once_it_was_paid(woocommerce, status, counts):
    order = read_file("woocommerce/order_updated")
    woocommerce.send("order.updated", change(order, status=status))
    assert Purchase.objects.exists() == counts
    unpaid = change(order, id=728, status=status, date_paid_gmt=None)
    woocommerce.send("order.updated", unpaid)
    assert not Purchase.objects.filter(external_id="728").exists()


def test_paid_after_it_was_seen_unpaid(shopify, paid):
    shopify.send("orders/updated", change(paid, financial_status="pending"))
    delivery = shopify.send("orders/paid", paid)
    assert (delivery.state, delivery.purchase.external_id) == ("done", ORDER)


def test_order_that_is_not_paid_up_any_more_keeps_what_counted(shopify, paid):
    """An edit that adds goods is not paid yet: the paid version goes on counting."""
    shopify.send("orders/paid", paid)
    later = change(paid, financial_status="partially_paid", updated_at="2026-03-08T10:00:00-08:00")
    assert shopify.send("orders/updated", later).state == "ignored"
    assert Purchase.objects.get().total_amount == 7938


# --- Refused -------------------------------------------------------------------------------------


def test_other_currency_is_refused_by_name(shopify, paid):
    delivery = shopify.send("orders/paid", change(paid, currency="EUR"))
    assert delivery.state == "refused"
    assert delivery.note == "“EUR” is not the club's currency, USD."
    refund = shopify.send("refunds/create", read_file("shopify/refunds_create"))
    assert (refund.state, ShopRefund.objects.get().state) == ("ignored", "empty")


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"id": 1}',
        b'{"id": true, "updated_at": "2026-03-06T11:00:00Z"}',
        b'{"id": 1, "updated_at": "yesterday"}',
        b'{"id": 1, "updated_at": "2026-03-06T11:00:00"}',
        b'{"id": 1, "updated_at": "2026-03-06T11:00:00Z", "total_price": "1e99"}',
        b'{"id": 1, "updated_at": "2026-03-06T11:00:00Z", "total_price": NaN}',
        b'{"id": 1, "updated_at": "2026-03-06T11:00:00Z", "line_items": "many"}',
        b'{"id": 1, "updated_at": "2026-03-06T11:00:00Z", "line_items": [{"id": 2}]}',
        b"[" * 100_000,
    ],
)
def test_message_that_cannot_be_read_is_refused_in_words(shopify, body):
    delivery = shopify.send("orders/paid", body)
    assert delivery.state == "refused"
    assert delivery.note.startswith("The message can't be read")
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [("quantity", -1), ("quantity", "many"), ("price", "1,00"), ("id", None), ("price", [1])],
)
def test_line_that_cannot_be_read_refuses_its_order(shopify, paid, path, value):
    paid["line_items"][0][path] = value
    assert shopify.send("orders/paid", paid).state == "refused"


def test_order_from_the_future_is_refused(shopify, paid):
    delivery = shopify.send("orders/paid", change(paid, processed_at="2031-03-06T11:04:28-08:00"))
    assert delivery.state == "refused"
    assert "outside of" in delivery.note


def test_topic_without_use_is_ignored(shopify, woocommerce):
    assert shopify.send("products/update", {"id": 1}).note == "The club has no use for this topic."
    assert woocommerce.send("coupon.created", {"id": 1}).state == "ignored"


def test_refund_larger_than_the_order_is_refused_and_nothing_is_lost(shopify, paid):
    shopify.send("orders/paid", paid)
    refund = read_file("shopify/refunds_create_without_lines")
    refund["order_adjustments"][0]["amount"] = "-100.00"
    refund["transactions"][0]["amount"] = "100.00"

    delivery = shopify.send("refunds/create", refund)

    assert delivery.state == "refused"
    assert delivery.note == "$100.00 come back, and $87.38 are left of the order."
    assert (ShopRefund.objects.get().state, Return.objects.count()) == ("refused", 0)


def test_refund_of_more_pieces_than_were_bought_is_refused(shopify, paid):
    shopify.send("orders/paid", paid)
    refund = read_file("shopify/refunds_create")
    refund["refund_line_items"][0]["quantity"] = 3
    delivery = shopify.send("refunds/create", refund)
    assert delivery.note == "More would have come back than was bought on line 2."


def test_refund_of_an_unknown_line_is_refused(shopify, paid):
    shopify.send("orders/paid", paid)
    refund = read_file("shopify/refunds_create")
    refund["refund_line_items"][0]["line_item_id"] = 77
    assert "no line “77”" in shopify.send("refunds/create", refund).note


def test_refused_refund_fits_once_the_order_has_grown(shopify, paid):
    shopify.send("orders/paid", paid)
    refund = read_file("shopify/refunds_create")
    refund["refund_line_items"][0] |= {"line_item_id": 13977001003, "subtotal": 22.0,
                                       "total_tax": 1.1}  # fmt: skip
    assert shopify.send("refunds/create", refund).state == "refused"

    shopify.send("orders/updated", read_file("shopify/orders_updated"))

    assert ShopRefund.objects.get().state == "applied"
    assert Return.objects.get().total_amount == 2310


# --- Out of order --------------------------------------------------------------------------------


def test_refund_before_its_order_is_parked_and_applied_when_it_comes(shopify, paid):
    delivery = shopify.send("refunds/create", read_file("shopify/refunds_create"))
    assert (delivery.state, delivery.order_external_id) == ("parked", ORDER)
    assert ShopRefund.objects.parked().count() == 1

    shopify.send("orders/paid", paid)

    refund = ShopRefund.objects.get()
    assert (refund.state, refund.applied_return.total_amount) == ("applied", 1701)


def test_parked_refund_waits_while_its_order_is_unpaid(shopify, paid):
    shopify.send("refunds/create", read_file("shopify/refunds_create"))
    shopify.send("orders/updated", change(paid, financial_status="pending"))
    assert ShopRefund.objects.get().state == "parked"


def test_refund_of_a_cancelled_order_takes_nothing(shopify, paid):
    shopify.send("orders/paid", paid)
    cancelled = change(
        paid, cancelled_at="2026-03-07T08:00:00-08:00", updated_at="2026-03-07T08:00:00-08:00"
    )
    shopify.send("orders/cancelled", cancelled)
    assert shopify.send("refunds/create", read_file("shopify/refunds_create")).state == "ignored"
    assert Return.objects.count() == 0


def test_older_content_changes_nothing(shopify, paid):
    shopify.send("orders/updated", read_file("shopify/orders_updated"))
    delivery = shopify.send("orders/paid", paid)
    assert (delivery.state, delivery.note) == ("ignored", "Older than what is known of this order.")
    assert Purchase.objects.get().total_amount == 10248


def test_of_one_instant_the_one_sent_later_counts(shopify, paid, now):
    late = change(paid)
    late["line_items"][0]["price"] = "58.00"
    shopify.send("orders/updated", late, sent_at=now)
    shopify.send("orders/updated", paid, sent_at=now - dt.timedelta(seconds=1))
    assert Purchase.objects.get().total_amount == 7938 + 1000


def test_cancelled_before_paid_stays_cancelled(shopify, paid):
    cancelled = change(
        paid, cancelled_at="2026-03-07T08:00:00-08:00", updated_at="2026-03-07T08:00:00-08:00"
    )
    shopify.send("orders/cancelled", cancelled)
    assert shopify.send("orders/paid", paid).state == "ignored"
    assert Purchase.objects.count() == 0


def test_woocommerce_deleted_before_paid_stays_deleted(woocommerce):
    woocommerce.send("order.deleted", read_file("woocommerce/order_deleted"))
    assert woocommerce.send("order.updated", read_file("woocommerce/order_updated")).state == (
        "ignored"
    )
    assert Purchase.objects.count() == 0


# --- The customer --------------------------------------------------------------------------------


def test_guest_is_known_by_the_contact(woocommerce, now):
    tomas = create_member(now=now, source="till", email="tomas.lindqvist@example.com")
    order = change(read_file("woocommerce/order_updated"), customer_id=0)
    woocommerce.send("order.updated", order)
    assert Purchase.objects.get().member == tomas
    assert MemberReference.objects.count() == 0


def test_contact_that_cannot_be_read_does_not_refuse_the_order(woocommerce):
    order = change(
        read_file("woocommerce/order_updated"), billing__email="nobody", billing__phone="call me"
    )
    woocommerce.send("order.updated", order)
    member = Purchase.objects.get().member
    assert (member.email, member.phone) == (None, None)
    assert member.references.get().external_id == "26"


def test_order_without_any_customer_is_kept_without_a_member(shopify, paid):
    nobody = change(paid, customer=None, email="", phone=None)
    delivery = shopify.send("orders/paid", nobody)
    assert delivery.note == "Taken in. Without a member: the shop names no customer."
    assert Purchase.objects.get().member is None


def test_contact_that_several_share_names_nobody_and_stays_out_of_the_log(woocommerce, now):
    for _each in range(2):
        create_member(now=now, source="till", email="tomas.lindqvist@example.com")
    order = change(read_file("woocommerce/order_updated"), customer_id=0, billing__phone="")
    delivery = woocommerce.send("order.updated", order)
    assert Purchase.objects.get().member is None
    assert "can't be told from others" in delivery.note
    assert "tomas" not in delivery.note


def test_what_was_agreed_to_in_the_shop_is_not_agreed_to_with_the_club(shopify, paid):
    from members.models import Consent

    assert paid["customer"]["email_marketing_consent"]["state"] == "subscribed"
    shopify.send("orders/paid", paid)
    assert Member.objects.count() == 1
    assert Consent.objects.count() == 0


# --- The queue -----------------------------------------------------------------------------------


def test_message_that_fails_waits_longer_and_blocks_no_other(shopify, paid, now, monkeypatch):
    look = processing._look_into

    def fail_once(delivery, body, now):
        if delivery.external_id == "bad":
            raise RuntimeError("jo@example.com broke it")
        return look(delivery, body, now)

    monkeypatch.setattr(processing, "_look_into", fail_once)
    shopify.post("orders/paid", {"id": 9}, delivery_id="bad")
    shopify.post("orders/paid", paid, delivery_id="good")
    assert shopify.process() == 1

    bad = WebhookDelivery.objects.get(external_id="bad")
    assert (bad.state, bad.attempt_count, bad.last_error) == ("waiting", 1, "RuntimeError")
    assert bad.due_at == now + dt.timedelta(minutes=1)
    later = now + dt.timedelta(minutes=5)
    assert list_waiting_deliveries(later) == {"": dt.timedelta(minutes=5)}
    monkeypatch.undo()
    assert process_due_deliveries(now=later) == 1
    assert list_waiting_deliveries(later) == {}


def test_bodies_go_with_the_member(shopify, paid, now):
    shopify.send("orders/paid", paid)
    member = Purchase.objects.get().member
    erase_messages(member, now)
    assert (WebhookBody.objects.count(), WebhookDelivery.objects.count()) == (0, 1)
    assert "priya" not in str(WebhookDelivery.objects.values_list().get()).lower()


def test_retention_deletes_bodies_then_rows(shopify, paid, now):
    from members.services.retention import apply_retention

    shopify.send("orders/paid", paid)
    apply_retention(now=now + dt.timedelta(days=29))
    assert WebhookBody.objects.count() == 1
    apply_retention(now=now + dt.timedelta(days=31))
    assert (WebhookBody.objects.count(), WebhookDelivery.objects.count()) == (0, 1)
    apply_retention(now=now + dt.timedelta(days=366))
    assert WebhookDelivery.objects.count() == 0


# --- Rights of customers -------------------------------------------------------------------------


def test_redaction_becomes_a_request_for_erasure(shopify, paid, now):
    shopify.send("orders/paid", paid)
    member = Purchase.objects.get().member

    delivery = shopify.send("customers/redact", read_file("shopify/customers_redact"))

    item = ShopPrivacyRequest.objects.get()
    assert (item.state, item.member, item.due_on) == ("handed_on", member, dt.date(2026, 4, 9))
    assert item.order_external_ids == [ORDER]
    request = ErasureRequest.objects.get()
    assert (request.member, request.source, request.requested_by) == (member, "shop", None)
    assert delivery.note == "Handed on as a request for erasure."
    shopify.send("customers/redact", read_file("shopify/customers_redact"))
    assert (ShopPrivacyRequest.objects.count(), ErasureRequest.objects.count()) == (1, 1)


def test_redaction_of_nobody_is_done_at_once(shopify, now):
    shopify.send("customers/redact", read_file("shopify/customers_redact"))
    item = ShopPrivacyRequest.objects.get()
    assert (item.state, item.done_at, item.member) == ("done", now, None)
    assert ErasureRequest.objects.count() == 0


def test_redaction_by_e_mail_alone_erases_nobody(shopify, now):
    create_member(now=now, source="till", email="priya.raman@example.com")
    shopify.send("customers/redact", read_file("shopify/customers_redact"))
    assert ErasureRequest.objects.count() == 0


def test_data_request_is_for_staff_with_its_due_day(shopify, paid):
    shopify.send("orders/paid", paid)
    shopify.send("customers/data_request", read_file("shopify/customers_data_request"))
    item = ShopPrivacyRequest.objects.get()
    assert (item.kind, item.external_id, item.state) == ("export", "9999", "open")
    assert item.due_on == dt.date(2026, 4, 9)


def test_shop_redaction_is_for_staff(shopify):
    shopify.send("shop/redact", read_file("shopify/shop_redact"))
    assert ShopPrivacyRequest.objects.get().state == "open"


def test_forged_redaction_erases_nobody(shopify, paid):
    shopify.send("orders/paid", paid)
    response = shopify.post(
        "customers/redact", read_file("shopify/customers_redact"), secret="not the secret at all"
    )
    assert response.status_code == 401
    shopify.process()
    assert ShopPrivacyRequest.objects.count() == 0
    assert timezone.is_aware(WebhookDelivery.objects.first().received_at)
