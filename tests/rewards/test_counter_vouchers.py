"""Vouchers over the counter: shown, paid, handed over once."""

import datetime as dt

import pytest

from core.errors import IdempotencyConflict
from core.models import AuditEntry
from members.models import Member, User
from members.services.conduct import OwnRecord
from members.services.enrolment import create_member
from rewards.models import Delivery, Redemption
from rewards.services.counter import pay_voucher, redeem_at_counter, use_voucher
from rewards.services.holding import BalanceTooLow
from rewards.services.redemption import Parcel, redeem_reward, refusals
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.test_counter_selling import register, sam  # noqa: F401  (fixtures)

DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
KEY, OTHER = "k" * 16, "o" * 16
pytestmark = pytest.mark.django_db


@pytest.fixture
def voucher(mei, make_reward):
    return redeem_reward(mei, make_reward(), key="a", by=None, now=NOW)


@pytest.fixture
def use(register, sam):  # noqa: F811
    def do(voucher, key=KEY, **who):
        return use_voucher(register, voucher, key=key, by=sam, now=NOW, **who)

    return do


@pytest.fixture
def redeem(register, sam, mei):  # noqa: F811
    def do(reward, *, key=KEY, is_paid=False, is_used=False, points=30, amount=0, **extra):
        return redeem_at_counter(
            mei, reward, register=register, is_paid=is_paid, is_used=is_used,
            seen_points=points, seen_amount=amount, key=key, by=sam, now=NOW, **extra,
        )  # fmt: skip

    return do


def test_a_voucher_is_used_and_the_clerk_named(voucher, use, sam, register):  # noqa: F811
    assert use(voucher).state == "used"
    entry = AuditEntry.objects.get(action="redemption.used")
    assert (entry.actor, entry.changes) == (sam, {"store": register.store_id})


def test_the_same_press_again_is_answered_alike_and_another_is_refused(voucher, use):
    assert use(voucher).used_at == use(voucher).used_at
    with pytest.raises(refusals.CodeUsed):
        use(voucher, key=OTHER)


def test_a_key_of_another_voucher_is_refused(voucher, use, mei, make_reward):
    second = redeem_reward(mei, make_reward(), key="b", by=None, now=NOW)
    use(voucher)
    with pytest.raises(IdempotencyConflict):
        use(second)
    assert Redemption.objects.get(pk=second.pk).used_at is None


def test_anothers_voucher_is_refused(voucher, use, now):
    with pytest.raises(refusals.OthersCode):
        use(voucher, member=create_member(now=now, source="test"))
    assert Redemption.objects.get().used_at is None


def test_nobody_hands_out_to_themselves(voucher, register, mei):  # noqa: F811
    with pytest.raises(OwnRecord):
        use_voucher(register, voucher, key=KEY, by=mei.user, now=NOW)
    assert AuditEntry.objects.get(action="act.refused").changes["act"] == "counter.use_voucher"


def test_what_is_reserved_is_paid_first(mei, make_reward, use, sam):  # noqa: F811
    made = redeem_reward(mei, make_reward(price_amount=500), key="a", by=None, now=NOW)
    with pytest.raises(refusals.NotPaid):
        use(made)
    assert pay_voucher(made, by=sam, now=NOW).state == "fulfilled"
    assert pay_voucher(made, by=sam, now=NOW).state == "fulfilled"
    assert use(made).state == "used"
    assert_ledger_true()


def test_a_reward_on_the_spot_names_the_counter(redeem, make_reward, mei):
    made = redeem(make_reward())
    assert (made.place, made.state) == ("counter", "fulfilled")
    assert balances(mei)["available"] == 70


def test_a_reward_handed_over_at_once_is_used(redeem, make_reward, mei):
    made = redeem(make_reward(), is_used=True)
    assert (made.state, redeem(Redemption.objects.get().reward, is_used=True)) == ("used", made)
    assert balances(mei)["available"] == 70


def test_a_part_in_money_is_paid_or_waits(redeem, make_reward, mei):
    reward = make_reward(price_amount=500)
    assert redeem(reward, amount=500).state == "reserved"
    assert redeem(reward, amount=500, is_paid=True, is_used=True, key=OTHER).state == "used"
    assert (balances(mei)["held"], balances(mei)["available"]) == (30, 40)


def test_goods_from_the_shelf_are_not_sent(redeem, make_reward):
    reward = make_reward(kind="goods", stock_left=1)
    made = redeem(reward, is_used=True, parcel=Parcel("Mei", "", "Main Street"))
    assert made.state == "used"
    assert Delivery.objects.get().state == "delivered"


def test_a_price_that_rose_meanwhile_is_refused(redeem, make_reward):
    with pytest.raises(refusals.PriceChanged):
        redeem(make_reward(price_points=40), points=30)


def test_a_price_above_the_balance_is_refused(redeem, make_reward, mei):
    with pytest.raises(BalanceTooLow):
        redeem(make_reward(price_points=101), points=101)
    assert balances(mei)["available"] == 100


def test_a_closed_window_is_refused(redeem, make_reward):
    from members.selectors.gates import GateOver

    over = {"opens_at": at(DAY, 1), "closes_at": at(DAY, 14)}
    with pytest.raises(GateOver):
        redeem(make_reward(gates=[over]))


@pytest.mark.django_db(transaction=True)
def test_twenty_clerks_and_one_voucher_is_one(voucher, register, make_reward):  # noqa: F811
    """Lock: the redemption's row."""
    clerks = [User.objects.create(email=f"c{each}@example.com") for each in range(20)]
    results = together(
        *(
            lambda clerk=clerk: use_voucher(
                register, voucher, key=f"{clerk.pk:016}", by=clerk, now=NOW
            )
            for clerk in clerks
        )
    )
    assert sum(isinstance(result, Redemption) for result in results) == 1
    assert sum(isinstance(result, refusals.CodeUsed) for result in results) == 19
    assert Member.objects.count() == 1
