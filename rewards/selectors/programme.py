"""The ladder of tiers as members see it, and the programme that the engine judges by."""

import threading
import time
from dataclasses import dataclass, field

from rewards.engine.terms import Level, Programme, Terms
from rewards.models import Tier, TierLevel

_LIFE = 30  # seconds; other processes notice a new name within them
_lock = threading.Lock()
_names: tuple[float, dict[int, str]] = (0.0, {})


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


@dataclass(frozen=True, slots=True)
class Ladder:
    """Every programme version as the engine's terms, and what its tiers are called.

    ``shown`` maps a programme id to its tiers, lowest first. ``terms`` is None before the
    first programme is published.
    """

    terms: Terms | None
    shown: dict[int, tuple[ShownTier, ...]] = field(default_factory=dict)


def load_ladder(zone: str) -> Ladder:
    """The ladder, in one query; the rules of earning are not part of it."""
    levels: dict[int, list[TierLevel]] = {}
    rows = TierLevel.objects.select_related("programme", "tier").order_by("tier__rank")
    for row in rows:
        levels.setdefault(row.programme_id, []).append(row)
    if not levels:
        return Ladder(None)
    _remember({row.tier_id: row.tier.name for row in rows})
    programmes = [_build_programme(rows) for rows in levels.values()]
    shown = {pk: tuple(_build_shown(row) for row in rows) for pk, rows in levels.items()}
    return Ladder(Terms(zone, programmes), shown)


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
        grace_days=version.grace_days,
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
        row.tier.name,
        row.tier.rank,
        row.tier.color,
        row.threshold,
        row.multiplier_milli,
        tuple(map(str, row.benefits)),
    )


def get_tier_name(tier_id: int) -> str:
    """A tier's name, kept in this process for half a minute (notices ask for many)."""
    until, names = _names
    if until < time.monotonic() or tier_id not in names:
        names = dict(Tier.objects.values_list("pk", "name"))
        _remember(names)
    return names.get(tier_id, "")


def _remember(names: dict[int, str]) -> None:
    global _names
    with _lock:
        _names = (time.monotonic() + _LIFE, names)
