"""A member's redemptions in the browser: asked for, shown, cancelled; with and without htmx."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from members.services.addresses import save_address
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import open_household, pool_points
from rewards.models import Delivery, Redemption, RedemptionShare, Reward
from rewards.selectors.redemptions import list_at_hand, list_redemptions
from rewards.services.grants import grant_points
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    end_delivery,
    redeem_reward,
    send_delivery,
    use_redemption,
)
from tests.rewards.conftest import balances
from tests.rewards.test_redemption import make_codes
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
PARCEL = Parcel("Mei", "US", "1 Main St")
US = {"street": "1 Main St", "city": "Portland", "region": "OR", "postal_code": "97201"}


@pytest.fixture(autouse=True)
def _files_in_a_folder(settings, tmp_path):
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": tmp_path, "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def mei(cast, now):
    mei = cast.members["mei"]
    grant_points(mei, 500, expires_on=None, note="", key="start", by=None, now=now)
    return mei


@pytest.fixture
def browser(cast):
    return cast.clients["mei"]


@pytest.fixture
def redeem(mei, now):
    def make(reward, *, key="k", **options):
        return redeem_reward(mei, reward, key=key, by=mei.user, now=now, **options)

    return make


def post(browser, reward, *, key="k", htmx=False, **data):
    headers = {"HX-Request": "true", "HX-Target": "redeem"} if htmx else {}
    address = reverse("redemption_create", args=[reward.slug])
    return browser.post(address, {"key": key, **data}, headers=headers)


def read(browser, redemption):
    return browser.get(redemption.get_absolute_url()).content.decode().replace("\u00a0", " ")


# --- Asking --------------------------------------------------------------------------------------


def test_the_page_asks_with_the_price_and_the_press_leads_to_the_code(mei, browser, make_reward):
    reward = make_reward(price_points=30)
    page = browser.get(reverse("redemption_create", args=[reward.slug]))
    form = page.context["form"]
    assert (form["seen_points"].value(), len(form["key"].value())) == (30, 32)
    answer = post(browser, reward, key=form["key"].value(), seen_points=30)
    made = Redemption.objects.get()
    assert answer.url == reverse("redemption_detail", args=[made.pk])
    assert made.shown_code in read(browser, made)
    assert balances(mei)["available"] == 492


def test_the_young_read_before_the_press_that_a_guardian_must_agree(mei, browser, make_reward):
    reward = make_reward(price_points=30, price_amount=500)
    mei.birth_year = 2020
    mei.save(update_fields=["birth_year"])
    address = reverse("redemption_create", args=[reward.slug])
    for page in (reward.get_absolute_url(), address):
        shown = browser.get(page).content.decode()
        assert "parent&#x27;s or guardian&#x27;s consent" in shown
        assert reverse("privacy_guardian") in shown
        assert "redeem-form" not in shown
    assert post(browser, reward, seen_points=30, seen_amount=500).status_code == 422
    assert not Redemption.objects.exists()


def test_a_double_press_is_one_redemption(mei, browser, make_reward):
    reward = make_reward(price_points=30)
    assert post(browser, reward).url == post(browser, reward).url
    assert balances(mei)["available"] == 492


def test_a_press_long_ago_is_shown_again_and_said(browser, make_reward, redeem, now):
    reward = make_reward(price_points=30)
    made = redeem(reward)
    Redemption.objects.update(reserved_at=now - dt.timedelta(hours=1))
    answer = browser.post(
        reverse("redemption_create", args=[reward.slug]), {"key": "k"}, follow=True
    )
    assert answer.redirect_chain[0][0] == made.get_absolute_url()
    assert "asked for this already" in answer.content.decode()


def test_a_refusal_is_said_in_place_with_what_was_filled_in(mei, browser, make_reward):
    reward = make_reward(kind="goods", price_points=9000)
    filled = {"recipient": "Aunt Lin", "address_text": "2 Hill Rd", "country": "US"}
    answer = post(browser, reward, **filled)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "This needs 9000 points" in html
    assert "Aunt Lin" in html
    assert "2 Hill Rd" in html
    assert balances(mei)["available"] == 522


def test_htmx_gets_the_form_alone_and_is_led_on(browser, make_reward):
    dear, fair = make_reward(price_points=9000), make_reward(price_points=10)
    refused = post(browser, dear, htmx=True)
    assert refused.status_code == 200
    assert refused.content.decode().lstrip().startswith('<details class="redeem" id="redeem" open>')
    assert 'role="alert"' in refused.content.decode()
    answer = post(browser, fair, htmx=True)
    assert answer["HX-Redirect"] == Redemption.objects.get().get_absolute_url()


def test_a_price_that_rose_is_shown_and_taken_by_the_next_press(mei, browser, make_reward):
    reward = make_reward(price_points=40)
    answer = post(browser, reward, seen_points=30)
    assert "The price has changed" in answer.content.decode()
    assert answer.context["form"]["seen_points"].value() == 40
    assert post(browser, reward, seen_points=40).status_code == 302


def test_an_address_is_asked_for_or_taken_from_the_record(mei, browser, make_reward, now):
    reward = make_reward(kind="goods", price_points=10)
    missing = post(browser, reward, country="US")
    assert "This is needed to send it." in missing.content.decode()
    address = save_address(mei, US, by=None, now=now, country="US")
    post(browser, reward, key="a", address=str(address.pk))
    post(
        browser, reward, key="b", address="", recipient="Aunt Lin", country="TW",
        address_text="106 台北市大安區", phone="0912",
    )  # fmt: skip
    first, second = Delivery.objects.order_by("pk")
    assert first.address_text.splitlines() == ["Mei Chen", "1 Main St", "PORTLAND, OR 97201"]
    assert (second.recipient, second.country, second.phone) == ("Aunt Lin", "TW", "0912")


def test_anothers_address_is_no_choice(mei, cast, browser, make_reward, now):
    address = save_address(cast.members["ken"], US, by=None, now=now, country="US")
    reward = make_reward(kind="goods", price_points=10)
    assert post(browser, reward, address=str(address.pk)).status_code == 422


def test_the_households_points_are_used_where_one_says_so(mei, cast, browser, make_reward, now):
    ken = cast.members["ken"]
    grant_points(ken, 100, expires_on=None, note="", key="ken", by=None, now=now)
    open_household(mei, by=None, now=now)
    invitation = invite_to_household(mei, number=ken.number, by=None, now=now)
    accept_invitation(invitation, ken, pools_points=True, by=None, now=now)
    pool_points(mei, by=None, now=now)
    reward = make_reward(price_points=600)
    page = browser.get(reward.get_absolute_url()).content.decode()
    assert "Use points of my household" in page
    assert post(browser, reward, key="a").status_code == 422
    assert post(browser, reward, key="b", with_household="on").status_code == 302
    made = Redemption.objects.get()
    assert RedemptionShare.objects.count() == 2
    assert "522 points of your own, the rest from your household" in read(browser, made)
    theirs = cast.clients["ken"]
    assert theirs.get(made.get_absolute_url()).status_code == 404
    entry = ken.transfers.filter(cause_type="redemption").get()
    statement = theirs.get(reverse("statement_entry", args=[entry.pk])).content.decode()
    assert "Used for: Tote bag" in statement
    assert made.get_absolute_url() not in statement


def test_a_reward_withdrawn_since_is_said_and_an_unknown_one_is_not_found(browser, make_reward):
    reward = make_reward(price_points=10)
    Reward.objects.update(retired_at=reward.published_at + dt.timedelta(days=1))
    answer = browser.post(
        reverse("redemption_create", args=[reward.slug]), {"key": "k"}, follow=True
    )
    assert "not on offer now" in answer.content.decode()
    assert browser.get(reverse("redemption_create", args=[reward.slug])).status_code == 404
    assert browser.post(reverse("redemption_create", args=["nothing"])).status_code == 404
    draft = make_reward(published_at=None)
    assert post(browser, draft).status_code == 404


# --- Looking -------------------------------------------------------------------------------------


def test_a_reservation_says_where_to_pay_until_when(browser, make_reward, redeem, now):
    made = redeem(make_reward(price_points=10, price_amount=500, hold_minutes=30))
    html = read(browser, made)
    assert "Pay $5.00 at the counter until March 10, 2026, 12:30 p.m." in html
    assert made.shown_code in html
    confirm_redemption(made, by=None, now=now)
    html = read(browser, made)
    assert "Ready to use" in html
    assert [line for line in ("Reserved", "Paid") if line in html] == ["Reserved", "Paid"]


def test_a_pools_code_is_seen_once_it_is_paid(browser, make_reward, redeem, now):
    reward = make_reward(kind="pool", price_points=10, price_amount=100)
    make_codes(reward, "SECRET77")
    made = redeem(reward)
    assert "SECRET77" not in read(browser, made)
    confirm_redemption(made, by=None, now=now)
    assert "SECRET77" in read(browser, made)


def test_a_parcel_is_followed_to_the_door(browser, make_reward, redeem, now):
    made = redeem(make_reward(kind="goods", price_points=10), parcel=PARCEL)
    assert "We pack it soon" in read(browser, made)
    send_delivery(made, carrier="Post", tracking_number="RR 12", by=None, now=now)
    html = read(browser, made)
    assert "On its way" in html
    assert "RR 12" in html
    assert made.shown_code not in html
    end_delivery(made, by=None, now=now)
    assert "Delivered" in read(browser, made)
    assert list_at_hand(made.member, now=now, limit=3) == ([], [])


def test_a_code_is_shown_no_longer_than_it_opens_something(browser, make_reward, redeem, now):
    used, cancelled = (redeem(make_reward(price_points=10), key=key) for key in "ab")
    use_redemption(used, by=None, now=now)
    cancel_redemption(cancelled, by=None, now=now)
    for made in (used, cancelled):
        assert made.shown_code not in read(browser, made)


def test_the_list_shows_what_is_good_first_at_one_query_count(
    mei, browser, make_reward, redeem, now, django_assert_num_queries
):
    reward = make_reward(price_points=1)
    old, used, new = (redeem(reward, key=key) for key in "abc")
    use_redemption(used, by=None, now=now)
    context = browser.get(reverse("redemption_list")).context
    assert [each.redemption for each in context["current"]] == [new, old]
    assert [each.redemption for each in context["past"]] == [used]
    with django_assert_num_queries(4) as three:
        browser.get(reverse("redemption_list"))
    for number in range(97):
        redeem(reward, key=f"more-{number}")
    with django_assert_num_queries(len(three)):
        page = browser.get(reverse("redemption_list"))
    assert (len(page.context["current"]), page.context["older"]) == (20, 2)
    last = browser.get(reverse("redemption_list"), {"page": 5})
    assert [each.redemption for each in last.context["past"]] == [used]
    assert last.context["older"] == 0


def test_home_and_list_agree_on_what_is_current(mei, make_reward, redeem, now):
    """``is_current`` in the list, and its twin in the home page's own statement."""
    gift = redeem(make_reward(kind="credit", value_amount=100, price_points=1), key="credit")
    voucher = redeem(make_reward(price_points=1, valid_days=3), key="voucher")
    reserved = redeem(make_reward(price_points=1, price_amount=100), key="reserved")
    goods = redeem(make_reward(kind="goods", price_points=1), key="goods", parcel=PARCEL)
    arrived = redeem(make_reward(kind="goods", price_points=1), key="arrived", parcel=PARCEL)
    send_delivery(arrived, by=None, now=now)
    end_delivery(arrived, by=None, now=now)
    cancelled = redeem(make_reward(price_points=1), key="cancelled")
    cancel_redemption(cancelled, by=None, now=now)
    for moment, expected in (
        (now, {voucher, reserved, goods}),
        (now + dt.timedelta(minutes=30), {voucher, goods}),
        (now + dt.timedelta(days=4), {goods}),
    ):
        listed = [each for each in list_redemptions(mei, now=moment) if each.is_current]
        assert set(listed) == expected
        assert set(list_at_hand(mei, now=moment, limit=9)[1]) == expected
    assert gift not in expected


