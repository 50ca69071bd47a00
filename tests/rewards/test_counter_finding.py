"""One field for a card, a number, a name, a voucher, a receipt; members enrolled in one step."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.contacts import InvalidEmail, InvalidPhone
from members.enums import MemberStatus
from members.models import Member
from members.names import format_number
from members.services.enrolment import create_member
from purchases.models import Category, Product, Purchase
from purchases.receipts import generate_number, read_number
from rewards.codes import read_own_code
from rewards.scanning import UnreadableFrame, read_codes
from rewards.selectors.counter import (
    find_goods,
    get_birthday,
    get_member_in_view,
    list_goods,
    list_usual,
)
from rewards.services.counter import enrol_at_counter, find_at_counter
from rewards.services.counter.enrolling import NothingKnown, list_alike, read_contact
from rewards.services.redemption import redeem_reward
from tests.races import together
from tests.rewards.conftest import at
from tests.rewards.test_counter_selling import register, sam  # noqa: F401  (fixtures)

DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
pytestmark = pytest.mark.django_db


@pytest.fixture
def yuki(club, now):
    return create_member(
        now=now, source="test", family_name="星野", given_name="雪",
        family_name_reading="ホシノ", given_name_reading="ユキ", email="yuki@example.com",
        phone="+819012345678",
    )  # fmt: skip


# --- Members ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["yuki@example.com", "YUKI@EXAMPLE.COM ", "+81 90 1234 5678"])
def test_contact_finds_its_member(yuki, text):
    assert find_at_counter(text).member == yuki


@pytest.mark.parametrize("text", ["星野", "ほしの", "ホシノ ユキ", "雪"])
def test_name_and_reading_find_their_member(yuki, text):
    assert find_at_counter(text).member == yuki


def test_card_is_read_however_it_is_written(yuki):
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for text in (yuki.number, format_number(yuki.number), yuki.number.translate(wide)):
        assert find_at_counter(text).member == yuki


def test_several_are_offered_and_nobody_is_chosen(yuki, now):
    other = create_member(now=now, source="test", family_name="星野", given_name="海")
    found = find_at_counter("星野")
    assert {member.pk for member in found.members} == {yuki.pk, other.pk}
    assert found.member is None


def test_number_of_a_merged_membership_leads_to_the_survivor(yuki, now):
    gone = create_member(now=now, source="test", given_name="Snow")
    gone.status, gone.merged_into = MemberStatus.MERGED, yuki
    gone.save(update_fields=["status", "merged_into"])
    assert find_at_counter(gone.number).member == yuki
    assert find_at_counter("Snow").member == yuki


@pytest.mark.parametrize("text", ["", "  ", "nobody", "%", "\x00", "0" * 300, "https://", "@"])
def test_what_means_nothing_finds_nothing(yuki, text):
    found = find_at_counter(text)
    assert (found.members, found.purchase, found.redemption) in (((), None, None), ([], None, None))


# --- Receipts and vouchers ------------------------------------------------------------------------


def test_receipt_is_found_by_its_number_and_by_its_code(counter, rules):
    counter.buy("mei", "5", on=DAY, pk="250106-7KQ2-M4ZP")
    purchase = Purchase.objects.get()
    for text in (
        "250106-7KQ2-M4ZP",
        " 250106 7kq2 m4zp",
        "2501O6-7KQ2-M4ZP",
        "https://club.example.com/receipts/claim/?number=250106-7KQ2-M4ZP&total=5.00",
    ):
        assert find_at_counter(text).purchase == purchase, text


def test_another_tills_number_is_found_as_it_stands(shop, rules):
    shop.buy("mei", "5", on=DAY, pk="A-00017")
    assert find_at_counter("A-00017").purchase == Purchase.objects.get()


def test_numbers_of_receipts_are_ours_alone():
    number = generate_number(DAY)
    assert read_number(number) == [number]
    assert read_number(number.replace("-", "")) == [number.replace("-", ""), number]
    assert read_number("20250106000123") == ["20250106000123", "202501-0600-0123"]
    assert read_number("short") == ["short"]
    assert read_number("\x00 ") == []


def test_voucher_is_found_with_spaces_and_o_for_0(mei, make_reward):
    made = redeem_reward(mei, make_reward(), key="a", by=None, now=NOW)
    spaced = " ".join(made.code.lower().replace("0", "o"))
    assert read_own_code(spaced) == made.code
    for text in (made.shown_code, spaced, f"https://club.example.com/vouchers/{made.code}/"):
        assert find_at_counter(text).redemption == made, text


# --- In view --------------------------------------------------------------------------------------


def test_usual_goods_are_those_that_came_back(counter, rules, django_assert_num_queries):
    drinks = Category.objects.create(slug="drinks", name="Drinks")
    for name in ("latte", "tea", "cake"):
        Product.objects.create(
            source=counter.source, external_id=name, name=name.title(), category=drinks
        )
    for week in range(4):
        counter.buy("mei", "4.50", on=DAY + dt.timedelta(weeks=week), product="latte")
    counter.buy("mei", "3", "3", on=DAY + dt.timedelta(days=40), product="tea")
    counter.buy("mei", "3.20", on=DAY + dt.timedelta(days=41), product="tea")
    counter.buy("mei", "9", on=DAY + dt.timedelta(days=42), product="cake")
    usual = list_usual(counter.member("mei"))
    shown = [(good.name, good.visit_count, good.price_amount) for good in usual]
    assert shown == [("Latte", 4, 450), ("Tea", 2, 320)]
    assert usual[0].looked_at_count == 7


@pytest.mark.parametrize(
    ("month", "day", "today", "days"),
    [
        (1, 6, DAY, 0),
        (1, 13, DAY, 7),
        (1, 14, DAY, None),
        (12, 30, DAY, -7),
        (12, 29, DAY, None),
        (1, 2, dt.date(2025, 12, 28), 5),
        (2, 29, dt.date(2025, 3, 1), -1),
        (2, 29, dt.date(2024, 3, 1), -1),
        (None, None, DAY, None),
    ],
)
def test_birthday_is_near_for_a_week(month, day, today, days):
    birthday = get_birthday(Member(birth_month=month, birth_day=day), today)
    assert (birthday.days if birthday else None) == days


def test_member_in_view_shows_what_waits(mei, make_reward):
    ready = redeem_reward(mei, make_reward(), key="a", by=None, now=NOW)
    to_pay = redeem_reward(mei, make_reward(price_amount=500), key="b", by=None, now=NOW)
    view = get_member_in_view(mei, now=NOW)
    assert (list(view.vouchers), list(view.to_pay)) == ([ready], [to_pay])
    assert (view.balances.available, view.balances.held, view.tier.name) == (40, 30, "Green")
    later = get_member_in_view(mei, now=NOW + dt.timedelta(hours=1))
    assert list(later.to_pay) == []


def test_goods_are_found_by_bar_code_and_by_part_of_their_name(counter, rules):
    for code, name in (("4900001", "Green tea"), ("4900002", "Tea_pot 50%"), ("7", "Bread")):
        Product.objects.create(source=counter.source, external_id=code, name=name)
    counter.buy("mei", "4.50", on=DAY, product="4900001")
    assert [(good.name, good.price_amount) for good in find_goods("4900001")] == [
        ("Green tea", 450)
    ]
    assert [good.name for good in find_goods("tea")] == ["Green tea", "Tea_pot 50%"]
    assert [good.name for good in find_goods("t_a")] == []
    assert [good.name for good in find_goods("50%")] == ["Tea_pot 50%"]
    assert find_goods("x") == []
    pk = Product.objects.get(external_id="7").pk
    assert list_goods([pk, 10**9])[pk].price_amount is None


# --- Enrolling ------------------------------------------------------------------------------------


@pytest.fixture
def enrol(register, sam):  # noqa: F811
    def do(contact="", key="k" * 16, **names):
        return enrol_at_counter(register, contact=contact, names=names, key=key, by=sam, now=NOW)

    return do


def test_one_contact_is_enough(enrol, sam, register):  # noqa: F811
    member = enrol("(415) 555-0123")
    assert (member.phone, member.source) == ("+14155550123", "store:main")
    entry = AuditEntry.objects.get(action="member.enrolled")
    assert (entry.actor, entry.changes) == (sam, {"register": register.pk})


def test_a_name_is_enough(enrol):
    assert enrol(family_name="王", given_name="小明").get_full_name() == "王小明"


def test_nothing_is_not_enough(enrol):
    with pytest.raises(NothingKnown):
        enrol("  ", given_name=" ")


@pytest.mark.parametrize(("text", "refusal"), [("12", InvalidPhone), ("a@b", InvalidEmail)])
def test_a_contact_must_be_one(enrol, text, refusal):
    with pytest.raises(refusal):
        enrol(text)
    assert Member.objects.count() == 0


def test_the_same_press_enrols_once(enrol):
    assert enrol("kim@example.com") == enrol("kim@example.com")
    assert Member.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_presses_at_once_enrol_once(enrol):
    """Constraint: idempotency_once_per_key."""
    results = together(*(lambda: enrol("kim@example.com", given_name="Kim") for _ in range(6)))
    assert len({member.pk for member in results}) == 1
    assert Member.objects.count() == 1


def test_whoever_has_the_contact_is_offered(yuki, now):
    twin = create_member(now=now, source="test", email="yuki@example.com")
    assert {each.pk for each in list_alike(read_contact("Yuki@example.com"))} == {yuki.pk, twin.pk}
    assert list_alike(read_contact("other@example.com")) == []
    assert list_alike({}) == []


# --- The camera -----------------------------------------------------------------------------------


def draw(text, *, width=480, height=360):
    import segno

    pixels = bytearray([200]) * (width * height)
    for y, row in enumerate(segno.make(text, micro=False).matrix_iter(scale=6, border=4)):
        for x, is_dark in enumerate(row):
            pixels[(30 + y) * width + 50 + x] = 40 if is_dark else 230
    return bytes(pixels)


def test_a_picture_of_a_card_is_read():
    assert read_codes(draw("482109375514"), width=480) == ["482109375514"]
    assert read_codes(bytes([200]) * (480 * 360), width=480) == []


@pytest.mark.parametrize(("pixels", "width"), [(b"", 480), (b"x" * 1000, 480), (b"x" * 96, 4)])
def test_what_is_no_picture_is_refused(pixels, width):
    with pytest.raises(UnreadableFrame):
        read_codes(pixels, width=width)
