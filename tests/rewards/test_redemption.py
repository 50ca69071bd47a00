"""The press of the button: who may, at which price, what is taken, and what a refusal leaves."""

import datetime as dt

import pytest
from django.db import connection

from core.models import AuditEntry
from members.models import Activity, Notice, User
from members.selectors.gates import GateClosed, GateNotYetOpen, GateOver
from members.services.audiences import ensure_audience, ensure_everyone
from members.services.profiles import close_member
from rewards.enums import Place
from rewards.models import (
    Delivery,
    Redemption,
    RedemptionEvent,
    Reward,
    RewardCode,
    RewardSession,
    Rotation,
    Standing,
    Tier,
    Transfer,
)
from rewards.selectors.catalogue import Wanted, get_reward_page, list_offers
from rewards.selectors.redemption_words import has_code_to_show
from rewards.services.catalogue import retire_reward
from rewards.services.holding import BalanceTooLow, CannotSpend
from rewards.services.redemption import Parcel, cancel_redemption, redeem_reward, refusals
from rewards.services.redemption.offer import list_claims, read_offer
from rewards.services.redemption.redeeming import InvalidKey
from rewards.services.tier_decisions import TierKeptAlready
from tests.rewards.conftest import EVER, assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
PARCEL = Parcel("Mei Chen", "US", "1 Main St\nPortland, OR 97201")


@pytest.fixture
def press(mei):
    def redeem(reward, *, key="a", now=NOW, by=mei.user, **options):
        return redeem_reward(mei, reward, key=key, by=by, now=now, **options)

    return redeem


def steps(redemption):
    return list(
        RedemptionEvent.objects.filter(redemption=redemption)
        .order_by("pk")
        .values_list("from_state", "to_state", "cause")
    )


def test_redeeming_takes_points_and_stock_in_one_step(mei, press, make_reward):
    made = press(make_reward(stock_left=3))
    assert balances(mei) == {"available": 70, "status": 100}
    assert made.state == "fulfilled"
    assert steps(made) == [("", "fulfilled", "site")]
    assert Reward.objects.get().stock_left == 2
    assert Transfer.objects.get(cause_id=made.pk, cause_type="redemption").reason == "capture"
    assert Activity.objects.get(kind="redemption").facts == {"reward": made.reward_id, "points": 30}
    assert_ledger_true()


def test_its_code_is_of_twelve_random_letters_shown_in_fours(press, make_reward):
    made = press(make_reward())
    assert len(made.code) == 12
    assert made.shown_code == "-".join([made.code[:4], made.code[4:8], made.code[8:]])


@pytest.mark.parametrize("kind", ["voucher", "pool", "goods", "experience"])
@pytest.mark.parametrize("price_amount", [0, 500])
def test_what_is_answered_is_what_was_written(
    press, make_reward, kind, price_amount, django_assert_num_queries
):
    """It is built from what was sent to the database; reading it again finds the same."""
    reward = make_reward(kind=kind, price_amount=price_amount, stock_left=5, valid_days=9)
    make_codes(reward, "ONE", expires_on=DAY + dt.timedelta(days=2))
    session = make_date(reward) if kind == "experience" else None
    made = press(reward, session=session, parcel=PARCEL if kind == "goods" else None)
    read = Redemption.objects.for_list().get()
    for field in Redemption._meta.concrete_fields:
        assert getattr(made, field.attname) == getattr(read, field.attname), field.attname
    with django_assert_num_queries(0):
        assert made.shown_code == read.shown_code
        for name in ("reward", "session", "delivery", "pool_code"):
            assert getattr(made, name, None) == getattr(read, name, None), name
        assert made.member_id == made.member.pk
    if kind == "goods":
        assert made.delivery.address_text == read.delivery.address_text


# --- Once ----------------------------------------------------------------------------------------


def test_the_same_key_again_is_the_same_redemption(mei, press, make_reward):
    reward = make_reward()
    assert press(reward) == press(reward)
    assert balances(mei)["available"] == 70


