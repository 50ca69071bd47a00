"""Bills, receipts and vouchers as the clerk's pages do them."""

import datetime as dt
import re
from decimal import Decimal

import psycopg
import pytest
from django.contrib.messages import get_messages

from core.models import AuditEntry
from members.models import Member
from purchases.incoming import IncomingLine, IncomingPurchase
from purchases.models import Product, Purchase
from rewards.models import Bill, Payment, PointsRate, Redemption, ReturnRefund
from rewards.services.redemption import redeem_reward
from tests.admin.counters import url
from tests.rewards.conftest import EVER, assert_ledger_true, balances
from tests.rewards.test_counter_finding import draw

pytestmark = pytest.mark.django_db
KEY = "k" * 16


@pytest.fixture
def rate(programme):
    return PointsRate.objects.create(
        starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=20, step_points=10
    )


@pytest.fixture
def sell(till):
    """``sell("ring_up", ("18.40", "2"), member=mei)``: one press of the bill's form."""

    def press(do, *rows, member=None, key=KEY, **fields):
        data = {
            "do": do,
            "key": key,
            "price": [row[0] for row in rows],
            "quantity": [row[1] for row in rows],
            "product": [row[2] if len(row) > 2 else "" for row in rows],
        }
        if member:
            data["member"] = member.pk
        return till.client.post(url("sale"), data | fields)

    return press


def rows_of(response):
    return [(row.price, row.quantity, row.name) for row in response.context["form"].rows]


# --- The form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "row"),
    [
        ("18.40", ("18.40", "1", "")),
        ("18,40", ("18.40", "1", "")),
        ("１８．４０", ("18.40", "1", "")),
        ("3 x 2.50", ("2.50", "3", "")),
        ("0,435×3.99", ("3.99", "0.435", "")),
        ("2*1,200.00", ("1200.00", "2", "")),
    ],
)
def test_an_entry_becomes_a_line(sell, entry, row):
    response = sell("add", entry=entry)
    assert rows_of(response) == [row]
    assert response.context["form"].entry == ""


def test_goods_are_found_by_bar_code_and_by_name(sell, counter, rules):
    for code, name in (("4900001", "Green tea"), ("4900000002", "Tea pot")):
        Product.objects.create(source=counter.source, external_id=code, name=name)
    counter.buy("ken", "4.50", on=dt.date(2026, 1, 5), product="4900001")
    assert rows_of(sell("add", entry="4900000002")) == [("", "1", "Tea pot")]
    offered = sell("add", entry="tea").context["form"]
    assert ([good.name for good in offered.goods], offered.entry) == (
        ["Green tea", "Tea pot"], "tea",
    )  # fmt: skip
    pk = offered.goods[0].product_id
    assert rows_of(sell(f"goods:{pk}", entry="tea")) == [("4.50", "1", "Green tea")]
    assert rows_of(sell("add", entry="2 x green")) == [("4.50", "2", "Green tea")]


def test_a_card_scanned_into_the_bill_brings_its_member(sell, mei):
    response = sell("add", ("5.00", "1"), entry=mei.number)
    assert response.context["head"]["member"] == mei
    assert rows_of(response) == [("5.00", "1", "")]
    assert sell("nobody", ("5.00", "1"), member=mei).context["head"] is None


def test_the_usual_comes_with_one_press(sell, counter, mei):
    Product.objects.create(source=counter.source, external_id="latte", name="Latte")
    for day in (5, 6):
        counter.buy("mei", "4.50", on=dt.date(2026, 1, day), product="latte")
    assert rows_of(sell("usual", member=mei)) == [("4.50", "1", "Latte")]


def test_a_line_is_taken_out(sell):
    assert rows_of(sell("remove:0", ("1", "1"), ("2", "1"))) == [("2", "1", "")]
    assert rows_of(sell("remove:7", ("1", "1"))) == [("1", "1", "")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"entry": "no such thing"}, "entry"),
        ({"entry": "482109375515"}, "entry"),
        ({"discount": "11.00"}, "discount"),
        ({"discount": "101%"}, "discount"),
        ({"discount": "-1"}, "discount"),
    ],
)
def test_what_cant_be_read_is_said_at_its_field(sell, fields, field):
    response = sell("ring_up", ("10.00", "1"), **fields)
    assert response.context["form"].errors.keys() == {field}
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize("row", [("", "1"), ("x", "1"), ("-1", "1"), ("1", "0"), ("1", "-2"),
                                 ("1", "NaN"), ("1", "1e9"), ("9" * 14, "1")])  # fmt: skip
