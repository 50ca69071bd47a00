"""Stamp cards on the member's pages, at the counter and in the back office."""

import datetime as dt

import pytest
from django.urls import reverse

from members.enums import AudienceKind
from members.models import Audience
from members.services.audiences import ensure_audience
from rewards.models import Challenge, ChallengeVersion, StampGrant
from rewards.services.challenges import create_challenge
from tests.rewards.stamps import cards, publish, work
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
QUERIES = 8


def make_card(now, slug="coffee", **terms):
    card = create_challenge(slug=slug, name=f"Card {slug}", by=None, now=now)
    publish(card, begins=now - dt.timedelta(hours=30), **terms)
    return card


def buy(counter, now, times):
    for number in range(times):
        counter.buy("mei", "4.00", on=TODAY - dt.timedelta(days=1), hour=8 + number)
    work(now)


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_cards_asks_a_constant_number_of_queries(count, cast, counter, now, make_reward,
                                                         django_assert_num_queries):  # fmt: skip
    reward = make_reward()
    prize = {"prize_kind": "reward", "prize_points": 0, "prize_reward": reward, "target": 2}
    for number in range(count):
        make_card(now, slug=f"card-{number}", **prize)
    buy(counter, now, count * 2 + 1)
    mei = cast.members["mei"]
    assert len(cards(mei, "card-0")) == count + 1
    browser = cast.clients["mei"]
    browser.get("/stamps/")
    with django_assert_num_queries(QUERIES):
        html = browser.get("/stamps/").content.decode()
    assert html.count("<article") == count
    assert "Full: yours to pick up" in html
    assert html.count(">Take it<") == count * count


def test_page_without_a_card_says_so(cast):
    assert "There is no stamp card just now" in cast.clients["mei"].get("/stamps/").content.decode()


def test_home_shows_the_cards_that_were_begun(cast, counter, now):
    make_card(now, target=5)
    browser = cast.clients["mei"]
    assert "Card coffee" not in browser.get("/home/").content.decode()
    buy(counter, now, 2)
    html = browser.get("/home/").content.decode()
    assert "Card coffee" in html
    assert "2 of 5" in html


def test_a_card_whose_prize_was_kept_promises_no_other(cast, counter, now):
    make_card(now, target=2)
    buy(counter, now, 2)
    counter.give_back(counter.made[-1], {1: "4.00"}, on=TODAY - dt.timedelta(days=1), hour=20)
    work(now)
    browser = cast.clients["mei"]
    for page in ("/stamps/", "/home/"):
        html = browser.get(page).content.decode()
        assert "1 of 2" in html
        assert "1 more, then" not in html
    assert "it fills up first" in browser.get("/stamps/").content.decode()


def test_cards_open_to_all_stand_among_the_ways_to_earn_on_the_landing_page(client, cast, now):
    make_card(now, target=5)
    chosen = ensure_audience("few", kind=AudienceKind.LIST, name="Few")
    make_card(now, slug="few", audiences=[chosen])
    html = client.get("/").content.decode()
    assert "5 stamps, then: 50 points" in html
    assert "Card coffee" in html
    assert "Card few" not in html


def test_owner_publishes_a_version_after_a_preview(cast, now):
    card = Challenge.objects.create(slug="new", name="New")
    owner = cast.clients["owner"]
    url = reverse("admin:rewards_challenge_publish", args=[card.pk])
    data = {
        "activity_kind": "purchase", "measure": "count", "count_by": "item", "target": "10",
        "starts_on": TODAY.isoformat(), "prize_kind": "points", "prize_points": "50",
        "audiences": [Audience.objects.get(slug="everyone").pk],
    }  # fmt: skip
    preview = owner.post(url, data | {"stage": "preview"}).content.decode()
    assert "10 stamps make a full card, which gives: 50 points." in preview
    assert not ChallengeVersion.objects.exists()
    wrong = owner.post(url, data | {"stage": "publish", "prize_points": ""})
    assert (wrong.status_code, ChallengeVersion.objects.count()) == (200, 0)
    assert owner.post(url, data | {"stage": "publish"}).status_code == 302
    assert ChallengeVersion.objects.get().target == 10
    page = owner.get(reverse("admin:rewards_challenge_change", args=[card.pk]))
    assert "a stamp for each item" in page.content.decode()
    end = reverse("admin:rewards_challenge_end", args=[card.pk])
    assert owner.post(end, {"ends_on": TODAY.isoformat()}).status_code == 302
    card.refresh_from_db()
    assert card.ended_at == now


def test_clerk_gives_stamps_after_a_preview(cast, counter, now):
    card = make_card(now, target=5)
    mei = cast.members["mei"]
    url = reverse("admin:rewards_challenge_give", args=[mei.pk])
    data = {
        "challenge": card.pk, "way": "give", "stamp_count": "2", "reason": "missing", "note": "",
        "happened_on": TODAY.isoformat(), "key": "abc",
    }  # fmt: skip
    clerk = cast.clients["clerk"]
    assert "+2 stamps" in clerk.post(url, data | {"stage": "preview"}).content.decode()
    assert not StampGrant.objects.exists()
    for _ in range(2):
        assert clerk.post(url, data | {"stage": "publish"}).status_code == 302
    assert cards(mei) == [(2, 5, False)]
    page = cast.clients["owner"].get(reverse("admin:members_member_change", args=[mei.pk]))
    assert "2 of 5" in page.content.decode()
