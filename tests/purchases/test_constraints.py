import pytest

from purchases.enums import ImportState
from purchases.models import (
    ApiToken,
    Category,
    ImportJob,
    Line,
    Product,
    Purchase,
    Return,
    ReturnLine,
    Source,
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
    }  # fmt: skip
    known = {"other": other, "now": now}

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
