"""Cards, and a café that stamps them: purchases through intake, counted at once or later."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from members.models import Audience, Member, MemberReference, WorkItem
from members.services.activities import ActivityRow, record_batch
from members.services.audiences import ensure_everyone
from members.services.enrolment import MemberKey
from members.services.work import process_due_work
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
)
from purchases.models import Source
from purchases.services.intake import take_in
from rewards.models import Challenge, ChallengeVersion, Stamp, StampBook, StampCard
from rewards.services.challenges import create_challenge, publish_version
from rewards.services.challenges.verification import find_faults
from tests.rewards.conftest import at

BEGUN = at(dt.date(2026, 3, 1), 0)
DAY = dt.date(2026, 3, 11)


def make_card(slug: str = "coffee", *, begins=BEGUN, audiences=None, **terms: Any) -> Challenge:
    """A card that is full at three stamps, one for each purchase, and gives 50 points."""
    card = create_challenge(slug=slug, name=slug.title(), by=None, now=begins)
    publish(card, begins=begins, audiences=audiences, **terms)
    return card


def publish(
    card: Challenge, *, begins: dt.datetime, audiences: list[Audience] | None = None, **terms: Any
) -> ChallengeVersion:
    terms = {"target": 3, "prize_kind": "points", "prize_points": 50} | terms
    return publish_version(
        card, starts_at=begins, audiences=audiences or [ensure_everyone()], by=None, now=begins,
        **terms,
    )  # fmt: skip


@dataclass
class Cafe:
    """``sell("mei", 3)`` is three coffees in one purchase of one line."""

    source: Source
    counts_at_once: bool = True
    numbers: Any = field(default_factory=lambda: count(1))

    def ticket(
        self, member: str, quantity: Any = 1, *, on=DAY, hour=12, product="coffee", price=400,
        lines=None, pk="", paid_otherwise=0,
    ) -> IncomingPurchase:  # fmt: skip
        if lines is None:
            lines = [(product, quantity, round(price * Decimal(str(quantity))))]
        return IncomingPurchase(
            pk or f"C{next(self.numbers):05}",
            at(on, hour),
            [
                IncomingLine(
                    Decimal(str(number)), amount, product=name, category=f"cat-{name}",
                    line_id=str(index), paid_otherwise=paid_otherwise,
                )
                for index, (name, number, amount) in enumerate(lines, 1)
            ],
            MemberKey(external_id=member) if member else None,
        )  # fmt: skip

    def slip(self, ticket: str, quantity: Any = None, *, on=DAY, hour=14, line="1"):
        lines = (
            [IncomingReturnLine(quantity and Decimal(quantity), None, line_id=line)]
            if quantity
            else []
        )
        return IncomingReturn(f"B{next(self.numbers):05}", ticket, at(on, hour), lines)

    def take_in(self, *items: Any, now: dt.datetime | None = None) -> None:
        purchases = [item for item in items if isinstance(item, IncomingPurchase)]
        returns = [item for item in items if isinstance(item, IncomingReturn)]
        times = [each.purchased_at for each in purchases] + [each.returned_at for each in returns]
        now = now or max(times)
        result = take_in(self.source, purchases, returns, now=now)
        assert [each for each in result.outcomes if each.state == "refused"] == []
        if self.counts_at_once:
            work(now)

    def sell(self, member: str, quantity: Any = 1, **more: Any) -> str:
        now = more.pop("now", None)
        ticket = self.ticket(member, quantity, **more)
        self.take_in(ticket, now=now)
        return ticket.external_id

    def give_back(self, ticket: str, quantity: Any = None, **more: Any) -> None:
        self.take_in(self.slip(ticket, quantity, **more))

    def member(self, external_id: str) -> Member:
        reference = MemberReference.objects.select_related("member").get(
            source_code=self.source.code, external_id=external_id
        )
        return reference.member


def work(now: dt.datetime) -> None:
    """Whatever waits, is done; nothing fails."""
    process_due_work(now=now, limit=100_000)
    assert list(WorkItem.objects.values_list("last_error", flat=True)) == []


def do(member: Member, kind: str, *, at: dt.datetime, subject: int | None = None, **facts) -> None:
    row = ActivityRow(member.pk, kind, at, "thing" if subject else "", subject, facts)
    record_batch(kind, [row], now=at)


def cards(member: Member, slug: str = "coffee") -> list[tuple[int, int, bool]]:
    """(stamps, target, prize given) of each card, in order."""
    return list(
        StampCard.objects.filter(book__member=member, book__challenge__slug=slug)
        .order_by("round")
        .values_list("stamp_count", "target", "is_paid")
    )


def total(member: Member, slug: str = "coffee") -> int:
    return StampBook.objects.get(member=member, challenge__slug=slug).total


def amounts(member: Member, slug: str = "coffee") -> list[int]:
    stamps = Stamp.objects.filter(book__member=member, book__challenge__slug=slug)
    return list(stamps.order_by("id").values_list("amount", flat=True))


def assert_cards_true() -> None:
    assert find_faults() == []
