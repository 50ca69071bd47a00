"""Tiers: up at once, down after a review and its grace, and held by decision (docs/points.md 16).

Reviews happen at the start of a programme day, in ``settle``; ``refresh_review`` finds that day.
"""

import datetime as dt

from core.time import add_months, day_of, start_of
from rewards.engine.book import Book, NoticeDraft, TierStep
from rewards.engine.terms import Level, Programme, Terms
from rewards.enums import TierReason, TierWindow

_ONE_DAY = dt.timedelta(days=1)


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


def review(book: Book, day: dt.date, terms: Terms) -> None:
    """The review of one day: kept, up (other terms may ask for less), into grace, or down."""
    programme = terms.programme_on(day)
    current = programme.level_of(book.tier_id)
    book.review_on = None
    book.review_stale = book.standing_dirty = True
    if review_up(book, day, terms, set()):
        return
    best = _best_for_keeping(book, day, programme)
    if (
        current.rank == 0
        or best >= current.threshold
        or current.rank <= _floor(book, day, programme)
    ):
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
    decided_by_id: int | None = None,
) -> None:
    effective_on = max(day, book.settled_on or day)
    at = max(at or start_of(day, terms.zone), start_of(effective_on, terms.zone))
    book.tier_steps.append(
        TierStep(current.tier_id, target.tier_id, reason, status, at, decided_by_id)
    )
    book.tier_history.append((at, target.tier_id))
    book.tier_id = target.tier_id
    book.tier_since_on = effective_on
    book.standing_dirty = book.review_stale = True
    book.grace_since_on = book.grace_until_on = None
    code = "tier_up" if target.rank > current.rank else "tier_down"
    book.notices.append(
        NoticeDraft(code, f"{code}:{effective_on}", at, {"tier_id": target.tier_id})
    )


# --- The day of the next review -----------------------------------------------------------------


def refresh_review(book: Book, terms: Terms) -> None:
    """Find the day of the next review after the tier or the status credits changed."""
    if not book.review_stale:
        return
    book.review_stale = False
    day = book.settled_on or book.tier_since_on or book.joined_on
    _forget_promises(book, day, terms.programme_on(day))
    days = (_next_review(book, day, terms.programme_on(day)), terms.next_version_on(day))
    review_on = min((each for each in days if each is not None), default=None)
    if review_on != book.review_on:
        book.review_on = review_on
        book.standing_dirty = True


def _next_review(book: Book, day: dt.date, programme: Programme) -> dt.date | None:
    level = programme.level_of(book.tier_id)
    if level.rank == 0:
        return None
    if book.grace_until_on is not None:
        return book.grace_until_on + _ONE_DAY
    review_on = _find_review(book, day, programme, level)
    kept_on = _find_kept_day(book, level, programme)
    if review_on is not None and kept_on is not None:
        return max(review_on, kept_on + _ONE_DAY)
    return review_on


def _find_review(book: Book, day: dt.date, programme: Programme, level: Level) -> dt.date | None:
    """The first day on which the status credits alone may no longer bear the tier."""
    if programme.tier_window == TierWindow.LIFETIME:
        # For life, except where nothing but a decision bears it.
        short = status_on(book, day, programme) < level.threshold
        rests = _find_kept_day(book, level, programme) is not None
        return day + _ONE_DAY if short and rests else None
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


# --- Tiers by decision --------------------------------------------------------------------------


def keep_tier(
    book: Book,
    tier_id: int,
    until: dt.date,
    terms: Terms,
    *,
    reason: str,
    at: dt.datetime,
    decided_by_id: int | None = None,
) -> None:
    """Promise a tier up to a day, and raise the member to it at once (docs/points.md 16)."""
    day = max(day_of(at, terms.zone), book.settled_on or dt.date.min)
    programme = terms.programme_on(day)
    current, wanted = programme.level_of(book.tier_id), programme.level_of(tier_id)
    if wanted.rank > current.rank:
        status = status_on(book, day, programme)
        _change_tier(book, current, wanted, reason, status, day, terms, at, decided_by_id)
    add_promises(book, [(tier_id, until)], programme)
    if programme.level_of(book.tier_id).rank <= _floor(book, day, programme):
        _leave_grace(book)


def add_promises(book: Book, promises: list[tuple[int, dt.date]], programme: Programme) -> None:
    """Put promises beside those that stand; one that another outranks and outlasts is dropped."""
    left: list[tuple[int, dt.date]] = []
    by_rank = {tier_id: programme.level_of(tier_id).rank for tier_id, _ in book.kept_tiers}
    by_rank |= {tier_id: programme.level_of(tier_id).rank for tier_id, _ in promises}
    known = {*book.kept_tiers, *promises}
    for tier_id, until in sorted(known, key=lambda kept: (kept[1], by_rank[kept[0]]), reverse=True):
        if not any(by_rank[other] >= by_rank[tier_id] for other, _later in left):
            left.append((tier_id, until))
    book.kept_tiers = left
    book.standing_dirty = book.review_stale = True


def end_promises(book: Book, day: dt.date) -> None:
    """Take all promises back: from ``day`` on the tier is reviewed as any other."""
    last = day - _ONE_DAY
    book.kept_tiers = [(tier_id, min(until, last)) for tier_id, until in book.kept_tiers]
    book.standing_dirty = book.review_stale = True


def _floor(book: Book, day: dt.date, programme: Programme) -> int:
    """The rank below which no review takes the member on a day."""
    ranks = [programme.level_of(tier).rank for tier, until in book.kept_tiers if until >= day]
    return max(ranks, default=0)


def _find_kept_day(book: Book, level: Level, programme: Programme) -> dt.date | None:
    """The last day on which a promise, standing or past, bears this level."""
    days = [
        until
        for tier_id, until in book.kept_tiers
        if programme.level_of(tier_id).rank >= level.rank
    ]
    return max(days, default=None)


def _forget_promises(book: Book, day: dt.date, programme: Programme) -> None:
    """Those that are over are remembered only while a tier for life still rests on them."""
    left = [kept for kept in book.kept_tiers if kept[1] >= day]
    if len(left) == len(book.kept_tiers):
        return
    level = programme.level_of(book.tier_id)
    if (
        programme.tier_window == TierWindow.LIFETIME
        and level.rank > 0
        and status_on(book, day, programme) < level.threshold
    ):
        return
    book.kept_tiers = left
    book.standing_dirty = True