def test_the_same_key_for_something_else_is_refused(mei, press, make_reward):
    press(make_reward())
    with pytest.raises(refusals.KeyReused):
        press(make_reward("Mug"))
    assert balances(mei)["available"] == 70


def test_the_same_key_for_another_date_is_refused(press, make_reward):
    reward = make_reward(kind="experience")
    first, second = (make_date(reward, days=days) for days in (1, 2))
    press(reward, session=first)
    with pytest.raises(refusals.KeyReused):
        press(reward, session=second)


@pytest.mark.parametrize("key", ["", "x" * 61])
def test_a_key_is_there_and_short(press, make_reward, key):
    with pytest.raises(InvalidKey):
        press(make_reward(), key=key)


# --- Refusals ------------------------------------------------------------------------------------


def test_price_above_balance_is_refused_and_nothing_moves(mei, press, make_reward):
    with pytest.raises(BalanceTooLow, match="needs 101 points and 100 are available"):
        press(make_reward(price_points=101, stock_left=1))
    assert balances(mei)["available"] == 100
    assert Reward.objects.get().stock_left == 1
    assert not Redemption.objects.exists()


def test_points_that_are_over_by_now_pay_nothing(press, make_reward):
    """Reading to decide settles first: the expiry of last night counts."""
    with pytest.raises(BalanceTooLow, match="and 0 are available"):
        press(make_reward(), now=at(DAY + dt.timedelta(days=500)))


def test_sold_out_between_page_and_press(press, make_reward):
    with pytest.raises(refusals.SoldOut):
        press(make_reward(stock_left=0))


def test_closed_windows_say_when(press, make_reward):
    soon = make_reward(gates=[{"opens_at": at(DAY, 16)}])
    over = make_reward(gates=[{"closes_at": at(DAY, 15)}])
    with pytest.raises(GateNotYetOpen, match=r"Jan\. 6, 2025, 4 p\.m\."):
        press(soon)
    with pytest.raises(GateOver):
        press(over)


def test_wrong_audience_is_refused(press, make_reward):
    others = ensure_audience("vip", kind="list", name="VIP")
    with pytest.raises(GateClosed):
        press(make_reward(gates=[{"audience": others}]))


def test_drafts_and_withdrawn_rewards_are_not_on_offer(press, make_reward):
    with pytest.raises(refusals.NotOnOffer):
        press(make_reward(published_at=None))
    reward = make_reward()
    retire_reward(reward, by=None, now=NOW)
    with pytest.raises(refusals.NotOnOffer):
        press(reward)


def test_a_reward_whose_turn_it_is_not_waits(press, make_reward):
    rotation = Rotation.objects.create(name="Weekly", starts_on=DAY, turn_days=7, slot_count=1)
    make_reward("First", rotation=rotation, rotation_position=1)
    second = make_reward("Second", rotation=rotation, rotation_position=2)
    with pytest.raises(refusals.NotOnOffer):
        press(second)
    assert press(second, now=at(DAY + dt.timedelta(days=7))).state == "fulfilled"


def test_unclaimed_and_closed_memberships_spend_nothing(mei, counter, press, make_reward):
    counter.buy("ken", "100", on=DAY)
    with pytest.raises(CannotSpend):
        redeem_reward(counter.member("ken"), make_reward(), key="a", by=None, now=NOW)
    stale = mei  # read before the membership was closed
    close_member(mei, by=None, now=NOW)
    with pytest.raises((CannotSpend, GateClosed)):
        redeem_reward(stale, make_reward(), key="a", by=None, now=NOW)


def test_donations_and_spins_have_rooms_of_their_own(press, make_reward):
    with pytest.raises(refusals.IsDonation):
        press(make_reward(kind="donation"))


# --- Price ---------------------------------------------------------------------------------------


