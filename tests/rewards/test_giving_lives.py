"""What becomes of gifts when memberships are joined or end (docs/giving.md)."""

import pytest

from members.models import User
from members.services.erasing import erase_member
from members.services.merging import merge_members
from rewards.models import Donation, StandingDonation
from rewards.services.giving import donate_points, set_share, undo_donation
from rewards.services.grants import grant_points
from tests.rewards.conftest import assert_ledger_true, balances
from tests.rewards.givings import DAY, NOW, count_given, make_appeal, with_login

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_giver(counter, rules):
    def make(name):
        counter.buy(name, "0.10", on=DAY)
        member = with_login(counter.member(name))
        grant_points(member, 500, expires_on=None, note="", key=name, by=None, now=NOW)
        return member

    return make


def test_a_merge_moves_gifts_and_ends_shares(make_giver):
    mei, double = make_giver("mei"), make_giver("double")
    appeal = make_appeal()
    donate_points(mei, appeal, 10, key="same", by=None, now=NOW)
    gift = donate_points(double, appeal, 20, key="same", by=None, now=NOW)
    set_share(double, appeal, 50, by=None, now=NOW)
    set_share(mei, appeal, 5, by=None, now=NOW)
    double.user = None
    double.save()
    staff = User.objects.create(email="staff@example.com", is_staff=True)
    merge_members(double, mei, by=staff, reason="Same person", now=NOW)
    assert Donation.objects.filter(member=mei).count() == 2
    (share,) = StandingDonation.objects.filter(member=mei, ended_at=None)
    assert share.share_percent == 5
    undo_donation(Donation.objects.get(pk=gift.pk), by=None, now=NOW)
    assert balances(mei)["available"] == 990
    assert count_given(appeal.charity) == 10
    assert_ledger_true()


def test_an_erasure_takes_the_name_off_the_wall(make_giver):
    mei = make_giver("mei")
    appeal = make_appeal()
    donate_points(mei, appeal, 10, key="k", is_named=True, by=None, now=NOW)
    set_share(mei, appeal, 5, is_named=True, by=None, now=NOW)
    erase_member(mei, by=None, now=NOW)
    assert not Donation.objects.get().is_named
    share = StandingDonation.objects.get()
    assert share.ended_at is not None
    assert not share.is_named
    assert count_given(appeal.charity) == 10
    assert_ledger_true()
