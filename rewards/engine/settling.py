"""What falls due by itself: releases, expiries and tier reviews, day by day (docs/points.md 11-17).

Everything due happens at the start of a programme day, in this order: release, expire, review.
A page, a purchase and the day close all settle through ``settle``; the day close is the sweep.
"""

import datetime as dt

from core.time import add_months, day_of, start_of
from rewards.engine.book import AVAILABLE, OWED, PENDING, Book, LotState, due_day
from rewards.engine.giving import give_shares
from rewards.engine.terms import Terms
from rewards.engine.tiers import refresh_review, review, review_up
from rewards.enums import AccountKind, ExpiryMode, MoveKind, Reason, Unit

_ONE_DAY = dt.timedelta(days=1)


def settle(book: Book, until: dt.date, terms: Terms) -> None:
    """Do all that is due up to the start of the programme day ``until``."""
    while True:
        refresh_review(book, terms)
        day = next_due_day(book)
        if day is None or day > until:
            break
        _settle_day(book, day, terms)
        if book.settled_on is None or book.settled_on < day:
            book.settled_on = day
            book.standing_dirty = True
    if book.settled_on is None or book.settled_on < until:
        book.settled_on = until
        book.standing_dirty = True


def next_due_day(book: Book) -> dt.date | None:
    """The earliest day at whose start this member has something due."""
    days = [
        day
        for day in (
            book.next_due_on,
            book.review_on,
            book.points_expire_on and book.points_expire_on + _ONE_DAY,
        )
        if day is not None
    ]
    return min(days, default=None)


def _settle_day(book: Book, day: dt.date, terms: Terms) -> None:
    at = start_of(day, terms.zone)
    upgraded_from: list[LotState] = []
    for lot in book.lots:
        if lot.pending and lot.release_on is not None and lot.release_on <= day:
            release(book, lot, lot.release_on, terms)
            if lot.unit == Unit.STATUS:
                upgraded_from.append(lot)
    for lot in book.lots:
        if lot.available and lot.expires_on and lot.expires_on < day and lot.unit == Unit.POINTS:
            expire(book, lot, at)
    if book.points_expire_on and book.points_expire_on < day:
        _expire_inactive(book, at)
    if upgraded_from:
        review_up(book, day, terms, {lot.counts_on for lot in upgraded_from})
    if book.review_on and book.review_on <= day:
        review(book, day, terms)
    _find_next_due(book)


def _find_next_due(book: Book) -> None:
    days = [day for lot in book.lots if (day := due_day(lot)) is not None]
    book.next_due_on = min(days, default=None)


# --- Points -------------------------------------------------------------------------------------


def release(book: Book, lot: LotState, day: dt.date, terms: Terms) -> None:
    """Turn a lot's pending amount into what can be used or counts, on its own release day."""
    amount = lot.pending
    late = book.settled_on is not None and day < book.settled_on
    at = start_of(day, terms.zone)
    if lot.unit == Unit.STATUS:
        draft = book.transfer(
            AccountKind.STATUS_PENDING, AccountKind.STATUS, amount, Reason.RELEASE,
            at=at, key="release:lot", about=lot, unit=Unit.STATUS, award=lot.award, is_late=late,
        )  # fmt: skip
        book.move(lot, draft, MoveKind.RELEASED, amount, "pending", "available")
        book.count_status(lot, amount)
        return
    draft = book.transfer(
        PENDING, AVAILABLE, amount, Reason.RELEASE,
        at=at, key="release:lot", about=lot, award=lot.award, is_late=late,
    )  # fmt: skip
    if lot.expires_on is None:
        lot.expires_on = expiry_of(lot, day, terms)
    start_sliding(book, day, terms)
    book.move(lot, draft, MoveKind.RELEASED, amount, "pending", "available")
    owed = book.balance(OWED)
    book.repay(lot, at=at, key="repay:lot", about=lot)
    give_shares(book, lot, amount, owed, at=at)


def expiry_of(lot: LotState, available_on: dt.date, terms: Terms) -> dt.date | None:
    """The last usable day of a lot, by the terms in force when it was earned."""
    if lot.expires_after_days is not None:
        return available_on + dt.timedelta(days=lot.expires_after_days)
    opened_on = day_of(lot.opened_at, terms.zone)
    return terms.programme_on(opened_on).last_usable_day(available_on)


def expire(book: Book, lot: LotState, at: dt.datetime, *, key: str = "") -> None:
    """Let what is left of a lot lapse. Where it is not the day's own sweep, name the cause."""
    amount = lot.available
    draft = book.transfer(
        AVAILABLE, AccountKind.EXPIRED, amount, Reason.EXPIRE,
        at=at, key=key or f"expire:{lot.expires_on}:lot", about=lot, award=lot.award,
    )  # fmt: skip
    book.move(lot, draft, MoveKind.EXPIRED, amount, "available", "")


def _expire_inactive(book: Book, at: dt.datetime) -> None:
    for lot in book.spendable_lots():
        if lot.expires_on is None:
            draft = book.transfer(
                AVAILABLE, AccountKind.EXPIRED, lot.available, Reason.EXPIRE,
                at=at, key=f"expire:{book.points_expire_on}:lot", about=lot, award=lot.award,
            )  # fmt: skip
            book.move(lot, draft, MoveKind.EXPIRED, lot.available, "available", "")
    book.points_expire_on = None
    book.standing_dirty = True


def start_sliding(book: Book, day: dt.date, terms: Terms) -> None:
    """Points that become available while no sliding day is set live the full span."""
    programme = terms.programme_on(day)
    if programme.expiry_mode == ExpiryMode.INACTIVITY and book.points_expire_on is None:
        book.points_expire_on = add_months(day, programme.expiry_months)
        book.standing_dirty = True


def keep_alive(book: Book, day: dt.date, kind: str, terms: Terms) -> None:
    """An activity of a chosen kind moves the day on which sliding points expire."""
    programme = terms.programme_on(day)
    if programme.expiry_mode != ExpiryMode.INACTIVITY or kind not in programme.expiry_activities:
        return
    last = add_months(day, programme.expiry_months)
    if book.points_expire_on is None or book.points_expire_on < last:
        book.points_expire_on = last
        book.standing_dirty = True
