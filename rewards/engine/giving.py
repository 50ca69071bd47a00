"""Standing donations: a share of what is earned, given once available (docs/points.md 12a)."""

import datetime as dt
from dataclasses import dataclass

from rewards.engine.book import OWED, Book, LotState, charity_account
from rewards.enums import MoveKind, Reason


@dataclass(slots=True, frozen=True)
class Share:
    """A standing donation as it stands: what share, to whom, and from when till when."""

    id: int
    percent: int
    appeal_id: int
    charity_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime | None = None

    def covers(self, at: dt.datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(slots=True)
class ShareDraft:
    """One donation that a share made, of one lot."""

    share: Share
    lot: LotState
    points: int
    at: dt.datetime
    id: int | None = None


def give_shares(book: Book, lot: LotState, amount: int, owed: int, *, at: dt.datetime) -> None:
    """Give each share of the ``amount`` that an award's lot brought, ``owed`` before it came.

    A share counts what is left once debts are repaid, and is floored by itself; it comes out of
    that lot alone, so the order in which lots and batches come makes no difference.
    """
    if not book.shares or lot.award is None:
        return
    came = amount - (owed - book.balance(OWED))
    for share in book.shares:
        points = min(came * share.percent // 100, lot.available)
        if points > 0 and share.covers(at):
            draft = ShareDraft(share, lot, points, at)
            book.donations.append(draft)
            book.take(
                points, charity_account(share.charity_id), Reason.DONATE, at=at,
                key=f"donate:share:{share.id}:lot", about=lot, kind=MoveKind.TAKEN, lots=[lot],
                cause=("donation", draft),
            )  # fmt: skip
