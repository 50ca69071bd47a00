"""Connected shops in the back office: set-up, secrets, the log, what waits."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from core.models import AuditEntry
from purchases.enums import ShopKind
from purchases.models import (
    Purchase,
    ShopConnection,
    ShopPrivacyRequest,
    ShopRefund,
    WebhookBody,
    WebhookDelivery,
)
from purchases.services.shops.connections import open_secret
from tests.purchases.shops import SECRET, make_shop, read_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def shopify(rules, now, clock):
    return make_shop("shopify", now)


@pytest.fixture
def manager(log_in):
    return log_in("manager")


def page_of(item, name="change"):
    return reverse(f"admin:purchases_{item._meta.model_name}_{name}", args=[item.pk])


ADD = "admin:purchases_shopconnection_add"


def list_actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_woocommerce_secret_is_made_and_shown_once(owner, shop, clock):
    response = owner.post(
        reverse(ADD), {"kind": "woocommerce", "name": "Kitchen", "source": shop.source.pk,
                       "shop_host": "https://Kitchen.example.com/", "secret": ""},
    )  # fmt: skip
    connection = ShopConnection.objects.get()
    secret = open_secret(connection.sealed_secret)
    assert secret in response.text
    assert (connection.shop_host, connection.created_by) == ("kitchen.example.com", owner.user)
    page = owner.get(page_of(connection))
    assert secret not in page.text
    assert connection.get_webhook_path() in page.text
    assert "connection.created" in list_actions()


def test_shopify_secret_is_the_shops_own_and_never_shown(owner, shop, clock):
    response = owner.post(
        reverse(ADD),
        {"kind": "shopify", "name": "Goods", "source": shop.source.pk, "secret": SECRET},
    )
    connection = ShopConnection.objects.get()
    assert response["Location"] == page_of(connection)
    page = owner.get(page_of(connection))
    assert SECRET not in page.text
    assert "Order payment" in page.text
    assert bytes(connection.sealed_secret).find(SECRET.encode()) == -1


@pytest.mark.parametrize("secret", ["short", "with a space in the middle of it", "x" * 201])
def test_weak_secret_is_refused(owner, shop, clock, secret):
    response = owner.post(
        reverse(ADD),
        {"kind": "shopify", "name": "Goods", "source": shop.source.pk, "secret": secret},
    )
    assert response.status_code == 200
    assert ShopConnection.objects.count() == 0


def test_name_and_place_are_edited_and_the_kind_is_not(owner, shopify):
    url = page_of(shopify.connection, "edit")
    assert "id_kind" not in owner.get(url).text
    response = owner.post(url, {"name": "Renamed", "kind": "woocommerce", "shop_host": ""})
    assert response["Location"] == page_of(shopify.connection)
    shopify.connection.refresh_from_db()
    assert (shopify.connection.name, shopify.connection.kind) == ("Renamed", ShopKind.SHOPIFY)
    assert open_secret(shopify.connection.sealed_secret) == SECRET


@pytest.mark.parametrize(("overlap", "hours"), [("0", 0), ("1", 1), ("2", 24)])
def test_another_secret_with_or_without_overlap(owner, shopify, now, overlap, hours):
    url = page_of(shopify.connection, "secret")
    owner.post(url, {"secret": "another-secret-of-the-shop", "overlap": overlap})
    connection = ShopConnection.objects.get()
    assert open_secret(connection.sealed_secret) == "another-secret-of-the-shop"
    assert open_secret(connection.sealed_former_secret) == SECRET
    assert connection.former_until_at == now + dt.timedelta(hours=hours)
    assert list_actions()[-1] == "connection.secret_rotated"


def test_the_same_secret_again_is_refused(owner, shopify):
    url = page_of(shopify.connection, "secret")
    response = owner.post(url, {"secret": SECRET, "overlap": "0"})
    assert "has already" in response.text
    assert ShopConnection.objects.get().former_until_at is None


def test_switched_off_refuses_and_switches_on_again(owner, shopify):
    owner.post(page_of(shopify.connection, "switch"))
    assert shopify.post("orders/paid", read_file("shopify/orders_paid")).status_code == 403
    assert "off: every message" in owner.get(page_of(shopify.connection)).text
    owner.post(page_of(shopify.connection, "switch"))
    assert shopify.post("orders/paid", read_file("shopify/orders_paid")).status_code == 200
    assert list_actions()[-2:] == ["connection.switched_off", "connection.switched_on"]


def test_secret_sealed_under_a_lost_key_says_so(owner, shopify, settings):
    settings.SECRET_KEY_FALLBACKS = []
    ShopConnection.objects.update(sealed_secret=b"sealed under another key")
    assert "no longer has" in owner.get(page_of(shopify.connection)).text
    assert shopify.post("orders/paid", {}).status_code == 401


def test_page_tells_what_came_topic_by_topic(owner, shopify):
    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    shopify.post("orders/updated", {}, secret="not the secret at all")
    page = owner.get(page_of(shopify.connection)).text
    assert "Taken in." in page
    assert "wrong signature" in page
    assert page.count("never") == 5


def test_log_is_filtered_and_found_by_order(manager, shopify, assert_statements):
    url = reverse("admin:purchases_webhookdelivery_changelist")
    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    shopify.post("orders/paid", {}, secret="not the secret at all")
    assert len(manager.get(url).context["cl"].result_list) == 2
    for query, count in (
        ("verdict__exact=wrong_signature", 1),
        ("state__exact=done", 1),
        ("q=5678120304812", 1),
        ("q=5678", 0),
    ):
        assert len(manager.get(f"{url}?{query}").context["cl"].result_list) == count


def test_log_takes_the_same_queries_for_one_row_and_many(manager, shopify, assert_statements):
    url = reverse("admin:purchases_webhookdelivery_changelist")
    shopify.post("orders/paid", {"id": 1})
    manager.get(url)
    with assert_statements(7):
        manager.get(url)
    for number in range(2, 5):
        shopify.post("orders/paid", {"id": number})
    with assert_statements(7):
        manager.get(url)


def test_body_is_seen_by_whom_may_and_leaves_a_trace(manager, clerk, shopify):
    delivery = shopify.send("orders/paid", read_file("shopify/orders_paid"))
    page = manager.get(page_of(delivery, "body"))
    assert "priya.raman@example.com" in page.text
    entry = AuditEntry.objects.get(action="delivery.body_viewed")
    assert (entry.actor, entry.subject_id) == (manager.user, str(delivery.pk))
    assert "priya" not in manager.get(page_of(delivery)).text.lower()
    assert clerk.get(page_of(delivery, "body")).status_code == 403
    WebhookBody.objects.all().delete()
    assert manager.get(page_of(delivery, "body")).status_code == 404


def test_message_is_processed_again_by_hand(manager, shopify, sent_tasks):
    delivery = shopify.send("orders/paid", read_file("shopify/orders_paid"))
    manager.post(page_of(delivery, "replay"))
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    shopify.process()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == ("done", 2)
    assert delivery.note == "Known; nothing that counts has changed."
    assert "delivery.replayed" in list_actions()


def test_old_secrets_message_is_taken_in_once_a_person_says_so(manager, owner, shopify):
    owner.post(
        page_of(shopify.connection, "secret"),
        {"secret": "another-secret-of-the-shop", "overlap": "0"},
    )
    assert shopify.post("orders/paid", read_file("shopify/orders_paid")).status_code == 401
    delivery = WebhookDelivery.objects.get()
    assert (delivery.verdict, Purchase.objects.count()) == ("old_secret", 0)
    assert "has been replaced" in manager.get(page_of(delivery, "replay")).text

    manager.post(page_of(delivery, "replay"))
    shopify.process()

    assert Purchase.objects.count() == 1


def test_message_without_a_body_or_signature_is_not_processed_again(manager, shopify):
    shopify.post("orders/paid", {}, secret="not the secret at all")
    delivery = WebhookDelivery.objects.get()
    assert "Process it again" not in manager.get(page_of(delivery)).text
    response = manager.post(page_of(delivery, "replay"), follow=True)
    assert "Only what the shop has signed" in response.text


def test_parked_refund_is_shown_and_set_aside(manager, shopify):
    shopify.send("refunds/create", read_file("shopify/refunds_create"))
    url = reverse("admin:purchases_shoprefund_changelist")
    assert "$17.01" in manager.get(f"{url}?state__exact=parked").text
    refund = ShopRefund.objects.get()
    assert page_of(refund, "drop") in manager.get(page_of(refund)).text
    manager.post(page_of(refund, "drop"), {"reason": "Its order came by file"})
    refund.refresh_from_db()
    assert refund.state == "dropped"
    entry = AuditEntry.objects.get(action="shop_refund.dropped")
    assert entry.note.text == "Its order came by file"
    assert page_of(refund, "drop") not in manager.get(page_of(refund)).text
    response = manager.post(page_of(refund, "drop"), {"reason": "again"}, follow=True)
    assert "waits for nothing" in response.text

    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    refund.refresh_from_db()
    assert refund.state == "dropped"


def test_privacy_request_is_marked_as_done(manager, shopify):
    shopify.send("shop/redact", read_file("shopify/shop_redact"))
    item = ShopPrivacyRequest.objects.get()
    assert "Mark as done" in manager.get(page_of(item)).text
    manager.post(page_of(item, "answer"), {"reason": "Bodies deleted, members stay"})
    item.refresh_from_db()
    assert (item.state, item.done_by) == ("done", manager.user)
    assert list_actions()[-1] == "shop_privacy.done"
    response = manager.post(page_of(item, "answer"), {"reason": "again"}, follow=True)
    assert "answered already" in response.text


def test_purchase_shows_its_versions(manager, shopify):
    shopify.send("orders/paid", read_file("shopify/orders_paid"))
    shopify.send("orders/updated", read_file("shopify/orders_updated"))
    page = manager.get(page_of(Purchase.objects.get())).text
    assert "$79.38" in page
    assert "$102.48" in page


def test_first_page_tells_what_shops_left_to_staff(manager, clerk, shopify, now):
    """Nothing while nothing waits; a request is urgent a week before it is due."""

    def list_work(client):
        rows = client.get(reverse("admin:index")).context["work"]
        return [(row.shown, row.is_urgent) for row in rows if "shop" in row.url]

    assert list_work(manager) == []
    shopify.send("refunds/create", read_file("shopify/refunds_create"))
    shopify.send("shop/redact", read_file("shopify/shop_redact"))
    item = ShopPrivacyRequest.objects.get()
    assert list_work(manager) == [("1", False), ("1", False)]
    assert date_format(item.due_on) in manager.get(reverse("admin:index")).text
    item.due_on -= dt.timedelta(days=23)
    item.save()
    assert list_work(manager) == [("1", True), ("1", False)]
    assert list_work(clerk) == []
    manager.post(page_of(item, "answer"), {"reason": "Done"})
    assert list_work(manager) == [("1", False)]
