"""Views of detail pages: signed, once an hour, and what more than ten on the first day bring."""

import datetime as dt

import pytest
from django.core import signing
from django.urls import reverse

from campaigns.models import Journey, Message
from campaigns.services.automations.drafting import enable_automation, publish_automation
from campaigns.services.automations.ready import ensure_ready_automations
from members.models import Activity
from members.services.audiences import ensure_everyone
from members.services.logins import create_login
from purchases.models import Channel, Product, Source
from purchases.services.tokens import create_token
from rewards.models import Entitlement, Reward, RewardGate
from rewards.services.detail_views import (
    REWARD,
    BadView,
    record_reward_view,
    record_view,
    sign_view,
)
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import HOUR, follow, outcomes
from tests.rewards.conftest import EVER

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_reward(programme, now):
    def make(number, **fields):
        reward = Reward.objects.create(
            **{"slug": f"r{number}", "name": f"Reward {number}", "kind": "voucher",
               "price_points": 100, "published_at": now} | fields
        )  # fmt: skip
        RewardGate.objects.create(reward=reward, audience=ensure_everyone(), opens_at=EVER)
        return reward

    return make


def test_a_view_counts_once_an_hour_and_thing(person, make_reward, now):
    mei, first, second = person(), make_reward(1), make_reward(2)
    assert record_view(mei, REWARD, first.pk, now=now)
    assert not record_view(mei, REWARD, first.pk, now=now + dt.timedelta(minutes=59))
    assert record_view(mei, REWARD, second.pk, now=now)
    assert record_view(mei, REWARD, first.pk, now=now + HOUR)
    assert Activity.objects.filter(member=mei, kind="view").count() == 3


def test_forged_old_and_borrowed_tokens_are_refused(person, make_reward, now, monkeypatch):
    mei, ken, reward = person(), person(), make_reward(1)
    for token in ("", "nonsense", sign_view(mei.pk, reward.pk) + "x",
                  signing.dumps([mei.pk, reward.pk], salt="another")):  # fmt: skip
        with pytest.raises(BadView):
            record_reward_view(mei, token, now=now)
    with pytest.raises(BadView):
        record_reward_view(ken, sign_view(mei.pk, reward.pk), now=now)
    token = sign_view(mei.pk, reward.pk)
    monkeypatch.setattr("rewards.services.detail_views.GOOD_FOR", dt.timedelta(seconds=-1))
    with pytest.raises(BadView):
        record_reward_view(mei, token, now=now)
    assert not Activity.objects.exists()


def test_a_page_tells_only_of_members(client, person, make_reward, now):
    reward = make_reward(1)
    page = reverse("reward_detail", args=[reward.slug])
    visitor = client.get(page)
    assert visitor.status_code == 200
    assert "data-view-token" not in visitor.text
    assert client.post(reverse("detail_view"), {"token": "x"}).status_code == 403
    user = create_login(email="mei@example.com", display_name="Mei", by=None, now=now)
    mei = person(user=user)
    client.force_login(user)
    token = client.get(page).text.partition('data-view-token="')[2].partition('"')[0]
    assert client.post(reverse("detail_view"), {"token": token}).status_code == 204
    assert client.post(reverse("detail_view"), {"token": token[:-1]}).status_code == 400
    seen = Activity.objects.get(member=mei, kind="view")
    assert (seen.subject_type, seen.subject_id) == (REWARD, reward.pk)


def test_a_shop_tells_of_its_products(client, person, now):
    channel = Channel.objects.create(code="web", name="Web")
    source = Source.objects.create(code="shop", name="Shop", default_channel=channel)
    Product.objects.create(source=source, external_id="tea", name="Tea")
    _token, secret = create_token(
        source=source, name="Shop", scopes=["views.write"], by=None, now=now
    )
    mei = person()

    def tell(product):
        return client.post(
            "/api/views", {"member": mei.number, "product": product},
            content_type="application/json", headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    assert tell("tea").json() == {"counted": True}
    assert tell("tea").json() == {"counted": False}
    assert tell("soup").status_code == 404
    assert Activity.objects.get(member=mei).subject_type == "purchases.product"


@pytest.fixture
def ten_views(programme, now):
    made = {each.slug: each for each in ensure_ready_automations(by=None, now=now)}["ten-views"]
    publish_automation(made, by=None, now=now)
    return enable_automation(made, by=None, now=now)


def test_more_than_ten_views_on_the_first_day_bring_a_coupon(ten_views, person, make_reward, now):
    dear = make_reward(0, price_points=5000)
    rewards = [make_reward(number) for number in range(1, 11)]
    mei, slow = person(), person(now=now - dt.timedelta(days=2))
    moments = [now + dt.timedelta(minutes=minute) for minute in range(11)]
    for member in (mei, slow):
        # The dear one most often, but it costs too much to be given away.
        for reward, moment in zip(rewards, moments, strict=False):
            record_view(member, REWARD, reward.pk, now=moment)
    follow(moments[-1])
    assert not Journey.objects.exists()
    later = now + 2 * HOUR
    record_view(mei, REWARD, dear.pk, now=later)
    record_view(mei, REWARD, rewards[3].pk, now=later)
    record_view(slow, REWARD, rewards[3].pk, now=later)
    follow(later)
    gift = Entitlement.objects.get()
    assert (gift.member, gift.reward) == (mei, rewards[3])
    assert gift.expires_on == (later - 7 * HOUR).date() + dt.timedelta(days=14)
    message = Message.objects.get()
    assert (message.member, message.facts["entitlement"]) == (mei, gift.pk)
    assert message.due_at - mei.joined_at < dt.timedelta(days=1)
    assert [outcome for outcome, _reason in outcomes(mei)] == ["given", "queued"]
    record_view(mei, REWARD, rewards[5].pk, now=later + HOUR)
    follow(later + HOUR)
    assert Entitlement.objects.count() == 1


def test_nothing_is_given_that_is_not_to_be_had(ten_views, person, make_reward, now):
    mei = person()
    for number in range(11):
        reward = make_reward(number, price_points=5000)
        record_view(mei, REWARD, reward.pk, now=now + dt.timedelta(minutes=number))
    follow(now + dt.timedelta(minutes=11))
    assert outcomes(mei) == [("left", "gone")]
    assert not Message.objects.exists()
