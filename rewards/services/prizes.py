"""Handing out what was won or given, for one member or for many, in the caller's own trip."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.bulk import RowWriter
from core.time import day_of
from rewards.engine.book import Cause
from rewards.enums import AccountKind, PrizeKind, Reason, SpinSource, Unit
from rewards.services.grants import open_grant
from rewards.services.ledger import Ledger

ENTITLEMENT_COLUMNS = (
    "member_id", "reward_id", "cause_type", "cause_id", "key", "is_set_aside", "given_at",
    "expires_on", "end_reason",
)  # fmt: skip
SPIN_GRANT_COLUMNS = (
    "member_id", "wheel_id", "source", "cause_type", "cause_id", "key", "spin_count", "used_count",
    "given_at", "expires_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prize:
    """What is won, as ``models.PrizeFields`` says it: amounts in points, in minor units of money
    or in spins. ``days`` is how long it may be taken or used.
    """

    kind: str
    reward_id: int | None = None
    points: int = 0
    amount: int = 0
    spin_count: int = 0
    wheel_id: int | None = None
    days: int | None = None


def get_prize(row: Any) -> Prize:
    """The prize that a row with ``PrizeFields`` describes."""
    return Prize(
        row.prize_kind,
        row.prize_reward_id,
        row.prize_points,
        row.prize_amount,
        row.prize_spin_count,
        row.prize_wheel_id,
        row.prize_days,
    )


@dataclass(frozen=True, slots=True)
class Won:
    """One prize of one member. ``key`` is unique among all that is ever given; at most 80
    characters. ``is_set_aside`` says that the reward's stock was counted already.
    """

    member_id: int
    prize: Prize
    cause: Cause
    key: str
    is_set_aside: bool = False


def add_prizes(
    ledger: Ledger, writer: RowWriter, won: Sequence[Won], *, source: str = SpinSource.PRIZE,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Put prizes into open, settled books and rows; the caller writes both.

    Points and store credit are there at once; points first repay what the member owes. A reward
    becomes an ``Entitlement``, spins a ``SpinGrant``. A key that was given before breaks a
    constraint: whoever may repeat asks first.
    """
    today = day_of(now, ledger.terms.zone)
    for each in won:
        prize, book = each.prize, ledger.books[each.member_id]
        until = today + dt.timedelta(days=prize.days) if prize.days else None
        if prize.kind == PrizeKind.POINTS:
            open_grant(
                book, prize.points, ledger.terms, expires_on=until, key=f"prize:{each.key}",
                now=now, cause=each.cause,
            )  # fmt: skip
        elif prize.kind == PrizeKind.CREDIT:
            book.transfer(
                AccountKind.ISSUED, AccountKind.CREDIT_GRANTED, prize.amount, Reason.GRANT,
                at=now, key=f"prize:{each.key}", unit=Unit.MONEY, cause=each.cause,
            )  # fmt: skip
        elif prize.kind == PrizeKind.REWARD:
            row = (
                each.member_id, prize.reward_id, *each.cause, each.key, each.is_set_aside, now,
                until, "",
            )  # fmt: skip
            writer.add("rewards_entitlement", ENTITLEMENT_COLUMNS, [row])
        elif prize.kind == PrizeKind.SPINS:
            spins = (
                each.member_id, prize.wheel_id, str(source), *each.cause, each.key,
                prize.spin_count, 0, now, until,
            )  # fmt: skip
            writer.add("rewards_spingrant", SPIN_GRANT_COLUMNS, [spins])
