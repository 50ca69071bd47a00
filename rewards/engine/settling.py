"""What falls due by itself: releases, expiries and tier reviews, day by day (docs/points.md 11-17).

Everything due happens at the start of a programme day, in this order: release, expire, review.
A page, a purchase and the day close all settle through ``settle``; the day close is the sweep.
"""

import datetime as dt

from core.time import add_months, day_of, start_of
from rewards.engine.book import (
    AVAILABLE,
    PENDING,
    Book,
    LotState,
    NoticeDraft,
    TierStep,
    due_day,
)
from rewards.engine.terms import Level, Programme, Terms
from rewards.enums import AccountKind, ExpiryMode, MoveKind, Reason, TierReason, TierWindow, Unit

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
        _review(book, day, terms)
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
    book.repay(lot, at=at, key="repay:lot", about=lot)


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


# --- Tiers --------------------------------------------------------------------------------------


def status_between(book: Book, first: dt.date, last: dt.date) -> int:
    """Status credits that count on days from ``first`` to ``last``, both included."""
    return sum(amount for day, amount in book.status_days.items() if first <= day <= last)


def status_on(book: Book, day: dt.date, programme: Programme) -> int:
    """Status credits in the tier period around ``day``."""
    return status_between(book, *programme.tier_period(day, book.joined_on, book.tier_since_on))


def review_up(
    book: Book, day: dt.date, terms: Terms, counted: set, at: dt.datetime | None = None
) -> bool:
    """Up at once, to the highest tier reached; also by a period that ended while it waited."""
    programme = terms.programme_on(day)
    current = programme.level_of(book.tier_id)
    best = status_on(book, day, programme)
    if programme.tier_window != TierWindow.ROLLING:
        best = max([best, *(status_on(book, on, programme) for on in counted)])
    reached = [level for level in programme.levels if level.threshold <= best]
    if reached and reached[-1].rank > current.rank:
        _change_tier(book, current, reached[-1], TierReason.UPGRADE, best, day, terms, at)
        return True
    if book.grace_until_on and best >= current.threshold:
        _leave_grace(book)
    return False


def _review(book: Book, day: dt.date, terms: Terms) -> None:
    """The review of one day: kept, up (other terms may ask for less), into grace, or down."""
    programme = terms.programme_on(day)
    current = programme.level_of(book.tier_id)
    book.review_on = None
    book.review_stale = book.standing_dirty = True
    if review_up(book, day, terms, set()):
        return
    best = _best_for_keeping(book, day, programme)
    if current.rank == 0 or best >= current.threshold:
        _leave_grace(book)
    elif book.grace_until_on is None and programme.grace_days:
        _enter_grace(book, day, current, current.threshold - best, programme, terms)
    elif book.grace_until_on is None or day > book.grace_until_on:
        lower = [level for level in programme.levels if level.rank < current.rank]
        _change_tier(book, current, lower[-1], TierReason.DOWNGRADE, best, day, terms)


def _enter_grace(
    book: Book, day: dt.date, current: Level, missing: int, programme: Programme, terms: Terms
) -> None:
    book.grace_since_on = day
    book.grace_until_on = day + dt.timedelta(days=programme.grace_days - 1)
    book.notices.append(
        NoticeDraft(
            "tier_warning",
            f"tier_warning:{day}",
            start_of(day, terms.zone),
            {
                "tier_id": current.tier_id,
                "missing": missing,
                "until": book.grace_until_on.isoformat(),
            },
        )
    )


def _best_for_keeping(book: Book, day: dt.date, programme: Programme) -> int:
    """The larger of the period that was judged and the present one."""
    judged = book.grace_since_on or day
    if programme.tier_window == TierWindow.ROLLING:
        return status_on(book, day, programme)
    return max(status_on(book, judged - _ONE_DAY, programme), status_on(book, day, programme))


def _leave_grace(book: Book) -> None:
    if book.grace_until_on is not None:
        book.grace_since_on = book.grace_until_on = None
        book.standing_dirty = book.review_stale = True


def _change_tier(
    book: Book,
    current: Level,
    target: Level,
    reason: str,
    status: int,
    day: dt.date,
    terms: Terms,
    at: dt.datetime | None = None,
) -> None:
    effective_on = max(day, book.settled_on or day)
    at = max(at or start_of(day, terms.zone), start_of(effective_on, terms.zone))
    book.tier_steps.append(TierStep(current.tier_id, target.tier_id, reason, status, at))
    book.tier_history.append((at, target.tier_id))
    book.tier_id = target.tier_id
    book.tier_since_on = effective_on
    book.standing_dirty = book.review_stale = True
    book.grace_since_on = book.grace_until_on = None
    code = "tier_up" if target.rank > current.rank else "tier_down"
    book.notices.append(
        NoticeDraft(code, f"{code}:{effective_on}", at, {"tier_id": target.tier_id})
    )


def refresh_review(book: Book, terms: Terms) -> None:
    """Find the day of the next review after the tier or the status credits changed."""
    if not book.review_stale:
        return
    book.review_stale = False
    day = book.settled_on or book.tier_since_on or book.joined_on
    days = (_next_review(book, day, terms.programme_on(day)), terms.next_version_on(day))
    review_on = min((each for each in days if each is not None), default=None)
    if review_on != book.review_on:
        book.review_on = review_on
        book.standing_dirty = True


def _next_review(book: Book, day: dt.date, programme: Programme) -> dt.date | None:
    level = programme.level_of(book.tier_id)
    if level.rank == 0 or programme.tier_window == TierWindow.LIFETIME:
        return None
    if book.grace_until_on is not None:
        return book.grace_until_on + _ONE_DAY
    if programme.tier_window == TierWindow.ROLLING:
        return _rolling_review(book, day, programme, level)
    start, end = programme.tier_period(day, book.joined_on, book.tier_since_on)
    previous = status_between(
        book, *programme.tier_period(start - _ONE_DAY, book.joined_on, book.tier_since_on)
    )
    if max(previous, status_between(book, start, end)) < level.threshold:
        return day + _ONE_DAY  # a return took away what the tier rested on
    return end + _ONE_DAY


def _rolling_review(book: Book, day: dt.date, programme: Programme, level: Level) -> dt.date:
    """The first day on which the rolling sum falls below what the tier asks."""
    total = 0
    for counts_on in sorted(book.status_days, reverse=True):
        total += book.status_days[counts_on]
        if total >= level.threshold:
            return max(_leaves_window(counts_on, programme.tier_months), day + _ONE_DAY)
    return day + _ONE_DAY


def _leaves_window(counts_on: dt.date, months: int) -> dt.date:
    """The first day whose rolling window no longer holds ``counts_on``."""
    day = add_months(counts_on, months)
    while add_months(day, -months) < counts_on:
        day += _ONE_DAY
    return day
