"""After the press: paid, cancelled, let go, used; what each step gives back and refuses."""

import datetime as dt
import logging

import pytest

from core.models import AuditEntry
from members.models import AudienceMember, Notice, User
from members.services.audiences import ensure_audience
from members.services.erasing import erase_member
from members.services.merging import merge_members
from rewards.models import Lot, Redemption, Reward, RewardCode, RewardSession, Tier, Transfer
from rewards.services.merging import OpenReservations
from rewards.services.redemption import (
    cancel_redemption,
    cancel_session,
    check_cancellable,
    confirm_redemption,
    end_past_validity,
    expire_redemption,
    find_by_code,
    let_go_of_overdue,
    redeem_reward,
    refusals,
    use_redemption,
)
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.test_redemption import make_codes, make_date, steps

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)
LIMIT = NOW + dt.timedelta(minutes=30)
MOMENT = dt.timedelta(microseconds=1)


@pytest.fixture
def press(mei):
    def redeem(reward, *, key="a", now=NOW, **options):
        return redeem_reward(mei, reward, key=key, by=mei.user, now=now, **options)

    return redeem


# --- Reserved, paid, let go ----------------------------------------------------------------------


def test_a_part_in_money_is_reserved_paid_and_used(mei, press, make_reward):
    made = press(make_reward(price_amount=500, stock_left=1, valid_days=30))
    assert (made.state, balances(mei)) == ("reserved", {"available": 70, "held": 30, "status": 100})
    assert made.expires_on is None
    paid = confirm_redemption(made, by=None, now=NOW)
    assert (paid.state, balances(mei)) == ("fulfilled", {"available": 70, "status": 100})
    assert paid.expires_on == DAY + dt.timedelta(days=30)
    assert confirm_redemption(made, by=None, now=NOW).pk == made.pk
    used = use_redemption(paid, by=None, now=at(DAY, 16))
    assert used.state == "used"
    assert steps(made) == [
        ("", "reserved", "site"),
        ("reserved", "confirmed", ""),
        ("confirmed", "fulfilled", ""),
        ("fulfilled", "used", ""),
    ]
    assert_ledger_true()


def test_a_reservation_ends_at_its_limit_to_the_instant(mei, press, make_reward):
    made = press(make_reward(price_amount=500, stock_left=1, hold_minutes=30))
    assert made.lapses_at == LIMIT
    assert not expire_redemption(made.pk, now=LIMIT - MOMENT)
    with pytest.raises(refusals.WrongState, match="it is Expired"):
        confirm_redemption(made, by=None, now=LIMIT)
    assert expire_redemption(made.pk, now=LIMIT)
    assert not expire_redemption(made.pk, now=LIMIT)
    assert balances(mei) == {"available": 100, "status": 100}
    assert Reward.objects.get().stock_left == 1
    assert Notice.objects.get(member=mei, code="reward_lapsed").params == {
        "redemption": made.pk, "reward": made.reward_id, "name": "Tote bag",
    }  # fmt: skip
    assert_ledger_true()


def test_paid_at_the_last_instant(press, make_reward):
    made = press(make_reward(price_amount=500))
    assert confirm_redemption(made, by=None, now=LIMIT - MOMENT).state == "fulfilled"


def test_a_reservation_survives_a_later_loss(mei, press, make_reward):
    """Gates, price, stock and publication are asked at the press, not again."""
    vip = ensure_audience("vip", kind="list", name="VIP")
    row = AudienceMember.objects.create(audience=vip, member=mei, added_at=NOW)
    reward = make_reward(price_amount=500, gates=[{"audience": vip}], limit_count=1)
    made = press(reward)
    row.delete()
    Reward.objects.update(retired_at=NOW, price_points=90)
    assert confirm_redemption(made, by=None, now=NOW).state == "fulfilled"
    assert balances(mei)["available"] == 70


def test_points_of_a_reservation_that_expire_meanwhile_are_still_spent(mei, press, make_reward):
    """The lot's last day is over when it is paid; what is reserved is not available."""
    last = dt.date(2026, 1, 6)
    made = press(make_reward(price_amount=500), now=at(last, 23) + dt.timedelta(minutes=50))
    confirm_redemption(made, by=None, now=at(last + dt.timedelta(days=1), 0))
    assert balances(mei) == {"status": 100}
    assert Transfer.objects.get(reason="expire", unit="points").amount == 70
    assert_ledger_true()


