"""Balances, rewards, redemptions, vouchers and payments over the API."""

import datetime as dt
import json

import pytest

from purchases.services.tokens import create_token
from rewards.models import Payment, Redemption
from rewards.services.payments import publish_rate
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances
from tests.rewards.givings import make_appeal

# A refusal ends its transaction, as it does in production.
pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
EVERY_SCOPE = (
    "members.read", "rewards.read", "redemptions.read", "redemptions.write", "payments.write"
)  # fmt: skip


@pytest.fixture(autouse=True)
def _at_three(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def call(client, counter):
    _token, every = create_token(
        source=counter.source, name="Till", scopes=EVERY_SCOPE, by=None, now=NOW
    )

    def call(method, path, data=None, *, key=None, token=every):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        body = None if data is None else json.dumps(data)
        return client.generic(
            method, f"/api{path}", body or "", "application/json", headers=headers
        )

    return call


@pytest.fixture
def rate(programme):
    return publish_rate(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=20, step_points=10,
        largest_percent=50, by=None, now=EVER,
    )  # fmt: skip


def code_of(response):
    return response.status_code, response.json()["errors"][0]["code"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/members/123456789012/balance", "rewards.read"),
        ("GET", "/rewards", "members.read"),
        ("POST", "/redemptions", "redemptions.read"),
        ("GET", "/redemptions/1", "redemptions.write"),
        ("POST", "/redemptions/1/confirmation", "redemptions.read"),
        ("POST", "/redemptions/1/cancellation", "redemptions.read"),
        ("POST", "/vouchers/use", "redemptions.read"),
        ("GET", "/payments/quote?member=1&bill=1", "redemptions.write"),
        ("POST", "/payments", "redemptions.write"),
        ("POST", "/payments/1/capture", "redemptions.write"),
        ("POST", "/payments/1/release", "redemptions.write"),
        ("POST", "/payments/1/refund", "redemptions.write"),
    ],
)
def test_each_call_needs_its_own_scope(call, counter, method, path, scope):
    _token, text = create_token(
        source=counter.source, name="Other", scopes=[scope], by=None, now=NOW
    )
    assert call(method, path, {}, token=None).status_code == 401
    assert call(method, path, {}, token=text).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "sent", "problem"),
    [
        ("POST", "/vouchers/use", {}, ("code", "missing", "This is required.")),
        ("POST", "/payments/1/refund", {"amount": "1", "x": 1},
         ("x", "extra_forbidden", "There is no such field.")),
        ("GET", "/payments/quote?bill=1", None, ("member", "missing", "This is required.")),
        ("GET", "/rewards?page=x", None,
         ("page", "int_parsing", "This doesn't have the right form: Input should be a valid")),
    ],
)  # fmt: skip
def test_a_call_without_the_right_shape_is_answered_as_any_error(call, method, path, sent, problem):
    response = call(method, path, sent, key="k1")
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["field"], error["code"]) == problem[:2]
    assert error["message"].startswith(problem[2])


def test_balance_tells_points_tier_and_credit(call, mei):
    response = call("GET", f"/members/{mei.number}/balance")
    assert response.status_code == 200
    assert response.json() == {
        "member": mei.number, "tier": "green", "available": 100, "pending": 0, "held": 0,
        "owed": 0, "releases": [], "expiries": [{"day": "2026-01-06", "points": 100}],
        "credit_granted": "0.00", "credit_refunded": "0.00", "can_spend": True,
    }  # fmt: skip


def test_an_unknown_number_is_not_found(call):
    for number in ("1", "x", "999999999999"):
        assert call("GET", f"/members/{number}/balance").status_code == 404


def test_catalogue_tells_price_state_and_what_is_missing(call, mei, make_reward):
    make_reward("Umbrella", price_points=130)
    response = call("GET", f"/rewards?member={mei.number}")
    (offer,) = response.json()["rewards"]
    assert (offer["name"], offer["price_points"], offer["state"], offer["missing_points"]) == (
        "Umbrella", 130, "open", 30,
    )  # fmt: skip
    assert call("GET", "/rewards").json()["rewards"][0]["missing_points"] is None


def test_redeeming_is_once_per_key(call, mei, make_reward):
    reward = make_reward(stock_left=5)
    sent = {"member": mei.number, "reward": reward.slug, "price_points": 30}
    first = call("POST", "/redemptions", sent, key="k1")
    again = call("POST", "/redemptions", sent, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["code"]
    assert balances(mei)["available"] == 70
    other = call("POST", "/redemptions", sent | {"price_points": 40}, key="k1")
    assert code_of(other) == (409, "idempotency_conflict")
    assert call("POST", "/redemptions", sent).status_code == 422


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"price_points": 20}, 409, "price_changed"),
        ({"reward": "nothing"}, 404, "not_found"),
        ({"session": 999}, 404, "not_found"),
        ({"member": "000000000000"}, 404, "not_found"),
    ],
)
def test_refusals_name_what_is_wrong(call, mei, make_reward, change, status, code):
    sent = {"member": mei.number, "reward": make_reward().slug}
    assert code_of(call("POST", "/redemptions", sent | change, key="k")) == (status, code)
    assert balances(mei)["available"] == 100


