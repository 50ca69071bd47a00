import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection

from members import registry
from members.models import Activity, Member
from members.registry import Receipt
from members.services.enrolment import MemberKey, create_member
from purchases.facts import PurchaseFacts
from purchases.incoming import IncomingLine
from purchases.models import Category, Line, Product, Purchase, Return, ReturnLine, Store
from purchases.selectors import iter_facts
from purchases.services.intake import take_in


@pytest.fixture
def heard():
    """What a listener is told, batch by batch."""
    batches = []

    def listen(batch_id, activities, payload, now):
        batches.append((activities, payload))
        return [Receipt("points", 3), Receipt("points", 4)]

    registry.register_listener("test", ["purchase"], listen)
    yield batches
    registry.listeners.remove("test")


def refusals(result):
    return [
        (outcome.external_id, outcome.refusal.code, outcome.refusal.field)
        for outcome in result.refused
    ]


def test_purchase_writes_everything_it_names(source, build_purchase, now):
    lines = [
        IncomingLine(Decimal(2), 500, product="milk", category="Dairy > Milk", discount=50, tax=40),
        IncomingLine(Decimal("0.5"), 0, product="milk", line_id="b", cost=10),
    ]

    result = take_in(source, [build_purchase(lines=lines, store="42")], now=now)

    assert (result.purchase_count, result.line_count, result.total_amount) == (1, 2, 500)
    purchase = Purchase.objects.get()
    assert purchase.member.references.get().external_id == "7"
    assert purchase.store == Store.objects.get(code="42")
    assert purchase.store.zone == "America/Los_Angeles"
    assert (purchase.total_amount, purchase.discount_amount, purchase.line_count) == (500, 50, 2)
    assert list(
        Line.objects.order_by("position").values_list(
            "position", "external_id", "quantity", "amount", "tax_amount", "cost_amount"
        )
    ) == [(1, "", Decimal("2.0000"), 500, 40, None), (2, "b", Decimal("0.5000"), 0, 0, 10)]
    milk = Category.objects.get(slug="dairy--milk")
    assert milk.lineage == [milk.pk, Category.objects.get(slug="dairy").pk]
    assert Product.objects.get(external_id="milk").category == milk


def test_listeners_get_facts_in_processing_order(source, build_purchase, build_return, heard, now):
    late, early = now - dt.timedelta(hours=1), now - dt.timedelta(hours=2)
    purchases = [
        build_purchase("C", purchased_at=late),
        build_purchase("B", purchased_at=early),
        build_purchase("A", purchased_at=late),
        build_purchase("nobody", member=""),
    ]

    result = take_in(source, purchases, [build_return("A0", "A", returned_at=late)], now=now)

    ((activities, payload),) = heard
    assert [fact.external_id for fact in payload] == ["B", "A", "C", "A0"]
    assert [activity.kind for activity in activities] == ["purchase"] * 3 + ["return"]
    assert [fact.activity_id for fact in payload] == [activity.id for activity in activities]
    assert result.receipts == [Receipt("points", 7)]
    assert Activity.objects.count() == 4
    assert payload[3].lines == [(1, Decimal(1), 500)]
    assert payload[3].before == {}


def test_stored_facts_equal_those_of_intake(source, build_purchase, heard, now):
    lines = [IncomingLine(Decimal(2), 500, product="milk", category="Dairy > Milk", tax=40)]
    take_in(source, [build_purchase(lines=lines, store="42")], now=now)

    (fact,) = heard[0][1]
    fact.activity_id = None

    assert isinstance(fact, PurchaseFacts)
    assert list(iter_facts(Purchase.objects.all())) == [fact]


def test_same_content_again_is_known_and_other_is_refused(source, build_purchase, heard, now):
    take_in(source, [build_purchase()], now=now)
    heard.clear()

    again = take_in(source, [build_purchase()], now=now)
    other = take_in(source, [build_purchase(store="42")], now=now)

    assert (again.purchase_count, again.known_count, again.outcomes[0].id) == (
        0,
        1,
        Purchase.objects.get().pk,
    )
    assert refusals(other) == [("P1", "other_content", "external_id")]
    assert not Store.objects.exists()
    assert heard == []


