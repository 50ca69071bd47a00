"""Reserving points, spending them, and giving them back (docs/points.md 10 to 12).

What a cause (a redemption, a payment, a donation) holds and has spent is read from the lot moves
of its own entries, never derived again: points go back to the lots that they came from.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.errors import DomainError
from core.time import day_of
from rewards.engine.book import HELD, Book, Cause, LotState
from rewards.engine.settling import expire, start_sliding
from rewards.enums import AccountKind, MoveKind, Reason
from rewards.models import Lot
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

# Lots in the order in which they were taken, with what of them is reserved and what is spent.
_PARTS = """
    SELECT m.lot_id, l.member_id,
           sum(CASE WHEN m.target = 'held' THEN m.amount WHEN m.source = 'held' THEN -m.amount
               ELSE 0 END)::bigint,
           sum(CASE WHEN m.kind = 'taken' AND t.reason IN ('capture', 'donate') THEN m.amount
               WHEN m.kind = 'restored' AND m.source = '' THEN -m.amount ELSE 0 END)::bigint
    FROM rewards_transfer t
    JOIN rewards_lotmove m ON m.transfer_id = t.id AND m.kind IN ('held', 'taken', 'restored')
    JOIN rewards_lot l ON l.id = m.lot_id
    WHERE t.cause_type = %s AND t.cause_id = %s
      AND t.reason IN ('hold', 'capture', 'donate', 'restore')
    GROUP BY m.lot_id, l.member_id ORDER BY min(m.id)
"""
_RESTORED = """
    SELECT count(*) FROM rewards_transfer
    WHERE cause_type = %s AND cause_id = %s AND reason = 'restore'
"""


class BalanceTooLow(DomainError):
    code = "balance_too_low"
    message = _("This needs %(needed)s points and %(available)s are available.")


class CannotSpend(DomainError):
    code = "cannot_spend"
    message = _("Points can be used once the membership is claimed with a login.")


class InvalidPoints(DomainError):
    code = "invalid_points"
    message = _("Name at least one point.")


class HoldMoved(DomainError):
    code = "hold_moved"
    status = 409
    message = _("The membership was merged at this moment; try again.")


class HoldClosed(DomainError):
    code = "hold_closed"
    status = 409
    message = _("This reservation was already used or cancelled.")


# --- Taking --------------------------------------------------------------------------------------


def take_shares(
    ledger: Ledger, shares: Sequence[tuple[int, int]], *, cause: Cause, now: dt.datetime,
    captured: bool = False,
) -> None:  # fmt: skip
    """Reserve (or, ``captured``, spend at once) points of one or more members' open books.

    ``shares`` is a list of (member id, points), one for each who pays. Raises BalanceTooLow with
    the first book that doesn't hold its share.
    """
    for member_id, points in shares:
        book = ledger.books[member_id]
        available = book.balance(AccountKind.AVAILABLE)
        if points > available:
            raise BalanceTooLow(needed=points, available=available)
        if captured:
            book.take(
                points, AccountKind.REDEEMED, Reason.CAPTURE, at=now,
                key=_key(cause, "capture", member_id), kind=MoveKind.TAKEN, cause=cause,
            )  # fmt: skip
        else:
            book.take(
                points, HELD, Reason.HOLD, at=now, key=_key(cause, "hold", member_id),
                kind=MoveKind.HELD, target="held", cause=cause,
            )  # fmt: skip


@transaction.atomic
def hold_points(member, points: int, *, cause: Cause, now: dt.datetime) -> None:
    """Reserve points for a cause; for a cause that has reserved before, nothing happens.

    Raises CannotSpend for a member without a login or no longer active, InvalidPoints for less
    than one point, and BalanceTooLow where the settled balance doesn't suffice.
    """
    if not member.can_spend:
        raise CannotSpend
    if points < 1:
        raise InvalidPoints
    ledger = open_settled_ledger(
        [member.pk], now=now, build_extra=lambda terms: [(_PARTS, [*cause])]
    )
    if ledger.extra[0]:
        return
    take_shares(ledger, [(member.pk, points)], cause=cause, now=now)
    write_ledger(ledger, now=now)


# --- Closing -------------------------------------------------------------------------------------


@dataclass(slots=True)
class SpentPart:
    """What one lot gave to a cause: still reserved, and spent (less what came back)."""

    book: Book
    lot: LotState
    held: int
    spent: int


@dataclass(slots=True)
class Spending:
    """A cause's points under lock, in the order in which the lots were taken."""

    cause: Cause
    ledger: Ledger
    parts: list[SpentPart] = field(default_factory=list)
    restored_count: int = 0

    @property
    def held(self) -> int:
        return sum(part.held for part in self.parts)

    @property
    def spent(self) -> int:
        return sum(part.spent for part in self.parts)


def open_spending(
    cause: Cause, *, now: dt.datetime, also: Sequence[int] = (),
    build_extra: Callable[..., Sequence[tuple[str, Sequence]]] | None = None,
) -> Spending:  # fmt: skip
    """Lock the members whose lots paid for a cause (and those of ``also``) and load the parts.

    Must run inside a transaction. Raises HoldMoved where a merge moved the lots meanwhile.
    """
    (before,) = read_together([(_PARTS, [*cause])])
    owners = {row[1] for row in before} | set(also)
    ledger = open_settled_ledger(
        owners,
        now=now,
        build_extra=lambda terms: [
            (_PARTS, [*cause]),
            (_RESTORED, [*cause]),
            *(build_extra(terms) if build_extra else ()),
        ],
    )
    rows, ((restored_count,),), *ledger.extra = ledger.extra
    if {row[1] for row in rows} - owners:
        raise HoldMoved
    spending = Spending(cause, ledger, restored_count=restored_count)
    missing = Lot.objects.in_bulk(_list_unloaded(ledger, rows))
    for lot_id, owner_id, held, spent in rows:
        book = ledger.books[owner_id]
        if lot_id in missing:
            book.lots.append(load_lot(missing[lot_id]))
        lot = next(each for each in book.lots if each.id == lot_id)
        spending.parts.append(SpentPart(book, lot, held, spent))
    return spending


