"""Whatever members, staff and sweeps do in whatever order, the books and the shelves stay right."""

import contextlib
import datetime as dt
import itertools
import random

import pytest

from core.errors import DomainError
from members.models import Member, User
from members.services.erasing import erase_member
from members.services.household_invitations import accept_invitation, invite_to_household
from members.services.households import (
    keep_points,
    leave_household,
    open_household,
    pool_points,
)
from members.services.merging import merge_members, undo_merge
from rewards.models import Payment, Redemption, Reward, RewardCode, RewardSession, Tier
from rewards.services.closing import close_days
from rewards.services.credit import give_credit
from rewards.services.paying import reserve_credit_payment, reserve_points_payment
from rewards.services.payments import (
    capture_payment,
    let_go_of_overdue_payments,
    publish_rate,
    refund_payment,
    release_payment,
)
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    cancel_session,
    confirm_redemption,
    end_delivery,
    end_past_validity,
    let_go_of_overdue,
    pack_deliveries,
    redeem_reward,
    send_delivery,
    use_redemption,
)
from tests.rewards.conftest import EVER, assert_ledger_true, at
from tests.rewards.test_redemption import make_codes, make_date

DAY = dt.date(2026, 1, 5)
PARCEL = Parcel("M", "US", "1 Main St")
STEPS = 120


