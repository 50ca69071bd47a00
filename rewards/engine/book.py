"""One member's points while they are being changed: balances, lots, and what was written down."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rewards.enums import AccountKind, MoveKind, Reason, Unit

PENDING, AVAILABLE, HELD = AccountKind.PENDING, AccountKind.AVAILABLE, AccountKind.HELD
OWED, MOVED = AccountKind.OWED, AccountKind.MOVED
MEMBER_KINDS = frozenset(
    {
        PENDING, AVAILABLE, HELD, OWED, AccountKind.STATUS_PENDING, AccountKind.STATUS,
        AccountKind.CREDIT_GRANTED, AccountKind.CREDIT_REFUNDED, AccountKind.CREDIT_HELD,
    }
)  # fmt: skip
# What an entry is about, as ("redemption", 7); or the draft whose id is still to come.
Cause = tuple[str, Any]
NO_CAUSE: tuple[str, None] = ("", None)
_FAR = dt.date.max


def charity_account(charity_id: int) -> str:
    """A charity's account, as a transfer names it."""
    return f"{AccountKind.CHARITY}:{charity_id}"


class NotEnoughPoints(Exception):
    """The book holds fewer available points than asked; the service turns it into a sentence."""


@dataclass(slots=True)
class LotState:
    """A lot as loaded or opened.

    ``award`` is an award id or the draft that opened it. ``lapsed`` maps the account into which
    points went without the member's doing (expired, forfeited) to what still stands there.
    """

    unit: str
    award: Any
    opened_at: dt.datetime
    original: int
    release_on: dt.date | None = None
    expires_on: dt.date | None = None
    expires_after_days: int | None = None
    counts_on: dt.date | None = None
    pending: int = 0
    available: int = 0
    held: int = 0
    lapsed: dict[str, int] = field(default_factory=dict)
    id: int | None = None
    dirty: bool = False
    is_new: bool = False


@dataclass(slots=True)
class TransferDraft:
    unit: str
    debit: str
    credit: str
    amount: int
    reason: str
    effective_at: dt.datetime
    key: str
    about: Any = None  # the lot, award or reversal whose id completes the key
    award: Any = None
    reversal: Any = None
    is_late: bool = False
    cause: Cause | tuple[str, None] = NO_CAUSE
    id: int | None = None

    @property
    def full_key(self) -> str:
        return f"{self.key}:{self.about.id}" if self.about is not None else self.key


@dataclass(slots=True)
class MoveDraft:
    lot: LotState
    transfer: TransferDraft | None
    kind: str
    amount: int
    source: str
    target: str
    expires_on: dt.date | None = None
    decision_id: int | None = None


@dataclass(slots=True)
class TierStep:
    from_tier_id: int
    to_tier_id: int
    reason: str
    status_credits: int
    effective_at: dt.datetime
    decided_by_id: int | None = None


@dataclass(slots=True)
class NoticeDraft:
    code: str
    key: str
    effective_at: dt.datetime
    params: dict


