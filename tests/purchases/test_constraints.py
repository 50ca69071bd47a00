import pytest

from purchases.enums import ImportState
from purchases.models import (
    ApiToken,
    Category,
    ImportJob,
    Line,
    Product,
    Purchase,
    PurchaseVersion,
    Return,
    ReturnLine,
    ShopConnection,
    ShopOrder,
    ShopPrivacyRequest,
    ShopRefund,
    Source,
    WebhookDelivery,
)
from tests.constraints import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(source, channel, now):
    """Makes a row of a model beside the rows it needs: ``make(Line, amount=-1)``."""
    other = Source.objects.create(code="other", name="Other", default_channel=channel)
    purchase = Purchase.objects.create(
        source=source, external_id="P0", content_hash=b"", channel=channel, purchased_at=now,
        recorded_at=now, currency="USD", total_amount=500, line_count=1,
    )  # fmt: skip
    line = Line.objects.create(purchase=purchase, position=1, quantity=1, amount=500)
    back = Return.objects.create(
        source=source, external_id="R0", content_hash=b"", purchase=purchase, returned_at=now,
        recorded_at=now, total_amount=500,
    )  # fmt: skip
    rows = {
        Category: {"slug": "bread", "name": "Bread"},
        Product: {"source": source, "external_id": "loaf"},
        Purchase: {
            "source": source, "external_id": "P1", "content_hash": b"", "channel": channel,
            "purchased_at": now, "recorded_at": now, "currency": "USD", "total_amount": 0,
            "line_count": 1,
        },
        Line: {"purchase": purchase, "position": 2, "quantity": 0, "amount": 0},
        Return: {
            "source": source, "external_id": "R1", "content_hash": b"", "purchase": purchase,
            "returned_at": now, "recorded_at": now, "total_amount": 0,
        },
        ReturnLine: {"of_return": back, "line": line, "quantity": 1, "amount": 0},
        ImportJob: {"source": source, "file_name": "a.csv", "created_at": now},
        ApiToken: {
            "source": source, "name": "Till", "prefix": "x", "token_hash": b"1",
            "scopes": ["purchases.read"], "created_at": now,
        },
        PurchaseVersion: {
            "purchase": purchase, "number": 2, "recorded_at": now, "total_amount": 0,
            "zone": "UTC", "return_window_days": 0,
        },
        ShopConnection: {
            "kind": "shopify", "name": "Shop", "source": source, "sealed_secret": b"x",
            "secret_set_at": now, "created_at": now,
        },
        ShopOrder: {"source": source, "external_id": "O1", "recorded_at": now},
        ShopRefund: {
            "source": source, "external_id": "F1", "order_external_id": "O1", "refunded_at": now,
            "recorded_at": now,
        },
    }  # fmt: skip
    connection = ShopConnection.objects.create(**rows[ShopConnection])
    rows[WebhookDelivery] = {
        "connection": connection, "received_at": now, "last_seen_at": now, "topic": "orders/paid",
        "digest": b"1", "byte_count": 2, "verdict": "accepted", "state": "done",
    }  # fmt: skip
    rows[ShopPrivacyRequest] = {
        "connection": connection, "kind": "erasure", "external_id": "1", "received_at": now,
        "due_on": now.date(),
    }  # fmt: skip
    known = {"other": other, "now": now, "bought": purchase, "back": back}

    def make(model, **changes):
        changes = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        return model.objects.create(**rows[model] | changes)

    return make


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad"),
    [
        ("category_not_its_own_parent", Category, {"id": 5}, {"id": 5, "parent_id": 5}),
        ("purchase_has_lines", Purchase, {"line_count": 1}, {"line_count": 0}),
        ("purchase_amounts_not_negative", Purchase, {"total_amount": 0}, {"total_amount": -1}),
        ("purchase_amounts_not_negative", Purchase, {}, {"discount_amount": -1}),
        ("line_quantity_not_negative", Line, {"quantity": 0}, {"quantity": "-0.0001"}),
        ("line_amounts_fit", Line, {"amount": 0}, {"amount": -1}),
        ("line_amounts_fit", Line, {}, {"discount_amount": -1}),
        ("line_amounts_fit", Line, {}, {"tax_amount": -1}),
        ("line_amounts_fit", Line, {"amount": 9, "tax_amount": 9}, {"tax_amount": 1}),
        ("line_amounts_fit", Line, {}, {"paid_otherwise_amount": -1}),
        (
            "line_amounts_fit",
            Line,
            {"amount": 9, "paid_otherwise_amount": 9},
            {"amount": 9, "paid_otherwise_amount": 10},
        ),
        ("return_amount_not_negative", Return, {"total_amount": 0}, {"total_amount": -1}),
        ("return_line_returns_something", ReturnLine, {"quantity": 1}, {"quantity": 0}),
        ("return_line_returns_something", ReturnLine, {"quantity": 0, "amount": 1}, {"amount": -1}),
        ("return_line_returns_something", ReturnLine, {}, {"quantity": -1, "amount": 1}),
        ("import_finished_has_time", ImportJob, {}, {"finished_at": "now"}),
        (
            "import_finished_has_time",
            ImportJob,
            {"state": ImportState.DONE, "finished_at": "now"},
            {"state": ImportState.DONE},
        ),
        (
            "import_finished_has_time",
            ImportJob,
            {"state": ImportState.FAILED, "finished_at": "now"},
            {"state": ImportState.FAILED},
        ),
        ("token_has_a_scope", ApiToken, {}, {"scopes": []}),
        # Shops
        ("purchase_version_counts", Purchase, {"version": 1}, {"version": 0}),
        ("purchase_version_from_one", PurchaseVersion, {"number": 1}, {"number": 0}),
        ("purchase_version_amounts_not_negative", PurchaseVersion, {}, {"total_amount": -1}),
        ("purchase_version_amounts_not_negative", PurchaseVersion, {}, {"discount_amount": -1}),
        (
            "purchase_version_void_is_empty",
            PurchaseVersion,
            {"is_void": True, "total_amount": 0},
            {"is_void": True, "total_amount": 1},
        ),
        ("connection_kind_is_known", ShopConnection, {"kind": "woocommerce"}, {"kind": "other"}),
        (
            "connection_former_secret_has_end",
            ShopConnection,
            {"sealed_former_secret": b"x", "former_until_at": "now"},
            {"sealed_former_secret": b"x"},
        ),
        ("connection_former_secret_has_end", ShopConnection, {}, {"former_until_at": "now"}),
        (
            "shop_order_counted_has_purchase",
            ShopOrder,
            {"state": "counted", "purchase": "bought", "said_at": "now"},
            {"state": "counted", "said_at": "now"},
        ),
        (
            "shop_order_counted_has_purchase",
            ShopOrder,
            {"state": "void"},
            {"state": "counted", "purchase": "bought"},
        ),
        (
            "shop_refund_applied_has_return",
            ShopRefund,
            {"state": "applied", "applied_return": "back", "settled_at": "now"},
            {"state": "applied", "settled_at": "now"},
        ),
        ("shop_refund_applied_has_return", ShopRefund, {}, {"applied_return": "back"}),
        (
            "shop_refund_settled_has_time",
            ShopRefund,
            {"state": "refused", "settled_at": "now"},
            {"state": "refused"},
        ),
        ("shop_refund_settled_has_time", ShopRefund, {}, {"settled_at": "now"}),
        ("webhook_waiting_is_due", WebhookDelivery, {"state": "done"}, {"state": "waiting"}),
        (
            "webhook_waiting_is_due",
            WebhookDelivery,
            {"state": "waiting", "due_at": "now"},
            {"state": "done", "due_at": "now"},
        ),
        (
            "webhook_refused_ends_at_the_door",
            WebhookDelivery,
            {"verdict": "old_secret", "state": "done"},
            {"verdict": "wrong_signature", "state": "done"},
        ),
        (
            "webhook_refused_ends_at_the_door",
            WebhookDelivery,
            {"verdict": "ping", "state": "ignored"},
            {"verdict": "too_large", "state": "waiting", "due_at": "now"},
        ),
        (
            "shop_privacy_done_has_time",
            ShopPrivacyRequest,
            {"state": "done", "done_at": "now"},
            {"state": "done"},
        ),
        ("shop_privacy_done_has_time", ShopPrivacyRequest, {}, {"done_at": "now"}),
    ],
)
def test_values_that_make_no_sense_are_refused(make, constraint, model, good, bad):
    guards(constraint, lambda **changes: make(model, **changes), good, bad)


