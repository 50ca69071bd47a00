"""Giving points to a charity, and taking a gift back (docs/giving.md)."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import Activity
from rewards.enums import DonationSource
from rewards.models import Charity, Donation, Entitlement, MatchOffer, Transfer
from rewards.selectors.balances import get_balances
from rewards.services.giving import (
    close_appeal,
    delete_charity,
    donate_points,
    donate_prize,
    donate_reward,
    end_share,
    retire_charity,
    round_down,
    save_appeal,
    save_match,
    set_share,
    undo_donation,
)
from rewards.services.giving.refusals import (
    AppealClosed,
    AppealMoved,
    CharityHasPoints,
    DonationFinal,
    InvalidKey,
    InvalidMatch,
    InvalidShare,
    NoDonation,
    NothingToRound,
    PrizeGone,
    PrizeWithoutWorth,
)
from rewards.services.grants import grant_points
from rewards.services.holding import BalanceTooLow, CannotSpend, InvalidPoints
from rewards.services.redemption.refusals import KeyReused
from rewards.services.settlement import settle_members
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.givings import (
    DAY,
    LATER,
    NOW,
    count_given,
    make_appeal,
    make_charity,
    make_match,
    with_login,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(counter, rules):
    """1,234 points on one lot."""
    counter.buy("mei", "0.10", on=DAY - dt.timedelta(days=1))
    member = with_login(counter.member("mei"))
    grant_points(member, 1234, expires_on=None, note="", key="start", by=None, now=NOW)
    return member


@pytest.fixture
def appeal(programme):
    return make_appeal()


def give(member, appeal, points=100, key="one", now=NOW, **changes):
    return donate_points(member, appeal, points, key=key, by=member.user, now=now, **changes)


# --- Giving --------------------------------------------------------------------------------------


def test_a_donation_is_a_transfer_to_the_charity(mei, appeal):
    made = give(mei, appeal, 100, is_named=True)
    assert balances(mei)["available"] == 1134
    assert count_given(appeal.charity) == 100
    row = Donation.objects.get()
    assert row.pk == made.pk
    assert (row.points, row.match_points, row.hundred_amount, row.is_named) == (100, 0, 100, True)
    assert row.final_at == NOW + dt.timedelta(hours=24)
    entry = Transfer.objects.get(cause_type="donation", cause_id=row.pk)
    assert (entry.reason, entry.credit_account.charity) == ("donate", appeal.charity)
    assert Activity.objects.get(kind="donation").subject_id == row.pk
    assert_ledger_true()


def test_a_second_press_returns_the_first(mei, appeal):
    first = give(mei, appeal)
    assert give(mei, appeal, 700).pk == first.pk
    assert count_given(appeal.charity) == 100
    with pytest.raises(KeyReused):
        give(mei, make_appeal(appeal.charity, "other"))
    with pytest.raises(InvalidKey):
        give(mei, appeal, key="k" * 61)


@pytest.mark.parametrize("points", [1234, 1235])
def test_no_more_than_the_balance(mei, appeal, points):
    if points == 1234:
        give(mei, appeal, points)
        assert "available" not in balances(mei)
    else:
        with pytest.raises(BalanceTooLow):
            give(mei, appeal, points)
        assert not Donation.objects.exists()
        assert balances(mei)["available"] == 1234
        row = AuditEntry.objects.get(action="donation.refused")
        assert (row.actor, row.subject_id) == (mei.user, str(appeal.pk))
        assert row.changes == {"refused": "balance_too_low", "member": mei.pk, "points": 1235}
    assert_ledger_true()


def test_not_less_than_one_point_and_not_without_a_login(mei, appeal, counter):
    with pytest.raises(InvalidPoints):
        give(mei, appeal, 0)
    counter.buy("ken", "10", on=DAY)
    with pytest.raises(CannotSpend):
        donate_points(counter.member("ken"), appeal, 1, key="k", by=None, now=NOW)


def test_a_closed_appeal_takes_nothing(mei, appeal):
    for changes in (
        {"published_at": None},
        {"starts_at": NOW + dt.timedelta(seconds=1)},
        {"ends_at": NOW},
    ):
        other = make_appeal(
            appeal.charity,
            f"closed-{len(changes)}{next(iter(changes))}".replace("_", "-"),
            **changes,
        )
        with pytest.raises(AppealClosed):
            give(mei, other)
    close_appeal(appeal, by=None, now=NOW)
    with pytest.raises(AppealClosed):
        give(mei, appeal)
    assert "donate" not in Transfer.objects.values_list("reason", flat=True)
    rows = AuditEntry.objects.filter(action="donation.refused", actor=mei.user)
    assert rows.count() == 4
    assert {row.changes["refused"] for row in rows} == {"appeal_closed"}


def test_a_withdrawn_charity_takes_nothing(mei, appeal):
    retire_charity(appeal.charity, by=None, now=NOW)
    with pytest.raises(AppealClosed):
        give(mei, appeal)
    retire_charity(appeal.charity, is_retired=False, by=None, now=NOW)
    give(mei, appeal)


def test_rounding_down_gives_what_is_above_the_hundred(mei, appeal):
    made = round_down(mei, appeal, key="r", seen_points=34, by=mei.user, now=NOW)
    assert (made.points, made.source) == (34, DonationSource.ROUNDING)
    assert balances(mei)["available"] == 1200
    with pytest.raises(NothingToRound):
        round_down(mei, appeal, key="again", by=mei.user, now=NOW)


def test_rounding_gives_no_more_than_was_seen(mei, appeal):
    assert round_down(mei, appeal, key="r", seen_points=20, by=mei.user, now=NOW).points == 20


def test_the_rate_is_that_of_the_moment(mei, appeal):
    give(mei, appeal)
    Charity.objects.update(hundred_amount=250)
    give(mei, appeal, key="two")
    assert list(Donation.objects.order_by("pk").values_list("hundred_amount", flat=True)) == [
        100, 250,
    ]  # fmt: skip


# --- Taking back ---------------------------------------------------------------------------------


def test_taken_back_points_return_to_their_lot(mei, appeal):
    grant_points(mei, 50, expires_on=DAY + dt.timedelta(days=3), note="", key="g", by=None, now=NOW)
    made = give(mei, appeal, 100)
    undo_donation(made, by=mei.user, now=NOW + dt.timedelta(hours=23))
    assert balances(mei)["available"] == 1284
    assert sorted(mei.lots.values_list("available", flat=True), reverse=True)[:2] == [1234, 50]
    assert count_given(appeal.charity) == 0
    assert Donation.objects.get().undone_at is not None
    assert_ledger_true()
    with pytest.raises(DonationFinal):
        undo_donation(Donation.objects.get(), by=mei.user, now=NOW)


@pytest.mark.parametrize(("hours", "is_final"), [(23.99, False), (24, True)])
def test_after_the_grace_a_donation_is_final(mei, appeal, hours, is_final):
    made, now = give(mei, appeal), NOW + dt.timedelta(hours=hours)
    if is_final:
        with pytest.raises(DonationFinal):
            undo_donation(made, by=mei.user, now=now)
        assert count_given(appeal.charity) == 100
    else:
        undo_donation(made, by=mei.user, now=now)
        assert count_given(appeal.charity) == 0


def test_a_lot_past_its_day_expires_when_it_comes_back(mei, appeal):
    grant_points(mei, 50, expires_on=DAY, note="", key="g", by=None, now=NOW)
    made = give(mei, appeal, 50)
    undo_donation(made, by=mei.user, now=at(DAY + dt.timedelta(days=1), 1))
    assert balances(mei)["available"] == 1234
    assert_ledger_true()


def test_a_return_of_what_was_given_counts_as_spent(mei, appeal, counter):
    """docs/points.md 14: from the member's other lots, the rest is owed; the gift stands."""
    ticket = counter.buy("mei", "100", on=DAY)
    give(mei, appeal, 1334)
    counter.buy("mei", "30", on=DAY, hour=13)
    counter.give_back(ticket, {1: "100"}, on=DAY, hour=14)
    assert balances(mei)["owed"] == 70
    assert count_given(appeal.charity) == 1334
    assert_ledger_true()


