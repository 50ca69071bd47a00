"""Publishing terms: programme versions with their tiers, and versions of earning rules."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of
from members.enums import AudienceKind
from members.selectors import get_club
from members.services.audiences import ensure_audience
from purchases.models import Channel
from rewards.enums import RuleKind, TierWindow, Unit
from rewards.models import (
    EarningRule,
    EarningRuleVersion,
    ProgrammeVersion,
    Standing,
    Tier,
    TierLevel,
)


class InvalidProgramme(DomainError):
    code = "invalid_programme"


class InvalidRule(DomainError):
    code = "invalid_rule"


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """What a tier asks (status credits) and gives under a programme version."""

    tier: Tier
    threshold: int
    multiplier_milli: int = 1000
    benefits: tuple = field(default=())
    i18n: dict[str, list[str]] | None = None  # the benefits in other languages


@transaction.atomic
def ensure_tier(
    slug: str,
    *,
    name: str,
    rank: int,
    color: str = "#6b5b4a",
    pattern: str = "",
    i18n: dict[str, str] | None = None,
) -> Tier:
    """The tier of that slug with its audience, made where it is missing; ``i18n`` is its name in
    other languages.
    """
    tier = Tier.objects.filter(slug=slug).first()
    if tier is None:
        audience = ensure_audience(f"tier-{slug}", kind=AudienceKind.TIER, name=name, i18n=i18n)
        tier = Tier.objects.create(
            slug=slug,
            name=name,
            rank=rank,
            color=color,
            pattern=pattern,
            audience=audience,
            i18n=i18n,
        )
    return tier


@transaction.atomic
def add_tier(slug: str, *, by: Any, now: dt.datetime, **terms: Any) -> Tier:
    """A tier that staff add, to be put into a version of the programme; ``terms`` as for
    ``ensure_tier``.
    """
    tier = ensure_tier(slug, **terms)
    record_audit("tier.added", tier, by=by, now=now)
    return tier


@transaction.atomic
def publish_programme(
    *, starts_on: dt.date, levels: list[LevelTerms], by, now: dt.datetime, **terms: Any
) -> ProgrammeVersion:
    """Put a new programme version into force from a programme day on.

    ``terms`` are fields of ProgrammeVersion. Raises InvalidProgramme where the ladder doesn't
    begin with rank 0 at no threshold and rise, where grace is shorter than a channel's return
    window (docs/points.md 8), or where the day has begun already while a version is in force (only
    a club's first version may look back, so that imported history earns).
    """
    version = ProgrammeVersion(starts_on=starts_on, published_at=now, published_by=by, **terms)
    check_programme(version, levels)
    newest = ProgrammeVersion.objects.aggregate(number=Max("number"), starts_on=Max("starts_on"))
    if newest["starts_on"] and starts_on <= newest["starts_on"]:
        raise InvalidProgramme(
            _("A version from %(day)s on exists already; a new one starts later."),
            day=newest["starts_on"],
        )
    if newest["starts_on"] and starts_on <= day_of(now, get_club().zone):
        raise InvalidProgramme(_("New terms begin tomorrow at the earliest."))
    version.number = (newest["number"] or 0) + 1
    version.save(force_insert=True)
    TierLevel.objects.bulk_create(
        TierLevel(
            programme=version,
            tier=level.tier,
            threshold=level.threshold,
            multiplier_milli=level.multiplier_milli,
            benefits=list(level.benefits),
            i18n=level.i18n,
        )
        for level in levels
    )
    # Whoever the new terms move is found by the review of their first day. Locked in the order
    # in which intake locks them, or the two could wait for each other.
    due = Standing.objects.filter(Q(review_on__isnull=True) | Q(review_on__gt=starts_on))
    in_order = due.order_by("pk").select_for_update().values("pk")
    Standing.objects.filter(pk__in=in_order).update(review_on=starts_on)
    record_audit(
        "programme.published", version, by=by, now=now,
        changes={"number": version.number, "starts_on": starts_on.isoformat()},
    )  # fmt: skip
    return version


def check_programme(version: ProgrammeVersion, levels: list[LevelTerms]) -> None:
    """Raise InvalidProgramme with the reason in words; see ``publish_programme``."""
    ladder = sorted(levels, key=lambda level: level.tier.rank)
    if not ladder or ladder[0].tier.rank != 0 or ladder[0].threshold != 0:
        raise InvalidProgramme(_("The first tier must ask for nothing."))
    for lower, upper in itertools.pairwise(ladder):
        if upper.threshold <= lower.threshold:
            raise InvalidProgramme(
                _("%(upper)s must ask for more than %(lower)s."),
                upper=upper.tier.name,
                lower=lower.tier.name,
            )
    kept = {level.tier.pk for level in ladder}
    dropped = Tier.objects.exclude(pk__in=kept).filter(standings__isnull=False).first()
    if dropped is not None:
        raise InvalidProgramme(_("%(tier)s still has members."), tier=dropped.name)
    longest = Channel.objects.aggregate(days=Max("return_window_days"))["days"] or 0
    if version.tier_window != TierWindow.LIFETIME and version.grace_days < longest:
        raise InvalidProgramme(
            _("Grace must not be shorter than the longest return window (%(days)s days)."),
            days=longest,
        )


# --- Rules --------------------------------------------------------------------------------------

_RULE_FIELDS = (
    "kind", "unit", "points", "per_amount", "multiplier_milli", "combine", "stacking", "priority",
    "product_ids", "category_ids", "channel_ids", "store_ids", "audience_ids", "weekdays",
    "days_of_month", "first_hour", "last_hour", "in_birthday_month", "first_time",
    "minimum_amount", "cap_points", "cap_period", "budget_points", "expires_after_days",
)  # fmt: skip


@transaction.atomic
def publish_rule(
    rule: EarningRule, *, starts_at: dt.datetime, ends_at: dt.datetime | None = None, by,
    now: dt.datetime, **terms: Any,
) -> EarningRuleVersion:  # fmt: skip
    """Put a new version of a rule into force; the open one ends where it starts.

    ``terms`` are fields of EarningRuleVersion. Raises InvalidRule with the reason in words.
    """
    unknown = set(terms) - set(_RULE_FIELDS)
    if unknown:
        raise TypeError(f"no such terms: {sorted(unknown)}")
    EarningRule.objects.select_for_update().get(pk=rule.pk)
    version = EarningRuleVersion(
        rule=rule, starts_at=starts_at, ends_at=ends_at, published_at=now, published_by=by, **terms
    )
    check_rule(version)
    newest = rule.versions.order_by("-number").first()
    if newest is not None:
        if starts_at < now:
            raise InvalidRule(_("A new version can't begin in the past."))
        if newest.starts_at >= starts_at:
            raise InvalidRule(_("A version of this rule starts at that time or later already."))
        if newest.ends_at is None or newest.ends_at > starts_at:
            newest.ends_at = starts_at
            newest.save(update_fields=["ends_at"])
    version.number = newest.number + 1 if newest else 1
    version.save(force_insert=True)
    record_audit(
        "rule.published", version, by=by, now=now,
        changes={"rule": rule.code, "number": version.number, **_plain(terms)},
    )  # fmt: skip
    return version


@transaction.atomic
def end_rule(rule: EarningRule, *, at: dt.datetime, by, now: dt.datetime) -> None:
    """End the rule's open version at an instant; ended rules earn nothing afterwards."""
    version = rule.versions.select_for_update().filter(ends_at__isnull=True).first()
    if version is None:
        raise InvalidRule(_("This rule has ended already."))
    version.ends_at = max(at, version.starts_at)
    version.save(update_fields=["ends_at"])
    record_audit(
        "rule.ended", version, by=by, now=now, changes={"ends_at": version.ends_at.isoformat()}
    )


def check_rule(version: EarningRuleVersion) -> None:
    """Raise InvalidRule where the version would mean nothing or harm."""
    if version.kind == RuleKind.AMOUNT and not (version.points and version.per_amount):
        raise InvalidRule(_("Say how many points are earned per which amount."))
    if version.kind == RuleKind.FIXED and not version.points:
        raise InvalidRule(_("Say how many points the bonus is."))
    if version.kind == RuleKind.MULTIPLIER:
        if version.multiplier_milli <= 1000:
            raise InvalidRule(_("A multiplier must be above one."))
        if version.unit != Unit.POINTS:
            raise InvalidRule(_("Only points are multiplied."))
        if version.cap_points is not None or version.budget_points is not None:
            raise InvalidRule(_("Caps and budgets belong to the rule that gives the points."))
    if version.first_time == "product" and not version.product_ids:
        raise InvalidRule(_("Name the products whose first purchase counts."))
    if version.first_time == "category" and not version.category_ids:
        raise InvalidRule(_("Name the categories in which the first purchase counts."))
    if any(not 1 <= day <= 7 for day in version.weekdays):
        raise InvalidRule(_("Weekdays are 1 (Monday) to 7 (Sunday)."))
    if any(not 1 <= day <= 31 for day in version.days_of_month):
        raise InvalidRule(_("Days of the month are 1 to 31."))
    hours = (version.first_hour, version.last_hour)
    if any(hour is not None and not 0 <= hour <= 24 for hour in hours):
        raise InvalidRule(_("Hours are 0 to 24."))
    begin, end = hours
    if begin is not None and end is not None and begin >= end:
        raise InvalidRule(_("The hours must begin before they end."))
    if version.ends_at is not None and version.ends_at <= version.starts_at:
        raise InvalidRule(_("The rule must begin before it ends."))


def _plain(terms: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if hasattr(value, "label") else value for key, value in terms.items()}