@pytest.mark.parametrize(
    ("constraint", "model", "good"),
    [
        ("product_once_per_source", Product, {"source": "other"}),
        ("product_once_per_source", Product, {"external_id": "x"}),
        ("purchase_once_per_source", Purchase, {"source": "other"}),
        ("purchase_once_per_source", Purchase, {"external_id": "x"}),
        ("line_once_per_position", Line, {"position": 3}),
        ("return_once_per_source", Return, {"source": "other"}),
        ("return_once_per_source", Return, {"external_id": "x"}),
        ("purchase_version_number_once", PurchaseVersion, {"number": 3}),
        ("shop_order_once_per_source", ShopOrder, {"source": "other"}),
        ("shop_order_once_per_source", ShopOrder, {"external_id": "x"}),
        ("shop_refund_once_per_source", ShopRefund, {"source": "other"}),
        ("shop_refund_once_per_source", ShopRefund, {"external_id": "x"}),
        ("webhook_once_accepted", WebhookDelivery, {"digest": b"2"}),
        ("webhook_once_accepted", WebhookDelivery, {"external_id": "x"}),
        ("webhook_once_accepted", WebhookDelivery, {"topic": "x"}),
        ("webhook_once_accepted", WebhookDelivery, {"verdict": "old_secret"}),
        ("shop_privacy_once", ShopPrivacyRequest, {"external_id": "x"}),
        ("shop_privacy_once", ShopPrivacyRequest, {"kind": "export"}),
    ],
)
def test_what_exists_once_is_refused_twice(make, constraint, model, good):
    guards(constraint, lambda **changes: make(model, **changes), good, {}, beside={})


def test_a_line_comes_back_once_per_return(make):
    other = make(Return)
    guards(
        "return_line_once",
        lambda **changes: make(ReturnLine, **changes),
        good={"of_return": other},
        bad={},
        beside={},
    )