# --- Matching ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "points", "matched"),
    [
        ({}, 100, 100),
        ({"rate_percent": 50}, 101, 50),
        ({"rate_percent": 200}, 100, 200),
        ({"gift_cap_points": 30}, 100, 30),
        ({"budget_points": 40}, 100, 40),
        ({"rate_percent": 1}, 99, 0),
        ({"ends_at": NOW}, 100, 0),
        ({"starts_at": NOW + dt.timedelta(seconds=1)}, 100, 0),
    ],
)
def test_a_brand_adds_to_a_gift(mei, appeal, terms, points, matched):
    offer = make_match(appeal, **terms)
    made = give(mei, appeal, points)
    row = Donation.objects.get()
    assert made.match_points == row.match_points == matched
    assert (row.match_id is not None) == bool(matched)
    assert MatchOffer.objects.get().left_points == offer.budget_points - matched
    assert count_given(appeal.charity) == points + matched
    assert_ledger_true()


def test_a_match_goes_back_without_matching_earlier_gifts(mei, appeal):
    make_match(appeal, budget_points=150)
    first = give(mei, appeal, 100)
    second = give(mei, appeal, 100, key="two")
    assert (first.match_points, second.match_points) == (100, 50)
    undo_donation(first, by=mei.user, now=NOW)
    assert MatchOffer.objects.get().left_points == 100
    assert Donation.objects.get(pk=second.pk).match_points == 50
    assert count_given(appeal.charity) == 150
    assert give(mei, appeal, 500, key="three").match_points == 100
    assert_ledger_true()


