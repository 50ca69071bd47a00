"""Whatever happens in whatever order, the books stay right (style 33)."""

import contextlib
import datetime as dt
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from members.models import User
from rewards.engine.book import MEMBER_KINDS, charity_account
from rewards.engine.giving import Share
from rewards.engine.settling import expire, start_sliding
from rewards.enums import MoveKind
from rewards.services.closing import close_days
from rewards.services.holding import BalanceTooLow, HoldClosed
from rewards.services.merging import OpenReservations, forfeit_points, merge_points, undo_merge
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.holds import cancel_hold, capture_hold, hold_points, refund_hold
from tests.rewards.world import STATUS_RULE, World, build_rule


class Books(RuleBasedStateMachine):
    """One member's life through the engine: buys, returns, spends, waits."""

    @initialize(
        mode=st.sampled_from(["months", "calendar_year", "fiscal_year", "inactivity", "never"]),
        window=st.sampled_from(["rolling", "calendar_year", "joining", "upgrade", "lifetime"]),
        grace=st.sampled_from([0, 30]),
    )
    def begin(self, mode, window, grace):
        self.world = World(
            build_rule(cap_points=400),
            build_rule(2, kind="fixed", points=50, minimum_amount=8000),
            build_rule(3, kind="multiplier", multiplier_milli=2500, weekdays=frozenset({2, 6})),
            STATUS_RULE,
            expiry_mode=mode,
            expiry_months=2,
            expiry_extra_years=0,
            expiry_activities=frozenset({"purchase"}),
            tier_window=window,
            tier_months=3,
            grace_days=grace,
        )
        self.day = 0
        self.spent = 0
        self.left = {}

    @rule(
        amounts=st.lists(st.integers(0, 30_000), min_size=1, max_size=4),
        window=st.sampled_from([0, 14]),
    )
    def buy(self, amounts, window):
        pk = len(self.world.purchases) + 1
        self.world.buy(*(f"{cents / 100:.2f}" for cents in amounts), day=self.day, window=window)
        self.left[pk] = dict(enumerate(amounts, 1))

    @precondition(lambda self: any(any(lines.values()) for lines in self.left.values()))
    @rule(data=st.data())
    def give_back(self, data):
        pk = data.draw(
            st.sampled_from([pk for pk, lines in self.left.items() if any(lines.values())])
        )
        line = data.draw(st.sampled_from([no for no, cents in self.left[pk].items() if cents]))
        cents = data.draw(st.integers(1, self.left[pk][line]))
        self.left[pk][line] -= cents
        self.world.give_back(pk, {line: f"{cents / 100:.2f}"}, day=self.day)

    @rule(share=st.floats(0.1, 1))
    def spend(self, share):
        book = self.world.book
        self.world.settle(self.day)
        amount = int(book.balance("available") * share)
        if amount:
            self.spent += 1
            book.take(
                amount, "redeemed", "capture", at=self.world.at(self.day),
                key=f"spend:{self.spent}", kind=MoveKind.TAKEN,
            )  # fmt: skip

    @rule(percents=st.lists(st.integers(1, 50), max_size=2))
    def promise(self, percents):
        """Shares of what is earned, from now on (docs/points.md 12a)."""
        self.world.settle(self.day)
        self.world.book.shares = [
            Share(number, percent, number, number, self.world.at(self.day, 0))
            for number, percent in enumerate(percents, 1)
        ]

    @precondition(lambda self: self.world.book.donations)
    @rule(data=st.data())
    def take_back_a_share(self, data):
        """The share returns to its lot, debts first; a lot past its day lapses again."""
        book = self.world.book
        self.world.settle(self.day)
        draft = book.donations.pop(data.draw(st.integers(0, len(book.donations) - 1)))
        lot, at = draft.lot, self.world.at(self.day)
        self.spent += 1
        moved = book.transfer(
            charity_account(draft.share.charity_id), "available", draft.points, "restore", at=at,
            key=f"restore:{self.spent}",
        )  # fmt: skip
        book.move(lot, moved, MoveKind.RESTORED, draft.points, "", "available")
        book.repay(lot, at=at, key=f"repay:{self.spent}")
        start_sliding(book, at.date(), self.world.terms)
        if lot.available and lot.expires_on and lot.expires_on < at.date():
            expire(book, lot, at, key=f"expire:{self.spent}")
        book.note_due(lot)

    @rule(days=st.integers(1, 70))
    def wait(self, days):
        self.day += days
        self.world.settle(self.day)

    @invariant()
    def balances_follow_from_the_transfers(self):
        if not hasattr(self, "world"):
            return
        sums = dict.fromkeys(MEMBER_KINDS, 0)
        for transfer in self.world.book.transfers:
            assert transfer.amount > 0
            for kind, change in (
                (transfer.debit, -transfer.amount),
                (transfer.credit, transfer.amount),
            ):
                if kind in sums:
                    sums[kind] += -change if kind == "owed" else change
        assert min(sums.values()) >= 0
        assert {k: v for k, v in sums.items() if v} == {
            k: v for k, v in self.world.book.balances.items() if v
        }

    @invariant()
    def lots_equal_balances_and_their_moves(self):
        if not hasattr(self, "world"):
            return
        book = self.world.book
        replay = {}
        for move in book.moves:
            places = replay.setdefault(id(move.lot), {"pending": 0, "available": 0, "held": 0})
            if move.source:
                places[move.source] -= move.amount
            if move.target:
                places[move.target] += move.amount
        for lot in book.lots:
            assert replay[id(lot)] == {
                "pending": lot.pending, "available": lot.available, "held": lot.held
            }  # fmt: skip
        for unit, pending, available in (
            ("points", "pending", "available"),
            ("status", "status_pending", "status"),
        ):
            mine = [lot for lot in book.lots if lot.unit == unit]
            assert sum(lot.pending for lot in mine) == book.balance(pending)
            assert sum(lot.available for lot in mine) == book.balance(available)

    @invariant()
    def returns_take_no_more_than_was_given(self):
        if not hasattr(self, "world"):
            return
        for awards in self.world.awards.values():
            for award in awards:
                assert all(
                    0 <= taken <= given
                    for taken, given in zip(award.taken, award.allocations, strict=True)
                )

    @invariant()
    def nobody_owes_while_points_are_available(self):
        if hasattr(self, "world"):
            book = self.world.book
            assert not (book.balance("owed") and book.balance("available"))

    @invariant()
    def shares_are_floored_and_leave_no_less_than_the_rest(self):
        if hasattr(self, "world"):
            for draft in self.world.book.donations:
                assert 0 < draft.points <= draft.lot.original * draft.share.percent // 100

    @invariant()
    def status_days_equal_status_lots(self):
        if hasattr(self, "world"):
            book = self.world.book
            assert sum(book.status_days.values()) == book.balance("status")


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


