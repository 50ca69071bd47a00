"""The ladder of tiers as members see it, and the programme that the engine judges by."""

import datetime as dt
from dataclasses import dataclass, field, replace

from django.db.models import Subquery
from django.utils.translation import get_language

from core.kept import Kept
from core.time import day_of
from core.words import shown
from members.selectors.club import get_club
from purchases.models import Channel
from rewards.engine.terms import Level, Programme, Terms
from rewards.models import Tier, TierLevel

# Versions are never edited, only added and ended; with the tiers' names these tell any change
# that a page must show at once. A rule's or a good's new name shows within ``core.kept.LIFE``.
STAMP = """
    (SELECT (count(*), max(id)) FROM rewards_programmeversion)::text
    || (SELECT (count(*), max(id), count(ends_at), sum(extract(epoch FROM ends_at)))
        FROM rewards_earningruleversion)::text
    || coalesce((SELECT string_agg((id, name, color, pattern, i18n)::text, '' ORDER BY id)
                 FROM rewards_tier), '')
    || coalesce((SELECT max(return_window_days) FROM purchases_channel)::text, '')
"""
kept = Kept()
# In one query with the ladder: grace is never shorter (docs/points.md 8).
_LONGEST_WINDOW = Subquery(
    Channel.objects.order_by("-return_window_days").values("return_window_days")[:1]
)


@dataclass(frozen=True, slots=True)
class ShownTier:
    """A tier under one programme version."""

    id: int
    name: str
    rank: int
    color: str
    threshold: int
    multiplier_milli: int
    benefits: tuple[str, ...]
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Every programme version as the engine's terms, and what its tiers are called.

    ``shown`` maps a programme id to its tiers, lowest first. ``terms`` is None before the
    first programme is published.
    """

    terms: Terms | None
    stamp: str = ""
    shown: dict[int, tuple[ShownTier, ...]] = field(default_factory=dict)


def get_ladder(zone: str) -> Ladder:
    """The ladder in the active language, as kept or in one query; ``keep_ladder`` says for which
    stamp it is good.
    """
    return kept.get(("ladder", zone, get_language())) or load_ladder(zone)


def keep_ladder(zone: str, ladder: Ladder, stamp: str) -> None:
    kept.put(("ladder", zone, get_language()), replace(ladder, stamp=stamp))


def load_ladder(zone: str) -> Ladder:
    """The ladder, in one query; the rules of earning are not part of it."""
    levels: dict[int, list[TierLevel]] = {}
    rows = (
        TierLevel.objects.select_related("programme", "tier")
        .annotate(window_days=_LONGEST_WINDOW)
        .order_by("tier__rank")
    )
    for row in rows:
        levels.setdefault(row.programme_id, []).append(row)
    if not levels:
        return Ladder(None)
    kept.put(("tier names", get_language()), {row.tier_id: row.tier.name_i18n for row in rows})
    programmes = [_build_programme(rows) for rows in levels.values()]
    shown = {pk: tuple(_build_shown(row) for row in rows) for pk, rows in levels.items()}
    return Ladder(Terms(zone, programmes), shown=shown)


def _build_programme(rows: list[TierLevel]) -> Programme:
    """The same as ``rewards.services.ledger.build_terms`` makes of SQL rows."""
    version = rows[0].programme
    return Programme(
        id=version.pk,
        starts_on=version.starts_on,
        tax_included=version.tax_included,
        expiry_mode=version.expiry_mode,
        expiry_months=version.expiry_months,
        expiry_extra_years=version.expiry_extra_years,
        expiry_activities=frozenset(version.expiry_activities),
        club_fault_days=version.club_fault_days,
        tier_window=version.tier_window,
        tier_months=version.tier_months,
        fiscal_start_month=version.fiscal_start_month,
        grace_days=max(version.grace_days, rows[0].window_days or 0),  # type: ignore[attr-defined]  # annotated
        levels=tuple(
            Level(
                row.tier_id,
                row.tier.slug,
                row.tier.rank,
                row.threshold,
                row.multiplier_milli,
                row.tier.audience_id,
            )
            for row in rows
        ),
    )


def _build_shown(row: TierLevel) -> ShownTier:
    return ShownTier(
        row.tier_id,
        row.tier.name_i18n,
        row.tier.rank,
        row.tier.color,
        row.threshold,
        row.multiplier_milli,
        tuple(map(str, row.benefits_i18n)),
        row.tier.pattern,
    )


def list_tiers(now: dt.datetime) -> tuple[ShownTier, ...]:
    """The tiers of the programme in force, lowest first; none before the first programme."""
    zone = get_club().zone
    ladder = get_ladder(zone)
    if ladder.terms is None:
        return ()
    return ladder.shown[ladder.terms.programme_on(day_of(now, zone)).id]


def get_tier_name(tier_id: int) -> str:
    """A tier's name in the active language, as kept (notices ask for many)."""
    key = ("tier names", get_language())
    names = kept.get(key)
    if names is None or tier_id not in names:
        names = dict(Tier.objects.values_list("pk", shown("name")))
        kept.put(key, names)
    return names.get(tier_id, "")
