"""The catalogue's pages, as members and visitors get them."""

import datetime as dt

import pytest

from members.enums import AudienceKind
from members.services.audiences import AudienceMove, ensure_audience, move_members
from rewards.models import Reward, RewardCategory, RewardSession
from rewards.services.catalogue import add_wish
from tests.rewards.conftest import EVER

pytestmark = pytest.mark.django_db
# Session, login, member, household, balances; the catalogue's three. What is kept for a moment
# (the club, its tiers and shelves) takes one each.
QUERIES_OF_CATALOGUE = 8
QUERIES_FOR_VISITORS = 3
QUERIES_OF_REWARD = 8
DAY = dt.timedelta(days=1)


def read(client, path="/rewards/", **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def cup(make_reward):
    return make_reward("Tea cup", slug="cup", price_points=20, summary="Thrown by hand")


# --- The list -----------------------------------------------------------------------------------


def test_member_sees_how_far_each_is(cast, make_reward):
    make_reward("Near", price_points=20)
    make_reward("Far", price_points=100)
    html = read(cast.clients["mei"])
    assert "You have 22 points to use." in html
    assert html.count("You have enough points") == 1
    assert "78 points to go" in html
    assert 'width="220" height="12"' in html


@pytest.mark.parametrize("who", ["anonymous", "outsider"])
def test_visitors_see_prices_and_no_member_s_things(cast, cup, who):
    html = read(cast.clients[who])
    assert "Tea cup" in html
    for text in ("You have", "to go", "wish", "What I can have now"):
        assert text not in html
    assert ("Join for free" in html) == (who == "anonymous")


def test_members_page_is_kept_by_no_cache(cast, cup):
    assert "no-store" in cast.clients["mei"].get("/rewards/")["Cache-Control"]
    assert "no-store" in cast.clients["mei"].get("/rewards/cup/")["Cache-Control"]
    assert "Cookie" in cast.clients["anonymous"].get("/rewards/")["Vary"]


@pytest.mark.parametrize("count", [1, 60])
def test_catalogue_asks_a_constant_number_of_queries(
    cast,
    make_reward,
    settings,
    make_client,
    assert_statements,
    count,
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    shelf = RewardCategory.objects.create(slug="tea", name="Tea")
    for number in range(count):
        make_reward(f"R{number}", category=shelf, limit_count=1)
    client = make_client(cast.users["mei"])
    read(client)
    with assert_statements(QUERIES_OF_CATALOGUE):
        read(client)
    with assert_statements(QUERIES_FOR_VISITORS):
        read(cast.clients["anonymous"])


def test_filters_narrow_and_wrong_values_are_left_aside(cast, cup, make_reward):
    shelf = RewardCategory.objects.create(slug="fun", name="Fun")
    make_reward("Tasting", kind="experience", price_points=90, category=shelf)
    client = cast.clients["mei"]

    def names(query):
        html = read(client, f"/rewards/?{query}")
        return [name for name in ("Tea cup", "Tasting") if name in html]

    assert names("q=thrown") == ["Tea cup"]
    assert names("kind=experience") == names("category=fun") == names("least=50") == ["Tasting"]
    assert names("most=50") == names("reach=on") == ["Tea cup"]
    assert names("kind=x&sort=x&least=x&page=x&category=x") == []
    assert names("kind=x&sort=x&least=-1&page=x") == ["Tea cup", "Tasting"]
    assert "No reward fits." in read(client, "/rewards/?q=nothing")
    assert "Nothing on your wish list yet." in read(client, "/rewards/?wished=on")


def test_links_and_pages_keep_what_is_looked_for(cast, make_reward):
    shelf = RewardCategory.objects.create(slug="tea", name="Tea")
    for number in range(30):
        make_reward(f"Cup {number}", category=shelf)
    html = read(cast.clients["mei"], "/rewards/?q=cup&page=2")
    assert 'href="?q=cup&amp;page=1"' in html
    assert 'href="?q=cup&amp;category=tea"' in html
    assert "Page 2 of 2" in html
    assert html.count('class="tile reward"') == 6


def test_htmx_gets_the_shelf_and_nobody_else_does(cast, cup):
    client = cast.clients["mei"]
    part = read(client, **{"HX-Request": "true", "HX-Target": "rewards"})
    assert "<html" not in part
    assert 'id="rewards"' in part
    assert "<html" in read(client, **{"HX-Request": "true", "HX-Target": "body"})


# --- One reward ---------------------------------------------------------------------------------


def test_reward_shows_terms_words_and_what_goes_with_it(cast, make_reward, now):
    shelf = RewardCategory.objects.create(slug="fun", name="Fun")
    tasting = make_reward(
        "Tasting", slug="tasting", kind="experience", category=shelf, price_points=20,
        price_amount=500, limit_count=1, limit_period="month", how_to_use="Ring the bell.",
        fine_print="No refunds.", description="One.\n\nTwo.",
    )  # fmt: skip
    make_reward("Other", category=shelf)
    RewardSession.objects.create(
        reward=tasting, starts_at=now + DAY, ends_at=now + 2 * DAY, seat_count=4, seats_left=2,
        place="Cellar",
    )  # fmt: skip
    html = read(cast.clients["mei"], "/rewards/tasting/")
    for text in (
        "+ $5.00", "1 a month", "Ring the bell.", "No refunds.", "<p>Two.</p>", "Cellar",
        "Wednesday, March 11, 2026, noon", "2 seats left", "Other",
    ):  # fmt: skip
        assert text in html


def test_secret_and_unknown_rewards_are_not_found(cast, make_reward, now):
    secret = ensure_audience("vip", kind=AudienceKind.LIST, name="VIP")
    make_reward("Secret", slug="secret", gates=[{"audience": secret}])
    make_reward("Draft", slug="draft", published_at=None)
    client = cast.clients["mei"]
    for slug in ("secret", "draft", "nowhere"):
        assert client.get(f"/rewards/{slug}/").status_code == 404
        assert client.post(f"/rewards/{slug}/wish/").status_code == 404
    move_members(None, [AudienceMove(secret.pk, cast.members["mei"].pk)], now=now)
    assert client.get("/rewards/secret/").status_code == 200


def test_gates_are_told_in_words(cast, make_reward, now):
    gold = ensure_audience("tier-gold", kind=AudienceKind.TIER, name="Gold")
    gates = [{"audience": gold, "opens_at": EVER}, {"opens_at": now + DAY, "price_points": 15}]
    make_reward("Drop", slug="drop", price_points=20, gates=gates)
    html = read(cast.clients["mei"], "/rewards/drop/")
    for text in ("Opens for you on March 11, noon", "Every member", "from March 11, 2026, noon"):
        assert text in html
    assert '<strong class="number">15</strong>' in html
    assert "instead of 20 points" in html


def test_reward_page_asks_a_constant_number_of_queries(
    cast,
    cup,
    make_reward,
    assert_statements,
):
    shelf = RewardCategory.objects.create(slug="tea", name="Tea")
    Reward.objects.update(category=shelf)
    client = cast.clients["mei"]
    read(client, "/rewards/cup/")
    with assert_statements(QUERIES_OF_REWARD):
        read(client, "/rewards/cup/")
    for number in range(6):
        make_reward(f"R{number}", category=shelf)
    with assert_statements(QUERIES_OF_REWARD):
        read(client, "/rewards/cup/")


# --- Wishes -------------------------------------------------------------------------------------


def test_wish_is_made_and_taken_back_without_javascript(cast, cup):
    client, mei = cast.clients["mei"], cast.members["mei"]
    response = client.post("/rewards/cup/wish/", {"wanted": "1", "next": "/rewards/?q=tea"})
    assert (response.status_code, response.url) == (302, "/rewards/?q=tea")
    assert mei.wishes.get().reward == cup
    assert 'aria-pressed="true"' in read(client, "/rewards/?wished=on")
    response = client.post("/rewards/cup/wish/", {"wanted": "0", "next": "https://evil.example/"})
    assert response.url == "/rewards/cup/"
    assert mei.wishes.count() == 0


def test_wish_answers_htmx_with_the_heart(cast, cup):
    headers = {"HX-Request": "true", "HX-Target": f"wish-{cup.pk}"}
    html = cast.clients["mei"].post("/rewards/cup/wish/", headers=headers).content.decode()
    assert html.lstrip().startswith(f'<form id="wish-{cup.pk}"')
    assert 'aria-pressed="true"' in html
    assert 'name="wanted" value="0"' in html


# --- Home ---------------------------------------------------------------------------------------


def test_home_shows_what_is_near_and_wished_for(cast, cup, make_reward, now):
    dream = make_reward("Dream", price_points=220)
    for number in range(3):
        make_reward(f"Spoon {number}", price_points=30 + number)
    add_wish(cast.members["mei"], dream, now=now)
    html = read(cast.clients["mei"], "/home/")
    assert "Your next rewards" in html
    assert html.index("Dream") < html.index("Tea cup") < html.index("Spoon 0")
    assert "198 points to go · on your wish list" in html
    assert "Spoon 1" not in html  # no name that a token may hold by chance


def test_home_without_rewards_has_no_panel_of_them(cast):
    assert "Your next rewards" not in read(cast.clients["mei"], "/home/")