def test_a_lapsed_reservation_past_its_lots_day_expires_at_once(mei, press, make_reward):
    last = dt.date(2026, 1, 6)
    made = press(make_reward(price_amount=500), now=at(last, 23) + dt.timedelta(minutes=50))
    assert expire_redemption(made.pk, now=at(last + dt.timedelta(days=1), 1))
    assert "available" not in balances(mei)
    assert_ledger_true()


def test_credit_and_tiers_come_with_the_payment(mei, press, make_reward):
    credit = press(make_reward(kind="credit", value_amount=1000, price_amount=100), key="a")
    gold = Tier.objects.get(slug="gold")
    boost = press(make_reward(kind="tier", tier=gold, tier_days=9, price_amount=100), key="b")
    assert (balances(mei).get("credit_granted"), mei.standing.tier.slug) == (None, "green")
    confirm_redemption(credit, by=None, now=NOW)
    confirm_redemption(boost, by=None, now=NOW)
    mei.standing.refresh_from_db()
    assert (balances(mei)["credit_granted"], mei.standing.tier) == (1000, gold)
    assert_ledger_true()


def test_the_sweep_lets_all_overdue_go_and_one_bad_row_holds_up_no_other(
    press, make_reward, caplog
):
    reward = make_reward(price_points=10, price_amount=500)
    first, second = press(reward, key="a"), press(reward, key="b")
    Lot.objects.filter(held__gt=0).update(held=10)  # tampered with: one of them finds too little
    with caplog.at_level(logging.CRITICAL):
        assert let_go_of_overdue(now=LIMIT) == 1
    states = {each.pk: each.state for each in Redemption.objects.all()}
    assert states == {first.pk: "expired", second.pk: "reserved"}


# --- Cancelled -----------------------------------------------------------------------------------


def test_a_cancelled_voucher_gives_all_back_once(mei, press, make_reward):
    made = press(make_reward(stock_left=1))
    cancel_redemption(made, by=mei.user, now=at(DAY, 16))
    cancel_redemption(made, by=mei.user, now=at(DAY, 16))
    assert balances(mei) == {"available": 100, "status": 100}
    assert Reward.objects.get().stock_left == 1
    with pytest.raises(refusals.CodeOver, match="it is Cancelled"):
        use_redemption(made, by=None, now=at(DAY, 17))
    assert_ledger_true()


def test_stock_that_was_not_counted_at_the_press_does_not_grow(mei, press, make_reward):
    made = press(make_reward(stock_left=None))
    Reward.objects.update(stock_left=5)
    cancel_redemption(made, by=mei.user, now=NOW)
    assert Reward.objects.get().stock_left == 5


def test_a_voucher_past_its_last_day_gives_nothing_back(mei, press, make_reward):
    """Whether or not the sweep has written it down."""
    made = press(make_reward(valid_days=1))
    after = at(DAY + dt.timedelta(days=2), 0)
    with pytest.raises(refusals.WrongState, match="it is Expired"):
        cancel_redemption(made, by=mei.user, now=after)
    with pytest.raises(refusals.CodeOver, match="it is Expired"):
        use_redemption(made, by=None, now=after)
    assert end_past_validity(now=after - MOMENT) == 0
    assert end_past_validity(now=after) == 1
    made.refresh_from_db()
    assert (made.state, steps(made)[-1]) == ("expired", ("fulfilled", "expired", "over"))
    assert balances(mei)["available"] == 70


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"is_cancellable": False}, refusals.NotCancellable),
        ({"kind": "credit", "value_amount": 100}, refusals.NotCancellable),
        ({"kind": "download"}, refusals.NotCancellable),
    ],
)
def test_some_rewards_stay_with_the_member(mei, press, make_reward, terms, refusal):
    made = press(make_reward(**terms))
    with pytest.raises(refusal):
        cancel_redemption(made, by=mei.user, now=NOW)
    with pytest.raises(refusal):
        check_cancellable(made, now=NOW)