@dataclass(slots=True)
class Book:
    """What must be known of one member to move their points, and what has been moved.

    ``balances`` are whole whatever part of the lots was loaded. ``status_days`` maps a counting
    day to the status credits that stand on it. ``tier_history`` holds (effective_at, tier_id)
    in order, beginning with the first tier.
    """

    member_id: int
    joined_on: dt.date
    tier_id: int
    birth_month: int | None = None
    is_active: bool = True
    tier_since_on: dt.date | None = None
    review_on: dt.date | None = None
    grace_since_on: dt.date | None = None
    grace_until_on: dt.date | None = None
    kept_tiers: list[tuple[int, dt.date]] = field(default_factory=list)  # promised up to that day
    points_expire_on: dt.date | None = None
    settled_on: dt.date | None = None
    closed_on: dt.date | None = None  # the last day that the whole club has closed
    has_purchased: bool = False
    balances: dict[str, int] = field(default_factory=dict)
    lots: list[LotState] = field(default_factory=list)
    status_days: dict[dt.date, int] = field(default_factory=dict)
    tier_history: list[tuple[dt.datetime, int]] = field(default_factory=list)
    audience_ids: frozenset[int] = frozenset()
    shares: list[Any] = field(default_factory=list)  # engine.giving.Share: what is promised away

    transfers: list[TransferDraft] = field(default_factory=list)
    moves: list[MoveDraft] = field(default_factory=list)
    awards: list[Any] = field(default_factory=list)
    reversals: list[Any] = field(default_factory=list)
    tier_steps: list[TierStep] = field(default_factory=list)
    notices: list[NoticeDraft] = field(default_factory=list)
    donations: list[Any] = field(default_factory=list)  # engine.giving.ShareDraft
    standing_dirty: bool = False
    review_stale: bool = False
    next_due_on: dt.date | None = None

    def balance(self, kind: str) -> int:
        return self.balances.get(kind, 0)

    def is_late(self, day: dt.date) -> bool:
        """Whether an event of that day arrives after the day was settled or closed."""
        return (self.settled_on is not None and day < self.settled_on) or (
            self.closed_on is not None and day <= self.closed_on
        )

    # --- The one way an amount moves ---------------------------------------------------------

    def transfer(
        self,
        debit: str,
        credit: str,
        amount: int,
        reason: str,
        *,
        at: dt.datetime,
        key: str,
        about: Any = None,
        unit: str = Unit.POINTS,
        award: Any = None,
        reversal: Any = None,
        is_late: bool = False,
        cause: Cause | None = None,
    ) -> TransferDraft:
        """Write one transfer down and follow it in the balances.

        Raises NotEnoughPoints where a member balance would fall below zero.
        """
        draft = TransferDraft(
            unit, debit, credit, amount, reason, at, key, about, award, reversal, is_late,
            cause or NO_CAUSE,
        )  # fmt: skip
        self._follow(debit, -amount)
        self._follow(credit, amount)
        self.transfers.append(draft)
        return draft

    def _follow(self, kind: str, change: int) -> None:
        if kind not in MEMBER_KINDS:
            return
        if kind == OWED:  # debit-normal
            change = -change
        left = self.balances.get(kind, 0) + change
        if left < 0:
            raise NotEnoughPoints(kind)
        self.balances[kind] = left

    def hand_over(
        self, other: "Book", kind: str, amount: int, reason: str, *, at: dt.datetime, key: str,
        unit: str = Unit.POINTS, award: Any = None,
    ) -> tuple[TransferDraft, TransferDraft]:  # fmt: skip
        """Move an amount to the same account of another member, by way of the programme.

        Each member's entries then add up to their own balance. For ``owed`` the debt itself goes
        over. Returns the transfer out of this book and the one into the other.
        """
        common: dict[str, Any] = {"at": at, "unit": unit, "award": award}
        if kind == OWED:
            gone = self.transfer(MOVED, OWED, amount, reason, key=f"{key}:out", **common)
            come = other.transfer(OWED, MOVED, amount, reason, key=f"{key}:in", **common)
        else:
            gone = self.transfer(kind, MOVED, amount, reason, key=f"{key}:out", **common)
            come = other.transfer(MOVED, kind, amount, reason, key=f"{key}:in", **common)
        return gone, come

    def move(
        self,
        lot: LotState,
        transfer: TransferDraft,
        kind: str,
        amount: int,
        source: str,
        target: str,
    ) -> None:
        """Take ``amount`` of a lot from one of its places to another ("" is the outside)."""
        if source:
            left = getattr(lot, source) - amount
            if left < 0:
                raise NotEnoughPoints(source)
            setattr(lot, source, left)
        if target:
            setattr(lot, target, getattr(lot, target) + amount)
        if kind in (MoveKind.EXPIRED, MoveKind.FORFEITED):
            lot.lapsed[kind] = lot.lapsed.get(kind, 0) + amount
        lot.dirty = True
        life = lot.expires_on if kind in (MoveKind.OPENED, MoveKind.RELEASED) else None
        self.moves.append(MoveDraft(lot, transfer, kind, amount, source, target, life))

    # --- Opening and repaying ----------------------------------------------------------------

    def open_lot(
        self,
        lot: LotState,
        debit: str,
        place: str,
        *,
        reason: str,
        at: dt.datetime,
        key: str,
        about: Any = None,
        is_late: bool = False,
        cause: Cause | None = None,
    ) -> None:
        """Bring a new lot into being from a programme account; available points repay first."""
        account = _account_of(lot.unit, place)
        draft = self.transfer(
            debit, account, lot.original, reason, at=at, key=key, about=about,
            unit=lot.unit, award=lot.award, is_late=is_late, cause=cause,
        )  # fmt: skip
        self.lots.append(lot)
        self.move(lot, draft, MoveKind.OPENED, lot.original, "", place)
        if lot.unit == Unit.STATUS and place == "available":
            self.count_status(lot, lot.original)
        if lot.unit == Unit.POINTS and place == "available":
            self.repay(lot, at=at, key="repay:lot", about=lot)
        self.note_due(lot)

    def repay(self, lot: LotState, *, at: dt.datetime, key: str, about: Any = None) -> None:
        """Every credit to ``available`` first repays what is owed (docs/points.md 9)."""
        amount = min(self.balance(OWED), lot.available)
        if amount > 0:
            draft = self.transfer(
                AVAILABLE, OWED, amount, Reason.REPAY, at=at, key=key, about=about
            )
            self.move(lot, draft, MoveKind.TAKEN, amount, "available", "")

    def count_status(self, lot: LotState, change: int) -> None:
        day = lot.counts_on
        if day is None:
            raise ValueError("A status lot needs the day on which it counts.")
        self.status_days[day] = self.status_days.get(day, 0) + change
        self.review_stale = True

    # --- Spending ----------------------------------------------------------------------------

    def spendable_lots(self) -> list[LotState]:
        """Points lots in spending order: soonest expiry, then opening, never-expiring last."""
        return sorted(
            (lot for lot in self.lots if lot.unit == Unit.POINTS and lot.available > 0),
            key=lambda lot: (lot.expires_on or _FAR, lot.opened_at, lot.id or _NEW),
        )

    def take(
        self,
        amount: int,
        credit: str,
        reason: str,
        *,
        at: dt.datetime,
        key: str,
        kind: str,
        about: Any = None,
        target: str = "",
        reversal: Any = None,
        lots: Iterable[LotState] | None = None,
        cause: Cause | None = None,
    ) -> TransferDraft:
        """One transfer out of ``available``, drawn from the lots in spending order.

        Raises NotEnoughPoints where the available points don't suffice.
        """
        draft = self.transfer(
            AVAILABLE, credit, amount, reason, at=at, key=key, about=about, reversal=reversal,
            cause=cause,
        )  # fmt: skip
        left = amount
        for lot in self.spendable_lots() if lots is None else lots:
            part = min(left, lot.available)
            if part:
                self.move(lot, draft, kind, part, "available", target)
                left -= part
            if not left:
                return draft
        raise NotEnoughPoints("lots")

    def redate(
        self,
        lot: LotState,
        expires_on: dt.date | None,
        transfer: TransferDraft | None = None,
        decision_id: int | None = None,
    ) -> None:
        """Give a lot another last usable day, for the transfer or decision named."""
        lot.expires_on = expires_on
        lot.dirty = True
        self.moves.append(
            MoveDraft(lot, transfer, MoveKind.REDATED, 0, "", "", expires_on, decision_id)
        )
        self.note_due(lot)

    # --- What falls due ----------------------------------------------------------------------

    def note_due(self, lot: LotState) -> None:
        """Keep the earliest day on which something of this book falls due."""
        due = due_day(lot)
        if due is not None and (self.next_due_on is None or due < self.next_due_on):
            self.next_due_on = due

    def tier_at(self, moment: dt.datetime) -> int:
        """The tier that was in force at an instant."""
        for effective_at, tier_id in reversed(self.tier_history):
            if effective_at <= moment:
                return tier_id
        return self.tier_history[0][1] if self.tier_history else self.tier_id


_NEW = 1 << 62  # a lot without an id yet was opened last


def read_promises(text: str | None) -> list[tuple[int, dt.date]]:
    """``Book.kept_tiers`` from its JSON, as a standing keeps it: [[tier id, "2026-12-31"], ...]."""
    return [(tier_id, dt.date.fromisoformat(day)) for tier_id, day in json.loads(text or "[]")]


def write_promises(promises: list[tuple[int, dt.date]]) -> str:
    return json.dumps([(tier_id, day.isoformat()) for tier_id, day in promises])


def due_day(lot: LotState) -> dt.date | None:
    """The day at whose start the lot's next release or expiry happens."""
    if lot.pending:
        return lot.release_on
    if lot.unit == Unit.POINTS and lot.available and lot.expires_on:
        return lot.expires_on + dt.timedelta(days=1)
    return None


def _account_of(unit: str, place: str) -> str:
    if unit == Unit.STATUS:
        return AccountKind.STATUS_PENDING if place == "pending" else AccountKind.STATUS
    return place
