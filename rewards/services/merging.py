"""Two memberships become one, and two again; a member leaves (docs/points.md 20 and 21).

Called by the merge and erasure of the member record through the personal-data registry.
"""

import datetime as dt
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import day_of
from rewards.engine.book import AVAILABLE, OWED, PENDING, Book, LotState
from rewards.engine.settling import expire
from rewards.engine.tiers import review_up
from rewards.enums import AccountKind, MoveKind, Reason, Unit
from rewards.models import Lot
from rewards.services.holding import load_lot
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import NoProgramme, open_settled_ledger

_PLACES = {
    Unit.POINTS: (("pending", PENDING), ("available", AVAILABLE)),
    Unit.STATUS: (("pending", AccountKind.STATUS_PENDING), ("available", AccountKind.STATUS)),
}


class OpenReservations(DomainError):
    code = "open_reservations"
    message = _("Reserved points must be used or given back first.")


@transaction.atomic
def merge_points(source, target, now: dt.datetime) -> dict[str, Any]:
    """Move every lot and debt of ``source`` to ``target``; expiries stay, debts are repaid.

    Returns what ``undo_merge`` needs, JSON-ready. Raises OpenReservations where the absorbed
    member holds any.
    """
    ledger = open_settled_ledger([source.pk, target.pk], now=now)
    absorbed, survivor = ledger.books[source.pk], ledger.books[target.pk]
    _refuse_open_holds(absorbed)
    _load_all_lots(absorbed)
    # Of this merge alone: two may be merged, parted and merged again at one instant.
    stamp = f"{source.pk}:{target.pk}:{uuid4().hex}"
    debt = absorbed.balance(OWED)
    if debt:
        absorbed.hand_over(survivor, OWED, debt, Reason.MERGE, at=now, key=f"merge:owed:{stamp}")
    lots = [lot for lot in absorbed.lots if lot.id is not None]
    moved = _hand_over(absorbed, survivor, lots, Reason.MERGE, now, f"merge:{stamp}")
    survivor.lots.extend(lots)
    absorbed.lots = [lot for lot in absorbed.lots if lot.id is None]
    repaid = [
        move
        for lot in survivor.spendable_lots()
        if (move := _repay_from(survivor, lot, now, f"merge:repay:{stamp}"))
    ]
    survivor.has_purchased |= absorbed.has_purchased
    survivor.standing_dirty = survivor.review_stale = True
    review_up(survivor, day_of(now, ledger.terms.zone), ledger.terms, set(), now)
    write_ledger(ledger, now=now)
    _own_lots(source.pk, target.pk, [lot.id for lot in lots if lot.id is not None])
    return {
        "stamp": stamp,
        "owed": debt,
        "lots": moved,
        "empty_lots": [lot.id for lot in lots if str(lot.id) not in moved],
        "repaid": [[lot.id, amount] for lot, amount in repaid],
    }


@transaction.atomic
def undo_merge(source, target, moved: dict[str, Any], now: dt.datetime) -> None:
    """Undo ``merge_points``: first the repayment, then what is unspent goes back.

    Every lot that came goes back with all that stands in it by now, and so do lots of purchases
    that have gone back (amended while merged, they opened new ones): a later return looks for
    them where the purchase is. What the survivor spent since stays spent; each side owes again
    what it owed, and what was earned or came back since pays for that first. Raises
    OpenReservations where some of these points are reserved.
    """
    ledger = open_settled_ledger([source.pk, target.pk], now=now)
    restored, survivor = ledger.books[source.pk], ledger.books[target.pk]
    stamp = moved["stamp"]
    came = [*map(int, moved["lots"]), *moved["empty_lots"]]
    # Purchases are registered before points, so they belong to their own member by now.
    followed = Lot.objects.filter(member_id=target.pk, award__purchase__member_id=source.pk)
    later = followed.exclude(pk__in=came).order_by("pk").values_list("pk", flat=True)
    lots = _find_lots(survivor, [*came, *later])
    if any(lot.held for lot in lots):
        raise OpenReservations
    _give_repayment_back(ledger, survivor, moved["repaid"], now, f"unmerge:repay:{stamp}")
    debt = min(moved["owed"], survivor.balance(OWED))
    if debt:
        survivor.hand_over(
            restored, OWED, debt, Reason.UNMERGE, at=now, key=f"unmerge:owed:{stamp}"
        )
    _hand_over(survivor, restored, lots, Reason.UNMERGE, now, f"unmerge:{stamp}")
    given = {lot.id for lot in lots if lot.id is not None}
    restored.lots.extend(lots)
    survivor.lots = [lot for lot in survivor.lots if lot.id not in given]
    for book in (survivor, restored):
        for lot in book.spendable_lots():
            _repay_from(book, lot, now, f"unmerge:again:{stamp}")
    survivor.review_stale = restored.review_stale = True
    write_ledger(ledger, now=now)
    _own_lots(target.pk, source.pk, sorted(given))


