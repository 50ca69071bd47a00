"""A forgotten card: the receipt finds its member, and earns as of its own time."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import AuditEntry
from members.forms import SIGNUP_PROFILE, SIGNUP_SOURCE
from members.models import Member
from members.services.memberships import open_membership
from members.services.profiles import close_member
from purchases.incoming import IncomingLine, IncomingPurchase
from purchases.models import Purchase, ReceiptClaim, Store
from purchases.parsing.typed import read_typed_amount
from purchases.services.claiming import (
    MemberGone,
    ProofNeeded,
    ReceiptNotFound,
    ReceiptTaken,
    ReceiptTooOld,
    TooManyClaims,
    claim_purchase,
)
from rewards.models import Transfer
from tests.races import together
from tests.rewards.conftest import assert_ledger_true, at, balances

DAY = dt.date(2026, 3, 8)
URL = "/receipts/claim/"


@pytest.fixture
def buy(counter, rules):
    """A purchase without a member: ``buy("R-0001", "18.40")``."""

    def do(number="R-0001", *amounts, on=DAY, **facts):
        lines = [
            IncomingLine(Decimal(1), round(float(amount) * 100), line_id=str(index))
            for index, amount in enumerate(amounts or ("18.40",), 1)
        ]
        counter.take_in(IncomingPurchase(number, at(on), lines, None, **facts))
        return Purchase.objects.get(external_id=number)

    return do


@pytest.fixture
def kit(own):
    return own("kit", given_name="Kit")


@pytest.fixture
def claim(kit, now):
    def do(number="R-0001", total=1840, on=DAY, member=kit, by=None, when=now):
        return claim_purchase(
            member, external_id=number, total_amount=total, purchased_on=on,
            by=by or member.user, now=when,
        )  # fmt: skip

    return do


pytestmark = pytest.mark.django_db


def test_claimed_purchase_earns_as_of_its_own_time(buy, claim, kit):
    purchase = buy()
    before = balances(kit)["available"]
    claimed = claim()
    purchase.refresh_from_db()
    assert (purchase.member, claimed.count("points"), claimed.is_new) == (kit, 18, True)
    assert balances(kit)["available"] == before + 18
    entry = Transfer.objects.filter(member=kit, unit="points").order_by("-pk")[0]
    assert entry.effective_at == at(DAY)
    assert kit.activities.filter(kind="purchase", subject_id=purchase.pk).count() == 1
    assert AuditEntry.objects.get(action="receipt.claimed").changes == {
        "member": kit.pk, "amount": 1840,
    }  # fmt: skip
    assert_ledger_true()


def test_what_came_back_meanwhile_earns_nothing(buy, claim, counter, kit):
    buy("R-0001", "10", "20")
    counter.give_back("R-0001", {"2": "20"}, on=DAY, hour=14)
    before = balances(kit)["available"]
    assert claim(total=3000).count("points taken back") == 20
    assert balances(kit)["available"] == before + 10
    assert_ledger_true()


def test_claiming_again_is_the_same_and_counts_no_try(buy, claim):
    buy()
    first, again = claim(), claim()
    assert (first.purchase, again.is_new) == (again.purchase, False)
    assert ReceiptClaim.objects.count() == 1


def test_numbers_that_run_on_need_total_and_day(buy, claim):
    buy()
    for proof in ({"total": None}, {"on": None}, {"total": None, "on": None}):
        with pytest.raises(ProofNeeded):
            claim(**proof)
    assert Purchase.objects.get(external_id="R-0001").member is None


@pytest.mark.parametrize("proof", [{"total": None}, {"on": None}])
def test_numbers_that_nobody_guesses_need_one_of_both(buy, claim, counter, proof):
    counter.source.has_random_numbers = True
    counter.source.save()
    buy("260308-7KQ2-M4ZP")
    assert claim("260308 7kq2 m4zp", **proof).is_new


@pytest.mark.parametrize(
    "wrong", [{"total": 1841}, {"on": DAY + dt.timedelta(days=1)}, {"number": "R-0002"}]
)
def test_wrong_receipts_are_refused_in_the_same_words(buy, claim, wrong):
    buy()
    with pytest.raises(ReceiptNotFound):
        claim(**wrong)
    entry = AuditEntry.objects.get(action="receipt.claim_refused")
    assert entry.changes["refused"] == "receipt_not_found"


def test_a_receipt_with_a_member_stays_theirs(counter, claim, own, rules):
    mei = own("mei")
    counter.buy("mei", "18.40", on=DAY, pk="R-0001")
    with pytest.raises(ReceiptTaken):
        claim()
    assert Purchase.objects.get(external_id="R-0001").member == mei


def test_after_a_week_it_is_too_late(buy, claim, counter):
    buy()
    with pytest.raises(ReceiptTooOld, match="7 days"):
        claim(when=at(DAY) + dt.timedelta(days=7, seconds=1))
    assert claim(when=at(DAY) + dt.timedelta(days=7)).is_new


def test_a_source_may_allow_no_claims(buy, claim, counter):
    buy()
    counter.source.claim_days = 0
    counter.source.save()
    with pytest.raises(ReceiptNotFound):
        claim()


def test_an_ended_membership_claims_nothing(buy, claim, kit, now):
    buy()
    close_member(kit, by=None, now=now)
    with pytest.raises(MemberGone):
        claim()


def test_five_wrong_tries_an_hour_are_enough(buy, claim, now):
    buy()
    for number in range(5):
        with pytest.raises(ReceiptNotFound):
            claim(f"R-{number}00")
    with pytest.raises(TooManyClaims):
        claim()
    assert claim(when=now + dt.timedelta(hours=1, seconds=1)).is_new


def test_staff_may_try_more_often(buy, claim, cast):
    buy("R-0009")
    for number in range(6):
        with pytest.raises(ReceiptNotFound):
            claim(f"R-{number}00", by=cast.users["clerk"])


def test_ten_tries_a_day_at_one_receipt_are_enough(buy, own, now):
    buy()
    people = [own(f"guesser{each}") for each in range(6)]

    def guess(member, total):
        return claim_purchase(
            member, external_id="R-0001", total_amount=total, purchased_on=DAY,
            by=member.user, now=now,
        )  # fmt: skip

    for total in range(10):
        with pytest.raises(ReceiptNotFound):
            guess(people[total // 2], total)
    with pytest.raises(TooManyClaims):
        guess(people[5], 1840)


@pytest.mark.django_db(transaction=True)
def test_two_members_and_one_receipt_is_one(buy, own, now):
    """Lock: the purchase's row; constraint: receipt_claimed_once."""
    buy()
    people = [own(name) for name in ("ann", "ben", "cem", "dea")]
    results = together(
        *(
            lambda member=member: claim_purchase(
                Member.objects.get(pk=member.pk), external_id="R-0001", total_amount=1840,
                purchased_on=DAY, by=member.user, now=now,
            )
            for member in people
        )
    )  # fmt: skip
    assert sum(isinstance(result, ReceiptTaken) for result in results) == 3
    assert ReceiptClaim.objects.filter(refusal="").count() == 1
    assert_ledger_true()


