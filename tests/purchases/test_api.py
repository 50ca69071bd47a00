import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from purchases.models import ApiToken, Line, Purchase, Return, Source, Store
from purchases.services import tokens

ONE = {
    "external_id": "P1",
    "purchased_at": "2026-03-09T10:00:00",
    "member": {"external_id": "7"},
    "lines": [
        {"amount": "2.50", "product": "milk", "quantity": "2", "line_id": "a"},
        {"amount": "4.00", "product": "loaf"},
    ],
}


@pytest.fixture(autouse=True)
def _at_noon(time_machine, now):
    time_machine.move_to(now, tick=False)


def problem(response):
    """Status, and field and code of each error."""
    return response.status_code, [
        (error["field"], error["code"]) for error in response.json()["errors"]
    ]


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/purchases"), ("POST", "/returns"), ("GET", "/purchases/1")]
)
def test_without_a_token_nothing_goes(call, method, path):
    for token in (None, "wrong"):
        response = call(method, path, ONE, token=token)

        assert problem(response) == (401, [("", "unauthorized")])
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("purchases.read", "POST", "/purchases"),
        ("purchases.write", "POST", "/returns"),
        ("returns.write", "GET", "/purchases/1"),
    ],
)
def test_token_of_another_scope_is_refused(call, make_token, scope, method, path):
    _token, text = make_token(scope)

    assert problem(call(method, path, ONE, token=text)) == (403, [("", "forbidden")])
    assert not Purchase.objects.exists()


def test_revoked_token_never_works_again(call, make_token, now):
    token, text = make_token()
    tokens.revoke_token(token, by=None, now=now)

    assert call("POST", "/purchases", ONE, token=text).status_code == 401
    with pytest.raises(tokens.TokenRevoked):
        tokens.revoke_token(token, by=None, now=now)


def test_token_is_kept_as_a_hash(make_token):
    token, text = make_token()

    assert text.startswith(token.prefix)
    assert bytes(ApiToken.objects.get().token_hash) == tokens.hash_token(text)
    assert text not in str(ApiToken.objects.values().get())


def test_use_of_a_token_is_noted(call, now):
    call("POST", "/purchases", ONE)

    assert ApiToken.objects.get().last_used_at == now


# --- Purchases -----------------------------------------------------------------------------------


def test_purchase_is_created_then_known_then_in_conflict(call):
    created = call("POST", "/purchases", ONE)
    known = call("POST", "/purchases", ONE)
    conflict = call("POST", "/purchases", ONE | {"store": "42"})

    pk = Purchase.objects.get().pk
    assert created.status_code == 201
    assert created.json() == {
        "results": [
            {"external_id": "P1", "state": "created", "id": pk, "time_moved": False, "errors": []}
        ],
        "receipts": [],
    }
    assert (known.status_code, known.json()["results"][0]["state"]) == (200, "known")
    assert problem(conflict) == (409, [("external_id", "other_content")])
    assert Line.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "status", "field", "code"),
    [
        ({"external_id": ""}, 422, "external_id", "string_too_short"),
        ({"external_id": 5}, 422, "external_id", "string_type"),
        ({"purchased_at": "soon"}, 422, "purchased_at", "invalid_date"),
        ({"purchased_at": "2027-01-01T00:00:00Z"}, 422, "purchased_at", "date_out_of_range"),
        ({"currency": "EUR"}, 422, "currency", "wrong_currency"),
        ({"currency": "euro"}, 422, "currency", "string_pattern_mismatch"),
        ({"channel": "moon"}, 422, "channel", "unknown_channel"),
        ({"member": {"number": "0"}}, 422, "member", "invalid_member_number"),
        ({"member": {"name": "Mei"}}, 422, "member.name", "extra_forbidden"),
        ({"colour": "red"}, 422, "colour", "extra_forbidden"),
        ({"lines": []}, 422, "lines", "too_short"),
        ({"lines": [{"amount": 2.5}]}, 422, "lines.1.amount", "string_type"),
        ({"lines": [{"amount": "2,50"}]}, 422, "lines.1.amount", "invalid_amount"),
        ({"lines": [{"amount": "1"}, {"amount": "-1"}]}, 422, "lines.2.amount", "negative_amount"),
        (
            {"lines": [{"amount": "1", "quantity": "x"}]},
            422,
            "lines.1.quantity",
            "invalid_quantity",
        ),
        ({"lines": [{"amount": "1", "tax": "2"}]}, 422, "lines.1.tax", "part_too_large"),
        ({"lines": [{"quantity": "1"}]}, 422, "lines.1.amount", "missing"),
        (
            {"lines": [{"amount": "1", "product": "a\x00b"}]},
            422,
            "lines.1.product",
            "control_character",
        ),
    ],
)
def test_wrong_fields_are_named(call, change, status, field, code):
    assert problem(call("POST", "/purchases", ONE | change)) == (status, [(field, code)])
    assert not Purchase.objects.exists()
    assert not Member.objects.exists()