def test_a_line_that_cant_be_is_not_rung_up(sell, row):
    response = sell("ring_up", ("10.00", "1"), row)
    assert response.context["form"].rows[1].error
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(("discount", "total"), [("1.00", 900), ("10%", 900), ("12,5 %", 875)])
def test_discount_as_amount_or_percentage(sell, discount, total):
    assert sell("", ("10.00", "1"), discount=discount).context["bill"].draft.total_amount == total


def test_the_page_says_what_the_bill_will_earn_and_take(sell, mei, rate):
    bill = sell("most", ("10.00", "1"), member=mei).context["bill"]
    assert (bill.points, bill.points_amount, bill.left_amount) == (50, 500, 500)
    assert dict(bill.earned) == {"points": 5, "status credits": 5}
    assert Purchase.objects.count() == 1


def test_reckoning_asks_as_often_for_many_lines(sell, mei, rate, monkeypatch):
    """The bill is rung up and taken back to know what it earns: that is the ledger's count."""
    asked = []
    execute = psycopg.Cursor.execute

    def record(cursor, query, *arguments, **options):
        asked.append(query)
        return execute(cursor, query, *arguments, **options)

    sell("", ("1.00", "1"), member=mei)
    monkeypatch.setattr(psycopg.Cursor, "execute", record)
    sell("", ("1.00", "1"), member=mei)
    one = len(asked)
    sell("", *[("1.00", "1")] * 30, member=mei)
    assert len(asked) - one == one


@pytest.mark.parametrize("count", [1, 3])
def test_member_page_asks_as_often_for_many_vouchers(
    till,
    mei,
    make_reward,
    now,
    count,
    assert_statements,
):
    till.get("member", mei.pk)
    for key in range(count):
        redeem_reward(mei, make_reward(price_points=5), key=f"{key}", by=None, now=now)
    with assert_statements(14):  # one asks which panels have something to show
        response = till.get("member", mei.pk)
    assert len(response.context["view"].vouchers) == count


# --- Ringing up ---------------------------------------------------------------------------------


def test_paid_leads_to_the_receipt_with_what_it_earned(sell, till, mei):
    response = sell("ring_up", ("18.40", "1"), member=mei)
    purchase = Purchase.objects.latest("pk")
    assert response.url == url("receipt", purchase.pk)
    page = till.get("receipt", purchase.pk).content.decode()
    assert "+18" in page
    assert "$18.40" in page


def test_the_same_press_leads_to_the_same_receipt(sell, mei):
    first, again = (sell("ring_up", ("18.40", "1"), member=mei) for _ in range(2))
    assert first.url == again.url
    assert Purchase.objects.count() == 2


def test_a_bill_gone_back_to_and_changed_leads_to_the_first(sell, mei):
    first = sell("ring_up", ("18.40", "1"), member=mei)
    again = sell("ring_up", ("20.00", "1"), member=mei)
    assert first.url == again.url
    (message,) = get_messages(again.wsgi_request)
    assert "rung up already" in str(message)


def test_a_refusal_keeps_the_form_and_the_key(sell, mei, rate):
    response = sell("ring_up", ("10.00", "1"), member=mei, points="60")
    assert response.status_code == 422
    assert "at most 50" in response.context["form"].errors["points"]
    assert response.context["key"] == KEY
    assert sell("ring_up", ("10.00", "1"), member=mei, points="50").url == url(
        "bill", Bill.objects.get().pk
    )


def test_an_entry_that_still_stands_there_is_added_first(sell, mei):
    response = sell("ring_up", ("10.00", "1"), member=mei, entry="5.00")
    assert Purchase.objects.latest("pk").total_amount == 1500
    assert response.status_code == 302