@transaction.atomic
def forfeit_points(member, now: dt.datetime) -> None:
    """Take a leaving member's points off the books: pending and available are forfeited, what
    is owed is written off. Raises OpenReservations where an order is open.
    """
    try:
        ledger = open_settled_ledger([member.pk], now=now)
    except NoProgramme:
        return  # nobody ever earned anything
    book = ledger.books[member.pk]
    _refuse_open_holds(book)
    for lot in book.lots:
        if lot.unit != Unit.POINTS:
            continue
        for place, kind in _PLACES[Unit.POINTS]:
            amount = getattr(lot, place)
            if amount:
                draft = book.transfer(
                    kind, AccountKind.FORFEITED, amount, Reason.FORFEIT, at=now,
                    key=f"forfeit:{place}:{now.timestamp():.0f}:lot", about=lot, award=lot.award,
                )  # fmt: skip
                book.move(lot, draft, MoveKind.FORFEITED, amount, place, "")
    debt = book.balance(OWED)
    if debt:
        book.transfer(
            AccountKind.WRITTEN_OFF, OWED, debt, Reason.WRITE_OFF, at=now,
            key=f"write_off:{member.pk}:{now.isoformat()}",
        )  # fmt: skip
    write_ledger(ledger, now=now)


def _refuse_open_holds(book: Book) -> None:
    if book.balance(AccountKind.HELD):
        raise OpenReservations


def _load_all_lots(book: Book) -> None:
    """Spent lots and status lots too: later returns must find them with the new owner."""
    known = [lot.id for lot in book.lots if lot.id is not None]
    rows = Lot.objects.filter(member_id=book.member_id).exclude(pk__in=known).order_by("pk")
    book.lots.extend(load_lot(row) for row in rows)


def _find_lots(book: Book, ids: list[int]) -> list[LotState]:
    known = {lot.id: lot for lot in book.lots}
    for row in Lot.objects.filter(pk__in=set(ids) - set(known)):
        known[row.pk] = load_lot(row)
        book.lots.append(known[row.pk])
    return [known[pk] for pk in ids if pk in known]


def _hand_over(
    giver: Book, taker: Book, lots: list[LotState], reason: str, now: dt.datetime, key: str,
) -> dict[str, dict[str, int]]:  # fmt: skip
    """Move the lots' amounts between members; returns per lot id what moved from where."""
    moved: dict[str, dict[str, int]] = {}
    for lot in lots:
        for place, kind in _PLACES[Unit(lot.unit)]:
            amount = getattr(lot, place)
            if not amount:
                continue
            gone, come = giver.hand_over(
                taker, kind, amount, reason, at=now, key=f"{key}:{place}:{lot.id}",
                unit=lot.unit, award=lot.award,
            )  # fmt: skip
            giver.move(lot, gone, MoveKind.MOVED, amount, place, "")
            taker.move(lot, come, MoveKind.MOVED, amount, "", place)
            moved.setdefault(str(lot.id), {})[place] = amount
            if lot.unit == Unit.STATUS and place == "available":
                giver.count_status(lot, -amount)
                taker.count_status(lot, amount)
    return moved


def _repay_from(book: Book, lot: LotState, now: dt.datetime, key: str):
    before = lot.available
    book.repay(lot, at=now, key=f"{key}:{lot.id}")
    return (lot, before - lot.available) if lot.available < before else None


def _give_repayment_back(
    ledger: Ledger, book: Book, repaid: list[list[int]], now: dt.datetime, key: str
) -> None:
    today = day_of(now, ledger.terms.zone)
    lots = _find_lots(book, [pk for pk, _amount in repaid])
    for lot, (_pk, amount) in zip(lots, repaid, strict=True):
        draft = book.transfer(
            OWED, AVAILABLE, amount, Reason.UNMERGE, at=now, key=f"{key}:{lot.id}"
        )
        book.move(lot, draft, MoveKind.RESTORED, amount, "", "available")
        if lot.expires_on is not None and lot.expires_on < today:
            expire(book, lot, now, key=f"expire:{key}:{lot.id}")


def _own_lots(giver_id: int, taker_id: int, lot_ids: list[int]) -> None:
    """The lots belong to the other member now; their moves above say when and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rewards_lot SET member_id = %s WHERE member_id = %s AND id = ANY(%s)",
            [taker_id, giver_id, lot_ids],
        )
