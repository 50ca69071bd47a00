"""Pages of wheels: every state of the door, the press and its repeats, odds, history, fairness."""

import datetime as dt
import json
import re

import pytest
import time_machine
from django.conf import settings as django_settings

from rewards.models import Entitlement, Slice, Spin, SpinGrant, Tier
from rewards.services.catalogue import GateTerms
from rewards.services.grants import grant_points
from rewards.services.prizes import Prize
from rewards.services.wheel import SliceTerms, end_wheel, ensure_player, reveal_days
from tests.rewards.conftest import EVER
from tests.site.conftest import cast, frozen, make_client, own  # noqa: F401 (fixtures)
from tests.site.wheel import open_wheel, press

pytestmark = pytest.mark.django_db
QUERIES_OF_WHEEL = 10
SURE = (SliceTerms("Ten", 1, Prize("points", points=10)),) * 2
LOST = (SliceTerms("Nothing", 1),) * 2
SCRIPT = {"HX-Request": "true", "HX-Target": "wheel-play"}


@pytest.fixture
def mei(cast):  # noqa: F811
    return cast.members["mei"]


@pytest.fixture
def client(cast):  # noqa: F811
    return cast.clients["mei"]


def read(client, path, status=200, **options):
    response = client.get(path, **options)
    assert response.status_code == status, path
    return response.content.decode()


def get_fields(html):
    """What the press sends."""
    form = html.split("data-wheel-form", 1)[1].split("</form>")[0]
    return dict(re.findall(r'name="(key|with_points|seen_points)" value="([^"]*)"', form))


def spin(client, fields, slug="daily", **headers):
    return client.post(f"/wheel/{slug}/spins/", fields, headers=headers)


# --- The door -----------------------------------------------------------------------------------


def test_first_look_makes_a_player_and_issues_a_key(client, mei, now):
    open_wheel(now)
    html = read(client, "/wheel/daily/")
    assert "Lucky wheel" in html
    assert "Spin for free" in html
    assert "One free spin left today." in html
    assert mei.wheel_players.get().spin_count == 0
    assert get_fields(html)["key"].startswith(f"{mei.pk}.")
    assert get_fields(html) == get_fields(read(client, "/wheel/daily/"))  # ten tabs share it


def test_page_asks_at_most_ten_queries(client, mei, now, make_reward, assert_statements):
    prize = Prize("reward", reward_id=make_reward(stock_left=9).pk)
    bag = SliceTerms("Bag", 1, prize, stock_count=2, substitute=Prize("nothing"))
    slices = (bag, bag)
    wheel = open_wheel(now, slices=slices, daily_spin_count=3)
    for _time in range(2):
        press(mei, wheel, now)
    read(client, "/wheel/daily/")
    with assert_statements(QUERIES_OF_WHEEL):
        read(client, "/wheel/daily/")


def test_used_up_says_when_the_next_one_comes(client, mei, now):
    press(mei, open_wheel(now, slices=SURE), now)
    html = read(client, "/wheel/daily/")
    assert "No spins are left for today." in html
    assert "The next free spin comes at midnight, in about" in html
    assert "data-wheel-form" not in html
    assert "Your last spin" in html
    assert "You won: 10 points" in html


def test_given_spins_are_told_beside_the_daily_ones(client, mei, now):
    wheel = open_wheel(now, slices=SURE)
    SpinGrant.objects.create(
        member=mei, wheel=wheel, source="club", key="g", spin_count=3, given_at=now
    )
    html = read(client, "/wheel/daily/")
    assert "One free spin left today." in html
    assert "3 more were given to you." in html
    assert html.count('<span class=""><svg class="icon"') == 4


def test_points_pay_only_where_switched_on_and_are_said(client, mei, now):
    wheel = open_wheel(now, slices=SURE, has_price=True, price_points=20)
    press(mei, wheel, now)
    assert "Not enough points" not in read(client, "/wheel/daily/")
    grant_points(mei, 100, expires_on=None, note="", key="g", by=None, now=now)
    html = read(client, "/wheel/daily/")
    assert "Spin for 20 points" in html
    assert "It is a game of chance" in html
    fields = get_fields(html)
    assert (fields["with_points"], fields["seen_points"]) == ("1", "20")
    assert spin(client, fields).status_code == 302
    assert Spin.objects.latest("pk").price_points == 20