class Club:
    """A few members, a shelf of each kind, and everything that may happen to them."""

    def __init__(self, draw, counter, shop, make_reward):
        self.draw, self.tills = draw, (counter, shop)
        self.now, self.names = at(DAY), "abcdef"
        self.keys, self.merges, self.tickets = itertools.count(), [], []
        self.refused: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self.owner = User.objects.create(email="owner@example.com", is_staff=True)
        for name in self.names:
            counter.buy(name, "120", on=DAY)
            member = counter.member(name)
            member.user = User.objects.create(email=f"{name}@example.com")
            member.save(update_fields=["user"])
        publish_rate(
            starts_at=EVER, rate_points=10, rate_amount=100, minimum_points=10, step_points=10,
            largest_percent=100, by=None, now=EVER,
        )  # fmt: skip
        self._fill_shelves(make_reward)

    def _fill_shelves(self, make_reward):
        gold = Tier.objects.get(slug="gold")
        pool = make_reward(kind="pool", price_points=15, valid_days=60, stock_left=14)
        make_codes(pool, *(f"CODE{number}" for number in range(12)))
        experience = make_reward(kind="experience", price_points=25, price_amount=900)
        for days in (10, 40, 90):
            make_date(experience, days=(DAY - dt.date(2025, 1, 6)).days + days, seats=3)
        self.rewards = [
            pool,
            experience,
            make_reward(price_points=20, valid_days=45, stock_left=9),
            make_reward(price_points=30, price_amount=500, stock_left=6, hold_minutes=60 * 24),
            make_reward(kind="goods", price_points=35, stock_left=8, limit_count=2),
            make_reward(kind="credit", price_points=40, value_amount=1000),
            make_reward(kind="tier", price_points=45, tier=gold, tier_days=30),
            make_reward(price_points=0, price_amount=100),
        ]

    # --- What there is ---

    def pick(self, likely, rows):
        """Mostly one of the likely rows, sometimes any."""
        found = list(likely.order_by("pk")) if self.draw.random() < 0.85 else []
        return self.draw.choice(found or list(rows.order_by("pk")))

    def member(self):
        """Sometimes who has left or was merged."""
        return self.pick(Member.objects.able_to_spend(), Member.objects.all())

    def redemption(self, **wanted):
        return self.pick(Redemption.objects.filter(**wanted), Redemption.objects.all())

    def payment(self, **wanted):
        return self.pick(Payment.objects.filter(**wanted), Payment.objects.all())

    def key(self):
        """Sometimes one that was used before."""
        number = next(self.keys)
        return f"k{number if self.draw.random() < 0.9 else self.draw.randrange(number + 1)}"

    # --- What happens ---

    def buy(self):
        till, name = self.draw.choice(self.tills), self.draw.choice(self.names)
        amount = f"{self.draw.uniform(1, 90):.2f}"
        self.tickets.append((till, till.buy(name, amount, on=self.now.date()), amount))

    def give_back(self):
        till, ticket, amount = self.draw.choice(self.tickets)
        self.tickets.remove((till, ticket, amount))
        till.give_back(ticket, {1: amount}, on=self.now.date())

    def redeem(self):
        reward = self.draw.choice(self.rewards)
        sessions = list(RewardSession.objects.filter(reward=reward).order_by("pk"))
        member = self.member()
        redeem_reward(
            member, Reward.objects.get(pk=reward.pk), key=self.key(), by=member.user,
            session=self.draw.choice(sessions) if sessions else None,
            parcel=PARCEL if reward.is_delivered else None,
            with_household=self.draw.random() < 0.5, is_paid=self.draw.random() < 0.2,
            reserve_only=self.draw.random() < 0.2, now=self.now,
        )  # fmt: skip

    def confirm(self):
        reserved = {"state": "reserved", "lapses_at__gt": self.now}
        confirm_redemption(self.redemption(**reserved), by=self.owner, now=self.now)

    def cancel(self):
        by_club = self.draw.random() < 0.4
        wanted = self.draw.choice([{"state": "reserved"}, {"state": "fulfilled"}])
        cancel_redemption(self.redemption(**wanted), by=self.owner, by_club=by_club, now=self.now)

    def use(self):
        use_redemption(
            self.redemption(state__in=["confirmed", "fulfilled"]), by=self.owner, now=self.now
        )

    def send(self):
        made = self.redemption(delivery__isnull=False, state__in=["confirmed", "fulfilled"])
        if self.draw.random() < 0.5:
            pack_deliveries([made], by=self.owner, now=self.now)
        send_delivery(made, tracking_number="1", by=self.owner, now=self.now)

    def arrive(self):
        came_back = self.draw.random() < 0.5
        made = self.redemption(delivery__state="sent")
        end_delivery(made, came_back=came_back, by=self.owner, now=self.now)

    def call_off(self):
        session = self.draw.choice(list(RewardSession.objects.order_by("pk")))
        cancel_session(session, by=self.owner, now=self.now)

    def pay(self):
        member, till = self.member(), self.tills[0]
        options = {
            "bill_amount": 9000, "source": till.source, "key": self.key(), "by": None,
            "external_id": f"R{self.draw.randrange(99)}", "now": self.now,
        }  # fmt: skip
        if self.draw.random() < 0.7:
            reserve_points_payment(member, 10 * self.draw.randrange(1, 6), **options)
        else:
            reserve_credit_payment(member, self.draw.randrange(1, 1500), **options)

    def finish_payment(self):
        act, open_now = self.draw.random(), {"state": "reserved", "lapses_at__gt": self.now}
        if act < 0.5:
            capture_payment(self.payment(**open_now), by=None, now=self.now)
        elif act < 0.8:
            payment = self.payment(state="captured")
            amount = self.draw.randrange(1, payment.amount + 1)
            refund_payment(payment, amount, by=None, now=self.now)
        else:
            release_payment(self.payment(state="reserved"), by=None, now=self.now)

    def grant_credit(self):
        cause = ("test", next(self.keys))
        is_refund = self.draw.random() < 0.5
        give_credit(self.member(), 700, cause=cause, is_refund=is_refund, by=None, now=self.now)

    def share(self):
        member, other = self.member(), self.member()
        act = self.draw.random()
        if act < 0.6:
            with contextlib.suppress(DomainError):  # lives in one already
                open_household(member, by=None, now=self.now)
            invitation = invite_to_household(member, number=other.number, by=None, now=self.now)
            accept_invitation(invitation, other, pools_points=True, by=None, now=self.now)
            pool_points(member, by=None, now=self.now)
        elif act < 0.8:
            keep_points(member, by=None, now=self.now)
        else:
            leave_household(member, by=None, now=self.now)

    def merge(self):
        source, target = self.member(), self.member()
        if source.user and target.user:
            User.objects.filter(pk=source.user_id).update(is_active=False)
        merge = merge_members(
            self.fresh(source), self.fresh(target), by=self.owner, reason="one", now=self.now
        )
        self.merges.append(merge)

    def undo(self):
        if self.merges:
            undo_merge(self.draw.choice(self.merges), by=self.owner, now=self.now)

    def erase(self):
        if Member.objects.active().count() > 3:
            erase_member(self.member(), by=None, now=self.now)

    def sweep(self):
        let_go_of_overdue(now=self.now)
        let_go_of_overdue_payments(now=self.now)
        end_past_validity(now=self.now)

    def close(self):
        close_days(now=self.now)

    def fresh(self, member):
        return Member.objects.get(pk=member.pk)

    def step(self):
        self.now += dt.timedelta(minutes=self.draw.choice([0, 0, 5, 5, 31, 60 * 9, 60 * 24 * 5]))
        acts = {
            self.redeem: 28, self.confirm: 8, self.cancel: 8, self.use: 4, self.send: 5,
            self.arrive: 4, self.pay: 8, self.finish_payment: 8, self.grant_credit: 2,
            self.share: 5, self.buy: 14, self.give_back: 5, self.sweep: 3, self.close: 1.5,
            self.merge: 1.5, self.undo: 1, self.erase: 0.5, self.call_off: 0.4,
        }  # fmt: skip
        (act,) = self.draw.choices(list(acts), weights=list(acts.values()))
        try:
            act()
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
        except IndexError:
            pass  # there is none yet
        except DomainError as refusal:
            self.refused[refusal.code] = self.refused.get(refusal.code, 0) + 1


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_random_lives_of_a_club_keep_books_and_shelves_true(
    counter, shop, rules, make_reward, seed
):
    club = Club(random.Random(seed), counter, shop, make_reward)
    for number in range(STEPS):
        club.step()
        if number % 12 == 0:
            assert_ledger_true()
    assert_ledger_true()
    assert len(club.done) > 10, club.done
    assert not RewardCode.objects.filter(voided_at=None, redemption__state="cancelled").exists()
    # In the end everything that was reserved lets go, and what can expire has.
    club.now += dt.timedelta(days=900)
    club.sweep()
    close_days(now=club.now)
    assert not Redemption.objects.filter(state="reserved").exists()
    assert not Redemption.objects.filter(state="fulfilled", expires_on__lt=club.now.date()).exists()
    assert_ledger_true()