def test_a_price_that_rose_since_the_page_is_refused(mei, press, make_reward):
    reward = make_reward(price_points=40)
    with pytest.raises(refusals.PriceChanged):
        press(reward, seen_points=30)
    dearer = make_reward(price_points=30, price_amount=500)
    with pytest.raises(refusals.PriceChanged):
        press(dearer, seen_points=30, seen_amount=0)
    assert balances(mei)["available"] == 100


def test_a_price_that_fell_is_the_members_luck(press, make_reward):
    assert press(make_reward(price_points=20), seen_points=30).price_points == 20


def test_the_lowest_open_gate_sets_the_price(mei, press, make_reward):
    everyone, others = ensure_everyone(), ensure_audience("vip", kind="list", name="VIP")
    reward = make_reward(
        price_points=50,
        gates=[
            {"audience": everyone},
            {"audience": everyone, "opens_at": at(DAY, 14), "price_points": 40},
            {"audience": everyone, "opens_at": at(DAY, 16), "price_points": 10},
            {"audience": others, "price_points": 5},
        ],
    )
    assert press(reward).price_points == 40


def test_what_was_agreed_stays_with_the_redemption(press, make_reward):
    reward = make_reward(price_points=30, value_amount=900, cost_amount=400)
    made = press(reward)
    Reward.objects.update(price_points=99, value_amount=0, cost_amount=0)
    made.refresh_from_db()
    assert (made.price_points, made.value_amount, made.cost_amount) == (30, 900, 400)


def test_a_free_reward_moves_no_points(mei, press, make_reward):
    assert press(make_reward(price_points=0)).state == "fulfilled"
    assert balances(mei)["available"] == 100
    assert_ledger_true()


# --- Limits --------------------------------------------------------------------------------------


def test_a_limit_counts_by_its_period(press, make_reward):
    reward = make_reward(price_points=10, limit_count=1, limit_period="month")
    press(reward, key="a")
    with pytest.raises(refusals.LimitReached, match="1 times a month"):
        press(reward, key="b", now=at(dt.date(2025, 1, 31), 23))
    assert press(reward, key="b", now=at(dt.date(2025, 2, 1), 0))


def test_a_limit_for_life_counts_all_but_what_was_undone(mei, press, make_reward):
    reward = make_reward(price_points=10, price_amount=500, limit_count=2)
    first = press(reward, key="a")
    cancel_redemption(first, by=mei.user, now=NOW)
    press(reward, key="b", is_paid=True)
    press(reward, key="c", is_paid=True)
    with pytest.raises(refusals.LimitReached, match="2 times in all"):
        press(reward, key="d")


# --- Own reservations that are overdue -----------------------------------------------------------


def test_the_members_own_overdue_reservation_lets_go_first(mei, press, make_reward):
    """At the very instant, whether or not the sweep has been there."""
    dear = make_reward(price_points=100, price_amount=500, stock_left=1, limit_count=1)
    old = press(dear, key="a")
    with pytest.raises(refusals.SoldOut):
        press(dear, key="b", now=NOW + dt.timedelta(minutes=29))
    new = press(dear, key="b", now=NOW + dt.timedelta(minutes=30))
    old.refresh_from_db()
    assert (old.state, new.state) == ("expired", "reserved")
    assert balances(mei) == {"held": 100, "status": 100}
    assert_ledger_true()


# --- Kinds ---------------------------------------------------------------------------------------


def make_date(reward, *, days=3, seats=2, hour=18, **terms):
    start = at(DAY + dt.timedelta(days=days), hour)
    return RewardSession.objects.create(
        **{
            "reward": reward, "starts_at": start, "ends_at": start + dt.timedelta(hours=2),
            "seat_count": seats, "seats_left": seats, **terms,
        }
    )  # fmt: skip