def test_closed_wheel_says_so(client, now):
    wheel = open_wheel(now)
    end_wheel(wheel, at_once=True, by=None, now=now)
    assert "This wheel is not turning now." in read(client, "/wheel/daily/")
    assert client.get("/wheel/nothing/").status_code == 404


def test_wheel_of_a_tier_is_shut_for_others_and_not_on_their_list(client, now):
    gold = Tier.objects.get(slug="gold").audience
    open_wheel(now, slug="gold", gates=[GateTerms(gold, EVER)])
    open_wheel(now, slug="daily")
    assert "data-wheel-form" not in read(client, "/wheel/gold/")
    assert client.get("/wheel/").url == "/wheel/daily/"


def test_wheels_are_listed_where_there_are_several(client, now):
    open_wheel(now, slug="one", name="One")
    open_wheel(now, slug="two", name="Two")
    html = read(client, "/wheel/")
    assert "One" in html
    assert "Two" in html
    assert html.count('class="wheel-disc"') == 2


def test_list_without_wheels_shows_a_way_on(client, now):
    assert "No wheel is turning at the moment." in read(client, "/wheel/")


def test_staff_read_a_kind_sentence(cast, client, mei, now):  # noqa: F811
    open_wheel(now)
    mei.user.is_staff = True
    mei.user.save(update_fields=["is_staff"])
    html = read(client, "/wheel/daily/")
    assert "Staff of the club may not play." in html
    assert "Thank you." in html


# --- The press ----------------------------------------------------------------------------------


def test_press_without_script_leads_to_the_spin(client, mei, now):
    open_wheel(now, slices=SURE)
    response = spin(client, get_fields(read(client, "/wheel/daily/")))
    made = Spin.objects.get()
    assert (response.status_code, response.url) == (302, f"/wheel/spins/{made.pk}/")
    html = read(client, response.url)
    assert "You won: 10 points" in html
    assert "10 points are in your balance" in html
    assert 'class="wheel is-told"' in html


def test_press_with_script_says_where_to_stop_and_what_to_say(client, now):
    open_wheel(now, slices=SURE, daily_spin_count=2)
    html = spin(client, get_fields(read(client, "/wheel/daily/")), **SCRIPT).content.decode()
    assert html.lstrip().startswith('<div id="wheel-play"')
    assert re.search(r'data-slice="[01]"', html)
    assert 'data-win="yes"' in html
    assert 'data-said="You won: 10 points. 10 points are in your balance' in html
    turn = float(re.search(r'data-turn="([\d.]+)"', html)[1])
    assert 0 < turn < 360
    assert "Spin again" in html


def test_repeat_of_a_press_brings_the_same_spin(client, now):
    open_wheel(now, slices=SURE, daily_spin_count=5)
    fields = get_fields(read(client, "/wheel/daily/"))
    first = spin(client, fields)
    with time_machine.travel(now + dt.timedelta(minutes=5), tick=False):
        again = spin(client, fields)
        assert again.url == first.url
        assert "You had made this spin already" in read(client, again.url)
        html = spin(client, fields, **SCRIPT).content.decode()
    assert "You had made this spin already" in html
    assert Spin.objects.count() == 1


def test_refusal_is_said_in_place_and_uses_nothing_up(client, mei, now):
    open_wheel(now, slices=SURE)
    assert "was not issued by the club" in spin(client, {"key": "x"}, **SCRIPT).content.decode()
    assert spin(client, {}).url == "/wheel/daily/"
    assert "was not issued by the club" in read(client, "/wheel/daily/")
    assert not Spin.objects.exists()


def test_anothers_key_is_refused(cast, client, now):  # noqa: F811
    wheel = open_wheel(now, slices=SURE)
    ensure_player(cast.members["ken"], wheel, now=now)
    fields = get_fields(read(cast.clients["ken"], "/wheel/daily/"))
    assert "belongs to another member" in spin(client, fields, **SCRIPT).content.decode()


