"""A young member and what costs money: a guardian's yes is asked for at the press."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import Guardian
from members.selectors.guardians import GuardianNeeded, GuardianRefused, GuardianSilent
from rewards.models import Payment, Redemption
from rewards.selectors.catalogue import get_reward_page
from rewards.services.consent import ConsentMissing
from rewards.services.credit import give_credit
from rewards.services.paying import reserve_credit_payment, reserve_points_payment
from rewards.services.payments import publish_rate
from rewards.services.redemption import confirm_redemption, redeem_reward
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances
from tests.rewards.desk import staff  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


@pytest.fixture
def jo(mei):
    """Eleven years old, with a login and 100 points."""
    mei.birth_year, mei.birth_month, mei.birth_day = 2013, 6, 1
    mei.save(update_fields=["birth_year", "birth_month", "birth_day"])
    return mei


@pytest.fixture
def redeem(jo):
    def press(reward, *, key="a", by=None, **options):
        return redeem_reward(jo, reward, key=key, by=by or jo.user, now=NOW, **options)

    return press


@pytest.fixture
def pay(jo, counter):
    publish_rate(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=10, step_points=10,
        largest_percent=100, by=None, now=EVER,
    )  # fmt: skip
    give_credit(jo, 3000, cause=("test", 1), by=None, now=NOW)
    receipt = {"bill_amount": 900, "source": counter.source, "external_id": "R", "now": NOW}

    def reserve(kind, *, key="p", by=None):
        if kind == "points":
            return reserve_points_payment(jo, 20, key=key, by=by, **receipt)
        return reserve_credit_payment(jo, 200, key=key, by=by, **receipt)

    return reserve


def name_guardian(member, **answer):
    Guardian.objects.update(ended_at=NOW)
    return Guardian.objects.create(member=member, name="Ann", named_at=NOW, **answer)


def test_what_costs_points_alone_needs_nobody(jo, redeem, make_reward):
    redeem(make_reward())
    assert balances(jo)["available"] == 70


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (None, GuardianNeeded),
        ({}, GuardianSilent),
        ({"refused_at": NOW}, GuardianRefused),
    ],
)
def test_a_part_in_money_is_refused_without_a_yes(jo, redeem, make_reward, answer, refusal):
    reward = make_reward(price_amount=500)
    if answer is not None:
        name_guardian(jo, **answer)
    with pytest.raises(GuardianNeeded) as raised:
        redeem(reward)
    assert type(raised.value) is refusal
    page = get_reward_page(jo, reward.slug, now=NOW, available_points=100)
    assert page.missing_consent == str(raised.value)
    assert not Redemption.objects.exists()
    assert not AuditEntry.objects.filter(action="guardian.missing").exists()
    assert balances(jo)["available"] == 100


def test_with_a_yes_it_is_reserved_and_paid_although_it_is_taken_back(jo, redeem, make_reward):
    """A reservation survives a later loss."""
    reward = make_reward(price_amount=500)
    guardian = name_guardian(jo, confirmed_at=NOW)
    assert not get_reward_page(jo, reward.slug, now=NOW, available_points=100).missing_consent
    made = redeem(reward)
    guardian.confirmed_at, guardian.refused_at = None, NOW
    guardian.save()
    assert confirm_redemption(made, by=None, now=NOW).state == "fulfilled"
    assert redeem(reward) == made  # a repeat is answered like the first
    assert_ledger_true()


def test_a_gate_that_takes_the_money_off_needs_nobody(jo, redeem, make_reward):
    redeem(make_reward(price_amount=500, gates=[{"price_amount": 0}]))
    assert balances(jo)["available"] == 70


def test_what_staff_ask_for_is_refused_on_record(jo, redeem, pay, make_reward, staff):  # noqa: F811
    clerk = staff("clerk")
    with pytest.raises(ConsentMissing) as raised:
        redeem(make_reward(price_amount=500), by=clerk, is_paid=True)
    with pytest.raises(ConsentMissing):
        pay("points", by=clerk)
    assert (raised.value.code, raised.value.status) == ("guardian_needed", 403)
    assert str(raised.value) == str(GuardianNeeded(age=13))
    rows = AuditEntry.objects.filter(action="guardian.missing").order_by("pk")
    assert [(row.actor, row.subject_id, row.changes) for row in rows] == [
        (clerk, str(jo.pk), {"refused": "guardian_needed", "act": act})
        for act in ("redemption", "payment")
    ]


@pytest.mark.parametrize("kind", ["points", "credit"])
def test_a_bill_is_paid_with_a_yes_alone(jo, pay, kind):
    with pytest.raises(GuardianNeeded):
        pay(kind)
    assert not Payment.objects.exists()
    name_guardian(jo, confirmed_at=NOW)
    assert pay(kind).state == "reserved"


def test_a_grown_up_costs_no_statement(mei, make_reward, django_assert_num_queries):
    mei.birth_year = 1990
    reward = make_reward(price_amount=500)
    with django_assert_num_queries(3):
        assert not get_reward_page(mei, reward.slug, now=NOW, available_points=0).missing_consent
    mei.birth_year = 2013
    with django_assert_num_queries(4):
        assert get_reward_page(mei, reward.slug, now=NOW, available_points=0).missing_consent