def test_wrong_currency_is_refused_by_name(call):
    response = call("POST", "/purchases", ONE | {"currency": "EUR"})

    assert response.json()["errors"][0]["message"] == "“EUR” is not the club's currency, USD."


def test_naive_times_are_in_the_zone_of_the_store(call, channel):
    Store.objects.create(code="kyoto", name="Kyoto", zone="Asia/Tokyo", channel=channel)

    call("POST", "/purchases", ONE | {"store": "kyoto"})
    call("POST", "/purchases", ONE | {"external_id": "P2"})
    skipped = call(
        "POST", "/purchases", ONE | {"external_id": "P3", "purchased_at": "2026-03-08T02:30:00"}
    )

    assert dict(Purchase.objects.values_list("external_id", "purchased_at")) == {
        "P1": dt.datetime(2026, 3, 9, 1, 0, tzinfo=dt.UTC),
        "P2": dt.datetime(2026, 3, 9, 17, 0, tzinfo=dt.UTC),
        "P3": dt.datetime(2026, 3, 8, 10, 30, tzinfo=dt.UTC),
    }
    assert skipped.json()["results"][0]["time_moved"] is True


def test_batch_answers_item_by_item(call):
    bad = ONE | {"external_id": "P2", "lines": [{"amount": "x"}]}
    response = call("POST", "/purchases", {"purchases": [ONE, bad, ONE, 5]})

    assert response.status_code == 207
    results = response.json()["results"]
    assert [(item["external_id"], item["state"]) for item in results] == [
        ("P1", "created"),
        ("P2", "refused"),
        ("P1", "known"),
        ("", "refused"),
    ]
    assert results[1]["errors"][0]["field"] == "lines.1.amount"
    assert Purchase.objects.get().external_id == "P1"


def test_whole_batch_is_taken_in(call):
    items = [ONE | {"external_id": f"P{number}"} for number in range(1000)]

    response = call("POST", "/purchases", {"purchases": items})

    assert response.status_code == 200
    assert {item["state"] for item in response.json()["results"]} == {"created"}
    assert (Purchase.objects.count(), Line.objects.count()) == (1000, 2000)


def test_batch_of_1001_is_refused_whole(call):
    items = [ONE | {"external_id": f"P{number}"} for number in range(1001)]

    response = call("POST", "/purchases", {"purchases": items})

    assert problem(response) == (422, [("purchases", "batch_too_long")])
    assert response.json()["errors"][0]["message"] == "At most 1000 at once; these are 1001."
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("raw", ["{", "", '{"a": NaN', "\xff", "[" * 100_000])
def test_broken_json_is_refused(call, raw):
    response = call("POST", "/purchases", raw=raw or " ")

    assert problem(response) == (400, [("", "bad_request")])


