"""Each constraint of giving from both sides; what verify_ledger would find of it."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError

from rewards.models import (
    Account,
    Appeal,
    Charity,
    CharitySettlement,
    Donation,
    MatchOffer,
    StandingDonation,
)
from rewards.services.giving import close_period, donate_points, read_period
from rewards.services.verification import verify_ledger
from tests.constraints import guards, refused
from tests.rewards.conftest import at
from tests.rewards.givings import NOW, make_appeal, make_charity, make_match

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 5)
FEBRUARY = at(dt.date(2026, 2, 3))


def test_charity(programme):
    def make(**changes):
        row = {"slug": "c", "name": "C", "registration_number": "1", "country": "JP",
               "hundred_amount": 1}  # fmt: skip
        return Charity.objects.create(**row | changes)

    guards("charity_points_are_worth_something", make, {}, {"hundred_amount": 0})
    guards("charity_is_registered", make, {}, {"registration_number": ""})


def test_account_of_a_charity(programme):
    charity, other = make_charity(), make_charity("other")
    make = Account.objects.create
    refused(
        "account_once_per_charity", lambda: make(charity=charity, kind="charity", unit="points")
    )
    refused("account_of_charity_names_it", lambda: make(kind="charity", unit="points"))
    refused("account_of_charity_names_it", lambda: make(charity=other, kind="match", unit="status"))
    with pytest.raises(ProtectedError):
        charity.delete()


def test_appeal(programme):
    charity = make_charity()

    def make(**changes):
        row = {"charity": charity, "slug": "a", "name": "A", "goal_points": 1, "starts_at": NOW}
        return Appeal.objects.create(**row | changes)

    guards("appeal_has_goal", make, {}, {"goal_points": 0})
    later = NOW + dt.timedelta(seconds=1)
    guards("appeal_ends_after_it_starts", make, {"ends_at": later}, {"ends_at": NOW})


def test_match_offer(programme):
    appeal = make_appeal()

    def make(**changes):
        row = {"appeal": appeal, "brand": "B", "budget_points": 10, "left_points": 10,
               "starts_at": NOW}  # fmt: skip
        return MatchOffer.objects.create(**row | changes)

    guards("match_offer_adds_something", make, {"rate_percent": 1000}, {"rate_percent": 1001})
    guards("match_offer_adds_something", make, {"rate_percent": 1}, {"rate_percent": 0})
    guards("match_offer_left_within_budget", make, {}, {"left_points": 11})
    guards("match_offer_cap_above_zero", make, {"gift_cap_points": 1}, {"gift_cap_points": 0})
    later = NOW + dt.timedelta(seconds=1)
    guards("match_offer_ends_after_it_starts", make, {"ends_at": later}, {"ends_at": NOW})


def test_standing_donation(mei):
    appeal = make_appeal()

    def make(**changes):
        row = {"member": mei, "appeal": appeal, "share_percent": 5, "started_at": NOW}
        return StandingDonation.objects.create(**row | changes)

    guards("standing_donation_is_a_share", make, {"share_percent": 1}, {"share_percent": 0})
    guards("standing_donation_is_a_share", make, {"share_percent": 100}, {"share_percent": 101})
    before = NOW - dt.timedelta(seconds=1)
    guards("standing_donation_ends_after_it_starts", make, {"ended_at": NOW}, {"ended_at": before})
    guards("standing_donation_once_per_appeal", make, {"ended_at": NOW}, {}, beside={})


@pytest.fixture
def make_row(mei):
    appeal = make_appeal()

    def make(**changes):
        row = {
            "member": mei, "appeal": appeal, "charity": appeal.charity, "source": "gift",
            "key": "k", "points": 1, "hundred_amount": 100, "donated_at": NOW, "final_at": NOW,
        }  # fmt: skip
        return Donation.objects.create(**row | changes)

    return make


def test_donation(make_row, mei):
    appeal = Appeal.objects.get()
    offer = make_match(appeal)
    share = StandingDonation.objects.create(
        member=mei, appeal=appeal, share_percent=5, started_at=NOW
    )
    settlement = close_period(appeal.charity, read_period("2001"), by=None, now=NOW)
    guards("donation_once_per_key", make_row, {"key": "l"}, {}, beside={})
    make = lambda **changes: make_row(**{"key": "m"} | changes)  # noqa: E731
    guards("donation_gives_something", make, {}, {"points": 0})
    guards("donation_match_has_offer", make, {"match": offer, "match_points": 1},
           {"match_points": 1})  # fmt: skip
    before = NOW - dt.timedelta(seconds=1)
    guards("donation_final_after_given", make, {}, {"final_at": before})
    guards("donation_undone_is_not_settled", make, {"undone_at": NOW},
           {"undone_at": NOW, "settlement": settlement})  # fmt: skip
    guards("donation_share_names_its_promise", make,
           {"source": "standing", "standing_donation": share}, {"source": "standing"})  # fmt: skip


def test_settlement(programme):
    charity = make_charity()

    def make(**changes):
        row = {
            "charity": charity, "period": "2025", "first_on": DAY, "last_on": DAY,
            "donation_count": 1, "points": 1, "match_points": 0, "hundredths": 150, "amount": 1,
            "carried_out": 50, "closed_at": NOW,
        }  # fmt: skip
        return CharitySettlement.objects.create(**row | changes)

    guards("settlement_once_a_period", make, {"period": "2024"}, {}, beside={})
    make_other = lambda **changes: make(**{"period": "2023"} | changes)  # noqa: E731
    guards("settlement_days_in_order", make_other, {},
           {"last_on": DAY - dt.timedelta(days=1)})  # fmt: skip
    guards("settlement_rounds_once", make_other, {"hundredths": 149, "carried_in": 1},
           {"hundredths": 149})  # fmt: skip
    guards("settlement_paid_has_reference", make_other,
           {"paid_on": DAY, "payout_reference": "B"}, {"paid_on": DAY})  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("UPDATE rewards_donation SET points = points + 1", "donations stand"),
        ("UPDATE rewards_donation SET undone_at = now()", "charities hold"),
        ("UPDATE rewards_matchoffer SET left_points = left_points - 1", "matching budgets"),
        ("UPDATE rewards_charitysettlement SET donation_count = 9", "settlements equal"),
    ],
)
def test_the_ledger_is_compared_with_donations(mei, sql, finding):
    appeal = make_appeal()
    make_match(appeal)
    donate_points(mei, appeal, 10, key="k", by=None, now=NOW)
    close_period(appeal.charity, read_period("2001"), by=None, now=NOW)
    assert verify_ledger()[1] == []
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(sql)
    assert any(found.check.startswith(finding) for found in verify_ledger()[1])