def test_no_win_is_said_calmly_and_sets_off_nothing(client, now):
    open_wheel(now, slices=LOST)
    html = spin(client, get_fields(read(client, "/wheel/daily/")), **SCRIPT).content.decode()
    assert "No prize this time" in html
    assert 'data-win=""' in html


def test_won_reward_is_taken_from_the_result(client, mei, now, make_reward):
    reward = make_reward("Tea cup", how_to_use="Show it at the counter.")
    prize = SliceTerms("Cup", 1, Prize("reward", reward_id=reward.pk, days=30))
    open_wheel(now, slices=(prize, prize))
    html = spin(client, get_fields(read(client, "/wheel/daily/")), **SCRIPT).content.decode()
    right = Entitlement.objects.get(member=mei)
    assert f'href="/entitlements/{right.pk}/"' in html
    assert "Show it at the counter." in html
    assert "Take it by April 9, 2026" in html


def test_gone_prize_is_announced_before_the_press_and_told_after(client, mei, now, make_reward):
    reward = make_reward("Tea cup", stock_left=3)
    cup = SliceTerms(
        "Cup", 1, Prize("reward", reward_id=reward.pk), stock_count=1,
        substitute=Prize("points", points=7),
    )  # fmt: skip
    wheel = open_wheel(now, slices=(cup, cup), daily_spin_count=99)
    html = read(client, "/wheel/daily/")
    assert html.count("1 of 1 left") == 2
    while Slice.objects.filter(hit_count=0).exists():  # until both are gone
        press(mei, wheel, now)
    html = read(client, "/wheel/daily/")
    assert "“Tea cup” is gone. The slice “Cup” now pays 7 points." in html
    html = spin(client, get_fields(html), **SCRIPT).content.decode()
    assert "Its prize was gone already, so it paid what had been announced: 7 points." in html


# --- Odds ---------------------------------------------------------------------------------------


def test_odds_are_said_in_percent_and_one_in_so_many(client, now):
    slices = (
        SliceTerms("Rare", 1, Prize("points", points=900)),
        SliceTerms("Half", 500, Prize("points", points=5)),
        SliceTerms("Rest", 499),
    )
    open_wheel(now, slices=slices)
    html = read(client, "/wheel/daily/")
    assert "0.1%" in html
    assert "1 in 1,000" in html
    assert "50%" in html
    assert "1 in 2<" in html
    assert "Rare slices are drawn wider than their odds" in html


def test_true_sizes_are_said_too(client, now):
    open_wheel(now)
    assert "Each slice is drawn exactly as wide as its odds." in read(client, "/wheel/daily/")


def test_words_of_a_slice_are_text_on_the_wheel(client, now):
    open_wheel(now, slices=(SliceTerms("<b>&", 1), SliceTerms("Ten", 1)))
    html = read(client, "/wheel/daily/")
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html


# --- History and proof --------------------------------------------------------------------------


def test_history_lists_ones_own_spins_alone(cast, client, mei, now):  # noqa: F811
    wheel = open_wheel(now, slices=SURE, daily_spin_count=30)
    assert "You haven't spun this wheel yet." in read(client, "/wheel/daily/mine/")
    press(cast.members["ken"], wheel, now)
    for _time in range(22):
        press(mei, wheel, now)
    html = read(client, "/wheel/daily/mine/")
    assert html.count('class="spin is-win"') == 20
    assert read(client, "/wheel/daily/mine/?page=2").count('class="spin is-win"') == 2
    others = Spin.objects.earliest("pk")
    assert client.get(f"/wheel/spins/{others.pk}/").status_code == 404


def test_spin_shows_its_calculation_once_the_day_is_over(client, mei, now):
    made = press(mei, open_wheel(now), now)
    html = read(client, f"/wheel/spins/{made.pk}/")
    assert made.day.seed_hash in html
    assert "is published after it has ended" in html
    with time_machine.travel(now + dt.timedelta(days=1), tick=False):
        reveal_days(now=now + dt.timedelta(days=1))
        made.day.refresh_from_db()
        html = read(client, f"/wheel/spins/{made.pk}/")
    assert made.day.revealed_seed in html
    assert f"{made.version_id}:{made.pseudonym}:1" in html
    assert "Computed again just now: the same slice comes up." in html


