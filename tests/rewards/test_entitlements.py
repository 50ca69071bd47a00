"""Rewards that were won or given: taken once, at no charge, and given back to where they were."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, close_old_connections, transaction

from core.bulk import RowWriter
from rewards.enums import EntitlementEnd, PrizeKind
from rewards.models import Entitlement, Redemption, Reward, SpinGrant, Wheel
from rewards.selectors.entitlements import get_entitlement_page, list_entitlements
from rewards.services.entitlements import (
    close_entitlements,
    end_past_entitlements,
    withdraw_entitlements,
    withdraw_spins,
)
from rewards.services.ledger import write_ledger
from rewards.services.prizes import Prize, Won, add_prizes
from rewards.services.redemption import Parcel, cancel_redemption, redeem_reward, refusals
from rewards.services.settlement import open_settled_ledger
from tests.constraints import guards
from tests.rewards.conftest import assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
CAUSE = ("gift", 7)


@pytest.fixture
def give(mei):
    def give(prize, *, key="gift:7", is_set_aside=False, now=NOW):
        with transaction.atomic():
            ledger = open_settled_ledger([mei.pk], now=now)
            writer = RowWriter()
            add_prizes(ledger, writer, [Won(mei.pk, prize, CAUSE, key, is_set_aside)], now=now)
            write_ledger(ledger, now=now, writer=writer)
            writer.flush()

    return give


@pytest.fixture
def give_reward(give):
    def give_one(reward, *, days=None, **options):
        give(Prize(PrizeKind.REWARD, reward_id=reward.pk, days=days), **options)
        return Entitlement.objects.latest("pk")

    return give_one


def take(entitlement, *, key="a", now=NOW, **options):
    return redeem_reward(
        entitlement.member, entitlement.reward, key=key, by=None, now=now,
        entitlement=entitlement, **options,
    )  # fmt: skip


def test_prizes_are_handed_out_by_kind(mei, give, club):
    wheel = Wheel.objects.create(slug="daily", name="Daily")
    give(Prize(PrizeKind.POINTS, points=40, days=3), key="p")
    give(Prize(PrizeKind.CREDIT, amount=500), key="c")
    give(Prize(PrizeKind.SPINS, spin_count=2, wheel_id=wheel.pk, days=3), key="s")
    give(Prize(PrizeKind.NOTHING), key="n")
    assert balances(mei) == {"available": 140, "status": 100, "credit_granted": 500}
    grant = SpinGrant.objects.get()
    assert (grant.spin_count, grant.used_count, grant.cause_id) == (2, 0, 7)
    assert grant.expires_on == DAY + dt.timedelta(days=3)
    assert_ledger_true()


def test_the_same_key_is_never_given_twice(give, give_reward, make_reward):
    give_reward(make_reward())
    with pytest.raises(IntegrityError), transaction.atomic():
        give_reward(make_reward())
    give(Prize(PrizeKind.POINTS, points=40), key="p")
    with pytest.raises(IntegrityError), transaction.atomic():
        give(Prize(PrizeKind.POINTS, points=40), key="p")


def test_taking_costs_nothing_and_uses_the_right_up(mei, make_reward, give_reward):
    reward = make_reward(stock_left=1, limit_count=1)
    reward.gates.all().delete()  # closed to everybody
    right = give_reward(reward)
    assert list(list_entitlements(mei, now=NOW)) == [right]
    made = take(right)
    assert made.price_points == 0
    assert balances(mei) == {"available": 100, "status": 100}
    right.refresh_from_db()
    assert right.redemption == made
    assert list(list_entitlements(mei, now=NOW)) == []
    assert Reward.objects.get(pk=reward.pk).stock_left == 0
    with pytest.raises(refusals.NotYoursToTake):
        take(right, key="b")
    assert take(right).pk == made.pk  # the same key: the same redemption
    assert_ledger_true()


def test_what_was_set_aside_takes_no_stock_and_the_rest_is_refused_while_none_is_left(
    make_reward, give_reward
):
    reward = make_reward(stock_left=0)
    put_away = give_reward(reward, is_set_aside=True)
    assert take(put_away).is_from_stock is False
    other = give_reward(reward, key="gift:8")
    with pytest.raises(refusals.NotInStock):
        take(other, key="b")
    assert Entitlement.objects.get(pk=other.pk).is_usable(DAY)


@pytest.mark.parametrize(("days_later", "is_good"), [(3, True), (4, False)])
def test_last_day_is_usable(make_reward, give_reward, days_later, is_good):
    right = give_reward(make_reward(), days=3)
    now = NOW + dt.timedelta(days=days_later)
    usable = list(list_entitlements(right.member, now=now))
    assert (usable == [right]) is is_good
    assert right.is_usable(DAY + dt.timedelta(days=days_later)) is is_good
    if is_good:
        assert take(right, now=now)
    else:
        with pytest.raises(refusals.NotYoursToTake):
            take(right, now=now)


def test_of_another_member_or_for_another_reward_is_refused(
    mei, counter, claim, make_reward, give_reward
):
    counter.buy("kenji", 100, on=DAY)
    kenji = claim(counter.member("kenji"))
    right = give_reward(make_reward())
    with pytest.raises(refusals.NotYoursToTake):
        redeem_reward(kenji, right.reward, key="a", by=None, now=NOW, entitlement=right)
    with pytest.raises(refusals.NotYoursToTake):
        redeem_reward(mei, make_reward(), key="b", by=None, now=NOW, entitlement=right)
    assert Redemption.objects.count() == 0


def test_cancelling_makes_it_takeable_again(mei, make_reward, give_reward):
    reward = make_reward(kind="goods", stock_left=1)
    right = give_reward(reward)
    made = take(right, parcel=Parcel("Mei Chen", "US", "1 Main St"))
    cancel_redemption(made, by=None, now=NOW)
    right.refresh_from_db()
    assert right.redemption is None
    assert right.is_usable(DAY)
    assert Reward.objects.get(pk=reward.pk).stock_left == 1
    assert balances(mei) == {"available": 100, "status": 100}
    assert take(right, key="b", parcel=Parcel("Mei Chen", "US", "1 Main St")).pk != made.pk


def test_what_nobody_took_ends_and_goes_back_on_the_shelf(make_reward, give_reward):
    reward = make_reward(stock_left=2)
    right = give_reward(reward, days=3, is_set_aside=True)
    free = give_reward(reward, days=3, key="gift:8")
    assert end_past_entitlements(now=NOW + dt.timedelta(days=3)) == 0
    assert end_past_entitlements(now=NOW + dt.timedelta(days=4)) == 2
    assert end_past_entitlements(now=NOW + dt.timedelta(days=4)) == 0
    right.refresh_from_db()
    free.refresh_from_db()
    assert {right.end_reason, free.end_reason} == {EntitlementEnd.EXPIRED}
    assert Reward.objects.get(pk=reward.pk).stock_left == 3


def test_withdrawing_reaches_only_what_was_not_taken(make_reward, give_reward):
    taken, left = give_reward(make_reward()), give_reward(make_reward(), key="gift:8")
    Entitlement.objects.filter(pk=left.pk).update(cause_id=8)
    take(taken)
    assert withdraw_entitlements("gift", [7, 8, 9], now=NOW) == {8}
    left.refresh_from_db()
    assert left.end_reason == EntitlementEnd.WITHDRAWN
    with pytest.raises(refusals.NotYoursToTake):
        take(left, key="b")


@pytest.mark.parametrize(
    ("used", "withdrawn", "left"),
    [(0, {7}, (3, DAY - dt.timedelta(days=1))), (1, set(), (1, None))],
)
def test_withdrawing_spins_leaves_those_that_were_used(give, used, withdrawn, left):
    wheel = Wheel.objects.create(slug="daily", name="Daily")
    give(Prize(PrizeKind.SPINS, spin_count=3, wheel_id=wheel.pk), key="s")
    SpinGrant.objects.update(used_count=used)
    assert withdraw_spins("gift", [7, 8], now=NOW) == withdrawn
    assert withdraw_spins("gift", [7, 8], now=NOW) == set()
    assert SpinGrant.objects.values_list("spin_count", "expires_on").get() == left


def test_leaving_ends_what_was_not_taken(mei, make_reward, give_reward):
    reward = make_reward(stock_left=0)
    right = give_reward(reward, is_set_aside=True)
    close_entitlements(mei, NOW)
    right.refresh_from_db()
    assert right.end_reason == EntitlementEnd.ERASED
    assert Reward.objects.get(pk=reward.pk).stock_left == 1


def test_page_shows_no_price_whatever_the_gates_say(make_reward, give_reward):
    reward = make_reward(price_points=900)
    reward.gates.all().delete()
    page = get_entitlement_page(give_reward(reward), now=NOW)
    assert (page.offer.price_points, page.offer.price_amount) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_take_it_once(mei, make_reward, give_reward):
    """Without ``AND redemption_id IS NULL`` in the claim both succeed."""
    right = give_reward(make_reward())

    def press(key):
        try:
            take(Entitlement.objects.get(pk=right.pk), key=key)
        except refusals.NotYoursToTake:
            return 0
        finally:
            close_old_connections()
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press, "abcdefgh")) == 1
    assert Redemption.objects.count() == 1


# --- What the database refuses --------------------------------------------------------------------


ENDED = {"closed_at": NOW, "end_reason": "expired"}


@pytest.mark.parametrize("good", [{"closed_at": None, "end_reason": ""}, ENDED])
@pytest.mark.parametrize("bad", [{"closed_at": NOW}, {"end_reason": "expired"}])
def test_an_end_has_a_reason(make_reward, give_reward, good, bad):
    rows = Entitlement.objects.filter(pk=give_reward(make_reward()).pk)
    guards("entitlement_end_has_reason", rows.update, good, bad)


def test_taken_and_ended_at_once_is_refused(make_reward, give_reward):
    right = give_reward(make_reward())
    rows = Entitlement.objects.filter(pk=right.pk)
    redemption = take(right)
    guards("entitlement_ends_once", rows.update, {"redemption": None, **ENDED}, ENDED)
    assert rows.get().redemption_id == redemption.pk


@pytest.mark.parametrize(("used", "is_good"), [(0, True), (2, True), (3, False)])
def test_spins_are_used_within_their_count(give, used, is_good):
    wheel = Wheel.objects.create(slug="daily", name="Daily")
    give(Prize(PrizeKind.SPINS, spin_count=2, wheel_id=wheel.pk), key="s")
    if is_good:
        assert SpinGrant.objects.update(used_count=used) == 1
    else:
        with pytest.raises(IntegrityError, match="spin_grant_used_within"), transaction.atomic():
            SpinGrant.objects.update(used_count=used)
