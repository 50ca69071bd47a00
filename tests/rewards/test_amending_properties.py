"""Whatever a shop says in whatever order, the end is the same (points.md 18)."""

import contextlib
import datetime as dt
import itertools
import random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.models import User
from purchases.models import ReturnLine, ShopRefund
from purchases.parsing.shops import Standing
from rewards.models import Lot, Reversal, Transfer
from rewards.services.closing import close_days
from rewards.services.holding import BalanceTooLow, HoldClosed
from rewards.services.merging import OpenReservations, forfeit_points
from rewards.services.settlement import settle_members
from tests.purchases.shops import make_shop
from tests.rewards.amended import DAY, Orders, list_lots
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.holds import cancel_hold, capture_hold, hold_points, refund_hold

pytestmark = pytest.mark.django_db
LINES = "abcd"
PRODUCTS = {"a": "cup", "b": "tote", "c": "cup", "d": "beans"}
REPEATED = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@pytest.fixture
def terms(programme, make_rule):
    """Rules of every kind; what is shared has room for the example."""
    make_rule(cap_points=150, cap_period="month")
    make_rule("status", unit="status", priority=200)
    make_rule("large", kind="fixed", points=30, minimum_amount=8000)
    make_rule("welcome", kind="fixed", points=40, first_time="ever")
    make_rule("budget", points=2, budget_points=120, priority=50)
    make_rule("double", kind="multiplier", points=0, per_amount=0, multiplier_milli=2000,
              minimum_amount=5000)  # fmt: skip
    make_rule("short", points=1, per_amount=300, expires_after_days=20)


@pytest.fixture
def orders(terms, now):
    return Orders(make_shop("shopify", now).connection)


class _UndoneError(Exception):
    pass


def tell_the_end(tell, orders):
    """What ``tell()`` leads to, as numbers; the database stays as it was."""
    ends = []

    def look():
        tell()
        member = orders.member()
        settle_members([member.pk], until=day(60), now=at(day(60)))
        assert_ledger_true()
        purchase = orders.purchase("1")
        ends.extend(
            [
                balances(member),
                _sum_lots(list_lots(member)),
                sorted(purchase.lines.present().values_list("external_id", "amount")),
                sorted(_list_returned(purchase)),
                sorted(ShopRefund.objects.values_list("external_id", "state")),
            ]
        )
        raise _UndoneError

    with pytest.raises(_UndoneError), transaction.atomic():
        look()
    return ends


def _sum_lots(lots):
    """By unit and days: an amended award stands in another lot than its forerunner."""
    sums = {}
    for unit, *amounts, release_on, expires_on in lots:
        key = unit, release_on if amounts[0] else None, expires_on
        sums[key] = sums.get(key, 0) + sum(amounts)
    return sums


def _list_returned(purchase):
    rows = ReturnLine.objects.filter(line__purchase=purchase)
    return rows.values_list("of_return__external_id", "line__external_id", "amount")


AMOUNTS = st.dictionaries(st.sampled_from(LINES), st.integers(0, 90), min_size=1, max_size=4)


@REPEATED
@given(versions=st.lists(AMOUNTS, min_size=2, max_size=4), before=st.integers(0, 70))
def test_amended_purchase_ends_as_if_its_last_version_had_come_first(orders, versions, before):
    """Same rules, nothing spent, nothing expired."""

    def begin():
        if before:
            orders.say("0", {"a": before}, on=DAY, products=PRODUCTS)

    def amend():
        begin()
        for number, lines in enumerate(versions):
            orders.say("1", lines, on=day(number), products=PRODUCTS)

    def say_the_last():
        begin()
        orders.say("1", versions[-1], on=DAY, products=PRODUCTS)

    assert tell_the_end(amend, orders) == tell_the_end(say_the_last, orders)


@REPEATED
@given(
    versions=st.lists(
        st.dictionaries(st.sampled_from(LINES), st.integers(50, 90), min_size=2, max_size=4),
        min_size=2,
        max_size=3,
    ),
    parts=st.lists(st.integers(1, 18), min_size=1, max_size=2),
    loose=st.sampled_from([0, 7]),
    places=st.lists(st.integers(0, 2), min_size=3, max_size=3),
)
def test_returns_before_an_amendment_count_as_if_after_it(orders, versions, parts, loose, places):
    kept = sorted(set.intersection(*(set(lines) for lines in versions)))

    def list_refunds():
        for number, part in enumerate(parts):
            if kept:
                line = kept[number % len(kept)]
                yield orders.build_refund(f"r{number}", "1", {line: part}, on=day(number))
        if loose:
            yield orders.build_refund("r9", "1", {}, on=day(9), loose=loose)

    def amend():
        waiting = list(zip(places, list_refunds(), strict=False))
        for number, lines in enumerate(versions):
            orders.say("1", lines, on=day(number), products=PRODUCTS)
            for place, refund in waiting:
                if place == number:
                    orders.tell_refund(refund)
        for place, refund in waiting:
            if place >= len(versions):
                orders.tell_refund(refund)

    def say_the_last():
        orders.say("1", versions[-1], on=DAY, products=PRODUCTS)
        for _place, refund in zip(places, list_refunds(), strict=False):
            orders.tell_refund(refund)

    ended = tell_the_end(amend, orders)
    assert ended == tell_the_end(say_the_last, orders)


