"""A small programme and one member, driven through the engine without a database."""

import datetime as dt
from decimal import Decimal

from core.time import start_of
from purchases.facts import LineFacts, PurchaseFacts, ReturnFacts
from rewards.engine.book import Book
from rewards.engine.earning import earn
from rewards.engine.limits import Usage
from rewards.engine.returning import AwardState, take_back
from rewards.engine.settling import settle
from rewards.engine.terms import Level, Programme, Rule, Terms
from rewards.engine.tiers import refresh_review

ZONE = "America/Los_Angeles"
DAY = dt.date(2026, 3, 2)
LEVELS = (
    Level(1, "green", 0, 0, 1000, 101),
    Level(2, "silver", 1, 300, 1250, 102),
    Level(3, "gold", 2, 1000, 1500, 103),
)
EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def build_programme(**changes) -> Programme:
    values = {
        "id": 1, "starts_on": dt.date(2020, 1, 1), "tax_included": True, "expiry_mode": "months",
        "expiry_months": 12, "expiry_extra_years": 1, "expiry_activities": frozenset(),
        "club_fault_days": 30, "tier_window": "rolling", "tier_months": 12,
        "fiscal_start_month": 1, "grace_days": 30, "levels": LEVELS,
    }  # fmt: skip
    return Programme(**values | changes)


def build_rule(pk=1, **changes) -> Rule:
    values = {
        "id": pk, "rule_id": pk, "number": 1, "code": f"rule-{pk}", "starts_at": EVER,
        "ends_at": None, "kind": "amount", "unit": "points", "points": 1, "per_amount": 100,
    }  # fmt: skip
    return Rule(**values | changes)


STATUS_RULE = build_rule(90, unit="status", priority=200)


class World:
    """``buy`` and ``give_back`` take dollars as text; ``day`` counts from DAY."""

    def __init__(self, *rules, window=14, **programme):
        self.terms = Terms(
            ZONE, [build_programme(**programme)], list(rules) or [build_rule(), STATUS_RULE]
        )
        self.book = Book(member_id=7, joined_on=DAY, tier_id=1, tier_history=[(EVER, 1)])
        self.usage = Usage()
        self.window = window
        self.awards = {}
        self.purchases = {}
        self.returned = {}

    def at(self, day, hour=12) -> dt.datetime:
        moment = DAY + dt.timedelta(days=day) if isinstance(day, int) else day
        return start_of(moment, ZONE) + dt.timedelta(hours=hour)

    def buy(self, *amounts, day=0, hour=12, pk=None, window=None, **line):
        pk = pk or len(self.purchases) + 1
        lines = [
            LineFacts(index, line.get("product_id"), line.get("category_ids", ()), Decimal(1),
                      round(float(amount) * 100), line.get("tax", 0), line.get("paid_otherwise", 0))
            for index, amount in enumerate(amounts, 1)
        ]  # fmt: skip
        facts = PurchaseFacts(
            id=pk, external_id=f"R{pk:05}", activity_id=None, member_id=7, store_id=1,
            channel_id=1, effective_at=self.at(day, hour), zone=ZONE,
            return_window_days=self.window if window is None else window, lines=lines,
        )  # fmt: skip
        drafts = earn(self.book, facts, self.terms, self.usage)
        self.purchases[pk] = facts
        lots = {id(lot.award): lot for lot in self.book.lots}
        self.awards[pk] = [
            AwardState(draft, draft.rule, draft.effective_at.date(), draft.positions,
                       draft.allocations, [0] * len(draft.positions), lots.get(id(draft)))
            for draft in drafts
        ]  # fmt: skip
        return drafts

    def give_back(self, pk, amounts: dict, day=1, hour=12):
        """``amounts`` maps a line's position to dollars; returns the reversals written."""
        bought = {line.position: line for line in self.purchases[pk].lines}
        to_date, lines = {}, []
        for position, amount in amounts.items():
            minor = round(float(amount) * 100)
            total = self.returned.get((pk, position), 0) + minor
            self.returned[pk, position] = total
            whole = total >= bought[position].amount
            to_date[position] = (total, bought[position].amount, whole)
            lines.append((position, Decimal(1), minor))
        facts = ReturnFacts(
            id=len(self.returned) + 1000, external_id=f"X{len(self.returned)}", purchase_id=pk,
            member_id=7, effective_at=self.at(day, hour), lines=lines,
        )  # fmt: skip
        before = len(self.book.reversals)
        take_back(self.book, facts, to_date, self.awards[pk], self.terms, self.usage)
        return self.book.reversals[before:]

    def settle(self, day):
        until = DAY + dt.timedelta(days=day) if isinstance(day, int) else day
        settle(self.book, until, self.terms)
        refresh_review(self.book, self.terms)

    def balances(self, *kinds):
        kinds = kinds or ("pending", "available", "owed")
        return tuple(self.book.balance(kind) for kind in kinds)

    def points_lots(self):
        return [lot.available for lot in self.book.lots if lot.unit == "points"]
