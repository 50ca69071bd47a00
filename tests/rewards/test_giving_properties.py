"""Whatever members give, take back, return and cancel, the books and the charities agree."""

import contextlib
import datetime as dt
import random

import pytest

from core.errors import DomainError
from rewards.models import Donation, StandingDonation
from rewards.selectors.balances import get_balances
from rewards.services.closing import close_days
from rewards.services.giving import (
    close_periods,
    donate_points,
    end_share,
    read_period,
    round_down,
    set_share,
    undo_donation,
)
from rewards.services.holding import HoldClosed
from rewards.services.settlement import settle_members
from tests.rewards.conftest import assert_ledger_true, at, balances
from tests.rewards.givings import make_appeal, make_charity, make_match, with_login
from tests.rewards.holds import cancel_hold, capture_hold, hold_points, refund_hold

DAY = dt.date(2026, 1, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_random_giving_keeps_the_ledger_true(shop, counter, make_rule, rules, seed):
    draw = random.Random(seed)
    charities = [make_charity("one"), make_charity("two", hundred_amount=37)]
    appeals = [make_appeal(each, f"for-{each.slug}") for each in charities]
    make_match(appeals[0], budget_points=150, rate_percent=50, gift_cap_points=40)
    day, tickets, holds = DAY, [], []
    for name in "ab":
        for till in (shop, counter):
            till.buy(name, "60", on=day)
            with_login(till.member(name))
    for step in range(50):
        day += dt.timedelta(days=draw.randrange(5))
        now, till = at(day, 10 + step % 10), draw.choice([shop, counter])
        member, appeal = till.member(draw.choice("ab")), draw.choice(appeals)
        act = draw.random()
        with contextlib.suppress(DomainError, HoldClosed):
            if act < 0.25:
                name = "ab"[step % 2]
                amount = round(draw.uniform(0, 90), 2)
                tickets.append((till, till.buy(name, amount, on=day), amount))
            elif act < 0.35 and tickets:
                bought_at, ticket, amount = tickets.pop(draw.randrange(len(tickets)))
                if amount:
                    bought_at.give_back(ticket, {1: amount}, on=day, hour=23)
            elif act < 0.55:
                donate_points(
                    member, appeal, draw.randrange(1, 80), key=f"d{step}", by=None, now=now
                )
            elif act < 0.6:
                round_down(member, appeal, key=f"r{step}", by=None, now=now)
            elif act < 0.72:
                gifts = list(Donation.objects.select_related("member"))
                if gifts:
                    gift = draw.choice(gifts)
                    undo_donation(gift, by=None, now=gift.donated_at + dt.timedelta(hours=1))
            elif act < 0.8:
                set_share(member, appeal, draw.choice([1, 10, 50]), by=None, now=now)
            elif act < 0.83:
                standing = StandingDonation.objects.filter(ended_at=None).first()
                if standing:
                    end_share(standing, by=None, now=now)
            elif act < 0.88:
                holds.append(hold_points(member, draw.randrange(1, 50), key=f"h{step}", now=now))
            elif act < 0.94 and holds:
                draw.choice([capture_hold, cancel_hold, refund_hold])(draw.choice(holds), now=now)
            elif act < 0.97:
                close_days(now=now)
            else:
                close_periods(read_period(f"{day - dt.timedelta(days=31):%Y-%m}"), by=None, now=now)
        assert_ledger_true()
        shown = get_balances(member, now=at(day, 23))
        # What a page reckoned is what is written once it is asked.
        settle_members([member.pk], until=day, now=at(day, 23))
        assert balances(member).get("available", 0) == shown.available
