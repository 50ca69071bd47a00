"""Many at once at what is scarce: each test fails when the lock or constraint that it names is
taken away.
"""

import datetime as dt
import itertools
import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connection, connections

from members.models import Member, User
from members.selectors.gates import GateClosed
from members.services.enrolment import create_member
from members.services.erasing import erase_member
from members.services.merging import merge_members
from rewards.models import Delivery, Redemption, Reward, RewardCode, RewardSession
from rewards.services.grants import grant_points
from rewards.services.holding import BalanceTooLow, CannotSpend
from rewards.services.paying import reserve_points_payment
from rewards.services.payments import (
    capture_payment,
    let_go_of_overdue_payments,
    publish_rate,
    refund_payment,
)
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    expire_redemption,
    let_go_of_overdue,
    redeem_reward,
    use_redemption,
)
from rewards.services.redemption.refusals import WrongState
from tests.races import together
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 1, 5)
NOON = at(DAY, 12)
CONNECTIONS = 16


@pytest.fixture(autouse=True)
def _sixteen_connections():
    """The pool of a process holds eight by default."""
    options = connections.settings["default"]["OPTIONS"]
    before = options["pool"]
    connection.close()
    connection.close_pool()
    options["pool"] = {**before, "max_size": CONNECTIONS + 1}
    yield
    connection.close()
    connection.close_pool()
    options["pool"] = before


@pytest.fixture
def make_members(programme, now):
    """Members with a login and points of their own: ``make_members(3, points=100)``."""

    def make(count, points=100):
        made = []
        for index in range(count):
            member = create_member(now=NOON, source="test", given_name=f"M{index}")
            member.user = User.objects.create(email=f"m{member.pk}@example.com")
            member.save(update_fields=["user"])
            if points:
                key = f"start-{member.pk}"
                grant_points(member, points, expires_on=None, note="", key=key, by=None, now=NOON)
            made.append(member)
        return made

    return make


