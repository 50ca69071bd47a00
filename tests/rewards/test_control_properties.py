"""Whatever staff decide among purchases, returns and spending, the books stay right."""

import contextlib
import datetime as dt
import random

import pytest

from core.errors import DomainError
from members.models import User
from members.services.audiences import AudienceMove, ensure_audience, move_members
from rewards.models import ActLimit, Tier
from rewards.services.adjustments import adjust_points
from rewards.services.approvals import approve, refuse
from rewards.services.bulk import confirm_bulk, draft_bulk
from rewards.services.bulk_running import run_bulk_act
from rewards.services.closing import close_days
from rewards.services.holding import hold_points, refund_points, release_points
from rewards.services.merging import merge_points, undo_merge
from rewards.services.tier_decisions import keep_tier, merge_promises, undo_promises
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
NAMES = "abc"


@pytest.mark.parametrize("seed", range(6))
def test_random_decisions_keep_the_ledger_true(shop, counter, rules, staff, seed):  # noqa: F811
    draw = random.Random(seed)
    day, tickets, held = dt.date(2026, 1, 5), [], 0
    friends = ensure_audience("friends", kind="list", name="Friends")
    for name in NAMES:
        for till in (shop, counter):
            till.buy(name, "40", on=day)
            member = till.member(name)
            member.user = User.objects.create(email=f"{name}{member.pk}@example.com")
            member.save(update_fields=["user"])
            move_members(None, [AudienceMove(friends.pk, member.pk)], now=at(day))
    ActLimit.objects.filter(role="owner").update(per_act=None, per_actor_day=None)
    tiers = list(Tier.objects.order_by("rank"))
    for step in range(70):
        day += dt.timedelta(days=draw.randrange(10))
        till, now = draw.choice([shop, counter]), at(day)
        member = till.member(draw.choice(NAMES))
        later = day + dt.timedelta(days=draw.randrange(120))
        with contextlib.suppress(DomainError):
            match draw.randrange(10):
                case 0 | 1:
                    amount = draw.randrange(5, 300)
                    tickets.append((till, till.buy(draw.choice(NAMES), amount, on=day), amount))
                case 2 if tickets:
                    bought_at, ticket, amount = tickets.pop()
                    bought_at.give_back(
                        ticket, {1: draw.choice([amount, amount // 2 or 1])}, on=day
                    )
                case 3 | 4:
                    points = draw.choice([-1, 1]) * draw.randrange(1, 900)
                    adjustment = adjust_points(
                        member, points, reason="correction", owes_missing=draw.random() < 0.7,
                        key=f"k{step}", by=staff("clerk"), now=now,
                    )  # fmt: skip
                    if adjustment.is_waiting:
                        draw.choice([approve, refuse])(
                            adjustment.approval, by=staff("owner"), now=now
                        )
                case 5:
                    held += 1
                    hold_points(member, draw.randrange(1, 60), cause=("test", held), now=now)
                case 6 if held:
                    cause = ("test", draw.randrange(1, held + 1))
                    draw.choice([release_points, refund_points])(cause, now=now)
                case 7:
                    terms = draw.choice(
                        [
                            {"kind": "grant", "points": 20, "until_on": later},
                            {"kind": "expiry", "until_on": later + dt.timedelta(days=300)},
                            {"kind": "tier", "until_on": later, "tier": draw.choice(tiers[1:])},
                        ]
                    )
                    act = draft_bulk(
                        audience=friends, public_reason="Sorry", by=staff("owner"), now=now, **terms
                    )
                    run_bulk_act(confirm_bulk(act, by=staff("owner"), now=now).pk, now=now)
                case 8:
                    keep_tier(member, draw.choice(tiers[1:]), until=later, by=None, now=now)
                case _:
                    other = till.member(draw.choice(NAMES))
                    if other != member:
                        moved = merge_points(member, other, now)
                        kept = merge_promises(member, other, now)
                        undo_promises(member, other, kept, now)
                        undo_merge(member, other, moved, now + dt.timedelta(seconds=1))
        if draw.random() < 0.2:
            close_days(now=now)
    assert_ledger_true()
    close_days(now=at(day + dt.timedelta(days=900)))
    assert_ledger_true()