def capture_held(spending: Spending, *, now: dt.datetime) -> None:
    """Spend what is reserved. Raises HoldClosed where nothing is."""
    for book, parts in _by_book(spending, "held"):
        amount = sum(part.held for part in parts)
        draft = book.transfer(
            HELD, AccountKind.REDEEMED, amount, Reason.CAPTURE, at=now,
            key=_key(spending.cause, "capture", book.member_id), cause=spending.cause,
        )  # fmt: skip
        for part in parts:
            book.move(part.lot, draft, MoveKind.TAKEN, part.held, "held", "")


def release_held(spending: Spending, *, by_club: bool = False, now: dt.datetime) -> None:
    """Give what is reserved back to its own lots. Raises HoldClosed where nothing is."""
    for book, parts in _by_book(spending, "held"):
        _give_back(spending, book, {id(part): part.held for part in parts}, parts, HELD,
                   by_club=by_club, now=now)  # fmt: skip


def refund_spent(
    spending: Spending, points: int | None = None, *, by_club: bool = False,
    origin: str = AccountKind.REDEEMED, now: dt.datetime,
) -> None:  # fmt: skip
    """Give spent points back, all or some; what was taken last comes back first.

    They return to their own lots, whoever owns these since a merge or its undoing. Owed points
    are repaid first, lots past their day expire at once; where the club caused it they live for
    its grace instead (docs/points.md 12). ``origin`` is where they were spent to: a donation's
    come from its charity. Raises HoldClosed where less was spent.
    """
    left = spending.spent if points is None else points
    if not 0 < left <= spending.spent:
        raise HoldClosed
    amounts: dict[int, int] = {}
    for part in reversed(spending.parts):
        if share := min(left, part.spent):
            amounts[id(part)] = share
            left -= share
    for book, parts in _by_book(spending, "spent"):
        _give_back(spending, book, amounts, [part for part in parts if id(part) in amounts],
                   origin, by_club=by_club, now=now)  # fmt: skip


@transaction.atomic
def capture_points(cause: Cause, *, now: dt.datetime) -> None:
    """``capture_held`` for a cause by itself."""
    spending = open_spending(cause, now=now)
    capture_held(spending, now=now)
    write_ledger(spending.ledger, now=now)


@transaction.atomic
def release_points(cause: Cause, *, by_club: bool = False, now: dt.datetime) -> None:
    """``release_held`` for a cause by itself."""
    spending = open_spending(cause, now=now)
    release_held(spending, by_club=by_club, now=now)
    write_ledger(spending.ledger, now=now)


@transaction.atomic
def refund_points(
    cause: Cause, points: int | None = None, *, by_club: bool = False, now: dt.datetime
) -> None:
    """``refund_spent`` for a cause by itself."""
    spending = open_spending(cause, now=now)
    refund_spent(spending, points, by_club=by_club, now=now)
    write_ledger(spending.ledger, now=now)


def _by_book(spending: Spending, place: str) -> list[tuple[Book, list[SpentPart]]]:
    """The parts with something in ``place``, per owner, owners in id order."""
    found: dict[int, list[SpentPart]] = {}
    for part in spending.parts:
        if getattr(part, place):
            found.setdefault(part.book.member_id, []).append(part)
    if not found:
        raise HoldClosed
    return [(parts[0].book, parts) for _owner, parts in sorted(found.items())]


def _give_back(
    spending: Spending, book: Book, amounts: Mapping[int, int], parts: Sequence[SpentPart],
    origin: str, *, by_club: bool, now: dt.datetime,
) -> None:  # fmt: skip
    if not parts:
        return
    terms = spending.ledger.terms
    today = day_of(now, terms.zone)
    source = "held" if origin == HELD else ""
    key = _key(spending.cause, f"restore:{spending.restored_count}", book.member_id)
    draft = book.transfer(
        origin, AccountKind.AVAILABLE, sum(amounts[id(part)] for part in parts), Reason.RESTORE,
        at=now, key=key, cause=spending.cause,
    )  # fmt: skip
    for part in parts:
        book.move(part.lot, draft, MoveKind.RESTORED, amounts[id(part)], source, "available")
    for part in parts:
        book.repay(part.lot, at=now, key=f"repay:{key}:lot", about=part.lot)
    start_sliding(book, today, terms)
    for part in parts:
        lot = part.lot
        if lot.available and lot.expires_on is not None and lot.expires_on < today:
            if by_club:
                grace = terms.programme_on(today).club_fault_days
                book.redate(lot, today + dt.timedelta(days=grace), draft)
            else:
                expire(book, lot, now, key=f"expire:{key}:lot")


def _key(cause: Cause, step: str, member_id: int) -> str:
    return f"{cause[0]}:{cause[1]}:{step}:{member_id}"


def _list_unloaded(ledger: Ledger, rows: Sequence[tuple]) -> list[int]:
    loaded = {lot.id for book in ledger.books.values() for lot in book.lots}
    return [row[0] for row in rows if row[0] not in loaded]


def load_lot(row: Lot) -> LotState:
    return LotState(
        unit=row.unit,
        award=row.award_id,
        opened_at=row.opened_at,
        original=row.original,
        release_on=row.release_on,
        expires_on=row.expires_on,
        expires_after_days=row.expires_after_days,
        counts_on=row.counts_on,
        pending=row.pending,
        available=row.available,
        held=row.held,
        id=row.pk,
    )