def crowd(calls, workers=CONNECTIONS):
    """Work through the calls with so many hands at once; counts what each came to."""
    waiting, results = iter(calls), []
    lock, start = threading.Lock(), threading.Barrier(workers)

    def work():
        start.wait()
        try:
            while True:
                with lock:
                    call = next(waiting, None)
                if call is None:
                    return
                try:
                    results.append(call())
                except Exception as error:
                    results.append(error)
        finally:
            connection.close()

    hands = [threading.Thread(target=work) for _ in range(workers)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return results


def crowd_in_order(*calls):
    """``crowd``, with the last call begun along with the first ones; results stand in order."""
    results = [None] * len(calls)

    def keep(index, call):
        try:
            results[index] = call()
        except Exception as error:
            results[index] = error

    order = [len(calls) - 1, *range(len(calls) - 1)]
    crowd([lambda i=i: keep(i, calls[i]) for i in order])
    return results


def count_kinds(results):
    return Counter(type(result).__name__ for result in results)


# --- The last ones -------------------------------------------------------------------------------


def test_five_hundred_want_the_last_fifty(make_members, make_reward):
    """Lock: the stock's row, by ``UPDATE ... WHERE stock_left > 0``; constraint: the positive
    integer of ``stock_left``.
    """
    reward = make_reward(stock_left=50, price_points=10)
    members = make_members(20, points=10_000)
    calls = [
        lambda member=member, key=key: redeem_reward(
            member, reward, key=f"press-{key}", by=None, now=NOON
        )
        for key, member in zip(range(500), itertools.cycle(members))
    ]
    assert count_kinds(crowd(calls)) == {"Redemption": 50, "SoldOut": 450}
    assert Reward.objects.get().stock_left == 0
    assert Redemption.objects.count() == 50
    assert_ledger_true()


def test_a_code_of_a_pool_goes_to_one(make_members, make_reward):
    """Lock: ``FOR UPDATE SKIP LOCKED`` on the code; constraint: one code per redemption."""
    reward = make_reward(kind="pool")
    RewardCode.objects.bulk_create(
        RewardCode(reward=reward, code=f"C{n}", match_key=f"C{n}", imported_at=NOON)
        for n in range(10)
    )
    members = make_members(40)
    results = crowd(
        [lambda m=m: redeem_reward(m, reward, key="k", by=None, now=NOON) for m in members]
    )
    assert count_kinds(results) == {"Redemption": 10, "SoldOut": 30}
    taken = RewardCode.objects.values_list("redemption_id", flat=True)
    assert len(set(taken)) == 10
    assert None not in taken
    assert_ledger_true()


def test_the_last_seat_goes_to_one(make_members, make_reward):
    """Lock: the session's row, by ``UPDATE ... WHERE seats_left > 0``."""
    reward = make_reward(kind="experience")
    session = RewardSession.objects.create(
        reward=reward, starts_at=NOON + dt.timedelta(days=3),
        ends_at=NOON + dt.timedelta(days=3, hours=2), seat_count=1, seats_left=1,
    )  # fmt: skip
    results = crowd(
        [
            lambda m=m: redeem_reward(m, reward, session=session, key="k", by=None, now=NOON)
            for m in make_members(12)
        ]
    )
    assert count_kinds(results) == {"Redemption": 1, "NoSeatLeft": 11}
    assert_ledger_true()


def test_fifty_clerks_and_one_voucher(make_members, make_reward):
    """Lock: the redemption's row."""
    (member,) = make_members(1)
    made = redeem_reward(member, make_reward(), key="a", by=None, now=NOON)
    results = crowd([lambda: use_redemption(made, by=None, now=NOON) for _ in range(50)])
    assert count_kinds(results) == {"Redemption": 1, "CodeUsed": 49}
    assert made.events.filter(to_state="used").count() == 1


def test_one_balance_in_forty_tabs(make_members, make_reward):
    """Lock: the member's standing; constraint: account_balance_not_below_zero."""
    (member,) = make_members(1, points=100)
    reward = make_reward(price_points=30)
    results = crowd(
        [
            lambda tab=tab: redeem_reward(member, reward, key=f"tab-{tab}", by=None, now=NOON)
            for tab in range(40)
        ]
    )
    assert count_kinds(results) == {"Redemption": 3, "BalanceTooLow": 37}
    assert balances(member) == {"available": 10}
    assert_ledger_true()


def test_one_key_in_many_tabs_is_one_redemption(make_members, make_reward):
    """Lock: the member's standing; constraint: redemption_once_per_key."""
    (member,) = make_members(1)
    reward = make_reward(stock_left=5)
    results = crowd(
        [lambda: redeem_reward(member, reward, key="same", by=None, now=NOON)] * CONNECTIONS
    )
    assert len({made.pk for made in results}) == 1
    assert Reward.objects.get().stock_left == 4
    assert balances(member) == {"available": 70}


def test_a_limit_holds_in_many_tabs(make_members, make_reward):
    """Lock: the member's standing; the count is read under it."""
    (member,) = make_members(1, points=1000)
    reward = make_reward(limit_count=2)
    results = crowd(
        [
            lambda tab=tab: redeem_reward(member, reward, key=f"tab-{tab}", by=None, now=NOON)
            for tab in range(CONNECTIONS)
        ]
    )
    assert count_kinds(results) == {"Redemption": 2, "LimitReached": 14}


# --- Steps against each other --------------------------------------------------------------------


def test_paid_cancelled_and_lapsed_at_once_is_one_of_them(make_members, make_reward):
    """Lock: the standing, then the redemption's row."""
    members = make_members(8)
    reward = make_reward(price_amount=500, stock_left=8)
    late = NOON + dt.timedelta(minutes=31)
    for member in members:
        made = redeem_reward(member, reward, key="a", by=None, now=NOON)
        results = together(
            lambda made=made: confirm_redemption(made, by=None, now=NOON),
            lambda made=made: cancel_redemption(made, by=None, now=NOON),
            lambda made=made: expire_redemption(made.pk, now=late),
        )
        assert not [each for each in results if isinstance(each, Exception)
                    and not isinstance(each, WrongState)]  # fmt: skip
        made.refresh_from_db()
        assert made.state in ("fulfilled", "cancelled", "expired")
    back = Redemption.objects.filter(state__in=["cancelled", "expired"]).count()
    assert Reward.objects.get().stock_left == back
    assert_ledger_true()


def test_asked_cancelled_and_lapsed_in_one_instant(make_members, make_reward):
    """Whoever comes first lets go, once; whoever asks has the points for the next reward.

    Lock: the standing, then the redemption's row.
    """
    held = make_reward(price_points=60, price_amount=500, stock_left=8)
    wanted = make_reward("Mug", price_points=100, stock_left=8)
    limit = NOON + dt.timedelta(minutes=held.hold_minutes)
    for member in make_members(8):
        over = redeem_reward(member, held, key="a", by=None, now=NOON)
        results = together(
            lambda member=member: redeem_reward(member, wanted, key="b", by=None, now=limit),
            lambda over=over: cancel_redemption(over, by=None, now=limit),
            lambda over=over: expire_redemption(over.pk, now=limit),
        )
        over.refresh_from_db()
        assert over.state == "expired"
        assert balances(member) == {}
        kinds = [type(each).__name__ for each in results]
        assert sorted(kinds) == ["Redemption", "WrongState", "bool"]
        assert over.events.count() == 2
    assert dict(Reward.objects.values_list("pk", "stock_left")) == {held.pk: 8, wanted.pk: 0}
    assert_ledger_true()


def test_captured_and_lapsed_at_once_then_refunded_by_two(make_members, counter):
    """What is refunded adds up to what was paid, in points as in money. Lock: the standing, then
    the payment's row.
    """
    publish_rate(
        starts_at=EVER, rate_points=3, rate_amount=100, minimum_points=1, step_points=1,
        largest_percent=100, by=None, now=EVER,
    )  # fmt: skip
    limit = NOON + dt.timedelta(minutes=30)
    for index, member in enumerate(make_members(6)):
        paid = reserve_points_payment(
            member, 50, bill_amount=9000, source=counter.source, external_id=f"R{index}",
            key=f"p{index}", by=None, now=NOON,
        )  # fmt: skip
        together(
            lambda paid=paid: capture_payment(paid, by=None, now=limit - dt.timedelta(seconds=1)),
            lambda paid=paid: let_go_of_overdue_payments(now=limit),
        )
        paid.refresh_from_db()
        if paid.state == "released":
            assert balances(member) == {"available": 100}
            continue
        for part in (1, 333, 700):
            refund = partial(refund_payment, paid, part, by=None, now=limit)
            together(refund, refund)
            paid.refresh_from_db()
            to_date = paid.points * paid.refunded_amount // paid.amount
            assert paid.refunded_points == to_date
            assert balances(member) == {"available": 50 + to_date}
        left = paid.amount - paid.refunded_amount
        if left:
            refund_payment(paid, left, by=None, now=limit)
        assert balances(member) == {"available": 100}
    assert_ledger_true()


def test_used_and_cancelled_at_once_is_one_of_them(make_members, make_reward):
    """Lock: the redemption's row."""
    for member in make_members(8):
        made = redeem_reward(member, make_reward(), key="a", by=None, now=NOON)
        results = together(
            lambda made=made: use_redemption(made, by=None, now=NOON),
            lambda made=made: cancel_redemption(made, by=None, now=NOON),
        )
        assert sum(isinstance(each, Exception) for each in results) == 1
    assert_ledger_true()


def test_two_sweeps_let_each_reservation_go_once(make_members, make_reward):
    """Lock: the redemption's row."""
    reward = make_reward(price_amount=500, stock_left=12)
    for member in make_members(12):
        redeem_reward(member, reward, key="a", by=None, now=NOON)
    late = NOON + dt.timedelta(hours=1)
    counts = together(lambda: let_go_of_overdue(now=late), lambda: let_go_of_overdue(now=late))
    assert sum(counts) == 12
    assert Reward.objects.get().stock_left == 12
    assert_ledger_true()


# --- One order of locks --------------------------------------------------------------------------


def test_what_lapsed_here_and_is_wanted_there_never_waits_in_a_circle(make_members, make_reward):
    """Order of locks: members, then stock by id. Half let an A go and want a B, half the other
    way round.
    """
    first, second = (
        make_reward(name, price_amount=100, stock_left=40, slug=name) for name in ("a", "b")
    )
    members = make_members(24)
    for index, member in enumerate(members):
        redeem_reward(member, (first, second)[index % 2], key="old", by=None, now=NOON)
    late = NOON + dt.timedelta(hours=1)
    results = crowd(
        [
            lambda m=m, r=(second, first)[i % 2]: redeem_reward(m, r, key="new", by=None, now=late)
            for i, m in enumerate(members)
        ]
    )
    assert count_kinds(results) == {"Redemption": 24}
    assert list(Reward.objects.order_by("pk").values_list("stock_left", flat=True)) == [28, 28]
    assert_ledger_true()


def test_erasure_and_redemption_at_once_end_in_order(make_members, make_reward):
    """Order of locks: the member's row before the standing."""
    parcel = Parcel("M", "US", "1 Main St")
    reward = make_reward(kind="goods", stock_left=50)
    for member in make_members(10):
        results = together(
            lambda m=member: redeem_reward(m, reward, key="a", parcel=parcel, by=None, now=NOON),
            lambda m=member: erase_member(m, by=None, now=NOON),
        )
        allowed = (Redemption, CannotSpend, BalanceTooLow, GateClosed)
        assert isinstance(results[0], allowed), results[0]
        assert not isinstance(results[1], Exception), results[1]
    assert not Redemption.objects.open().exists()
    assert not Delivery.objects.exists()
    assert Reward.objects.get().stock_left == 50
    assert_ledger_true()


def test_merge_and_redemptions_at_once_end_in_order(make_members, make_reward):
    """Order of locks: the members' rows, in full, before the standings."""
    reward = make_reward(price_points=1)
    owner = User.objects.create(email="owner@example.com", is_staff=True)
    for member in make_members(3):
        (other,) = make_members(1)
        Member.objects.filter(pk=other.pk).update(user=None)
        *results, merged = crowd_in_order(
            *(
                lambda m=member, tab=tab: redeem_reward(m, reward, key=f"{tab}", by=None, now=NOON)
                for tab in range(40)
            ),
            lambda m=member, o=other: merge_members(
                m, o, by=owner, reason="the same person", now=NOON
            ),
        )
        allowed = (Redemption, CannotSpend, BalanceTooLow, GateClosed)
        assert not [each for each in results if not isinstance(each, allowed)]
        assert not isinstance(merged, Exception), merged
        assert not Redemption.objects.filter(member=member).exists()
    assert_ledger_true()