def _build_messages(orders):
    """One order's life: unpaid, paid, edited twice, two refunds told alone and within it."""
    first = orders.build_refund("r1", "1", {"a": 10}, on=day(2))
    second = orders.build_refund("r2", "1", {}, on=day(4), loose=20)
    says = [
        orders.build("1", {"a": 60, "b": 30}, on=DAY, standing=Standing.OPEN, customer=None),
        orders.build("1", {"a": 60, "b": 30}, on=DAY, customer=None),
        orders.build("1", {"a": 60, "b": 30, "c": 25}, on=day(1)),
        orders.build("1", {"a": 50, "b": 30, "c": 25}, on=day(3), refunds=[first]),
        orders.build("1", {"a": 50, "b": 30, "c": 25}, on=day(5), refunds=[first, second]),
    ]
    return [*[("order", said) for said in says], ("refund", first), ("refund", second)]


def _tell_all(orders, messages):
    for kind, said in messages:
        if kind == "order":
            orders.tell(said, now=at(day(6)))
        else:
            orders.tell_refund(said)


@REPEATED
@given(
    order=st.permutations(range(7)),
    repeats=st.lists(st.integers(0, 6), max_size=4),
)
def test_messages_in_any_order_end_alike(orders, order, repeats):
    messages = _build_messages(orders)
    expected = tell_the_end(lambda: _tell_all(orders, messages), orders)
    shuffled = [messages[index] for index in [*order, *repeats]]

    assert tell_the_end(lambda: _tell_all(orders, shuffled), orders) == expected


def test_paid_updated_and_refund_end_alike_in_all_six_orders(orders):
    refund = orders.build_refund("r1", "1", {"a": 20}, on=day(2))
    messages = [
        ("order", orders.build("1", {"a": 60, "b": 30}, on=DAY)),
        ("order", orders.build("1", {"a": 80, "c": 10}, on=day(1))),
        ("refund", refund),
    ]
    ends = [
        tell_the_end(lambda told=told: _tell_all(orders, told), orders)
        for told in itertools.permutations(messages)
    ]
    assert ends[0][0]["available"] > 0
    assert all(end == ends[0] for end in ends)


@REPEATED
@given(data=st.data())
def test_replays_change_nothing(orders, data):
    messages = _build_messages(orders)
    ends = []

    def tell():
        _tell_all(orders, messages)
        before = Transfer.objects.count(), Lot.objects.count(), Reversal.objects.count()
        _tell_all(orders, data.draw(st.lists(st.sampled_from(messages), max_size=6)))
        ends.append(before)
        assert (Transfer.objects.count(), Lot.objects.count(), Reversal.objects.count()) == before

    tell_the_end(tell, orders)
    assert ends


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_with_amendments_keep_the_ledger_true(terms, now, seed):
    """Everything at once: earn, amend, return, spend, cancel, expire, leave, close."""
    draw = random.Random(seed)
    shops = [
        Orders(make_shop("shopify", now).connection),
        Orders(make_shop("woocommerce", now, window=0).connection),
    ]
    on, names, holds, refund_count = DAY, [], [], 0
    for customer in "abc":
        for shop in shops:
            shop.say(f"first-{customer}", {"a": 20}, on=on, customer=customer, placed=on)
            member = shop.member(customer)
            if member.user_id is None:
                member.user = User.objects.create(email=f"m{member.pk}@example.com")
                member.save(update_fields=["user"])
            names.append((shop, f"first-{customer}", customer, on))
    for step in range(50):
        on += dt.timedelta(days=draw.randrange(9))
        act = draw.random()
        shop, name, customer, placed = draw.choice(names)
        member = shop.member(customer)
        lines = {line: draw.randrange(0, 90) for line in draw.sample(LINES, draw.randint(1, 4))}
        if act < 0.15:
            new = f"n{step}", draw.choice(["abc", "a"])[0]
            shop.say(new[0], lines, on=on, customer=new[1], placed=on, products=PRODUCTS)
            names.append((shop, *new, on))
        elif act < 0.5:
            standing = draw.choice([Standing.PAID, Standing.PAID, Standing.PAID, Standing.VOID])
            if draw.random() < 0.1:
                customer = draw.choice("abc")
            shop.say(name, lines, on=on, customer=customer, placed=placed, standing=standing,
                     products=PRODUCTS)  # fmt: skip
        elif act < 0.62:
            refund_count += 1
            line = draw.choice(LINES)
            loose = draw.choice([0, 5])
            shop.refund(f"r{refund_count}", name, {} if loose else {line: draw.randint(1, 30)},
                        on=on, loose=loose)  # fmt: skip
        elif act < 0.78:
            try:
                key = f"h{step}"
                holds.append(hold_points(member, draw.randrange(1, 90), key=key, now=at(on, 16)))
            except BalanceTooLow:
                pass
        elif act < 0.92 and holds:
            finish = draw.choice([capture_hold, cancel_hold, refund_hold])
            with contextlib.suppress(HoldClosed):
                finish(draw.choice(holds), now=at(on, 17))
        elif act < 0.97:
            close_days(now=at(on))
        else:
            try:
                with transaction.atomic():
                    forfeit_points(member, at(on, 18))
            except OpenReservations:
                pass
        if step % 7 == 0:
            assert_ledger_true()
    close_days(now=at(on + dt.timedelta(days=800)))
    assert_ledger_true()