DAY = dt.date(2026, 1, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_random_lives_of_members_keep_the_ledger_true(shop, counter, make_rule, rules, seed):
    """Everything at once, through the services, on PostgreSQL."""
    draw = random.Random(seed)
    make_rule("cap", kind="fixed", points=30, cap_points=90, minimum_amount=2000)
    day, holds, tickets, merged = DAY, [], [], []
    for name in "abc":
        for till in (shop, counter):
            till.buy(name, "10", on=day)
            member = till.member(name)
            member.user = User.objects.create(email=f"{name}{member.pk}@example.com")
            member.save(update_fields=["user"])
    for step in range(60):
        day += dt.timedelta(days=draw.randrange(12))
        till, name = draw.choice([shop, counter]), draw.choice("abc")
        act, now = draw.random(), at(day)
        member = till.member(name)
        if act < 0.35:
            amounts = [round(draw.uniform(0, 120), 2) for _ in range(draw.randrange(1, 4))]
            tickets.append((till, till.buy(name, *amounts, on=day), amounts))
        elif act < 0.5 and tickets:
            bought_at, ticket, amounts = draw.choice(tickets)
            line = draw.randrange(len(amounts))
            part = round(amounts[line] * draw.choice([0.3, 1]), 2)
            if part:
                amounts[line] = round(amounts[line] - part, 2)
                bought_at.give_back(ticket, {line + 1: part}, on=day)
        elif act < 0.65:
            with contextlib.suppress(BalanceTooLow):
                holds.append(hold_points(member, draw.randrange(1, 120), key=f"h{step}", now=now))
        elif act < 0.85 and holds:
            finish = draw.choice([capture_hold, cancel_hold, refund_hold])
            with contextlib.suppress(HoldClosed):
                finish(draw.choice(holds), now=now)
        elif act < 0.93:
            close_days(now=now)
        elif act < 0.97:
            other = draw.choice([each for each in "abc" if each != name])
            try:
                moved = merge_points(member, till.member(other), now)
                undo_merge(member, till.member(other), moved, now + dt.timedelta(seconds=1))
                merged.append(moved)
            except OpenReservations:
                pass
        else:
            with contextlib.suppress(OpenReservations):
                forfeit_points(member, now)
    close_days(now=at(day + dt.timedelta(days=800)))
    assert_ledger_true()
