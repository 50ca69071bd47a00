"""An empty club's first hour: from no terms to the first member with points, by its own pages."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from core.models import AuditEntry
from core.money import format_money
from members.models import Club, Member, Theme
from members.selectors.club import forget_club, get_club
from members.services.profiles import CurrencyInUse, update_club
from purchases.models import Channel, Store
from rewards.models import EarningRule, ProgrammeVersion, Register, Tier
from rewards.selectors.balances import get_balances
from rewards.services.founding import AlreadyFounded, found_club
from tests.rewards.conftest import assert_ledger_true

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
INDEX = "/admin/"
SET_UP = "/admin/set-up/"


@pytest.fixture
def typed():
    """What an owner in Taiwan types; everything else stands there already."""
    return {
        "country": "TW", "currency": "TWD", "zone": "Asia/Taipei", "name": "山茶花會",
        "store_name": "永康店", "email": "hi@example.org", "phone": "", "returns_days": "7",
        "points": "1", "per_amount": "100", "expiry_months": "24", "starts_on": "2026-01-01",
        "silver_from": "30000", "gold_from": "100000",
    }  # fmt: skip


def list_open(client):
    steps = client.get(INDEX).context["first_steps"]
    return [row["step"].code for row in steps if not row["done"]]


def test_the_first_hour(owner, typed, now):
    assert list_open(owner) == ["terms", "look", "reward", "law", "staff", "member", "points"]
    with translation.override("zh-hant"):
        assert owner.get(SET_UP).context["form"].initial["country"] == "US"
    form = owner.get(SET_UP, {"country": "TW"}).context["form"]
    assert (form["currency"].value(), form["zone"].value()) == ("TWD", "Asia/Taipei")

    assert owner.post(SET_UP, typed).status_code == 302
    forget_club()
    club = get_club()
    assert (club.name, club.currency, club.zone, club.country) == (
        "山茶花會", "TWD", "Asia/Taipei", "TW",
    )  # fmt: skip
    version = ProgrammeVersion.objects.get()
    assert (version.starts_on, version.expiry_months) == (dt.date(2026, 1, 1), 24)
    assert list(version.levels.order_by("threshold").values_list("tier__slug", "threshold")) == [
        ("member", 0), ("silver", 30000), ("gold", 100000),
    ]  # fmt: skip
    rules = EarningRule.objects.order_by("code")
    base, status = (rule.versions.get() for rule in rules)
    assert (base.points, format_money(base.per_amount, "TWD")) == (1, "NT$100.00")
    assert (status.points, status.per_amount, status.unit) == (1, 100, "status")
    assert Channel.objects.get().returns_accepted_days == 7
    store = Store.objects.get()
    assert (store.name, store.zone) == ("永康店", "Asia/Taipei")
    assert not Register.objects.get(store=store).asks_for_pin
    assert AuditEntry.objects.filter(action="model.added", actor=owner.user).count() == 3

    # The counter serves at once: the device chooses the one register, enrols, rings up.
    register = Register.objects.get()
    owner.post(reverse("admin:counter_register"), {"register": register.pk})
    key = owner.get(reverse("admin:counter_enrol")).context["key"]
    owner.post(
        reverse("admin:counter_enrol"),
        {"key": key, "contact": "mei@example.com", "given_name": "美", "family_name": "林"},
    )
    member = Member.objects.get()
    assert "points" in list_open(owner)
    owner.post(
        reverse("admin:counter_sale"),
        {"key": "a" * 16, "do": "ring_up", "member": member.pk, "price": "1250", "quantity": "1",
         "product": ""},
    )  # fmt: skip
    assert get_balances(member, now=now).available == 12
    assert list_open(owner) == ["look", "reward", "law", "staff"]
    assert_ledger_true()


def test_terms_are_set_up_once(owner, typed, now):
    assert owner.post(SET_UP, typed).status_code == 302
    assert owner.post(SET_UP, {**typed, "name": "Another"}).status_code == 302
    assert Club.objects.get().name == "山茶花會"
    with pytest.raises(AlreadyFounded):
        found_club(
            {"name": "Another"}, store_name="x", points=1, per_amount=100, expiry_months=1,
            returns_days=1, starts_on=now.date(), by=owner.user, now=now,
        )  # fmt: skip


def test_a_club_of_one_tier(owner, typed):
    owner.post(SET_UP, {**typed, "silver_from": "", "gold_from": ""})
    assert Tier.objects.get().slug == "member"
    assert EarningRule.objects.get().code == "base"


@pytest.mark.parametrize(
    "wrong",
    [
        {"gold_from": "5", "silver_from": ""},
        {"silver_from": "9", "gold_from": "5"},
        {"per_amount": "0"},
        {"currency": "JPY", "per_amount": "0.5"},
        {"zone": "Mars/Olympus"},
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_set_up(owner, typed, wrong):
    page = owner.post(SET_UP, {**typed, **wrong})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [list(wrong)[-1]]  # the one named last
    assert not ProgrammeVersion.objects.exists()


def test_a_currency_stays_once_something_was_bought_in_it(owner, rules, counter, now):
    url = reverse("admin:members_club_change", args=[1])
    assert "currency" in owner.get(url).context["adminform"].form.fields
    update_club({"currency": "EUR"}, by=None, now=now)
    update_club({"currency": "USD"}, by=None, now=now)
    counter.buy("mei", "20", on=now.date())
    with pytest.raises(CurrencyInUse):
        update_club({"currency": "EUR"}, by=None, now=now)
    assert "currency" not in owner.get(url).context["adminform"].form.fields


def test_steps_are_for_who_may_and_end(owner, log_in, rules, mei, counter, make_reward, now):
    counter.buy("mei", "20", on=now.date())
    assert log_in("clerk").get(INDEX).context["first_steps"] == []
    assert list_open(owner) == ["look", "reward", "law"]
    Theme.objects.create(club=Club.objects.get())
    make_reward()
    assert owner.get(INDEX).context["first_steps"] == []
