"""What a kind of reward does when it is confirmed."""

import datetime as dt

from rewards.engine.book import Book, Cause
from rewards.enums import AccountKind, Reason, RewardKind, Unit

# These are with the member from the moment they are confirmed.
_AT_ONCE = frozenset(
    {
        RewardKind.POOL,
        RewardKind.PARTNER,
        RewardKind.VOUCHER,
        RewardKind.CREDIT,
        RewardKind.TIER,
        RewardKind.DOWNLOAD,
    }
)


def is_fulfilled_at_once(kind: str) -> bool:
    return kind in _AT_ONCE


def fulfil(book: Book, kind: str, value_amount: int, cause: Cause, *, now: dt.datetime) -> None:
    """Points become store credit by a second transfer with the same cause (docs/points.md 1)."""
    if kind == RewardKind.CREDIT:
        book.transfer(
            AccountKind.ISSUED, AccountKind.CREDIT_GRANTED, value_amount, Reason.GRANT,
            at=now, key=f"{cause[0]}:{cause[1]}:credit", unit=Unit.MONEY, cause=cause,
        )  # fmt: skip