def test_a_budget_never_falls_below_what_was_matched(mei, appeal):
    offer = make_match(appeal, budget_points=150)
    give(mei, appeal, 100)
    offer = MatchOffer.objects.get()
    offer.budget_points = 99
    with pytest.raises(InvalidMatch):
        save_match(offer, by=None, now=NOW)
    offer.budget_points = 100
    save_match(offer, by=None, now=NOW)
    assert MatchOffer.objects.get().left_points == 0


# --- Shares of what is earned --------------------------------------------------------------------


def test_a_share_is_given_at_release_and_pages_say_the_same(shop, rules, appeal):
    shop.buy("ken", "99", on=DAY)
    ken = with_login(shop.member("ken"))
    set_share(ken, appeal, 10, is_named=True, by=ken.user, now=NOW)
    release = DAY + dt.timedelta(days=14)
    assert get_balances(ken, now=at(release)).available == 90
    assert not Donation.objects.exists()
    settle_members([ken.pk], until=release, now=at(release))
    assert balances(ken)["available"] == 90
    made = Donation.objects.get()
    assert (made.points, made.source, made.is_named) == (9, "standing", True)
    assert made.donated_at == at(release, 0)
    assert count_given(appeal.charity) == 9
    assert_ledger_true()


def test_a_share_can_be_taken_back(shop, rules, appeal):
    shop.buy("ken", "99", on=DAY)
    ken = with_login(shop.member("ken"))
    set_share(ken, appeal, 10, by=ken.user, now=NOW)
    now = at(DAY + dt.timedelta(days=14))
    settle_members([ken.pk], until=now.date(), now=now)
    undo_donation(Donation.objects.get(), by=ken.user, now=now)
    assert balances(ken)["available"] == 99
    assert count_given(appeal.charity) == 0
    assert_ledger_true()


def test_where_nothing_is_pending_a_share_is_given_at_once(counter, mei, appeal):
    set_share(mei, appeal, 25, by=mei.user, now=NOW)
    counter.buy("mei", "10.00", "0.99", on=DAY, hour=13)
    assert [each.points for each in Donation.objects.all()] == [2]
    assert balances(mei)["available"] == 1234 + 10 - 2
    assert_ledger_true()


def test_a_share_counts_what_is_left_once_debts_are_repaid(counter, mei, appeal):
    """docs/points.md 9 and 12a: 100 come, 60 repay, half of 40 is given."""
    ticket = counter.buy("mei", "60", on=DAY)
    give(mei, appeal, 1294)
    counter.give_back(ticket, {1: "60"}, on=DAY, hour=13)
    assert balances(mei)["owed"] == 60
    set_share(mei, appeal, 50, by=mei.user, now=at(DAY, 14))
    counter.buy("mei", "100", on=DAY, hour=15)
    assert Donation.objects.get(source="standing").points == 20
    assert balances(mei)["available"] == 20
    assert_ledger_true()


def test_gifts_of_the_club_are_not_shared(mei, appeal):
    set_share(mei, appeal, 50, by=mei.user, now=NOW)
    grant_points(mei, 100, expires_on=None, note="", key="g", by=None, now=NOW)
    assert not Donation.objects.exists()


def test_what_was_due_before_goes_by_the_shares_of_its_time(shop, rules, appeal):
    shop.buy("ken", "100", on=DAY)
    ken = with_login(shop.member("ken"))
    now = at(DAY + dt.timedelta(days=20))
    set_share(ken, appeal, 50, by=ken.user, now=now)
    assert balances(ken)["available"] == 100
    shop.buy("ken", "100", on=now.date())
    later = at(now.date() + dt.timedelta(days=20))
    end_share(ken.standing_donations.get(), by=ken.user, now=later)
    assert Donation.objects.get().points == 50
    assert balances(ken)["available"] == 150
    assert_ledger_true()


def test_a_share_pauses_while_its_appeal_is_over(counter, mei, appeal):
    set_share(mei, appeal, 50, by=mei.user, now=NOW)
    close_appeal(appeal, by=None, now=at(DAY, 13))
    counter.buy("mei", "10", on=DAY, hour=14)
    assert not Donation.objects.exists()


