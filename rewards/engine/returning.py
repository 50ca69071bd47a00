"""Undoing an award after a return, from what was recorded (docs/points.md 14 and 15)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.time import day_of
from rewards.engine.book import AVAILABLE, OWED, Book, LotState
from rewards.engine.earning import AwardDraft
from rewards.engine.limits import Usage
from rewards.engine.settling import settle
from rewards.engine.terms import Rule, Terms
from rewards.engine.tiers import review_up
from rewards.enums import AccountKind, MoveKind, Reason, Unit


@dataclass(slots=True)
class AwardState:
    """A recorded award that a return touches, with what earlier returns took.

    ``taken`` are points already reversed, per line. ``source`` is the award's id or, where the
    purchase came in the same batch, its draft. ``applied`` are the rule versions that made it
    (its own and its multipliers'), ``had_expired`` tells of its lot.
    """

    source: int | AwardDraft
    rule: Rule
    effective_on: dt.date
    positions: list[int]
    allocations: list[int]
    taken: list[int]
    lot: LotState | None
    applied: frozenset[int] = frozenset()
    had_expired: bool = False

    @property
    def has_lapsed(self) -> bool:
        return self.had_expired or (
            self.lot is not None and bool(self.lot.lapsed.get(AccountKind.EXPIRED))
        )

    @property
    def left(self) -> list[int]:
        """What still stands of it, per line."""
        return [given - taken for given, taken in zip(self.allocations, self.taken, strict=True)]


@dataclass(slots=True)
class ReversalDraft:
    """See models.Reversal; its cause is a return, or a version of the purchase."""

    award: AwardState
    return_id: int | None
    effective_at: dt.datetime
    reversed: int
    allocations: list[int]
    pending: int = 0
    own_lot: int = 0
    lapsed: int = 0
    other_lots: int = 0
    owed: int = 0
    id: int | None = None
    version_id: int | None = None


ToDate = dict[int, tuple[int, int, bool]]


def take_back(
    book: Book, returned: Any, to_date: ToDate, awards: list[AwardState], terms: Terms,
    usage: Usage, today: dt.date | None = None,
) -> None:  # fmt: skip
    """Undo, award by award, the share of the lines that came back.

    ``returned`` is a ``purchases.facts.ReturnFacts``; ``to_date`` maps a line's position to
    (amount returned to date with this return, amount of the line, whether all of it is back).
    """
    day = day_of(returned.effective_at, terms.zone)
    is_late = book.is_late(day)
    settle(book, min(day, today or day), terms)
    for award in awards:
        shares = count_shares(award, to_date)
        total = sum(shares)
        if total:
            draft = ReversalDraft(award, returned.id, returned.effective_at, total, shares)
            undo(book, draft, terms, reason=Reason.RETURN, key="return", is_late=is_late)
            usage.give_back(award.rule, book.member_id, award.effective_on, total)


def count_shares(award: AwardState, to_date: ToDate) -> list[int]:
    """Per line floor(allocation × returned to date ÷ line amount), less what was taken before."""
    shares = []
    for position, allocation, taken in zip(
        award.positions, award.allocations, award.taken, strict=True
    ):
        line = to_date.get(position)
        if line is None:
            shares.append(0)
            continue
        amount_to_date, line_amount, is_whole = line
        due = allocation if is_whole else allocation * amount_to_date // max(line_amount, 1)
        # An amendment may have made the line smaller than what came back of it.
        shares.append(max(min(due, allocation) - taken, 0))
    return shares


def undo(
    book: Book, draft: ReversalDraft, terms: Terms, *, reason: str, key: str, is_late: bool,
    first: Sequence[LotState] = (),
) -> None:  # fmt: skip
    """Post one reversal: from the award's own points, what lapsed of them, others, or a debt.

    ``key`` begins the keys of its transfers. The spent share is drawn from the lots ``first``,
    then from all others in spending order.
    """
    book.reversals.append(draft)
    award, at = draft.award, draft.effective_at
    lot, left = award.lot, draft.reversed
    unit = award.rule.unit
    is_status = unit == Unit.STATUS
    common: dict[str, Any] = {
        "at": at, "about": draft, "award": award.source, "reversal": draft, "is_late": is_late
    }  # fmt: skip
    if lot is not None and lot.pending and left:
        draft.pending = part = min(left, lot.pending)
        moved = book.transfer(
            AccountKind.STATUS_PENDING if is_status else AccountKind.PENDING,
            AccountKind.RETURNED, part, reason, key=f"{key}:pending", unit=unit, **common,
        )  # fmt: skip
        book.move(lot, moved, MoveKind.TAKEN, part, "pending", "")
        left -= part
    if lot is not None and lot.available and left:
        draft.own_lot = part = min(left, lot.available)
        moved = book.transfer(
            AccountKind.STATUS if is_status else AVAILABLE,
            AccountKind.RETURNED, part, reason, key=f"{key}:lot", unit=unit, **common,
        )  # fmt: skip
        book.move(lot, moved, MoveKind.TAKEN, part, "available", "")
        left -= part
        if is_status:
            book.count_status(lot, -part)
    lapsed = lot.lapsed if lot is not None else {}
    for origin in list(lapsed):
        part = min(left, lapsed[origin])
        if part:
            book.transfer(
                origin, AccountKind.RETURNED, part, Reason.REOPEN, key=f"{key}:{origin}",
                unit=unit, **common,
            )  # fmt: skip
            lapsed[origin] -= part
            draft.lapsed += part
            left -= part
    if left and is_status:
        raise ValueError("Status credits are never spent: the lot must cover its return.")
    if left:
        _take_spent(book, draft, left, common, reason, key, first)
    award.taken = [
        before + share for before, share in zip(award.taken, draft.allocations, strict=True)
    ]
    if is_status:
        review_up(book, day_of(at, terms.zone), terms, set())


def _take_spent(
    book: Book, draft: ReversalDraft, left: int, common: dict[str, Any], reason: str, key: str,
    first: Sequence[LotState],
) -> None:  # fmt: skip
    """The spent share comes from the member's other lots, the rest is owed."""
    draft.other_lots = part = min(left, book.balance(AVAILABLE))
    if part:
        others = [lot for lot in book.spendable_lots() if all(lot is not own for own in first)]
        book.take(
            part, AccountKind.RETURNED, reason, at=common["at"], key=f"{key}:others",
            about=draft, kind=MoveKind.TAKEN, reversal=draft, lots=[*first, *others],
        )  # fmt: skip
    draft.owed = left - part
    if draft.owed:
        book.transfer(
            OWED, AccountKind.RETURNED, draft.owed, Reason.OWE, key=f"{key}:owed", **common
        )
