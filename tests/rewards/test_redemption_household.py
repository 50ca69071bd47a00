"""A household pays together: each gives from their own lots, and gets back to them."""

import datetime as dt

import pytest

from members.models import Notice
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import keep_points, open_household, pool_points
from rewards.models import Lot, RedemptionShare, Transfer
from rewards.services.holding import BalanceTooLow
from rewards.services.redemption import (
    cancel_redemption,
    confirm_redemption,
    expire_redemption,
    redeem_reward,
)
from tests.rewards.conftest import assert_ledger_true, at, balances

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
NOW = at(DAY, 15)


@pytest.fixture
def family(mei, counter, claim):
    """Mei with 100 points, Ken with 50, Ana with 40; Mei and Ken share theirs."""
    people = [mei]
    for name, amount in (("ken", "50"), ("ana", "40")):
        counter.buy(name, amount, on=DAY)
        people.append(claim(counter.member(name)))
    open_household(mei, by=None, now=NOW)
    for member in people[1:]:
        invitation = invite_to_household(mei, number=member.number, by=None, now=NOW)
        accept_invitation(invitation, member, by=None, now=NOW)
    pool_points(people[0], by=None, now=NOW)
    pool_points(people[1], by=None, now=NOW)
    return people


def redeem(member, reward, key="a", **options):
    return redeem_reward(
        member, reward, key=key, by=member.user, now=NOW, with_household=True, **options
    )


def list_shares(made):
    return list(
        RedemptionShare.objects.filter(redemption=made)
        .order_by("pk")
        .values_list("member_id", "share_points")
    )


def test_the_member_pays_first_and_those_who_share_fill_up(family, make_reward):
    mei, ken, _ana = family
    made = redeem(mei, make_reward(price_points=130))
    assert list_shares(made) == [(mei.pk, 100), (ken.pk, 30)]
    assert [balances(each).get("available", 0) for each in family] == [0, 20, 40]
    notice = Notice.objects.get(code="points_shared")
    assert (notice.member, notice.params["points"]) == (ken, 30)
    assert_ledger_true()


def test_nobody_pays_unasked(family, make_reward):
    mei, ken, ana = family
    reward = make_reward(price_points=130)
    with pytest.raises(BalanceTooLow, match="and 100 are available"):
        redeem_reward(mei, reward, key="a", by=mei.user, now=NOW)
    with pytest.raises(BalanceTooLow, match="and 40 are available"):
        redeem(ana, make_reward(price_points=50))
    with pytest.raises(BalanceTooLow, match="needs 160 points and 150 are available"):
        redeem(mei, make_reward(price_points=160))
    keep_points(ken, by=None, now=NOW)
    with pytest.raises(BalanceTooLow, match="and 100 are available"):
        redeem(mei, reward)
    assert not RedemptionShare.objects.exists()


def test_who_has_enough_pays_alone(family, make_reward):
    mei, _ken, _ana = family
    made = redeem(mei, make_reward(price_points=100))
    assert list_shares(made) == []
    assert not Notice.objects.filter(code="points_shared").exists()


def test_where_another_pays_all_it_is_written_down(family, make_reward):
    mei, ken, _ana = family
    redeem(mei, make_reward(price_points=100), key="a")
    made = redeem(mei, make_reward(price_points=20), key="b")
    assert list_shares(made) == [(ken.pk, 20)]


def test_a_reservation_holds_and_spends_each_ones_own(family, make_reward):
    mei, ken, _ana = family
    made = redeem(mei, make_reward(price_points=130, price_amount=500))
    assert [balances(each).get("held", 0) for each in family] == [100, 30, 0]
    confirm_redemption(made, by=None, now=NOW)
    captures = Transfer.objects.filter(reason="capture").order_by("member_id")
    assert [(each.member_id, each.amount) for each in captures] == [(mei.pk, 100), (ken.pk, 30)]
    assert_ledger_true()


def test_what_lapses_goes_back_to_each_ones_own_lots(family, make_reward):
    made = redeem(family[0], make_reward(price_points=130, price_amount=500))
    assert expire_redemption(made.pk, now=NOW + dt.timedelta(hours=1))
    assert [balances(each)["available"] for each in family] == [100, 50, 40]
    assert not Lot.objects.filter(held__gt=0).exists()
    assert_ledger_true()


def test_what_is_cancelled_goes_back_to_each_ones_own_lots(family, make_reward):
    mei, ken, _ana = family
    made = redeem(mei, make_reward(price_points=130))
    keep_points(ken, by=None, now=NOW)  # who shares no longer gets back as well
    cancel_redemption(made, by=mei.user, now=NOW)
    assert [balances(each)["available"] for each in family] == [100, 50, 40]
    assert_ledger_true()