def test_an_experience_takes_a_seat_and_ends_with_its_day(press, make_reward):
    reward = make_reward(kind="experience", valid_days=90)
    with pytest.raises(refusals.SessionNeeded):
        press(reward)
    date = make_date(reward)
    made = press(reward, session=date)
    assert (made.state, made.expires_on) == ("confirmed", dt.date(2025, 1, 9))
    date.refresh_from_db()
    assert date.seats_left == 1
    assert_ledger_true()


@pytest.mark.parametrize(
    "terms",
    [
        {"days": -1},
        {"seats_left": 0},
        {"booking_closes_at": NOW},
        {"cancelled_at": NOW},
    ],
)
def test_a_date_past_full_closed_or_called_off_is_refused(press, make_reward, terms):
    reward = make_reward(kind="experience")
    with pytest.raises(refusals.NoSeatLeft):
        press(reward, session=make_date(reward, **terms))


def test_a_date_of_another_reward_is_refused(press, make_reward):
    reward, other = make_reward(kind="experience"), make_reward(kind="experience")
    with pytest.raises(refusals.NoSeatLeft):
        press(reward, session=make_date(other))


def test_goods_need_an_address_but_at_the_counter(press, make_reward):
    reward = make_reward(kind="goods", valid_days=30)
    with pytest.raises(refusals.AddressNeeded):
        press(reward)
    sent = press(reward, parcel=PARCEL)
    assert (sent.state, sent.expires_on) == ("confirmed", None)
    assert sent.delivery.address_text == "1 Main St\nPortland, OR 97201"
    taken = press(reward, key="b", place=Place.COUNTER)
    assert taken.state == "confirmed"
    assert Delivery.objects.count() == 1


def make_codes(reward, *codes, **terms):
    return [
        RewardCode.objects.create(
            reward=reward, code=code, match_key=code, imported_at=EVER, **terms
        )
        for code in codes
    ]


def test_a_pool_hands_out_its_codes_in_order_without_those_that_are_over(press, make_reward):
    reward = make_reward(kind="pool", valid_days=90, price_points=10)
    make_codes(reward, "OVER", expires_on=DAY - dt.timedelta(days=1))
    make_codes(reward, "VOID", voided_at=EVER)
    make_codes(reward, "SOON", expires_on=DAY + dt.timedelta(days=2))
    make_codes(reward, "LATER")
    first, second = press(reward, key="a"), press(reward, key="b")
    assert (first.shown_code, first.expires_on) == ("SOON", dt.date(2025, 1, 8))
    assert (second.shown_code, second.expires_on) == ("LATER", dt.date(2025, 4, 6))
    with pytest.raises(refusals.SoldOut):
        press(reward, key="c")


def test_what_ends_soonest_goes_first(press, make_reward):
    reward = make_reward(kind="pool", price_points=1)
    make_codes(reward, "NEVER")
    make_codes(reward, "OVER", expires_on=DAY - dt.timedelta(days=1))
    make_codes(reward, "LATE", expires_on=DAY + dt.timedelta(days=9))
    make_codes(reward, "SOON1", "SOON2", expires_on=DAY)
    made = [press(reward, key=key).shown_code for key in "abcd"]
    assert made == ["SOON1", "SOON2", "LATE", "NEVER"]
    with pytest.raises(refusals.SoldOut):
        press(reward, key="e")
    assert_ledger_true()