def test_points_are_reserved_and_the_bill_waits(sell, till, mei, rate):
    sell("ring_up", ("10.00", "1"), member=mei, points="50")
    bill = Bill.objects.get()
    page = till.get("bill", bill.pk)
    assert page.context["left_amount"] == 500
    assert bill.number in till.get().content.decode()
    assert till.post("bill_payment", bill.pk).url == till.post("bill_payment", bill.pk).url
    assert till.get("bill", bill.pk).url == url("receipt", Bill.objects.get().purchase_id)
    assert Payment.objects.get().state == "captured"
    assert_ledger_true()


def test_a_cancelled_bill_gives_back(sell, till, mei, rate):
    sell("ring_up", ("10.00", "1"), member=mei, points="50")
    bill = Bill.objects.get()
    assert till.post("bill_cancelling", bill.pk).url == url("member", mei.pk)
    assert balances(mei)["available"] == 100
    assert "Cancelled" in till.get("bill", bill.pk).content.decode()


def test_a_form_without_a_key_still_works(sell):
    assert sell("ring_up", ("5.00", "1"), key="").status_code == 302


# --- Finding --------------------------------------------------------------------------------------


def test_find_leads_to_what_the_text_stands_for(till, sell, mei, make_reward, now):
    sell("ring_up", ("5.00", "1"))
    receipt = Purchase.objects.latest("pk")
    voucher = redeem_reward(mei, make_reward(), key="a", by=None, now=now)
    for text, page in (
        (mei.number, url("member", mei.pk)),
        (receipt.external_id.lower(), url("receipt", receipt.pk)),
        (voucher.shown_code.replace("0", "O"), url("voucher", voucher.pk)),
    ):
        assert till.post("find", text=text).url == page
    response = till.post("find", text="<b>nobody</b>")
    assert response.status_code == 200
    assert "&lt;b&gt;nobody" in response.content.decode()


def test_a_picture_is_read_on_the_server(till):
    target = f"{url('scan')}?width=480"
    kind = "application/octet-stream"
    response = till.client.post(target, draw("482109375514"), content_type=kind)
    assert response.json() == {"text": "482109375514"}
    assert till.client.post(target, b"abc", content_type=kind).status_code == 422
    assert till.client.post(url("scan"), b"abc", content_type=kind).status_code == 422
    large = till.client.post(target, b"x" * 1_300_001, content_type=kind)
    assert large.status_code == 422


def test_enrolled_in_one_press(till):
    response = till.post("enrol", contact="kim@example.com", given_name="Kim", key=KEY)
    member = Member.objects.get()
    assert response.url == url("member", member.pk)
    assert AuditEntry.objects.get(action="member.enrolled").actor == till.clerk
    assert till.post("enrol", contact="kim@example.com", key=KEY).context["alike"] == [member]
    other = till.post("enrol", contact="kim@example.com", anyway="1", key="o" * 16)
    assert other.url == url("member", Member.objects.latest("pk").pk)
    assert till.post("enrol", key=KEY).context["refusal"].startswith("Give a phone number")
    assert "is not a phone number" in till.post("enrol", contact="12", key=KEY).context["refusal"]


def test_code_for_a_login_is_shown_once(till, mei, counter):
    counter.buy("ken", "5", on=dt.date(2026, 1, 5))
    ken = counter.member("ken")
    page = till.post("claim_code", ken.pk).content.decode()
    assert re.search(r"\d{3} \d{3}", page)
    assert AuditEntry.objects.get(action="member.claim_code_issued").actor == till.clerk
    assert till.client.get(url("claim_code", ken.pk)).status_code == 405


def test_a_merged_members_page_is_the_survivors(till, mei, counter):
    counter.buy("ken", "5", on=dt.date(2026, 1, 5))
    ken = counter.member("ken")
    Member.objects.filter(pk=ken.pk).update(status="merged", merged_into=mei)
    assert till.get("member", ken.pk).context["head"]["member"] == mei


@pytest.mark.parametrize("page", ["member", "rewards", "receipt", "voucher", "bill"])
def test_what_isnt_there_is_not_found(till, page):
    assert till.get(page, 10**9).status_code == 404


# --- Vouchers and rewards -------------------------------------------------------------------------