def test_a_shown_code_is_void_when_the_club_cancels_a_reserved_one_goes_back(
    mei, press, make_reward
):
    reward = make_reward(kind="pool", price_points=10, stock_left=5)
    make_codes(reward, "ONE", "TWO")
    shown = press(reward, key="a")
    with pytest.raises(refusals.NotCancellable):
        cancel_redemption(shown, by=mei.user, now=NOW)
    cancel_redemption(shown, by=None, by_club=True, note="sold twice", now=NOW)
    reserved = press(reward, key="b", reserve_only=True)
    cancel_redemption(reserved, by=mei.user, now=NOW)
    one, two = RewardCode.objects.order_by("pk")
    assert (one.voided_at, one.redemption_id) == (NOW, shown.pk)
    assert (two.voided_at, two.redemption_id) == (None, None)
    assert Reward.objects.get().stock_left == 4
    assert balances(mei)["available"] == 100
    assert Notice.objects.filter(code="reward_cancelled").count() == 1
    entry = AuditEntry.objects.get(action="redemption.cancelled")
    assert (entry.note.text, entry.changes) == ("sold twice", {"points": 10, "amount": 0})
    assert_ledger_true()


def test_a_booking_is_given_up_until_booking_closes(mei, press, make_reward):
    reward = make_reward(kind="experience", price_points=10)
    date = make_date(reward, booking_closes_at=at(DAY + dt.timedelta(days=2), 12))
    first, second = press(reward, key="a", session=date), press(reward, key="b", session=date)
    cancel_redemption(first, by=mei.user, now=date.booking_closes_at - MOMENT)
    with pytest.raises(refusals.SessionBegun):
        cancel_redemption(second, by=mei.user, now=date.booking_closes_at)
    date.refresh_from_db()
    assert date.seats_left == 1
    assert_ledger_true()


def test_a_date_called_off_gives_every_booking_back(mei, press, make_reward):
    reward = make_reward(kind="experience", price_points=10, price_amount=500)
    date = make_date(reward)
    press(reward, key="a", session=date)
    press(reward, key="b", session=date, is_paid=True)
    assert cancel_session(date, by=None, note="rain", now=NOW) == 2
    assert cancel_session(date, by=None, now=NOW) == 0
    with pytest.raises(refusals.NoSeatLeft):
        press(reward, key="c", session=date)
    assert balances(mei)["available"] == 100
    assert AuditEntry.objects.filter(action="session.cancelled").count() == 1
    date.refresh_from_db()
    assert date.seats_left == 2
    assert_ledger_true()


def test_staff_who_give_back_for_a_member_are_on_record(mei, press, make_reward):
    clerk = User.objects.create(email="clerk@example.com", is_staff=True)
    cancel_redemption(press(make_reward()), by=clerk, now=NOW)
    assert AuditEntry.objects.get(action="redemption.given_back").actor == clerk


# --- Used ----------------------------------------------------------------------------------------


def test_a_code_is_found_as_people_type_it(press, make_reward):
    made = press(make_reward())
    typed = made.shown_code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert find_by_code(f"  {typed} ") == made
    with pytest.raises(refusals.UnknownCode):
        find_by_code("NOPE-NOPE-NOPE")
    with pytest.raises(refusals.UnknownCode):
        find_by_code("")


def test_a_pools_code_is_found_once_it_was_shown(press, make_reward):
    reward = make_reward(kind="pool", price_points=10)
    make_codes(reward, "SAVE10", "SAVE20")
    shown, reserved = press(reward, key="a"), press(reward, key="b", reserve_only=True)
    assert find_by_code("save 10") == shown
    with pytest.raises(refusals.UnknownCode):
        find_by_code("SAVE20")
    assert find_by_code(reserved.code) == reserved


def test_of_two_pools_with_one_code_the_usable_one_is_meant(press, make_reward):
    old, void, new = (make_reward(kind="pool", price_points=10) for _ in range(3))
    for reward in (old, void, new):
        make_codes(reward, "HELLO")
    used = press(old, key="a")
    use_redemption(used, by=None, now=NOW)
    cancelled = press(void, key="b")
    usable = press(new, key="c")
    cancel_redemption(cancelled, by=None, by_club=True, now=NOW)
    assert find_by_code("hello") == usable


