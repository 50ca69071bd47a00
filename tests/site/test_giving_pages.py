"""Giving in the browser of a member: seen, given, taken back, promised, kept."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from rewards.enums import RewardKind
from rewards.models import Donation, Entitlement
from rewards.services.giving import donate_points
from rewards.services.grants import grant_points
from tests.rewards.conftest import (  # noqa: F401  (fixtures)
    claim,
    counter,
    make_reward,
    make_rule,
    mei,
    programme,
    rules,
)
from tests.rewards.givings import NOW, make_appeal, make_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def appeal(programme):  # noqa: F811
    return make_appeal(impact="three meals")


@pytest.fixture
def browser(mei):  # noqa: F811
    grant_points(mei, 250, expires_on=None, note="", key="start", by=None, now=NOW)
    client = Client()
    client.force_login(mei.user, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(NOW, tick=False):
        yield client


def test_everybody_reads_appeals_and_the_ledger(client, appeal, mei):  # noqa: F811
    make_match(appeal)
    mei.family_name, mei.given_name = "Wang", "Mei"
    mei.save()
    donate_points(mei, appeal, 40, key="k", is_named=True, by=None, now=NOW)
    with time_machine.travel(NOW, tick=False):
        assert "Meals" in client.get(reverse("appeal_list")).text
        page = client.get(reverse("appeal_detail", args=["meals"])).text
        ledger = client.get(reverse("giving_ledger")).text
    assert "100 points: three meals" in page
    assert "DEMO-1" in page
    assert "M*** W***" in page
    assert "Log in to give" in page
    assert "80 points" in ledger


def test_a_member_gives_and_takes_back(browser, appeal, mei):  # noqa: F811
    page = browser.get(reverse("appeal_detail", args=["meals"]))
    key = page.context["donate_form"].initial["key"]
    answer = browser.post(
        reverse("donation_create", args=["meals"]), {"key": key, "preset": 100, "points": ""},
        follow=True,
    )  # fmt: skip
    assert "Thank you!" in answer.text
    browser.post(reverse("donation_create", args=["meals"]), {"key": key, "preset": 300})
    gift = Donation.objects.get()
    assert gift.points == 100
    answer = browser.post(reverse("donation_undoing", args=[gift.pk]), follow=True)
    assert "Your points are back" in answer.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"points": "99999"}, "are available"),
        ({}, "Choose how many points you give."),
        ({"points": "-1"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_in_place(browser, appeal, data, said):
    answer = browser.post(reverse("donation_create", args=["meals"]), {"key": "k", **data})
    assert answer.status_code == 422
    assert said in answer.text
    assert not Donation.objects.exists()


def test_rounding_a_share_and_the_years(browser, appeal, mei):  # noqa: F811
    page = browser.get(reverse("appeal_detail", args=["meals"]))
    assert page.context["rest"] == 50
    form = page.context["round_form"].initial
    browser.post(reverse("donation_rounding", args=["meals"]), form)
    assert Donation.objects.get().points == 50
    browser.post(reverse("share_create", args=["meals"]), {"share_percent": 10})
    mine = browser.get(reverse("giving_mine")).text
    assert "10%" in mine
    year = browser.get(reverse("giving_year", args=[2026])).text
    assert "This is no tax receipt" in year
    assert mei.get_full_name() in year
    rows = b"".join(browser.get(reverse("giving_year_download", args=[2026])).streaming_content)
    assert b"DEMO-1,Meals,50,0" in rows
    share = mei.standing_donations.get()
    browser.post(reverse("share_ending", args=[share.pk]))
    share.refresh_from_db()
    assert share.ended_at is not None


def test_a_donation_of_the_catalogue(browser, appeal, make_reward):  # noqa: F811
    reward = make_reward(kind=RewardKind.DONATION, price_points=200, appeal=appeal)
    page = browser.get(reward.get_absolute_url())
    form = page.context["form"]
    answer = browser.post(
        reverse("redemption_create", args=[reward.slug]),
        {"key": form.initial.get("key") or form["key"].value(), "seen_points": 200},
        follow=True,
    )
    assert "Thank you!" in answer.text
    assert Donation.objects.get().source == "reward"


def test_a_prize_is_passed_on(browser, appeal, make_reward, mei):  # noqa: F811
    prize = Entitlement.objects.create(
        member=mei, reward=make_reward(price_points=80), cause_type="test", cause_id=1, key="p",
        given_at=NOW, expires_on=NOW.date() + dt.timedelta(days=5),
    )  # fmt: skip
    assert "Pass on “Tote bag”" in browser.get(reverse("appeal_detail", args=["meals"])).text
    browser.post(reverse("donation_prize", args=["meals"]), {"entitlement": prize.pk})
    assert Donation.objects.get().points == 80


def test_a_closed_appeal_shows_what_became_of_it(browser, appeal):
    appeal.ends_at = NOW
    appeal.save()
    page = browser.get(reverse("appeal_detail", args=["meals"])).text
    assert "This appeal has ended" in page
    assert browser.post(
        reverse("donation_create", args=["meals"]), {"key": "k", "points": 5}
    ).status_code in (200, 422)
    assert not Donation.objects.exists()
