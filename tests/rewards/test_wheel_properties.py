"""Whatever members and staff do at a wheel in whatever order: books, stock and log agree."""

import contextlib
import datetime as dt
import random

import pytest

from core.errors import DomainError
from rewards.enums import PrizeKind
from rewards.models import Entitlement, Reward, Slice, Spin, SpinGrant, WheelDay, WheelPlayer
from rewards.selectors.wheel_log import build_public_log
from rewards.services.closing import close_days
from rewards.services.entitlements import end_past_entitlements
from rewards.services.prizes import Prize
from rewards.services.redemption import redeem_reward
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    choose_seed,
    discard_open_seeds,
    open_draft,
    prepare_days,
    publish_version,
    return_ended_stock,
    reveal_days,
)
from rewards.services.wheel.configuring import list_slice_terms
from rewards.services.wheel.verifying import verify_day
from rewards.verification.verify_wheel import check_logs
from tests.rewards.conftest import assert_ledger_true
from tests.rewards.wheels import NOON, NOTHING, get_key, make_player, make_wheel, points, spin

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db
STEPS = 150
STOCK = 12


class Fair:
    def __init__(self, draw, make_wheel, make_player, make_reward):
        self.draw, self.now, self.done = draw, NOON, {}
        self.reward = make_reward(stock_left=STOCK, price_points=10)
        tote = Prize(PrizeKind.REWARD, reward_id=self.reward.pk, days=2)
        slices = [
            SliceTerms("Tote", 2, tote, stock_count=3, substitute=points(1)),
            SliceTerms("Points", 3, points(20)),
            SliceTerms("Credit", 1, Prize(PrizeKind.CREDIT, amount=100), stock_count=2,
                       substitute=NOTHING),
            SliceTerms("Nothing", 2),
        ]  # fmt: skip
        self.wheel = make_wheel(slices, daily_spin_count=2, has_price=True, price_points=15)
        again = Prize(PrizeKind.SPINS, spin_count=1, wheel_id=self.wheel.pk)
        self.again = SliceTerms("Again", 1, again)
        self.members = [make_player(f"M{number}", points=40) for number in range(4)]

    def spin(self):
        member = self.draw.choice(self.members)
        spin(member, self.wheel, now=self.now, with_points=self.draw.random() < 0.5)

    def press_again(self):
        member = self.draw.choice(self.members)
        key = get_key(member, self.wheel, now=self.now)
        first, second = (
            spin(member, self.wheel, key=key, now=self.now, with_points=True) for _ in range(2)
        )
        assert first == second

    def choose(self):
        member = self.draw.choice(self.members)
        seed = f"luck-number-{self.draw.randrange(30)}"
        choose_seed(member, self.wheel, seed, by=member.user, now=self.now)

    def edit(self):
        draft = open_draft(self.wheel, by=None, now=self.now)
        slices = list_slice_terms(draft)
        if self.draw.random() < 0.3 and len(slices) < 8:
            slices.append(self.again)
        change_draft(
            draft, slices=slices, daily_spin_count=self.draw.choice([1, 2, 3]),
            is_law_confirmed=True, by=None, now=self.now,
        )  # fmt: skip
        publish_version(draft, by=None, now=self.now)

    def take(self):
        right = Entitlement.objects.open().order_by("pk").first()
        if right is not None:
            redeem_reward(
                right.member, right.reward, key=f"take-{right.pk}", entitlement=right,
                by=right.member.user, now=self.now,
            )  # fmt: skip

    def pass_time(self):
        self.now += dt.timedelta(hours=self.draw.choice([3, 9, 20]))
        prepare_days(now=self.now)
        reveal_days(now=self.now)
        return_ended_stock(now=self.now)
        end_past_entitlements(now=self.now)

    def close(self):
        close_days(now=self.now)

    def restore(self):
        if self.draw.random() < 0.2:
            discard_open_seeds(by=None, now=self.now)

    def step(self):
        acts = [self.spin, self.press_again, self.choose, self.edit, self.take, self.pass_time,
                self.close, self.restore]  # fmt: skip
        act = self.draw.choices(acts, [12, 4, 1, 1, 3, 3, 1, 1])[0]
        with contextlib.suppress(DomainError):
            act()
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1


def count_stock(reward):
    """On the shelf, set aside for wheels, won and not given back."""
    aside = Slice.objects.filter(is_set_aside=True, returned_count__isnull=True)
    held = sum(each.left_count for each in aside)
    won = Entitlement.objects.filter(is_set_aside=True).exclude(
        closed_at__isnull=False
    )  # fmt: skip
    return Reward.objects.get(pk=reward.pk).stock_left + held + won.count()


@pytest.mark.parametrize("seed", range(3))
def test_random_days_at_the_wheel(seed, make_wheel, make_player, make_reward):
    fair = Fair(random.Random(seed), make_wheel, make_player, make_reward)
    for _ in range(STEPS):
        fair.step()
        assert count_stock(fair.reward) == STOCK
    assert fair.done["spin"] > 10
    assert_ledger_true()
    reveal_days(now=fair.now + dt.timedelta(days=9))
    days = list(WheelDay.objects.order_by("starts_at", "pk"))
    assert check_logs([build_public_log(fair.wheel, day) for day in days]) == []
    for day in days:
        assert [problem for proof in verify_day(day.day_on) for problem in proof.problems] == []
    for player in WheelPlayer.objects.all():
        counters = list(player.spins.order_by("pk").values_list("counter", flat=True))
        assert counters == list(range(1, player.spin_count + 1))
    assert Spin.objects.filter(pay="grant").count() == sum(
        SpinGrant.objects.values_list("used_count", flat=True)
    )
