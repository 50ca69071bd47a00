"""Reserving points, spending them, and giving them back (docs/points.md 10 to 12)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from rewards.engine.book import HELD, Book, LotState
from rewards.engine.settling import expire, start_sliding
from rewards.engine.terms import Terms
from rewards.enums import AccountKind, MoveKind, Reason
from rewards.models import Lot, LotMove, Transfer
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

MAX_KEY = 80  # leaves room for what derived entries put around it


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


@transaction.atomic
def hold_points(member, amount: int, *, key: str, now: dt.datetime) -> Transfer:
    """Reserve points for a redemption; the same key again returns the first reservation.

    ``key`` has at most 80 characters. Raises CannotSpend for a member without a login or no
    longer active, InvalidPoints for less than one point, and BalanceTooLow where the settled
    balance doesn't suffice.
    """
    if len(key) > MAX_KEY:
        raise ValueError("The key is longer than 80 characters.")
    if not member.can_spend:
        raise CannotSpend
    if amount < 1:
        raise InvalidPoints
    ledger = open_settled_ledger([member.pk], now=now)
    full_key = f"hold:{key}"
    known = Transfer.objects.filter(key=full_key, member=member).first()
    if known is not None:
        return known
    book = ledger.books[member.pk]
    available = book.balance(AccountKind.AVAILABLE)
    if amount > available:
        raise BalanceTooLow(needed=amount, available=available)
    book.take(amount, HELD, Reason.HOLD, at=now, key=full_key, kind=MoveKind.HELD, target="held")
    write_ledger(ledger, now=now)
    return Transfer.objects.get(key=full_key)


@transaction.atomic
def capture_hold(hold: Transfer, *, now: dt.datetime) -> None:
    """Spend what a reservation holds. Raises HoldClosed where it was used or cancelled."""
    opened = _open_hold(hold, now=now)
    ((book, lots),) = opened.parts
    draft = book.transfer(
        HELD, AccountKind.REDEEMED, hold.amount, Reason.CAPTURE, at=now, key=f"close:{hold.key}"
    )
    for lot, amount in lots:
        book.move(lot, draft, MoveKind.TAKEN, amount, "held", "")
    write_ledger(opened.ledger, now=now)


@transaction.atomic
def cancel_hold(hold: Transfer, *, by_club: bool = False, now: dt.datetime) -> None:
    """Give reserved points back to their own lots. Raises HoldClosed as ``capture_hold``."""
    opened = _open_hold(hold, now=now)
    ((book, lots),) = opened.parts
    key = f"close:{hold.key}"
    _give_back(opened.ledger.terms, book, lots, HELD, key, by_club=by_club, now=now)
    write_ledger(opened.ledger, now=now)


@transaction.atomic
def refund_hold(hold: Transfer, *, by_club: bool = False, now: dt.datetime) -> None:
    """Give spent points back (a redemption cancelled after it was captured).

    They return to their own lots, whoever owns these since a merge or its undoing. Owed points
    are repaid first, lots past their day expire at once; where the club caused the
    cancellation they live for its grace instead (docs/points.md 12).
    """
    opened = _open_hold(hold, now=now, captured=True)
    for index, (book, lots) in enumerate(opened.parts):
        key = f"refund:{hold.key}" + (f":{index}" if index else "")
        origin = AccountKind.REDEEMED
        _give_back(opened.ledger.terms, book, lots, origin, key, by_club=by_club, now=now)
    write_ledger(opened.ledger, now=now)


def _give_back(
    terms: Terms, book: Book, lots: list[tuple[LotState, int]], origin: str, key: str, *,
    by_club: bool, now: dt.datetime,
) -> None:  # fmt: skip
    today = day_of(now, terms.zone)
    source = "held" if origin == HELD else ""
    amount = sum(part for _lot, part in lots)
    draft = book.transfer(origin, AccountKind.AVAILABLE, amount, Reason.RESTORE, at=now, key=key)
    for lot, part in lots:
        book.move(lot, draft, MoveKind.RESTORED, part, source, "available")
    for lot, _part in lots:
        book.repay(lot, at=now, key=f"repay:{key}:lot", about=lot)
    start_sliding(book, today, terms)
    for lot, _part in lots:
        if lot.available and lot.expires_on is not None and lot.expires_on < today:
            if by_club:
                grace = terms.programme_on(today).club_fault_days
                book.redate(lot, today + dt.timedelta(days=grace), draft)
            else:
                expire(book, lot, now, key=f"expire:{key}:lot")


@dataclass(slots=True)
class _OpenHold:
    """A hold under lock: per owner of its lots, their book and (lot, amount) in order taken."""

    ledger: Ledger
    parts: list[tuple[Book, list[tuple[LotState, int]]]]


def _open_hold(hold: Transfer, *, now: dt.datetime, captured: bool = False) -> _OpenHold:
    moves = list(LotMove.objects.filter(transfer=hold).select_related("lot").order_by("id"))
    owners = {move.lot.member_id for move in moves}
    ledger = open_settled_ledger(owners, now=now)
    closed = set(
        Transfer.objects.filter(key__in=[f"close:{hold.key}", f"refund:{hold.key}"]).values_list(
            "reason", flat=True
        )
    )
    if closed != ({Reason.CAPTURE} if captured else set()):
        raise HoldClosed
    parts: dict[int, list[tuple[LotState, int]]] = {}
    # Read again under the locks: a merge may have moved the lots meanwhile.
    rows = Lot.objects.in_bulk([move.lot_id for move in moves])
    for move in moves:
        row = rows[move.lot_id]
        if row.member_id not in owners:
            raise HoldMoved
        lots = ledger.books[row.member_id].lots
        lot = next((each for each in lots if each.id == row.pk), None)
        if lot is None:
            lot = load_lot(row)
            lots.append(lot)
        parts.setdefault(row.member_id, []).append((lot, move.amount))
    return _OpenHold(ledger, [(ledger.books[owner], lots) for owner, lots in sorted(parts.items())])


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