def test_one_batch_with_an_id_twice(source, build_purchase, now):
    twins = take_in(source, [build_purchase(), build_purchase()], now=now)
    rivals = take_in(source, [build_purchase("P2"), build_purchase("P2", member="8")], now=now)

    assert [outcome.state for outcome in twins.outcomes] == ["created", "known"]
    assert twins.outcomes[0].id == twins.outcomes[1].id
    assert [outcome.state for outcome in rivals.outcomes] == ["created", "refused"]


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ({"amount": -1}, "negative_amount", "lines.1.amount"),
        ({"amount": 10**12 + 1}, "invalid_amount", "lines.1.amount"),
        ({"quantity": Decimal(-1)}, "invalid_quantity", "lines.1.quantity"),
        ({"quantity": Decimal(10_000_000)}, "invalid_quantity", "lines.1.quantity"),
        ({"tax": 501}, "part_too_large", "lines.1.tax"),
        ({"paid_otherwise": 501}, "part_too_large", "lines.1.paid_otherwise"),
        ({"discount": -1}, "negative_amount", "lines.1.discount"),
        ({"product": "x" * 101}, "too_long", "lines.1.product"),
    ],
)
def test_absurd_lines_are_refused(source, build_purchase, now, line, code, field):
    lines = [IncomingLine(**({"quantity": Decimal(1), "amount": 500} | line))]

    result = take_in(source, [build_purchase(lines=lines)], now=now)

    assert refusals(result) == [("P1", code, field)]
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    ("quantity", "amount"), [(0, 0), (0, 500), (89_638, 1), (9_999_999, 10**12)]
)
def test_odd_but_real_lines_are_taken(source, build_purchase, now, quantity, amount):
    result = take_in(
        source, [build_purchase(lines=[IncomingLine(Decimal(quantity), amount)])], now=now
    )

    assert result.refused == []


def test_header_of_a_purchase_is_checked(source, build_purchase, now):
    result = take_in(
        source,
        [
            build_purchase(""),
            build_purchase("x" * 201),
            build_purchase("future", purchased_at=now + dt.timedelta(days=2)),
            build_purchase("ancient", purchased_at=dt.datetime(1969, 12, 31, tzinfo=dt.UTC)),
            build_purchase("euro", currency="EUR"),
            build_purchase("empty", lines=[]),
            build_purchase("channel", channel="moon"),
        ],
        now=now,
    )

    assert refusals(result) == [
        ("", "missing", "external_id"),
        ("x" * 201, "too_long", "external_id"),
        ("future", "date_out_of_range", "purchased_at"),
        ("ancient", "date_out_of_range", "purchased_at"),
        ("euro", "wrong_currency", "currency"),
        ("empty", "no_lines", "lines"),
        ("channel", "unknown_channel", "channel"),
    ]
    assert str(result.refused[4].refusal) == "“EUR” is not the club's currency, USD."
    assert not Product.objects.exists()


def test_contact_of_two_members_is_refused_and_a_number_is_not(source, build_purchase, now):
    first = create_member(now=now, source="test", email="a@example.com")
    create_member(now=now, source="test", email="a@example.com")

    result = take_in(
        source,
        [
            build_purchase("shared", member=MemberKey(email="a@example.com")),
            build_purchase("named", member=MemberKey(number=first.number)),
        ],
        now=now,
    )

    assert refusals(result) == [("shared", "ambiguous", "member")]
    assert Purchase.objects.get().member == first


def test_listener_that_fails_undoes_the_batch(source, build_purchase, now):
    def fail(batch_id, activities, payload, now):
        raise ZeroDivisionError

    registry.register_listener("test", ["purchase"], fail)
    try:
        with pytest.raises(ZeroDivisionError):
            take_in(source, [build_purchase()], now=now)
    finally:
        registry.listeners.remove("test")

    # The outer block of the test stands for the transaction: it can only be rolled back.
    assert connection.needs_rollback
    connection.set_rollback(False)