def test_home_shows_what_there_is_to_use(browser, make_reward, redeem):
    assert "My rewards" not in browser.get("/home/").content.decode()
    redeem(make_reward("Plum cake", price_points=1))
    html = browser.get("/home/").content.decode()
    assert "My rewards" in html
    assert "Plum cake" in html


# --- Files ---------------------------------------------------------------------------------------


def test_a_download_is_for_whoever_has_it_for_as_long(mei, cast, browser, make_reward, redeem, now):
    reward = make_reward(kind="download", price_points=1, valid_days=3)
    reward.download.save("tea.pdf", ContentFile(b"%PDF"))
    made = redeem(Reward.objects.get())
    address = reverse("redemption_download", args=[made.pk])
    assert address in read(browser, made)
    answer = browser.get(address)
    assert b"".join(answer.streaming_content) == b"%PDF"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert cast.clients["ken"].get(address).status_code == 404
    Redemption.objects.update(expires_on=TODAY - dt.timedelta(days=1))
    assert browser.get(address).status_code == 404


def test_a_download_whose_file_is_gone_is_not_found(browser, make_reward, redeem):
    reward = make_reward(kind="download", price_points=1)
    reward.download.save("tea.pdf", ContentFile(b"%PDF"))
    made = redeem(Reward.objects.get())
    reward.download.storage.delete(reward.download.name)
    assert browser.get(reverse("redemption_download", args=[made.pk])).status_code == 404


