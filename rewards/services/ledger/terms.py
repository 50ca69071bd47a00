"""The programme's terms, read as values and kept in the process until their stamp changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from core.bulk import read_together
from members.selectors import get_club
from rewards.engine.terms import Level, Programme, Rule, Terms

# Grace is never shorter than the longest return window, also where a channel's was raised later.
_PROGRAMMES = """
    SELECT p.id, p.starts_on, p.tax_included, p.expiry_mode, p.expiry_months,
           p.expiry_extra_years, p.expiry_activities, p.club_fault_days, p.tier_window,
           p.tier_months, p.fiscal_start_month,
           greatest(p.grace_days, (SELECT max(return_window_days) FROM purchases_channel)),
           array_agg(ARRAY[t.id, t.rank, l.threshold, l.multiplier_milli, t.audience_id]
                     ORDER BY t.rank),
           array_agg(t.slug::text ORDER BY t.rank)
    FROM rewards_programmeversion p
    JOIN rewards_tierlevel l ON l.programme_id = p.id
    JOIN rewards_tier t ON t.id = l.tier_id
    GROUP BY p.id
"""
_RULES = """
    SELECT v.id, v.rule_id, v.number, r.code, v.starts_at, v.ends_at, v.kind, v.unit, v.points,
           v.per_amount, v.multiplier_milli, v.combine, v.stacking, v.priority, v.product_ids,
           v.category_ids, v.channel_ids, v.store_ids, v.audience_ids, v.weekdays,
           v.days_of_month, v.first_hour, v.last_hour, v.in_birthday_month, v.first_time,
           v.minimum_amount, v.cap_points, v.cap_period, v.budget_points, v.expires_after_days
    FROM rewards_earningruleversion v JOIN rewards_earningrule r ON r.id = v.rule_id
"""
_PROGRAMME_ACCOUNTS = """
    SELECT kind, unit, id FROM rewards_account WHERE member_id IS NULL AND charity_id IS NULL
"""
# Versions are never edited, only added and ended: these few numbers tell any change.
STAMP = """
    SELECT (SELECT (count(*), max(id), max(published_at)) FROM rewards_programmeversion)::text,
           (SELECT (count(*), max(id), max(published_at), count(ends_at),
                    sum(extract(epoch FROM ends_at)))
            FROM rewards_earningruleversion)::text,
           (SELECT string_agg((id, rank, audience_id)::text, '' ORDER BY id) FROM rewards_tier),
           (SELECT max(return_window_days) FROM purchases_channel)
"""
_PROGRAMME_FIELDS = tuple(field.name for field in fields(Programme))[:12]
_RULE_FIELDS = tuple(field.name for field in fields(Rule))


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """Terms as of a stamp, with the programme's account ids by (kind, unit)."""

    stamp: tuple
    terms: Terms
    account_ids: dict[tuple[str, str], int]


_known: KnownTerms | None = None


def get_known_terms() -> KnownTerms | None:
    """What this process last read; only good while ``STAMP`` still answers its stamp."""
    if _known is not None and _known.terms.zone != get_club().zone:
        return None
    return _known


def read_known_terms(stamp: tuple) -> KnownTerms:
    """Read the terms anew, in one round trip."""
    global _known
    programmes, rules, accounts = read_together(
        [*list_terms_statements(), (_PROGRAMME_ACCOUNTS, [])]
    )
    terms = build_terms(programmes, rules, get_club().zone)
    _known = KnownTerms(stamp, terms, {(kind, unit): pk for kind, unit, pk in accounts})
    return _known


def list_terms_statements() -> list[tuple[str, Sequence]]:
    return [(_PROGRAMMES, []), (_RULES, [])]


def build_terms(programmes: Iterable[tuple], rules: Iterable[tuple], zone: str) -> Terms:
    """The programme's terms from the rows of ``list_terms_statements``."""
    versions = []
    for row in programmes:
        numbers, slugs = row[12], row[13]
        levels = tuple(
            Level(tier_id, slug, rank, threshold, multiplier, audience_id)
            for (tier_id, rank, threshold, multiplier, audience_id), slug in zip(
                numbers, slugs, strict=True
            )
        )
        terms: dict[str, Any] = dict(zip(_PROGRAMME_FIELDS, row[:12], strict=True))
        terms["expiry_activities"] = frozenset(terms["expiry_activities"])
        versions.append(Programme(levels=levels, **terms))
    return Terms(zone, versions, [_build_rule(row) for row in rules])


def _build_rule(row: tuple) -> Rule:
    terms: dict[str, Any] = dict(zip(_RULE_FIELDS, row, strict=True))
    for name, value in terms.items():
        if isinstance(value, list):
            terms[name] = frozenset(value)
    return Rule(**terms)


def load_terms() -> Terms:
    """The programme's terms, in one round trip."""
    programmes, rules = read_together(list_terms_statements())
    return build_terms(programmes, rules, get_club().zone)
