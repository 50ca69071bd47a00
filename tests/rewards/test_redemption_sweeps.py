"""What runs each minute, what the probe sees of it, and what the statement says afterwards."""

import datetime as dt

import pytest
import time_machine

from loyalty_site.celery import app
from members import registry
from members.selectors.notices import list_notices
from rewards.enums import Reason
from rewards.models import Redemption, Transfer
from rewards.selectors.causes import causes
from rewards.selectors.explanations import explain_transfers
from rewards.selectors.redemptions import list_waiting_reservations
from rewards.services.paying import reserve_points_payment
from rewards.services.payments import publish_rate
from rewards.services.redemption import cancel_redemption, confirm_redemption, redeem_reward
from rewards.tasks import sweep_redemptions
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
LATER = NOW + dt.timedelta(minutes=45)


@pytest.fixture
def press(mei):
    def redeem(reward, *, key="a", **options):
        return redeem_reward(mei, reward, key=key, by=mei.user, now=NOW, **options)

    return redeem


@pytest.fixture
def pay(mei, counter):
    publish_rate(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=10, step_points=10,
        largest_percent=100, by=None, now=EVER,
    )  # fmt: skip
    return lambda: reserve_points_payment(
        mei, 20, bill_amount=900, source=counter.source, external_id="R", key="p", by=None, now=NOW
    )


def test_one_sweep_lets_go_and_ends_what_is_over(mei, press, pay, make_reward):
    reserved = press(make_reward(price_points=10, price_amount=500), key="a")
    voucher = press(make_reward(price_points=10, valid_days=0), key="b")
    payment = pay()
    with time_machine.travel(at(DAY + dt.timedelta(days=1), 1), tick=False):
        sweep_redemptions()
        sweep_redemptions()
    states = dict(Redemption.objects.values_list("pk", "state"))
    payment.refresh_from_db()
    assert states == {reserved.pk: "expired", voucher.pk: "expired"}
    assert payment.state == "released"
    assert balances(mei)["available"] == 90
    assert_ledger_true()


def test_the_sweep_is_on_the_schedule_each_minute():
    entry = app.conf.beat_schedule["sweep-redemptions"]
    assert (entry["task"], entry["schedule"]) == ("rewards.tasks.sweep_redemptions", 60.0)


def test_the_probe_sees_since_when_reservations_wait(press, pay, make_reward):
    press(make_reward(price_points=10, price_amount=500))
    pay()
    assert list_waiting_reservations(NOW) == {}
    wait = dt.timedelta(minutes=15)
    assert list_waiting_reservations(LATER) == {"redemptions": wait, "payments": wait}
    assert "reservations" in registry.waiting_queues


def test_a_lapsed_reservation_is_told_in_words(mei, press, make_reward):
    made = press(make_reward(price_points=10, price_amount=500))
    with time_machine.travel(LATER, tick=False):
        sweep_redemptions()
    (notice,) = list_notices(mei)
    assert "The reservation of “Tote bag” has ended" in notice.text
    assert notice.url == made.get_absolute_url()


# --- What entries are about ----------------------------------------------------------------------


def explain(member, **lookup):
    rows = Transfer.objects.of_member(member).for_list().filter(**lookup).order_by("pk")
    return explain_transfers(list(rows), now=NOW)


def test_an_entry_says_what_it_is_about_with_a_link(mei, press, make_reward):
    made = press(make_reward(price_points=30, price_amount=500))
    confirm_redemption(made, by=None, now=NOW)
    cancel_redemption(made, by=mei.user, now=NOW)
    found = explain(mei, cause_type="redemption")
    assert [each.title for each in found] == [
        "Reserved for: Tote bag", "Used for: Tote bag", "Given back: Tote bag",
    ]  # fmt: skip
    assert {each.about_url for each in found} == {made.get_absolute_url()}
    assert found[1].sentence == (
        "30 points that were set aside have been used for “Tote bag”."
    )  # fmt: skip


def test_a_payment_names_the_place(mei, pay):
    pay()
    (entry,) = explain(mei, cause_type="payment")
    assert entry.title == "Set aside to pay at Counter"


def test_money_is_written_as_money(mei, press, make_reward):
    press(make_reward(kind="credit", value_amount=1000, price_points=10))
    (entry,) = explain(mei, unit="money")
    assert (entry.title, entry.amount) == ("Store credit: Tote bag", "+$10.00")


def test_the_clubs_grace_is_said_in_the_entry(mei, press, make_reward):
    made = press(make_reward(price_points=30))
    late = at(DAY + dt.timedelta(days=500))
    cancel_redemption(made, by=None, by_club=True, now=late)
    (entry,) = explain(mei, reason=Reason.RESTORE)
    assert "can be used until June 20, 2026" in entry.sentence


def test_causes_cost_one_query_per_kind(mei, press, pay, make_reward, django_assert_num_queries):
    def count(number):
        rows = Transfer.objects.of_member(mei).for_list().filter(cause_id__isnull=False)
        rows = list(rows.order_by("pk")[:number])
        with django_assert_num_queries(2):
            explain_transfers(rows, now=NOW)

    pay()
    for number in range(4):
        press(make_reward(f"Reward {number}", price_points=5), key=f"{number}")
    count(2)
    count(5)


def test_every_cause_that_is_written_is_described():
    assert {"redemption", "payment", "adjustment", "bulk"} <= set(causes.codes())
