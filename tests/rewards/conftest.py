import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from core.time import start_of
from members.models import User
from members.services.audiences import ensure_everyone
from members.services.enrolment import MemberKey
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
)
from purchases.models import Channel, Source
from purchases.services.intake import take_in
from rewards.models import Account, EarningRule, Reward, RewardGate, Transfer
from rewards.services.programme import LevelTerms, ensure_tier, publish_programme, publish_rule
from rewards.services.verification import verify_ledger

EVER = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
ZONE = "America/Los_Angeles"


@pytest.fixture
def programme(club, now):
    """Green at 0, silver at 300 (×1.25), gold at 1,000 (×1.5) status credits in 12 months."""
    tiers = [
        ensure_tier(slug, name=slug.title(), rank=rank)
        for rank, slug in enumerate(["green", "silver", "gold"])
    ]
    return publish_programme(
        starts_on=dt.date(2010, 1, 1),
        levels=[
            LevelTerms(tiers[0], 0),
            LevelTerms(tiers[1], 300, 1250),
            LevelTerms(tiers[2], 1000, 1500),
        ],
        by=None,
        now=now,
        grace_days=30,
    )


@pytest.fixture
def make_rule(programme, now):
    def make(code="base", **terms):
        rule = EarningRule.objects.get_or_create(code=code, defaults={"name": code})[0]
        terms = {"kind": "amount", "points": 1, "per_amount": 100, "starts_at": EVER} | terms
        return publish_rule(rule, by=None, now=now, **terms)

    return make


@pytest.fixture
def rules(make_rule):
    """One point and one status credit per dollar."""
    return make_rule(), make_rule("status", unit="status", priority=200)


def at(day: dt.date, hour=12) -> dt.datetime:
    return start_of(day, ZONE) + dt.timedelta(hours=hour)


@dataclass
class Shop:
    """Buys and gives back through intake, as a till would."""

    source: Source
    now: dt.datetime
    made: list = field(default_factory=list)

    def ticket(self, member, *amounts, on, hour=12, pk=None, product=""):
        pk = pk or f"T{len(self.made) + 1:05}"
        self.made.append(pk)
        lines = [
            IncomingLine(
                Decimal(1), round(float(amount) * 100), line_id=str(index), product=product
            )
            for index, amount in enumerate(amounts, 1)
        ]
        return IncomingPurchase(pk, at(on, hour), lines, MemberKey(external_id=member))

    def take_in(self, *items, now=None):
        purchases = [item for item in items if isinstance(item, IncomingPurchase)]
        returns = [item for item in items if isinstance(item, IncomingReturn)]
        times = [each.purchased_at for each in purchases] + [each.returned_at for each in returns]
        result = take_in(self.source, purchases, returns, now=now or max(self.now, *times))
        refused = [outcome for outcome in result.outcomes if outcome.state == "refused"]
        assert refused == []
        return result

    def buy(self, member, *amounts, on, **ticket):
        self.take_in(self.ticket(member, *amounts, on=on, **ticket))
        return self.made[-1]

    def slip(self, ticket, amounts: dict, on, hour=12):
        pk = f"X{len(self.made) + 1:05}"
        self.made.append(pk)
        lines = [
            IncomingReturnLine(Decimal(0), round(float(amount) * 100), line_id=str(line))
            for line, amount in amounts.items()
        ]
        return IncomingReturn(pk, ticket, at(on, hour), lines)

    def give_back(self, ticket, amounts, on, hour=12):
        self.take_in(self.slip(ticket, amounts, on, hour))

    def member(self, external_id):
        from members.models import Member

        return Member.objects.get(
            references__source_code=self.source.code, references__external_id=external_id
        )


@pytest.fixture
def shop(programme, now):
    channel = Channel.objects.get_or_create(
        code="shop", defaults={"name": "Shop", "return_window_days": 14}
    )[0]
    source = Source.objects.create(code="till", name="Till", default_channel=channel)
    return Shop(source, now)


@pytest.fixture
def counter(programme, now):
    """A shop whose purchases have no return window."""
    channel = Channel.objects.get_or_create(
        code="counter", defaults={"name": "Counter", "return_window_days": 0}
    )[0]
    source = Source.objects.create(code="counter", name="Counter", default_channel=channel)
    return Shop(source, now)


def balances(member) -> dict[str, int]:
    return dict(Account.objects.filter(member=member, balance__gt=0).values_list("kind", "balance"))


def entries(member=None) -> list[tuple]:
    """What the ledger says, without ids."""
    rows = Transfer.objects.order_by("member_id", "effective_at", "id")
    if member is not None:
        rows = rows.filter(member=member)
    return list(
        rows.values_list(
            "member_id", "unit", "debit_account__kind", "credit_account__kind", "amount",
            "reason", "effective_at", "is_late", "award__parts", "award__allocations",
            "award__cap_trimmed_points", "award__budget_trimmed_points",
        )
    )  # fmt: skip


def assert_ledger_true():
    counts, findings = verify_ledger()
    assert findings == []
    return counts


@pytest.fixture
def claim():
    def give_login(member):
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
        return member

    return give_login


@pytest.fixture
def mei(counter, rules, claim):
    counter.buy("mei", "100", on=dt.date(2025, 1, 6))
    return claim(counter.member("mei"))


@pytest.fixture
def make_reward(programme, now):
    """A published reward that everyone may have since 2010: ``make_reward(price_points=30)``."""

    def make(name="Tote bag", *, gates=None, kind="voucher", **terms):
        slug = terms.pop("slug", f"reward-{Reward.objects.count() + 1}")
        terms = {"price_points": 30, "published_at": EVER} | terms
        reward = Reward.objects.create(slug=slug, name=name, kind=kind, **terms)
        for gate in [{}] if gates is None else gates:
            gate = {"audience": ensure_everyone(), "opens_at": EVER} | gate
            RewardGate.objects.create(reward=reward, **gate)
        return reward

    return make