def test_a_donation_is_the_members_own_press(call, mei, make_reward):
    reward = make_reward(kind="donation", appeal=make_appeal())
    sent = {"member": mei.number, "reward": reward.slug}
    refused = call("POST", "/redemptions", sent, key="k")
    assert code_of(refused) == (409, "is_donation")
    assert "Members give it themselves" in refused.json()["errors"][0]["message"]
    assert balances(mei)["available"] == 100


def test_a_reservation_is_confirmed_or_cancelled(call, mei, make_reward):
    sent = {"member": mei.number, "reward": make_reward().slug, "reserve": True}
    first = call("POST", "/redemptions", sent, key="a").json()
    assert (first["state"], first["code"], balances(mei)["held"]) == ("reserved", "", 30)
    assert call("POST", f"/redemptions/{first['id']}/confirmation").json()["state"] == "fulfilled"
    second = call("POST", "/redemptions", sent, key="b").json()
    assert call("POST", f"/redemptions/{second['id']}/cancellation").json()["state"] == "cancelled"
    assert balances(mei) == {"available": 70, "status": 100}
    assert call("GET", f"/redemptions/{second['id']}").json()["state"] == "cancelled"
    assert_ledger_true()


def test_a_voucher_is_used_once_however_it_is_typed(call, mei, make_reward):
    sent = {"member": mei.number, "reward": make_reward().slug}
    code = call("POST", "/redemptions", sent, key="a").json()["code"]
    typed = " " + code.replace("-", " ").replace("0", "o").lower()
    used = call("POST", "/vouchers/use", {"code": typed}, key="u1")
    assert (used.status_code, used.json()["state"]) == (200, "used")
    assert call("POST", "/vouchers/use", {"code": typed}, key="u1").json() == used.json()
    assert code_of(call("POST", "/vouchers/use", {"code": code}, key="u2")) == (409, "code_used")
    assert code_of(call("POST", "/vouchers/use", {"code": "XXXX"}, key="u3")) == (
        404, "unknown_code",
    )  # fmt: skip


def test_points_pay_part_of_a_bill(call, mei, rate):
    quote = call("GET", f"/payments/quote?member={mei.number}&bill=10.00").json()
    assert quote == {
        "points": 50, "amount": "5.00", "minimum_points": 20, "step_points": 10, "credit": "0.00",
    }  # fmt: skip
    sent = {"member": mei.number, "receipt": "R1", "bill": "10.00", "points": 50}
    made = call("POST", "/payments", sent, key="p1")
    assert (made.status_code, made.json()["amount"]) == (201, "5.00")
    assert call("POST", "/payments", sent, key="p1").json()["id"] == made.json()["id"]
    pk = made.json()["id"]
    assert call("POST", f"/payments/{pk}/capture").json()["state"] == "captured"
    assert code_of(call("POST", f"/payments/{pk}/release")) == (409, "payment_closed")
    for _ in range(2):
        back = call("POST", f"/payments/{pk}/refund", {"amount": "1.00"}, key="r1").json()
        assert (back["refunded_amount"], back["refunded_points"]) == ("1.00", 10)
    assert balances(mei)["available"] == 60


def test_a_payment_names_points_or_credit(call, mei, rate):
    sent = {"member": mei.number, "receipt": "R1", "bill": "10.00"}
    assert call("POST", "/payments", sent, key="p").status_code == 422
    both = sent | {"points": 50, "credit": "1.00"}
    assert call("POST", "/payments", both, key="p").status_code == 422
    short = call("POST", "/payments", sent | {"credit": "1.00"}, key="p")
    assert code_of(short) == (422, "credit_too_low")


def test_another_sources_payment_is_not_found(call, mei, rate, shop):
    sent = {"member": mei.number, "receipt": "R1", "bill": "10.00", "points": 50}
    pk = call("POST", "/payments", sent, key="p1").json()["id"]
    _token, text = create_token(
        source=shop.source, name="Other", scopes=["payments.write"], by=None, now=NOW
    )
    assert call("POST", f"/payments/{pk}/capture", token=text).status_code == 404
    assert Payment.objects.get().state == "reserved"


def test_a_redemption_remembers_that_the_api_asked(call, mei, make_reward):
    call("POST", "/redemptions", {"member": mei.number, "reward": make_reward().slug}, key="a")
    assert Redemption.objects.get().place == "api"


def test_words_come_in_the_language_that_is_asked_for(call, client, make_reward):
    make_reward("Umbrella", i18n={"name_ja": "傘", "summary_ja": "雨の日に"})
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    response = call("GET", "/rewards?search=%E5%82%98")
    (offer,) = response.json()["rewards"]
    assert (offer["name"], offer["summary"]) == ("傘", "雨の日に")
    assert response["Content-Language"] == "ja"
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert call("GET", "/rewards").json()["rewards"][0]["name"] == "Umbrella"