# --- Giving back ---------------------------------------------------------------------------------


def test_cancelling_asks_says_what_comes_back_and_does_it(mei, browser, make_reward, redeem):
    made = redeem(make_reward(price_points=30))
    address = reverse("redemption_cancellation", args=[made.pk])
    assert "30 points come back to you" in browser.get(address).content.decode().replace(
        "\xa0", " "
    )
    answer = browser.post(address, follow=True)
    assert "your points are back" in answer.content.decode()
    assert balances(mei)["available"] == 522
    assert "Cancelled" in read(browser, made)


def test_cancelling_warns_of_points_that_would_end_at_once(mei, browser, make_reward, redeem, now):
    made = redeem(make_reward(price_points=30))
    mei.lots.filter(unit="points").update(expires_on=TODAY - dt.timedelta(days=1))
    html = browser.get(reverse("redemption_cancellation", args=[made.pk])).content.decode()
    assert "The last day of 30 points is over" in html.replace("\u00a0", " ")


def test_what_cannot_be_cancelled_says_why(mei, browser, make_reward, redeem, now):
    made = redeem(make_reward(price_points=30, is_cancellable=False))
    assert "Cancel it" not in read(browser, made)
    for method in (browser.get, browser.post):
        answer = method(reverse("redemption_cancellation", args=[made.pk]), follow=True)
        assert "can&#x27;t be cancelled" in answer.content.decode()
    assert balances(mei)["available"] == 492
