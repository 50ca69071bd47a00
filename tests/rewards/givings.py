"""Charities and appeals as the tests of giving make them."""

import datetime as dt

from members.models import User
from rewards.models import Account, Appeal, Charity, MatchOffer, Transfer
from rewards.services.giving import save_charity, save_match
from tests.rewards.conftest import at

DAY = dt.date(2026, 1, 5)
NOW = at(DAY, 12)
LATER = NOW + dt.timedelta(hours=25)  # past the grace


def make_charity(slug="rice", **changes):
    values = {
        "slug": slug, "name": slug.title(), "registration_number": "DEMO-1", "country": "JP",
        "hundred_amount": 100,
    }  # fmt: skip
    return save_charity(Charity(**values | changes), by=None, now=NOW)


def make_appeal(charity=None, slug="meals", **changes):
    values = {
        "slug": slug, "name": slug.title(), "goal_points": 1000, "published_at": NOW,
        "starts_at": NOW - dt.timedelta(days=400),
    }  # fmt: skip
    charity = charity or make_charity()
    return Appeal.objects.create(charity=charity, **values | changes)


def make_match(appeal, **changes):
    values = {"brand": "Kawa", "budget_points": 500, "starts_at": NOW - dt.timedelta(days=400)}
    return save_match(MatchOffer(appeal=appeal, **values | changes), by=None, now=NOW)


def with_login(member):
    if member.user_id is None:
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
    return member


def count_given(charity) -> int:
    """What the charity's account holds, by its entries."""
    account = Account.objects.get(charity=charity)
    come = sum(Transfer.objects.filter(credit_account=account).values_list("amount", flat=True))
    gone = sum(Transfer.objects.filter(debit_account=account).values_list("amount", flat=True))
    return come - gone