def test_voucher_is_shown_and_handed_over_once(till, mei, make_reward, now):
    voucher = redeem_reward(mei, make_reward(), key="a", by=None, now=now)
    assert "Hand it over" in till.get("voucher", voucher.pk).content.decode()
    for _press in range(2):
        assert till.post("voucher_use", voucher.pk, key=KEY).url == url("member", mei.pk)
    assert "was used on" in till.get("voucher", voucher.pk).content.decode()
    assert AuditEntry.objects.get(action="redemption.used").actor == till.clerk


def test_reserved_reward_is_paid_then_handed_over(till, mei, make_reward, now):
    made = redeem_reward(mei, make_reward(price_amount=500), key="a", by=None, now=now)
    assert "$5.00 received" in till.get("voucher", made.pk).content.decode()
    till.post("voucher_payment", made.pk)
    till.post("voucher_use", made.pk, key=KEY)
    assert Redemption.objects.get().state == "used"


def test_reward_on_the_spot(till, mei, make_reward):
    bag, dear = make_reward(), make_reward("Gold bar", price_points=9000)
    page = till.get("rewards", mei.pk)
    assert [offer.reward for offer in page.context["offers"]] == [bag]
    assert [each.reward for each in till.get("rewards", mei.pk, q="gold").context["offers"]] == [
        dear
    ]
    data = {"key": KEY, "points": "30", "amount": "0", "handed_over": "1"}
    first = till.post("redeem", mei.pk, bag.pk, **data)
    assert first.url == till.post("redeem", mei.pk, bag.pk, **data).url
    assert Redemption.objects.get().state == "used"
    refused = till.post("redeem", mei.pk, dear.pk, key="o" * 16, points="9000", amount="0")
    assert (refused.status_code, refused.context["key"]) == (422, "o" * 16)
    assert balances(mei)["available"] == 70


# --- Receipts -------------------------------------------------------------------------------------


def test_card_that_was_forgotten_is_scanned_afterwards(sell, till, mei):
    sell("ring_up", ("18.40", "1"))
    purchase = Purchase.objects.latest("pk")
    page = till.get("receipt", purchase.pk)
    assert (page.context["needs_total"], bool(page.context["qr"])) == (False, True)
    assert till.post("claim", purchase.pk, text=mei.number).url == url("receipt", purchase.pk)
    assert balances(mei)["available"] == 118
    assert AuditEntry.objects.get(action="receipt.claimed").actor == till.clerk


def test_paper_of_another_day_needs_its_total(counter, till, mei, now):
    lines = [IncomingLine(Decimal(1), 1840)]
    counter.take_in(IncomingPurchase("R1", now - dt.timedelta(days=1), lines, None))
    purchase = Purchase.objects.get(external_id="R1")
    page = till.get("receipt", purchase.pk)
    assert page.context["needs_total"]
    assert "$18.40" not in page.content.decode()
    wrong = till.post("claim", purchase.pk, text=mei.number, total="18.41")
    assert (wrong.status_code, "We know no receipt" in wrong.context["refusal"]) == (422, True)
    nobody = till.post("claim", purchase.pk, text="zzz", total="18.40")
    assert "Name one member" in nobody.context["refusal"]
    assert till.post("claim", purchase.pk, text=mei.number, total="$18.40").status_code == 302
    purchase.refresh_from_db()
    assert purchase.member == mei


def test_goods_come_back_with_what_would_happen_first(sell, till, mei):
    sell("ring_up", ("10.00", "2"), member=mei)
    purchase = Purchase.objects.latest("pk")
    form = till.get("return", purchase.pk).context["form"]
    data = {"line_1": "1", "kind": "money", "key": str(form["key"].value()), "note": ""}
    preview = till.post("return", purchase.pk, step="preview", **data).context["preview"]
    assert (preview.refund.money_amount, preview.taken_points) == (1000, 10)
    assert ReturnRefund.objects.count() == 0
    for _press in range(2):
        page = till.post("return", purchase.pk, step="confirm", **data)
        assert page.context["refund"].money_amount == 1000
    assert ReturnRefund.objects.get().settled_by == till.clerk
    too_much = till.post("return", purchase.pk, step="preview", **data | {"line_1": "5"})
    assert too_much.status_code == 422
    assert_ledger_true()