def test_a_free_code_is_found_by_its_index(make_reward):
    """However many of the pool are over, or were handed out."""
    reward = make_reward(kind="pool")
    RewardCode.objects.bulk_create(
        RewardCode(
            reward=reward, code=f"C{number}", match_key=f"C{number}", imported_at=NOW,
            voided_at=NOW if number % 10 else None,
            expires_on=DAY + dt.timedelta(days=number % 90 - 60) if number % 20 else None,
        )
        for number in range(2000)
    )  # fmt: skip
    with connection.cursor() as cursor:  # plans of an empty table are a matter of chance
        cursor.execute("ANALYZE rewards_rewardcode")
    offer = read_offer(0, reward, "a", now=NOW)
    ((sql, values, _refusal),) = list_claims(offer, None, now=NOW, last_day=DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert plan.count("reward_code_free_by_end") == 2
    assert "Sort" not in plan


def test_a_partner_s_link_alone_takes_no_code_and_stays(mei, press, make_reward):
    reward = make_reward(
        kind="partner", partner="Kino", has_codes=False, link="https://kino.example/"
    )
    page = get_reward_page(mei, reward.slug, now=NOW, available_points=100)
    assert (page.offer.left, page.offer.can_be_had) == (None, True)
    wanted = Wanted(is_affordable=True)
    assert list_offers(mei, wanted, now=NOW, available_points=100).total == 1
    made = press(reward)
    assert made.state == "fulfilled"
    assert not has_code_to_show(made, now=NOW)
    with pytest.raises(refusals.NotCancellable):
        cancel_redemption(made, by=mei.user, now=NOW)
    cancel_redemption(made, by=None, by_club=True, now=NOW)
    assert balances(mei)["available"] == 100
    assert_ledger_true()


def test_a_partner_s_pool_that_is_empty_is_sold_out(mei, press, make_reward):
    reward = make_reward(kind="partner", partner="Kino", link="https://kino.example/")
    assert get_reward_page(mei, reward.slug, now=NOW, available_points=100).offer.left == 0
    with pytest.raises(refusals.SoldOut):
        press(reward)
    make_codes(reward, "ONE")
    made = press(reward)
    assert has_code_to_show(made, now=NOW)
    assert made.shown_code == "ONE"


def test_a_reserved_code_is_not_shown_and_good_until_the_reservation_ends(press, make_reward):
    late = at(DAY, 23) + dt.timedelta(minutes=45)  # the reservation ends after midnight
    reward = make_reward(kind="pool", price_amount=100)
    make_codes(reward, "TODAY", expires_on=DAY)
    (tomorrow,) = make_codes(reward, "TOMORROW", expires_on=DAY + dt.timedelta(days=1))
    made = press(reward, now=late)
    tomorrow.refresh_from_db()
    assert tomorrow.redemption_id == made.pk
    assert "TOMORROW" not in made.shown_code


def test_store_credit_is_a_second_transfer(mei, press, make_reward):
    press(make_reward(kind="credit", value_amount=1000))
    assert balances(mei) == {"available": 70, "status": 100, "credit_granted": 1000}
    causes = Transfer.objects.filter(cause_type="redemption").values_list("unit", flat=True)
    assert set(causes) == {"points", "money"}
    assert_ledger_true()


def test_a_boost_lifts_the_tier_in_the_same_step_and_ends_with_it(mei, press, make_reward):
    gold = Tier.objects.get(slug="gold")
    made = press(make_reward(kind="tier", tier=gold, tier_days=30))
    standing = Standing.objects.get(member=mei)
    assert standing.tier == gold
    assert made.expires_on == DAY + dt.timedelta(days=30)
    assert Notice.objects.filter(member=mei, code="tier_kept").exists()
    assert_ledger_true()


def test_a_boost_that_adds_nothing_is_refused(mei, press, make_reward):
    reward = make_reward(kind="tier", tier=Tier.objects.get(slug="gold"), tier_days=30)
    press(reward, key="a")
    with pytest.raises(TierKeptAlready):
        press(reward, key="b")
    assert balances(mei)["available"] == 70


# --- On record -----------------------------------------------------------------------------------


def test_staff_who_redeem_for_a_member_are_on_record(mei, press, make_reward):
    press(make_reward(), key="own")
    assert not AuditEntry.objects.filter(action="redemption.made").exists()
    clerk = User.objects.create(email="clerk@example.com", is_staff=True)
    made = press(make_reward(), key="counter", by=clerk, place=Place.COUNTER)
    entry = AuditEntry.objects.get(action="redemption.made")
    assert (entry.actor, entry.subject_id) == (clerk, str(made.pk))
    assert entry.changes == {"points": 30, "place": "counter"}
