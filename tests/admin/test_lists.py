"""Lists at a million rows: no count, a look ahead instead, the same queries for one row or more."""

import datetime as dt

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.admin import LAST_PAGE, LookAhead
from members.models import Audience, Member
from members.services.enrolment import create_member

DAY = dt.date(2026, 3, 2)
BIG = (
    "members.member",
    "members.activity",
    "members.notice",
    "members.audiencemember",
    "purchases.purchase",
    "purchases.return",
    "rewards.transfer",
    "rewards.lot",
    "rewards.lotmove",
    "rewards.award",
    "rewards.reversal",
    "rewards.account",
    "rewards.standing",
    "rewards.tierchange",
    "core.auditentry",
)


def list_url(label):
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


@pytest.fixture
def busy(shop, rules):
    """Three members who buy, reach silver and bring something back."""
    for number in range(3):
        ticket = shop.buy(f"m{number}", "400.00", on=DAY)
        shop.give_back(ticket, {1: "1.00"}, on=DAY + dt.timedelta(days=1))


def test_no_list_counts(owner, busy):
    for model in admin.site._registry:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            owner.get(list_url(model._meta.label_lower))
        counting = [
            query["sql"] for query in queries if query["sql"].upper().startswith("SELECT COUNT(")
        ]
        assert counting == [], model


@pytest.mark.parametrize("label", BIG)
def test_list_asks_the_same_for_one_row_and_for_three(label, owner, shop, rules):
    def visit():
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(list_url(label)).status_code == 200
        return len(queries)

    ticket = shop.buy("m0", "400.00", on=DAY)
    shop.give_back(ticket, {1: "1.00"}, on=DAY + dt.timedelta(days=1))
    visit()  # content types, permissions, the club
    one = visit()
    for number in (1, 2):
        ticket = shop.buy(f"m{number}", "400.00", on=DAY)
        shop.give_back(ticket, {1: "1.00"}, on=DAY + dt.timedelta(days=1))
    assert visit() == one


def test_pages_turn_one_by_one(owner, club, now):
    for number in range(51):
        create_member(now=now, source="test", family_name=f"Name{number:02}")
    url = list_url("members.member")
    first = owner.get(url)
    assert (first.context["cl"].paginator.first, first.context["cl"].paginator.last) == (1, 50)
    assert 'rel="next"' in first.text
    second = owner.get(url, {"p": 2})
    assert [member.family_name for member in second.context["cl"].result_list] == ["Name50"]
    assert 'rel="next"' not in second.text
    assert 'rel="prev"' in second.text


def test_look_ahead_never_goes_deeper_than_its_last_page(club):
    pages = LookAhead(Member.objects.order_by("pk"), 50, 10**9)
    assert pages.number == LAST_PAGE
    assert pages.object_list == []


def test_members_are_sorted_by_reading(owner, club, now):
    create_member(now=now, source="test", family_name="山田", family_name_reading="ヤマダ")
    create_member(now=now, source="test", family_name="青木", family_name_reading="アオキ")
    names = [m.family_name for m in owner.get(list_url("members.member")).context["cl"].result_list]
    assert names == ["青木", "山田"]


@pytest.mark.parametrize("text", ["yuki@example.com", "+14155550123", "星野", "ほし", "yuki h"])
def test_members_are_found_as_staff_type(text, owner, club, now):
    wanted = create_member(
        now=now, source="test", family_name="星野", given_name="雪", family_name_reading="ホシノ",
        given_name_reading="ユキ", display_name="Yuki Hoshino", email="yuki@example.com",
        phone="+14155550123",
    )  # fmt: skip
    create_member(now=now, source="test", family_name="Nobody")
    found = owner.get(list_url("members.member"), {"q": text}).context["cl"].result_list
    assert found == [wanted]


def test_number_finds_exactly_one(owner, club, now):
    wanted = create_member(now=now, source="test", family_name="A")
    create_member(now=now, source="test", family_name="B")
    response = owner.get(list_url("members.member"), {"q": wanted.number})
    assert response.context["cl"].result_list == [wanted]


def test_purchase_is_found_by_its_id_or_its_member(owner, shop, rules):
    ticket = shop.buy("m0", "10.00", on=DAY)
    shop.buy("m1", "10.00", on=DAY)
    url = list_url("purchases.purchase")
    assert [p.external_id for p in owner.get(url, {"q": ticket}).context["cl"].result_list] == [
        ticket
    ]
    number = shop.member("m1").number
    assert len(owner.get(url, {"q": number}).context["cl"].result_list) == 1


def test_period_is_of_whole_days_in_the_clubs_zone(owner, shop, rules):
    shop.buy("m0", "10.00", on=DAY, hour=23)
    shop.buy("m0", "10.00", on=DAY + dt.timedelta(days=1), hour=0)
    url = list_url("purchases.purchase")
    query = {"purchased_at_from": DAY.isoformat(), "purchased_at_to": DAY.isoformat()}
    assert len(owner.get(url, query).context["cl"].result_list) == 1


def test_instants_show_in_the_clubs_zone(owner, shop, rules):
    shop.buy("m0", "10.00", on=DAY, hour=9)
    assert "March 2, 2026, 9 a.m." in owner.get(list_url("purchases.purchase")).text


def test_members_are_filtered_by_tier_and_status(owner, counter, rules):
    counter.buy("m0", "400.00", on=DAY)
    counter.buy("m1", "4.00", on=DAY)
    silver = Audience.objects.get(slug="tier-silver")
    url = list_url("members.member")
    found = owner.get(url, {"tier": silver.pk}).context["cl"].result_list
    assert found == [counter.member("m0")]
    assert len(owner.get(url, {"status": "unclaimed"}).context["cl"].result_list) == 2
    assert owner.get(url, {"status": "closed"}).context["cl"].result_list == []
