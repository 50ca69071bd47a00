"""Points and tiers of many members: the numbers that their own pages show at the same moment."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import override

from campaigns.selectors.contexts.rows import MessageRow
from core.money import format_money
from members.models import Member
from members.selectors.club import get_club
from rewards.selectors.balances import Balances, list_balances
from rewards.selectors.payments import count_worth, get_rate
from rewards.selectors.programme import get_ladder, keep_ladder, load_ladder
from rewards.selectors.standing import get_progress


def fill(
    contexts: dict[Any, dict[str, Any]],
    rows: Sequence[MessageRow],
    people: Mapping[int, Member],
    needs: set[str],
    *,
    now: dt.datetime,
) -> None:
    """Add ``points`` and ``tier``, and the tier's code to ``member``."""
    balances = list_balances(list(people.values()), now=now)
    rate = get_rate(now) if "points" in needs else None
    currency = get_club().currency
    shown = _Names(next(iter(balances.values()), None))
    for row in rows:
        found = balances[row.member_id]
        context = contexts[row.id]
        if "points" in needs:
            worth = count_worth(found.available, rate) if rate else 0
            day, count = found.expiries[0] if found.expiries else (None, 0)
            value = None
            if worth:
                with override(row.locale):
                    value = format_money(worth, currency)
            context["points"] = {
                "balance": found.available,
                "pending": found.pending,
                "value": value,
                "expiring": count,
                "expiring_on": day,
            }
        if "tier" in needs:
            slug, context["tier"] = _build_tier(shown.name(found, row.locale))
            context.setdefault("member", {})["tier"] = slug


def _build_tier(balances: Balances) -> tuple[str | None, dict[str, Any]]:
    progress = get_progress(balances)
    if progress is None or balances.book is None or balances.programme is None:
        empty = dict.fromkeys(("name", "next_name", "missing", "kept_until"))
        return None, empty
    slug = balances.programme.level_of(balances.book.tier_id).slug
    return slug, {
        "name": progress.tier.name,
        "next_name": progress.next_tier.name if progress.next_tier else None,
        "missing": progress.missing if progress.next_tier else None,
        "kept_until": progress.kept_until_on,
    }


class _Names:
    """Tiers under the names of a language; the ladder of each is kept in the process."""

    def __init__(self, sample: Balances | None):
        self._stamp = sample.stamp if sample else ""
        self._ladders: dict[str, Any] = {}

    def name(self, balances: Balances, locale: str) -> Balances:
        if balances.programme is None:
            return balances
        if locale not in self._ladders:
            zone = get_club().zone
            with override(locale):
                ladder = get_ladder(zone)
                if ladder.stamp != self._stamp:
                    ladder = load_ladder(zone)
                    keep_ladder(zone, ladder, self._stamp)
            self._ladders[locale] = ladder
        return replace(balances, tiers=self._ladders[locale].shown[balances.programme.id])