# --- Returns -------------------------------------------------------------------------------------


@pytest.fixture
def bought(source, build_purchase, now):
    """Three rolls for 1.00 and two identical loaves of 5.00."""
    lines = [
        IncomingLine(Decimal(3), 100, product="roll", line_id="a"),
        IncomingLine(Decimal(1), 500, product="loaf"),
        IncomingLine(Decimal(1), 500, product="loaf"),
    ]
    take_in(source, [build_purchase(lines=lines)], now=now)


def give_back(source, now, *returns):
    return take_in(source, [], returns, now=now)


def test_return_by_line_id_position_and_product(source, bought, build_return, now):
    result = give_back(
        source,
        now,
        build_return(
            "R1",
            "P1",
            {"line_id": "a", "quantity": Decimal(1)},
            {"product": "loaf", "quantity": Decimal(1), "amount": 500},
            {"product": "loaf", "quantity": Decimal(1), "amount": 500},
        ),
        build_return("R2", "P1", {"position": 1, "quantity": Decimal(1), "amount": 40}),
        build_return("R3", "P1", {"position": 1}),
    )

    assert refusals(result) == []
    assert list(
        ReturnLine.objects.order_by("of_return__external_id", "line__position").values_list(
            "of_return__external_id", "line__position", "quantity", "amount"
        )
    ) == [
        ("R1", 1, Decimal(1), 33),
        ("R1", 2, Decimal(1), 500),
        ("R1", 3, Decimal(1), 500),
        ("R2", 1, Decimal(1), 40),
        ("R3", 1, Decimal(1), 27),
    ]


def test_returns_never_pass_what_was_bought(source, bought, build_return, now):
    result = give_back(
        source,
        now,
        build_return("R1", "P1", {"line_id": "a", "quantity": Decimal(2), "amount": 60}),
        build_return("R2", "P1", {"line_id": "a", "quantity": Decimal(2), "amount": 1}),
        build_return("R3", "P1", {"line_id": "a", "quantity": Decimal(1), "amount": 41}),
    )
    later = give_back(
        source,
        now,
        build_return("R4", "P1", {"line_id": "a", "quantity": Decimal(1), "amount": 41}),
    )

    assert refusals(result) == [
        ("R2", "returns_too_much", "lines"),
        ("R3", "returns_too_much", "lines"),
    ]
    assert refusals(later) == [("R4", "returns_too_much", "lines")]
    assert Return.objects.count() == 1


def test_return_of_nothing_known_is_refused(source, bought, build_return, now):
    result = give_back(
        source,
        now,
        build_return("R1", "P9"),
        build_return("R2", "P1", {"product": "cake"}),
        build_return("R3", "P1", returned_at=now - dt.timedelta(days=2)),
        build_return("R4", "P1"),
        build_return("R5", "P1", returned_at=now + dt.timedelta(minutes=1)),
    )

    assert refusals(result) == [
        ("R1", "unknown_purchase", "returned_of"),
        ("R2", "unknown_line", "lines"),
        ("R3", "returned_before_purchase", "returned_at"),
        ("R5", "returns_nothing", "lines"),
    ]


def test_return_again_is_known_and_other_content_is_refused(source, bought, build_return, now):
    part = {"line_id": "a", "quantity": Decimal(1), "amount": 33}
    give_back(source, now, build_return("R1", "P1", part))

    again = give_back(source, now, build_return("R1", "P1", part))
    other = give_back(source, now, build_return("R1", "P1", part | {"amount": 34}))

    assert (again.known_count, again.return_count) == (1, 0)
    assert refusals(other) == [("R1", "other_content", "external_id")]


def test_listener_learns_what_came_back_before(source, bought, build_return, heard, now):
    give_back(source, now, build_return("R1", "P1", {"line_id": "a", "quantity": Decimal(1)}))
    give_back(source, now, build_return("R2", "P1"))

    fact = heard[1][1][0]
    assert fact.before == {1: (Decimal(1), 33)}
    assert fact.lines == [(1, Decimal(2), 67), (2, Decimal(1), 500), (3, Decimal(1), 500)]