# --- On the site ----------------------------------------------------------------------------------


def test_member_claims_on_the_site(buy, cast):
    purchase = buy()
    client = cast.clients["ken"]
    page = client.get(f"{URL}?number=R-0001&total=18.40")
    assert page.context["form"]["number"].value() == "R-0001"
    data = {"number": "R-0001", "total": "$18.40", "purchased_on": "2026-03-08"}
    response = client.post(URL, data, follow=True)
    assert response.redirect_chain[-1][0] == reverse("purchase_detail", args=[purchase.pk])
    assert "18 points" in response.content.decode()
    purchase.refresh_from_db()
    assert purchase.member == cast.members["ken"]


def test_site_keeps_what_was_typed_and_says_why(buy, cast):
    buy()
    data = {"number": "R-0001", "total": "1.00", "purchased_on": "2026-03-08"}
    response = cast.clients["ken"].post(URL, data)
    assert response.status_code == 422
    page = response.content.decode()
    assert "We know no receipt" in page
    assert 'value="1.00"' in page
    response = cast.clients["ken"].post(URL, data | {"total": "x"})
    assert "is not an amount" in response.content.decode()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("18.40", 1840), ("18,40", 1840), ("$1,840.00", 184_000), ("１８．４０", 1840),
        ("1,840", 184_000), (" 18 ", 1800), ("USD 5", 500),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text, amount):
    assert read_typed_amount(text, "USD") == amount


@pytest.mark.parametrize("text", ["", "x", "1,84,0", "1.2345", "18.4.0", "1e3", "--5"])
def test_what_is_no_amount(text):
    from core.money import InvalidAmount

    with pytest.raises(InvalidAmount):
        read_typed_amount(text, "USD")


def test_yen_have_no_cents():
    assert read_typed_amount("1,200円", "JPY") == 1200


# --- The poster -----------------------------------------------------------------------------------


def test_poster_leads_to_the_sign_up_with_the_store_noted(cast, counter, now):
    Store.objects.create(
        code="harbor", name="Harbor", zone="UTC", channel=counter.source.default_channel
    )
    client = cast.clients["anonymous"]
    response = client.get("/join/harbor/")
    assert response["Location"] == reverse("account_signup")
    assert client.session[SIGNUP_SOURCE] == "store:harbor"
    client.post(reverse("account_signup"), {"email": "neu@example.com"})
    assert client.session[SIGNUP_PROFILE]["source"] == "store:harbor"
    member = open_membership(
        cast.users["outsider"], now=now, profile=client.session[SIGNUP_PROFILE]
    )
    assert member.source == "store:harbor"


def test_an_unknown_store_is_just_the_sign_up(client, club):
    assert client.get("/join/nowhere/")["Location"] == reverse("account_signup")
    assert SIGNUP_SOURCE not in client.session
