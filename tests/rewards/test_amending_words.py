"""What members read about an order that its shop changed."""

import datetime as dt

import pytest
from django.test import Client

from members.models import User
from rewards.models import Transfer
from rewards.selectors.explanations import explain_transfers
from rewards.services.verification import verify_ledger
from tests.purchases.shops import make_shop
from tests.rewards.amended import DAY, Orders
from tests.rewards.conftest import at
from tests.rewards.holds import capture_hold, hold_points

pytestmark = pytest.mark.django_db


def day(number):
    return DAY + dt.timedelta(days=number)


@pytest.fixture
def orders(rules, now):
    return Orders(make_shop("shopify", now, window=0).connection)


def read(member, **lookup):
    rows = Transfer.objects.for_list().filter(member=member, unit="points", **lookup)
    found = explain_transfers(list(rows), now=at(day(9)))
    return [each.sentence.replace("\xa0", " ") for each in found]


def test_entries_of_an_amendment_explain_themselves(orders, claim):
    orders.say("1", {"a": 100}, on=DAY)
    member = claim(orders.member())
    capture_hold(hold_points(member, 80, key="h", now=at(day(1))), now=at(day(1)))
    orders.say("1", {"a": 50}, on=day(2))

    earned = read(member, reason="earn", award__purchase_version=2)
    assert earned == [
        "$50.00 × 1 point per $1 = 50, available at once. The shop changed this order: these"
        " replace what it had earned."
    ]
    assert sorted(read(member, reason="amend")) == [
        "20 points from your purchase of March 11 were taken back, as the order was changed.",
        "50 points from your purchase of March 11 were taken back, as the order was changed.",
    ]
    (owed,) = read(member, reason="owe")
    assert owed.startswith("The shop changed your purchase of March 11, which brings fewer")
    (back,) = explain_transfers(
        list(Transfer.objects.for_list().filter(reason="owe")), now=at(day(9))
    )
    assert [(step.label, step.value) for step in back.steps] == [
        ("Left of this purchase", "20"),
        ("Used already: from what the order earns now, and other points", "50"),
        ("Owed", "30"),
        ("Taken back of 100 points", "100"),
    ]


def test_lapsed_points_of_an_amended_order_cost_nothing(orders):
    orders.say("1", {"a": 100}, on=DAY)
    member = orders.member()
    orders.say("1", {"a": 60}, on=day(500))
    (text,) = read(member, reason="reopen")
    assert text.startswith("100 points from your purchase")
    assert text.endswith("They cost you nothing.")


def test_purchase_page_shows_the_present_version_alone(orders, claim):
    orders.say("1", {"a": 100, "b": 20}, on=DAY)
    member = claim(orders.member())
    orders.say("1", {"a": 60, "c": 5}, on=day(1))
    User.objects.filter(pk=member.user_id).update(email="mei@example.com")
    client = Client()
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    text = client.get(f"/purchases/{orders.purchase('1').pk}/").text.replace("\xa0", " ")
    assert "The shop changed this order" in text
    assert "= 65, available" in text
    assert "= 120" not in text
    assert text.count('<td class="is-main">') == 2


def test_verification_finds_an_award_that_an_amendment_forgot(orders):
    orders.say("1", {"a": 100}, on=DAY)
    purchase = orders.purchase("1")
    purchase.version = 2
    purchase.save(update_fields=["version"])
    _counts, findings = verify_ledger()
    assert [finding.check for finding in findings] == ["amended awards are taken back whole"]
