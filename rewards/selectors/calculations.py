"""How an award came to its number: amounts, rates, multipliers, limits, in words."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from core.joining import join_comma
from core.money import format_money
from core.words import shown
from rewards.enums import Combine, RuleKind, Unit
from rewards.models import Award, EarningRuleVersion, Reversal, Tier
from rewards.selectors.wording import (
    format_cap,
    format_count,
    format_day,
    format_factor,
    format_points,
    format_rate,
    put_in_brackets,
)


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    value: str
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Causes:
    """The names behind the causes in ``Award.parts``: tiers, and (rule name, combine)."""

    tiers: dict[int, str]
    rules: dict[int, tuple[str, str]]


def load_causes(awards: Iterable[Award]) -> Causes:
    """The names of every tier and rule that multiplied one of the awards, in two queries."""
    found: dict[str, set[int]] = {"tier": set(), "rule": set()}
    for award in awards:
        for _basis, _numerator, _denominator, causes in award.parts:
            for kind, pk, _milli in causes:
                found[kind].add(pk)
    tiers: dict[int, str] = {}
    rules: dict[int, tuple[str, str]] = {}
    if found["tier"]:
        tiers = dict(Tier.objects.filter(pk__in=found["tier"]).values_list("pk", shown("name")))
    if found["rule"]:
        versions = EarningRuleVersion.objects.filter(pk__in=found["rule"])
        for pk, name, combine in versions.values_list("pk", shown("rule__name"), "combine"):
            rules[pk] = (name, combine)
    return Causes(tiers, rules)


def build_calculation(award: Award, causes: Causes) -> str:
    """ "$18.40 × 1 point per $1 × Gold 1.5", and what limits took off."""
    version = award.rule_version
    if version.kind == RuleKind.FIXED:
        text = format_points(version.points, award.unit)
    else:
        rate = _rate(award)
        terms = []
        for basis, numerator, denominator, why in award.parts:
            money = format_money(basis, award.purchase.currency)
            factor = _describe_factor(Fraction(numerator, denominator), why, causes)
            terms.append(" × ".join(filter(None, [money, rate, factor])))
        text = " + ".join(terms)
    trims = _list_trims(award)
    if trims:
        before = award.awarded_points + award.cap_trimmed_points + award.budget_trimmed_points
        text = f"{text} = {format_count(before)} " + " ".join(
            f"− {value} ({label})" for label, value in trims
        )
    return text


def _rate(award: Award) -> str:
    version = award.rule_version
    return format_rate(version.points, version.per_amount, award.unit, award.purchase.currency)


def _describe_factor(factor: Fraction, why: list, causes: Causes) -> str:
    """ "Gold 1.5", or "2.5 (Gold 1.5, Café Tuesday +1)" where an added rule joins the tier.

    As in ``engine.earning._factor``: added rules bring their excess over one to the tier's
    multiplier, the others multiply.
    """
    added: list[tuple[str, int]] = []
    multiplied: list[str] = []
    tier_milli = 1000
    names = []
    for kind, pk, milli in why:
        if kind == "tier":
            tier_milli = milli
            tier = causes.tiers.get(pk) or _("tier")
            names.append(f"{tier} {format_factor(milli)}")
            continue
        name, combine = causes.rules.get(pk, (_("bonus"), Combine.ADD))
        if combine == Combine.MULTIPLY:
            multiplied.append(f"{name} {format_factor(milli)}")
        else:
            added.append((name, milli))
    if not added:
        return " × ".join([*names, *multiplied])
    if not names and len(added) == 1:
        name, milli = added[0]
        return " × ".join([f"{name} {format_factor(milli)}", *multiplied])
    total = tier_milli + sum(milli - 1000 for _name, milli in added)
    names += [f"{name} +{format_factor(milli - 1000)}" for name, milli in added]
    return " × ".join([put_in_brackets(join_comma(names), format_factor(total)), *multiplied])


def _list_trims(award: Award) -> list[tuple[str, str]]:
    version = award.rule_version
    trims = []
    if award.cap_trimmed_points:
        cap = format_cap(version.cap_points or 0, version.cap_period, award.unit)
        label = _("over the limit of %(cap)s") % {"cap": cap}
        trims.append((label, format_count(award.cap_trimmed_points)))
    if award.budget_trimmed_points:
        trims.append(
            (_("the campaign's budget ran out"), format_count(award.budget_trimmed_points))
        )
    return trims


def build_award_steps(award: Award, causes: Causes, today: dt.date) -> list[Step]:
    """The same, one line each, with the days on which the points come and go."""
    version = award.rule_version
    steps = []
    if version.kind != RuleKind.FIXED:
        for basis, numerator, denominator, why in award.parts:
            money = format_money(basis, award.purchase.currency)
            factor = _describe_factor(Fraction(numerator, denominator), why, causes)
            steps.append(Step(_("Amount that earns"), money))
            if factor:
                steps.append(Step(_("Multiplied by"), factor))
        steps.append(Step(_("Rate"), _rate(award)))
    for label, value in _list_trims(award):
        steps.append(Step(label[:1].upper() + label[1:], f"−{value}"))
    unit = _("Points") if award.unit == Unit.POINTS else _("Status credits")
    steps.append(Step(unit, format_count(award.awarded_points), is_sum=True))
    lot = getattr(award, "lot", None)
    if lot is not None and lot.release_on is not None:
        steps.append(Step(_("Available from"), format_day(lot.release_on, today)))
    if lot is not None and lot.expires_on is not None:
        steps.append(Step(_("Last usable day"), format_day(lot.expires_on, today)))
    return steps


def build_reversal_steps(reversal: Reversal, award: Award) -> list[Step]:
    """Where the points of a return or an amendment came from (docs/points.md 14, 18)."""
    others = _("From your other points")
    if reversal.purchase_version_id is not None:
        others = _("Used already: from what the order earns now, and other points")
    places = (
        (_("Not yet available"), reversal.pending_points),
        (_("Left of this purchase"), reversal.own_lot_points),
        (_("Had lapsed already"), reversal.lapsed_points),
        (others, reversal.other_lots_points),
        (_("Owed"), reversal.owed_points),
    )
    steps = [Step(label, format_count(points)) for label, points in places if points]
    total = _("Taken back of %(points)s") % {
        "points": format_points(award.awarded_points, award.unit)
    }
    return [*steps, Step(total, format_count(reversal.reversed_points), is_sum=True)]