@pytest.mark.parametrize("percent", [0, 1, 100, 101])
def test_a_share_is_between_one_and_a_hundred(mei, appeal, percent):
    if percent in (1, 100):
        set_share(mei, appeal, percent, by=mei.user, now=NOW)
    else:
        with pytest.raises(InvalidShare):
            set_share(mei, appeal, percent, by=mei.user, now=NOW)


def test_shares_together_are_at_most_everything(mei, appeal):
    other = make_appeal(appeal.charity, "other")
    set_share(mei, appeal, 60, by=mei.user, now=NOW)
    with pytest.raises(InvalidShare):
        set_share(mei, other, 41, by=mei.user, now=NOW)
    set_share(mei, other, 40, by=mei.user, now=NOW)
    set_share(mei, appeal, 10, by=mei.user, now=LATER)
    standing = mei.standing_donations.filter(ended_at=None).order_by("pk")
    assert [each.share_percent for each in standing] == [40, 10]


def test_two_shares_of_one_lot_are_floored_by_themselves(counter, mei, appeal):
    other = make_appeal(appeal.charity, "other")
    set_share(mei, appeal, 33, by=mei.user, now=NOW)
    set_share(mei, other, 67, by=mei.user, now=NOW)
    counter.buy("mei", "10", on=DAY, hour=13)
    assert sorted(Donation.objects.values_list("points", flat=True)) == [3, 6]
    assert_ledger_true()


# --- Rewards and prizes --------------------------------------------------------------------------


def test_a_donation_of_the_catalogue_goes_to_its_appeal(mei, appeal, make_reward):
    reward = make_reward(kind="donation", price_points=300, appeal=appeal)
    made = donate_reward(mei, reward, key="r", seen_points=300, by=mei.user, now=NOW)
    assert (made.points, made.source, made.appeal_id) == (300, "reward", appeal.pk)
    assert count_given(appeal.charity) == 300
    with pytest.raises(NoDonation):
        donate_reward(mei, make_reward(slug="tote"), key="s", by=mei.user, now=NOW)
    assert_ledger_true()


def win(member, reward, key="p", **changes):
    return Entitlement.objects.create(
        member=member, reward=reward, cause_type="test", cause_id=1, key=key, given_at=NOW,
        **changes,
    )  # fmt: skip


def test_a_prize_passed_on_is_paid_by_the_club(mei, appeal, make_reward):
    make_match(appeal)
    reward = make_reward(price_points=200, stock_left=0)
    prize = win(mei, reward, is_set_aside=True)
    made = donate_prize(prize, appeal, by=mei.user, now=NOW)
    assert (made.points, made.match_points) == (200, 200)
    assert count_given(appeal.charity) == 400
    assert balances(mei)["available"] == 1234
    reward.refresh_from_db()
    prize.refresh_from_db()
    assert (reward.stock_left, prize.end_reason) == (1, "donated")
    with pytest.raises(DonationFinal):
        undo_donation(made, by=mei.user, now=NOW)
    with pytest.raises(PrizeGone):
        donate_prize(prize, appeal, by=mei.user, now=NOW)
    assert_ledger_true()


def test_a_prize_that_is_over_or_worth_nothing_stays(mei, appeal, make_reward):
    over = win(mei, make_reward(price_points=200), expires_on=DAY - dt.timedelta(days=1))
    with pytest.raises(PrizeGone):
        donate_prize(over, appeal, by=mei.user, now=NOW)
    with pytest.raises(PrizeWithoutWorth):
        donate_prize(win(mei, make_reward(slug="f", price_points=0), "f"), appeal, by=None, now=NOW)
    assert not Donation.objects.exists()


# --- By staff ------------------------------------------------------------------------------------


def test_a_charity_with_points_is_not_deleted(mei, appeal):
    give(mei, appeal)
    with pytest.raises(CharityHasPoints):
        delete_charity(appeal.charity, by=None, now=NOW)
    row = AuditEntry.objects.get(action="charity.delete_refused")
    assert row.changes["refused"] == "charity_has_points"
    assert Charity.objects.exists()
    assert count_given(appeal.charity) == 100
    assert_ledger_true()
    other = make_charity("other")
    make_appeal(other, "theirs")
    delete_charity(other, by=None, now=NOW)
    assert not Charity.objects.filter(slug="other").exists()


def test_an_appeal_that_was_given_to_keeps_its_charity(mei, appeal):
    give(mei, appeal)
    appeal.charity = make_charity("other")
    with pytest.raises(AppealMoved):
        save_appeal(appeal, by=None, now=NOW)
