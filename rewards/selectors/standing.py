"""Where a member stands on the ladder, and how far it is to the next rung."""

import datetime as dt
from dataclasses import dataclass

from rewards.engine.tiers import status_on
from rewards.enums import TierWindow
from rewards.selectors.balances import Balances
from rewards.selectors.programme import ShownTier


@dataclass(frozen=True, slots=True)
class TierProgress:
    """The tier as of now. ``missing`` status credits reach ``next_tier``; in grace,
    ``missing_to_keep`` must be collected until ``grace_until_on``. ``kept_until_on`` is the last
    day of the tier if nothing more is bought.
    """

    tier: ShownTier
    tiers: tuple[ShownTier, ...]
    window: str
    window_months: int
    status: int
    next_tier: ShownTier | None
    missing: int
    permille: int
    grace_until_on: dt.date | None
    missing_to_keep: int
    kept_until_on: dt.date | None


def get_progress(balances: Balances) -> TierProgress | None:
    """The standing that ``get_balances`` worked out; None before the first programme."""
    book, programme = balances.book, balances.programme
    if book is None or programme is None:
        return None
    shown = {tier.id: tier for tier in balances.tiers}
    tier = shown[programme.level_of(book.tier_id).tier_id]
    status = status_on(book, balances.today, programme)
    higher = [each for each in balances.tiers if each.rank > tier.rank]
    next_tier = higher[0] if higher else None
    goal = next_tier.threshold if next_tier else max(tier.threshold, 1)
    best = status
    if book.grace_since_on and programme.tier_window != TierWindow.ROLLING:
        # As in engine.tiers: the larger of the period that was judged and the present one.
        judged = book.grace_since_on - dt.timedelta(days=1)
        best = max(best, status_on(book, judged, programme))
    in_grace = book.grace_until_on is not None
    kept = book.review_on - dt.timedelta(days=1) if book.review_on and not in_grace else None
    return TierProgress(
        tier=tier,
        tiers=balances.tiers,
        window=programme.tier_window,
        window_months=programme.tier_months,
        status=status,
        next_tier=next_tier,
        missing=max(goal - status, 0) if next_tier else 0,
        permille=min(1000 * status // goal, 1000),
        grace_until_on=book.grace_until_on,
        missing_to_keep=max(tier.threshold - best, 0) if in_grace else 0,
        kept_until_on=kept,
    )
