"""Grace is never shorter than the longest return window (docs/points.md 8)."""

import datetime as dt

import pytest

from purchases.models import Channel
from rewards.models import Standing
from rewards.selectors.balances import get_balances
from rewards.services.settlement import settle_members
from tests.rewards.conftest import at

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 5)


@pytest.mark.parametrize(("window", "days"), [(14, 30), (30, 30), (45, 45)])
def test_grace_follows_a_window_that_was_raised_after_publishing(counter, rules, now, window, days):
    counter.buy("mei", "320", on=DAY)
    member = counter.member("mei")
    settle_members([member.pk], until=DAY + dt.timedelta(days=1), now=now)  # terms are kept now

    Channel.objects.filter(code="counter").update(return_window_days=window)
    until = DAY + dt.timedelta(days=370)
    shown = get_balances(member, now=at(until)).book
    settle_members([member.pk], until=until, now=at(until))

    standing = Standing.objects.get(member=member)
    assert (standing.grace_until_on - standing.grace_since_on).days + 1 == days
    assert shown.grace_until_on == standing.grace_until_on
