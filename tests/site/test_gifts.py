"""Presents on the member's pages: wrapped at home, opened by a press, kept from others."""

import pytest
from django.urls import reverse

from members.models import Audience
from members.services.audiences import AudienceMove, ensure_audience, move_members
from rewards.enums import PrizeKind
from rewards.models import Reward, SurpriseGift
from rewards.receivers import create_act_limits
from rewards.services.bulk_running import run_bulk_act
from rewards.services.prizes import Prize
from rewards.services.surprises import confirm_surprise, draft_surprise

WAITS = "Something waits for you"


@pytest.fixture
def give(cast, now):
    """``give(prize)`` gives Mei a present."""
    create_act_limits(None)
    ensure_audience("friends", kind="list", name="Friends")
    friends = Audience.objects.get(slug="friends")
    move_members(None, [AudienceMove(friends.pk, cast.members["mei"].pk)], now=now)

    def make(prize):
        surprise = draft_surprise(
            friends, title="Cake weather", message="Sit down for a while.", prize=prize,
            pick="all", budget=10_000, by=cast.users["owner"], now=now,
        )  # fmt: skip
        surprise = confirm_surprise(surprise, by=cast.users["owner"], now=now)
        run_bulk_act(surprise.pk, now=now)
        return SurpriseGift.objects.get(surprise=surprise)

    return make


def test_present_is_opened_by_a_press_without_a_script(cast, give):
    home = reverse("member_home")
    client = cast.clients["mei"]
    assert WAITS not in client.get(home).text
    gift = give(Prize(PrizeKind.POINTS, points=50))
    page = client.get(home)
    assert WAITS in page.text
    assert "Cake weather" not in page.text
    assert "A surprise" in client.get(reverse("statement")).text
    assert "Cake weather" not in client.get(gift.get_absolute_url()).text
    pressed = client.post(reverse("gift_opening", args=[gift.pk]))
    assert pressed["Location"] == f"{gift.get_absolute_url()}?new"
    opened = client.get(pressed["Location"])
    assert "is-fresh" in opened.text
    assert "Cake weather" in opened.text
    assert "Sit down for a while." in opened.text
    assert "50 points" in opened.text
    assert "is-fresh" not in client.get(gift.get_absolute_url()).text
    assert WAITS not in client.get(home).text
    assert "Cake weather" in client.get(reverse("statement")).text
    assert "A surprise from the club: Cake weather" in client.get(reverse("inbox")).text


def test_reward_leads_to_taking_it_for_nothing(cast, give, now):
    reward = Reward.objects.create(
        slug="cake", name="A slice of cake", kind="voucher", price_points=30, cost_amount=200,
        published_at=now,
    )  # fmt: skip
    client = cast.clients["mei"]
    gift = give(Prize(PrizeKind.REWARD, reward_id=reward.pk, days=30))
    assert "A slice of cake" not in client.get(reverse("redemption_list")).text
    client.post(reverse("gift_opening", args=[gift.pk]))
    right = gift.member.entitlements.get()
    assert right.get_absolute_url() in client.get(gift.get_absolute_url()).text
    assert "A slice of cake" in client.get(reverse("redemption_list")).text


def test_store_credit_says_how_it_pays(cast, give):
    gift = give(Prize(PrizeKind.CREDIT, amount=500))
    cast.clients["mei"].post(reverse("gift_opening", args=[gift.pk]))
    page = cast.clients["mei"].get(gift.get_absolute_url()).text
    assert "$5.00 store credit" in page
    assert "pays at the counter" in page


def test_several_presents_have_a_button_each(cast, give):
    for _ in range(4):
        give(Prize(PrizeKind.POINTS, points=1))
    page = cast.clients["mei"].get(reverse("member_home")).text
    assert page.count("/opening/") == 3
    assert "More wait behind these." in page


def test_others_find_nothing_and_reading_opens_nothing(cast, give):
    gift = give(Prize(PrizeKind.POINTS, points=50))
    address = reverse("gift_opening", args=[gift.pk])
    assert cast.clients["ken"].post(address).status_code == 404
    assert cast.clients["ken"].get(gift.get_absolute_url()).status_code == 404
    assert cast.clients["mei"].get(address).status_code == 405
    gift.refresh_from_db()
    assert gift.is_wrapped