def test_fairness_is_open_to_everybody_and_shows_hashes_never_sealed_seeds(
    cast, mei, now,  # noqa: F811
):  # fmt: skip
    wheel = open_wheel(now)
    made = press(mei, wheel, now)
    html = read(cast.clients["anonymous"], "/en/wheel/daily/fairness/")
    assert made.day.seed_hash in html
    assert "My seed" not in html
    assert '<link rel="canonical" href="' in html
    own_page = read(cast.clients["mei"], "/wheel/daily/fairness/")
    assert mei.wheel_players.get().seed in own_page
    assert made.pseudonym in own_page


def test_seed_may_be_changed_and_a_poor_one_is_refused(client, mei, now):
    wheel = open_wheel(now)
    ensure_player(mei, wheel, now=now)
    client.post("/wheel/daily/seed/", {"seed": "short"})
    assert "Choose 8 to 64" in read(client, "/wheel/daily/fairness/")
    client.post("/wheel/daily/seed/", {"seed": "plum-blossom-42"})
    html = read(client, "/wheel/daily/fairness/")
    assert "You play on under your new seed" in html
    assert 'value="plum-blossom-42"' in html


def test_day_is_sealed_first_and_computed_again_afterwards(cast, mei, now):  # noqa: F811
    wheel = open_wheel(now, daily_spin_count=5)
    for _time in range(3):
        made = press(mei, wheel, now)
    day, anybody = made.day.day_on.isoformat(), cast.clients["anonymous"]
    path = f"/wheel/daily/fairness/{day}/"
    html = read(anybody, path)
    assert "The seed is sealed until the day has ended." in html
    assert made.pseudonym not in html
    assert json.loads(anybody.get(f"{path}log.json").content)["draws"] == []
    with time_machine.travel(now + dt.timedelta(days=1), tick=False):
        reveal_days(now=now + dt.timedelta(days=1))
        html = read(anybody, path)
        log = json.loads(anybody.get(f"{path}log.json").content)
        lines = anybody.get(f"{path}log.csv").content.decode().splitlines()
    assert "The server has computed all 3 draws again" in html
    assert html.count(made.pseudonym) == 3
    assert "Mei Chen" not in html
    assert (len(log["draws"]), len(lines)) == (3, 4)


@pytest.mark.parametrize("day", ["2026-13-01", "nonsense", "2001-01-01"])
def test_day_that_never_was_is_not_found(client, now, day):
    open_wheel(now)
    assert client.get(f"/wheel/daily/fairness/{day}/").status_code == 404


def test_script_is_offered_as_it_lies_in_the_source(client, now):
    response = client.get("/wheel/fairness/verify_wheel.py")
    body = response.content
    assert b"import hmac" in body
    assert response["Content-Disposition"].startswith("attachment")


def test_scripts_are_small():
    folder = django_settings.BASE_DIR / "static" / "js"
    assert len((folder / "wheel.js").read_bytes()) < 12_000
    assert len((folder / "wheel-proof.js").read_bytes()) < 6_000


# --- At home ------------------------------------------------------------------------------------


def test_home_leads_to_the_wheel_while_a_spin_is_left(client, mei, now):
    assert "To the wheel" not in read(client, "/home/")
    wheel = open_wheel(now)
    assert "A free spin is waiting for you." in read(client, "/home/")
    press(mei, wheel, now)
    assert "You have spun today." in read(client, "/home/")


def test_home_says_nothing_of_a_wheel_for_others(client, now):
    open_wheel(
        now,
        gates=[GateTerms(Tier.objects.get(slug="gold").audience, EVER)],
    )
    assert "To the wheel" not in read(client, "/home/")


def test_spin_keeps_the_wheel_of_its_day(client, mei, now):
    wheel = open_wheel(now, slices=SURE)
    made = press(mei, wheel, now)
    end_wheel(wheel, at_once=True, by=None, now=now)
    html = read(client, f"/wheel/spins/{made.pk}/")
    assert html.count('class="wheel-slice is-won"') == 1
    assert "Back to the wheel" not in html
