"""Reserving points, spending them, and giving them back (points.md 10 to 12)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of, start_of
from rewards.engine.book import HELD, Book, LotState
from rewards.engine.settling import expire
from rewards.enums import AccountKind, MoveKind, Reason
from rewards.models import Lot, LotMove, Transfer
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger


class BalanceTooLow(DomainError):
    code = "balance_too_low"
    message = _("This needs %(needed)s points and %(available)s are available.")


class CannotSpend(DomainError):
    code = "cannot_spend"
    message = _("Points can be used once the membership is claimed with a login.")


class HoldClosed(DomainError):
    code = "hold_closed"
    status = 409
    message = _("This reservation was already used or cancelled.")


@transaction.atomic
def hold_points(member, amount: int, *, key: str, now: dt.datetime) -> Transfer:
    """Reserve points for a redemption; the same key again returns the first reservation.

    Raises CannotSpend for a member without a login or no longer active, and BalanceTooLow
    where the settled balance doesn't suffice.
    """
    if not member.can_spend:
        raise CannotSpend
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
    ledger, book = _open_hold(hold, now=now)
    draft = book.transfer(
        HELD, AccountKind.REDEEMED, hold.amount, Reason.CAPTURE, at=now, key=f"close:{hold.key}"
    )
    for lot, amount in _list_held(hold, book):
        book.move(lot, draft, MoveKind.TAKEN, amount, "held", "")
    write_ledger(ledger, now=now)


@transaction.atomic
def cancel_hold(hold: Transfer, *, by_club: bool = False, now: dt.datetime) -> None:
    """Give reserved points back to their own lots. Raises HoldClosed as ``capture_hold``."""
    ledger, book = _open_hold(hold, now=now)
    _give_back(ledger, book, hold, HELD, by_club=by_club, now=now)
    write_ledger(ledger, now=now)


@transaction.atomic
def refund_hold(hold: Transfer, *, by_club: bool = False, now: dt.datetime) -> None:
    """Give spent points back (a redemption cancelled after it was captured).

    Owed points are repaid first, lots past their day expire at once; where the club caused
    the cancellation they live for its grace instead (points.md 12).
    """
    ledger, book = _open_hold(hold, now=now, captured=True)
    _give_back(ledger, book, hold, AccountKind.REDEEMED, by_club=by_club, now=now)
    write_ledger(ledger, now=now)


def _give_back(
    ledger: Ledger, book: Book, hold: Transfer, origin: str, *, by_club: bool, now: dt.datetime
) -> None:
    terms = ledger.terms
    today = day_of(now, terms.zone)
    source = "held" if origin == HELD else ""
    draft = book.transfer(
        origin, AccountKind.AVAILABLE, hold.amount, Reason.RESTORE, at=now,
        key=f"{'close' if source else 'refund'}:{hold.key}",
    )  # fmt: skip
    restored = _list_held(hold, book)
    for lot, amount in restored:
        book.move(lot, draft, MoveKind.RESTORED, amount, source, "available")
    for lot, _amount in restored:
        book.repay(lot, at=now, key=f"repay:{hold.key}:lot", about=lot)
    for lot, _amount in restored:
        if lot.available and lot.expires_on is not None and lot.expires_on < today:
            if by_club:
                grace = terms.programme_on(today).club_fault_days
                book.redate(lot, today + dt.timedelta(days=grace), draft)
            else:
                expire(book, lot, max(now, start_of(lot.expires_on, terms.zone)))


def _open_hold(hold: Transfer, *, now: dt.datetime, captured: bool = False):
    """Books of the hold's member under lock, with the held lots in them."""
    if hold.member_id is None:
        raise ValueError("A reservation belongs to a member.")
    ledger = open_settled_ledger([hold.member_id], now=now)
    closed = set(
        Transfer.objects.filter(
            key__in=[f"close:{hold.key}", f"refund:{hold.key}"], member_id=hold.member_id
        ).values_list("reason", flat=True)
    )
    if closed != ({Reason.CAPTURE} if captured else set()):
        raise HoldClosed
    return ledger, ledger.books[hold.member_id]


def _list_held(hold: Transfer, book: Book) -> list[tuple[LotState, int]]:
    """The lots that a reservation took from, with the amounts, in the order taken."""
    known = {lot.id: lot for lot in book.lots}
    result = []
    moves = LotMove.objects.filter(transfer=hold).select_related("lot").order_by("id")
    for move in moves:
        lot = known.get(move.lot_id)
        if lot is None:
            lot = load_lot(move.lot)
            book.lots.append(lot)
        result.append((lot, move.amount))
    return result


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
