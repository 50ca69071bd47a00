"""What a page computes without writing is what settling writes (points.md 11, style 22)."""

import datetime as dt

import pytest

from core.time import start_of
from rewards.engine.tiers import status_on
from rewards.models import Account, Lot, ProgrammeVersion, Standing
from rewards.selectors.balances import get_balances
from rewards.selectors.programme import kept
from rewards.selectors.standing import get_progress
from rewards.services.settlement import settle_members
from tests.rewards.conftest import ZONE, at
from tests.rewards.holds import capture_hold, hold_points

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 6)
KINDS = ("available", "pending", "held", "owed")


def written(member):
    rows = dict(Account.objects.filter(member=member).values_list("kind", "balance"))
    return tuple(rows.get(kind, 0) for kind in KINDS)


def shown(member, day):
    balances = get_balances(member, now=start_of(day, ZONE) + dt.timedelta(hours=9))
    return balances, tuple(getattr(balances, kind) for kind in KINDS)


def check_same(member, day):
    """Project, then settle for real, then project again: three times the same."""
    before = Account.objects.filter(member=member).count(), written(member)
    balances, projected = shown(member, day)
    assert (Account.objects.filter(member=member).count(), written(member)) == before
    progress = get_progress(balances)
    now = start_of(day, ZONE) + dt.timedelta(hours=9)
    settle_members([member.pk], until=day, now=now)
    assert projected == written(member)
    standing = Standing.objects.get(member=member)
    assert (progress.tier.id, progress.grace_until_on) == (
        standing.tier_id,
        standing.grace_until_on,
    )
    again, _numbers = shown(member, day)
    assert (again.releases, again.expiries) == (balances.releases, balances.expiries)
    assert sum(points for _day, points in again.expiries) <= again.available
    assert status_on(again.book, day, again.programme) == progress.status
    return projected


def buy(shop, day, amount="100", name="mei"):
    return shop.buy(name, amount, on=DAY + dt.timedelta(days=day))


def day(number):
    return DAY + dt.timedelta(days=number)


def test_release_of_pending(shop, rules):
    buy(shop, 0)
    buy(shop, 5, "40")
    mei = shop.member("mei")
    balances, numbers = shown(mei, day(3))
    assert numbers == (0, 140, 0, 0)
    assert balances.releases == ((day(14), 100), (day(19), 40))
    assert check_same(mei, day(14)) == (100, 40, 0, 0)
    assert check_same(mei, day(19)) == (140, 0, 0, 0)


def test_expiry_is_after_the_last_usable_day(counter, rules):
    buy(counter, 0)
    buy(counter, 10, "30")
    mei = counter.member("mei")
    last = dt.date(2026, 1, 6)
    balances, _numbers = shown(mei, last)
    assert balances.expiries == ((last, 100), (dt.date(2026, 1, 16), 30))
    assert check_same(mei, last) == (130, 0, 0, 0)
    assert check_same(mei, last + dt.timedelta(days=1)) == (30, 0, 0, 0)


def test_release_that_lapsed_unseen(shop, rules):
    buy(shop, 0)
    assert check_same(shop.member("mei"), day(800)) == (0, 0, 0, 0)


def test_release_repays_what_is_owed(shop, rules, claim):
    ticket = buy(shop, 0)
    mei = claim(shop.member("mei"))
    settle_members([mei.pk], until=day(14), now=at(day(14)))
    capture_hold(hold_points(mei, 100, key="a", now=at(day(15))), now=at(day(15)))
    shop.give_back(ticket, {1: "40"}, on=day(16))
    buy(shop, 17, "50")
    assert shown(mei, day(20))[1] == (0, 50, 0, 40)
    assert check_same(mei, day(31)) == (10, 0, 0, 0)


def test_reserved_points_stay_reserved(counter, rules, claim):
    buy(counter, 0)
    mei = claim(counter.member("mei"))
    hold_points(mei, 70, key="a", now=at(day(1)))
    assert check_same(mei, day(2)) == (30, 0, 70, 0)


def test_upgrade_by_release_and_grace_by_time(shop, rules):
    buy(shop, 0, "400")
    mei = shop.member("mei")
    assert check_same(mei, day(14)) == (400, 0, 0, 0)
    progress = get_progress(shown(mei, day(20))[0])
    assert (progress.tier.name, progress.status, progress.missing) == ("Silver", 400, 600)
    assert progress.kept_until_on == dt.date(2026, 1, 5)
    check_same(mei, dt.date(2026, 1, 6))
    progress = get_progress(shown(mei, dt.date(2026, 1, 10))[0])
    assert (progress.missing_to_keep, progress.grace_until_on) == (300, dt.date(2026, 2, 4))
    check_same(mei, dt.date(2026, 2, 5))
    assert get_progress(shown(mei, dt.date(2026, 2, 5))[0]).tier.name == "Green"


def test_points_that_live_as_long_as_the_member_is_active(counter, rules, programme, now):
    ProgrammeVersion.objects.update(
        expiry_mode="inactivity", expiry_months=6, expiry_activities=["purchase"]
    )
    buy(counter, 0)
    mei = counter.member("mei")
    last = dt.date(2025, 7, 6)
    assert shown(mei, last)[0].expiries == ((last, 100),)
    assert check_same(mei, last) == (100, 0, 0, 0)
    assert check_same(mei, last + dt.timedelta(days=1)) == (0, 0, 0, 0)


def test_balances_take_two_queries_for_any_number_of_lots(shop, counter, rules, assert_statements):
    for number in range(12):
        buy(shop, number, "5")
        buy(counter, number, "5")
    assert Lot.objects.count() > 40
    mei = shop.member("mei")
    kept.forget()
    with assert_statements(2):
        get_balances(mei, now=at(day(30)))
    with assert_statements(1):
        get_balances(mei, now=at(day(30)))


@pytest.fixture
def claim():
    from members.models import User

    def give_login(member):
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
        return member

    return give_login