@pytest.mark.parametrize(
    ("body", "field"),
    [([], ""), ({"purchases": []}, "purchases"), ({"purchases": [ONE], "x": 1}, "x")],
)
def test_other_shapes_are_refused(call, body, field):
    response = call("POST", "/purchases", body)

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_too_large_a_request_is_refused(call, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = call("POST", "/purchases", raw=json.dumps(ONE) + " " * 1000)

    assert response.status_code == 413


def test_idempotency_key_answers_the_same_again(call):
    first = call("POST", "/purchases", ONE, key="k1")
    again = call("POST", "/purchases", ONE, key="k1")
    other = call("POST", "/purchases", ONE | {"external_id": "P2"}, key="k1")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(other) == (409, [("", "idempotency_conflict")])


def test_refusals_are_not_remembered(call, channel, make_token):
    wrong = call("POST", "/purchases", ONE | {"channel": "web"}, key="k1")
    channel.code = "web"
    channel.save()
    right = call("POST", "/purchases", ONE | {"channel": "web"}, key="k1")

    assert (wrong.status_code, right.status_code) == (422, 201)


def test_key_of_another_token_is_another_key(call, make_token):
    _token, text = make_token()
    call("POST", "/purchases", ONE, key="k1")

    response = call("POST", "/purchases", ONE | {"external_id": "P2"}, key="k1", token=text)

    assert response.status_code == 201


# --- Returns and reading -------------------------------------------------------------------------


def test_return_goes_by_line_and_never_beyond(call):
    call("POST", "/purchases", ONE)
    part = {
        "external_id": "R1",
        "returned_of": "P1",
        "returned_at": "2026-03-09T15:00:00",
        "lines": [{"line_id": "a", "quantity": "1", "amount": "1.25"}],
    }

    created = call("POST", "/returns", part)
    known = call("POST", "/returns", part)
    other = call("POST", "/returns", part | {"returned_of": "P2"})
    more = call("POST", "/returns", part | {"external_id": "R2", "lines": [
        {"line_id": "a", "quantity": "2"}]})  # fmt: skip
    lost = call("POST", "/returns", part | {"external_id": "R3", "returned_of": "P9"})

    assert (created.status_code, known.status_code) == (201, 200)
    assert problem(other) == (409, [("external_id", "other_content")])
    assert problem(more) == (422, [("lines", "returns_too_much")])
    assert problem(lost) == (404, [("returned_of", "unknown_purchase")])
    assert Return.objects.get().total_amount == 125


def test_negative_return_is_refused(call):
    call("POST", "/purchases", ONE)

    response = call(
        "POST",
        "/returns",
        {
            "external_id": "R1",
            "returned_of": "P1",
            "returned_at": "2026-03-09T15:00:00",
            "lines": [{"line_id": "a", "quantity": "1", "amount": "-1.25"}],
        },
    )

    assert problem(response) == (422, [("lines.1.amount", "invalid_amount")])


def test_purchase_is_read_with_what_came_back(call):
    pk = call("POST", "/purchases", ONE).json()["results"][0]["id"]
    call(
        "POST",
        "/returns",
        {"returns": [{"external_id": "R1", "returned_of": "P1", "returned_at": "2026-03-10",
                      "lines": [{"position": 1, "quantity": "1"}]}]},
    )  # fmt: skip

    body = call("GET", f"/purchases/{pk}").json()

    assert (body["external_id"], body["total"], body["currency"]) == ("P1", "6.50", "USD")
    assert body["member_number"] == Member.objects.get().number
    assert body["lines"][0] == {
        "position": 1,
        "line_id": "a",
        "product": "milk",
        "name": "",
        "quantity": "2",
        "amount": "2.50",
        "discount": "0.00",
        "tax": "0.00",
        "returned_quantity": "1",
        "returned_amount": "1.25",
    }


def test_purchase_of_another_source_is_404(call, channel, now):
    other = Source.objects.create(code="web", name="Web", default_channel=channel)
    _token, text = tokens.create_token(
        source=other, name="Web", scopes=["purchases.read"], by=None, now=now
    )
    pk = call("POST", "/purchases", ONE).json()["results"][0]["id"]

    assert call("GET", f"/purchases/{pk}", token=text).status_code == 404
    assert call("GET", "/purchases/999999").status_code == 404


def test_documentation_is_local(client, db):
    page = client.get("/api/docs").content.decode()
    schema = client.get("/api/openapi.json").json()

    assert "cdn" not in page
    body = schema["paths"]["/api/purchases"]["post"]["requestBody"]
    assert len(body["content"]["application/json"]["schema"]["oneOf"]) == 2


# --- Round trips ---------------------------------------------------------------------------------


def test_one_purchase_takes_few_round_trips(source, build_purchase, now, monkeypatch):
    from core import bulk
    from purchases.services.intake import take_in

    take_in(source, [build_purchase("P0")], now=now)
    trips = []
    original = bulk.read_together

    def counted(statements):
        trips.append(len(statements))
        return original(statements)

    for module in (
        "core.bulk",
        "purchases.services.intake",
        "purchases.services.known",
        "members.services.enrolment",
    ):
        monkeypatch.setattr(f"{module}.read_together", counted)
    with CaptureQueriesContext(connection) as queries:
        take_in(source, [build_purchase("P1")], now=now)

    # Looking up with the members, purchases, then lines with activities; the rest are savepoints.
    assert len(trips) == 3
    assert {query["sql"].split()[0] for query in queries} <= {"SAVEPOINT", "RELEASE"}