def test_what_has_no_code_to_show_is_found_only_to_be_paid(press, make_reward):
    made = press(make_reward(kind="credit", value_amount=100, price_amount=100))
    assert find_by_code(made.code) == made
    confirm_redemption(made, by=None, now=NOW)
    with pytest.raises(refusals.UnknownCode):
        find_by_code(made.code)


def test_a_voucher_is_used_once_by_its_member_once_it_is_paid(mei, press, make_reward, counter):
    made = press(make_reward(price_amount=500))
    with pytest.raises(refusals.NotPaid):
        use_redemption(made, by=None, now=NOW)
    confirm_redemption(made, by=None, now=NOW)
    counter.buy("ken", "1", on=DAY)
    with pytest.raises(refusals.OthersCode):
        use_redemption(made, member=counter.member("ken"), by=None, now=NOW)
    use_redemption(made, member=mei, by=None, now=NOW)
    with pytest.raises(refusals.CodeUsed, match=r"used on Jan\. 6, 2025, 3 p\.m\."):
        use_redemption(made, member=mei, by=None, now=at(DAY, 17))
    with pytest.raises(refusals.WrongState):
        cancel_redemption(made, by=None, by_club=True, now=at(DAY, 17))


def test_a_booking_is_used_on_its_day(press, make_reward):
    reward = make_reward(kind="experience")
    date = make_date(reward, days=1)
    made = press(reward, session=date)
    with pytest.raises(refusals.TooEarly, match=r"for Jan\. 7, 2025"):
        use_redemption(made, by=None, now=NOW)
    assert use_redemption(made, by=None, now=at(DAY + dt.timedelta(days=1), 1)).state == "used"


def test_a_date_that_passed_is_over(press, make_reward):
    reward = make_reward(kind="experience")
    press(reward, session=make_date(reward, days=1))
    assert end_past_validity(now=at(DAY + dt.timedelta(days=2), 0)) == 1
    assert RewardSession.objects.get().seats_left == 1
    assert_ledger_true()


# --- Merged and erased ---------------------------------------------------------------------------


def test_merge_waits_for_reservations_and_takes_the_rest_along(mei, counter, press, make_reward):
    owner = User.objects.create(email="owner@example.com", is_staff=True)
    counter.buy("ken", "1", on=DAY)
    ken = counter.member("ken")
    reward = make_reward(price_amount=500)
    reserved = press(reward, key="a")
    with pytest.raises(OpenReservations):
        merge_members(mei, ken, by=owner, reason="the same", now=NOW)
    confirm_redemption(reserved, by=None, now=NOW)
    merge_members(mei, ken, by=owner, reason="the same", now=NOW)
    reserved.refresh_from_db()
    assert reserved.member == ken
    cancel_redemption(reserved, by=ken.user, now=NOW)
    assert balances(ken)["available"] == 101
    assert_ledger_true()


def test_merge_of_two_who_used_the_same_key(mei, counter, claim, press, make_reward):
    owner = User.objects.create(email="owner@example.com", is_staff=True)
    counter.buy("ken", "100", on=DAY)
    ken = claim(counter.member("ken"))
    reward = make_reward()
    mine = press(reward, key="till-1")
    theirs = redeem_reward(ken, reward, key="till-1", by=None, now=NOW)
    User.objects.filter(pk=ken.user_id).update(is_active=False)
    ken = counter.member("ken")
    merge_members(ken, mei, by=owner, reason="the same", now=NOW)
    assert mei.redemptions.count() == 2
    assert press(reward, key="till-1") == mine
    assert theirs.pk != mine.pk


def test_erasure_cancels_what_is_under_way_and_voids_what_was_shown(mei, press, make_reward):
    pool = make_reward(kind="pool", price_points=10, stock_left=3)
    make_codes(pool, "ONE", "TWO")
    shown = press(pool, key="a")
    reserved = press(pool, key="b", reserve_only=True)
    erase_member(mei, by=None, now=at(DAY, 16))
    shown.refresh_from_db()
    reserved.refresh_from_db()
    assert (shown.state, reserved.state) == ("expired", "cancelled")
    assert steps(shown)[-1] == ("fulfilled", "expired", "left")
    assert RewardCode.objects.get(code="ONE").voided_at == at(DAY, 16)
    assert RewardCode.objects.get(code="TWO").redemption_id is None
    assert balances(mei) == {"status": 100}
    assert_ledger_true()
