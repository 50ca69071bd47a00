"""Charities, appeals and settlements in the back office."""

import base64
import datetime as dt
import re
import zlib

import pytest
import time_machine
from django.urls import reverse

from members.models import User
from rewards.giving_pdf import build_statement_pdf
from rewards.models import Account, Appeal, Charity, CharitySettlement, Donation
from rewards.selectors.statements import Statement, get_statement
from rewards.services.giving import close_period, donate_points, read_period
from rewards.services.grants import grant_points
from tests.rewards.conftest import at
from tests.rewards.givings import NOW, make_appeal, make_charity

pytestmark = pytest.mark.django_db
FEBRUARY = at(dt.date(2026, 2, 3))


@pytest.fixture
def gift(counter, rules):
    counter.buy("ken", "10", on=dt.date(2026, 1, 2))
    ken = counter.member("ken")
    ken.user = User.objects.create(email="ken@example.com")
    ken.save()
    grant_points(ken, 500, expires_on=None, note="", key="k", by=None, now=NOW)
    return donate_points(ken, make_appeal(), 250, key="k", by=None, now=NOW)


def test_a_charity_is_written_with_its_account(owner):
    answer = owner.post(
        reverse("admin:rewards_charity_add"),
        {"name": "Rice", "slug": "rice", "registration_number": "1", "country": "JP",
         "hundred_money": "0.80", "grace_hours": 24, "position": 1},
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    charity = Charity.objects.get()
    assert charity.hundred_amount == 80
    assert Account.objects.filter(charity=charity).count() == 1


def test_what_the_service_refuses_stands_beside_what_was_typed(owner, programme):
    charity = make_charity()
    answer = owner.post(
        reverse("admin:rewards_appeal_add"),
        {"name": "Soup", "slug": "soup", "charity": charity.pk, "goal_points": 10, "position": 1,
         "impact": "three bowls", "starts_at_0": "2026-02-01", "starts_at_1": "00:00",
         "ends_at_0": "2026-01-01", "ends_at_1": "00:00"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "Write a name and a goal; it ends after it begins." in answer.text
    assert "three bowls" in answer.text
    assert "Constraint" not in answer.text
    assert not Appeal.objects.exists()


def test_an_appeal_is_published_and_closed(owner, programme):
    appeal = make_appeal(published_at=None)
    owner.post(reverse("admin:rewards_appeal_publishing", args=[appeal.pk]))
    assert Appeal.objects.get().published_at is not None
    owner.post(reverse("admin:rewards_appeal_closing", args=[appeal.pk]))
    assert Appeal.objects.get().ends_at is not None


def test_a_charity_that_was_given_to_stays(owner, gift):
    answer = owner.post(
        reverse("admin:rewards_charity_removal", args=[gift.charity_id]), follow=True
    )
    assert "it can be withdrawn, not deleted" in answer.text
    assert Charity.objects.count() == 1


def test_a_period_is_looked_at_then_closed_then_paid(owner, gift):
    make_charity("other")
    with time_machine.travel(FEBRUARY, tick=False):
        address = reverse("admin:rewards_charitysettlement_add")
        page = owner.post(address, {"period": "2026-01", "charity": "", "stage": "preview"})
        assert "$2.50" in page.text
        assert not CharitySettlement.objects.exists()
        owner.post(address, {"period": "2026-01", "charity": "", "stage": "close"})
        settlement = CharitySettlement.objects.get(charity=gift.charity)
        assert (settlement.amount, settlement.closed_by) == (250, owner.user)
        again = owner.post(address, {"period": "2026-01", "charity": "", "stage": "preview"})
        assert "closed already" in again.text
        page = reverse("admin:rewards_charitysettlement_payment", args=[settlement.pk])
        assert owner.post(page, {"paid_on": "2026-02-03"}).status_code == 422
        owner.post(page, {"paid_on": "2026-02-03", "payout_reference": "BANK-7"})
        settlement.refresh_from_db()
        assert settlement.payout_reference == "BANK-7"


def read_pdf(content):
    """What stands on its pages: their streams, unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)~>endstream", content, re.DOTALL)
    assert streams
    words = b"".join(zlib.decompress(base64.a85decode(each)) for each in streams)
    return words.replace(rb"\000", b"")


def test_a_statement_as_csv_and_pdf(owner, gift):
    with time_machine.travel(FEBRUARY, tick=False):
        owner.post(
            reverse("admin:rewards_charitysettlement_add"),
            {"period": "2026-01", "charity": gift.charity_id, "stage": "close"},
        )
        settlement = CharitySettlement.objects.get()
        csv = owner.get(reverse("admin:rewards_charitysettlement_csv", args=[settlement.pk]))
        assert b"Meals,1,250,0" in b"".join(csv.streaming_content)
        for language in ("en", "ja", "zh-hans", "zh-hant"):
            pdf = owner.get(
                reverse("admin:rewards_charitysettlement_pdf", args=[settlement.pk]),
                HTTP_ACCEPT_LANGUAGE=language,
            )
            words = read_pdf(pdf.content)
            assert b"1 / 1" in words
        assert b"Meals" in read_pdf(build_statement_pdf(get_statement(settlement), language="en"))


def test_a_long_statement_has_numbered_pages_and_says_what_was_carried(owner, gift):
    with time_machine.travel(FEBRUARY, tick=False):
        settlement = close_period(gift.charity, read_period("2026-01"), by=None, now=FEBRUARY)
    (line,) = get_statement(settlement).lines
    line.appeal.name = "海辺に松を五百本" * 9
    settlement.carried_in, settlement.carried_out = 37, 0
    settlement.charity.name = "Fundación " * 12
    statement = Statement(settlement, "USD", [line] * 40)
    words = read_pdf(build_statement_pdf(statement, language="en"))
    assert b"1 / 5" in words
    assert b"5 / 5" in words
    assert b"+0.0037" in words
    assert b"Carried on" not in words


def test_staff_take_back_at_a_members_wish(owner, gift):
    with time_machine.travel(NOW, tick=False):
        page = owner.get(reverse("admin:rewards_donation_change", args=[gift.pk]))
        assert "Take back for the member" in page.text
        owner.post(reverse("admin:rewards_donation_undoing", args=[gift.pk]))
    assert Donation.objects.get().undone_at is not None
