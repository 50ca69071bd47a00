"""From a purchase to awards: rules in order, one floor, cap, budget, lines (docs/points.md 5-8)."""

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.time import day_of, get_zone, start_of
from rewards.engine.book import OWED, Book, LotState
from rewards.engine.giving import give_shares
from rewards.engine.limits import Usage
from rewards.engine.settling import keep_alive, settle, start_sliding
from rewards.engine.terms import Level, Rule, Terms
from rewards.engine.tiers import review_up
from rewards.enums import AccountKind, Combine, FirstTime, Reason, RuleKind, Stacking, Unit


@dataclass(slots=True)
class AwardDraft:
    """See models.Award; ``used_from`` is the first day of the cap's period."""

    member_id: int
    purchase_id: int
    rule: Rule
    awarded: int
    basis: int
    parts: list
    positions: list[int]
    allocations: list[int]
    effective_at: dt.datetime
    cap_trimmed: int = 0
    budget_trimmed: int = 0
    id: int | None = None
    purchase_version: int = 1


@dataclass(slots=True)
class Line:
    """A purchase line as rules see it; ``basis`` in minor units (docs/points.md 5)."""

    position: int
    product_id: int | None
    category_ids: tuple[int, ...]
    basis: int


def build_lines(purchase: Any, *, tax_included: bool) -> list[Line]:
    """The lines of a ``purchases.facts.PurchaseFacts`` with what of each amount earns."""
    return [
        Line(
            line.position,
            line.product_id,
            line.category_ids,
            max(line.amount - line.paid_otherwise - (0 if tax_included else line.tax), 0),
        )
        for line in purchase.lines
    ]


def earn(
    book: Book, purchase: Any, terms: Terms, usage: Usage, today: dt.date | None = None
) -> list[AwardDraft]:
    """Settle up to the purchase's day, then give what the rules of its time promise.

    ``purchase`` is a ``purchases.facts.PurchaseFacts``. A till whose clock is ahead settles no
    further than ``today``. The drafts are also kept in the book.
    """
    day = day_of(purchase.effective_at, terms.zone)
    is_late = book.is_late(day)
    settle(book, min(day, today or day), terms)
    programme = terms.programme_on(day)
    level = programme.level_of(book.tier_at(start_of(day, terms.zone)))
    lines = build_lines(purchase, tax_included=programme.tax_included)
    drafts = evaluate(
        book, purchase, day, level, lines, terms.rules_at(purchase.effective_at), usage
    )
    for draft in drafts:
        book.awards.append(draft)
        usage.add(draft.rule, book.member_id, day, draft.awarded)
        if draft.awarded:
            _open(book, draft, purchase, day, terms, is_late)
    for line in lines:
        if line.product_id is not None:
            usage.bought.add((book.member_id, FirstTime.PRODUCT, line.product_id))
        for category_id in line.category_ids:
            usage.bought.add((book.member_id, FirstTime.CATEGORY, category_id))
    if not book.has_purchased:
        book.has_purchased = True
        book.standing_dirty = True
    keep_alive(book, day, "purchase", terms)
    return drafts


def _open(
    book: Book, draft: AwardDraft, purchase: Any, day: dt.date, terms: Terms, is_late: bool
) -> None:
    rule, at = draft.rule, purchase.effective_at
    window = purchase.return_window_days
    lot = LotState(
        unit=rule.unit,
        award=draft,
        opened_at=at,
        original=draft.awarded,
        release_on=day + dt.timedelta(days=window),
        expires_after_days=rule.expires_after_days,
        counts_on=day if rule.unit == Unit.STATUS else None,
    )
    place = "pending" if window else "available"
    if not window and rule.unit == Unit.POINTS:
        from_terms = terms.programme_on(day).last_usable_day(day)
        short = rule.expires_after_days
        lot.expires_on = from_terms if short is None else day + dt.timedelta(days=short)
        start_sliding(book, day, terms)
    owed = book.balance(OWED)
    book.open_lot(
        lot, AccountKind.ISSUED, place, reason=Reason.EARN, at=at, key="earn:award", about=draft,
        is_late=is_late,
    )  # fmt: skip
    if lot.available and rule.unit == Unit.POINTS:
        give_shares(book, lot, lot.original, owed, at=at)
    if rule.unit == Unit.STATUS and not window:
        review_up(book, day, terms, {day}, at)


# --- Evaluation ---------------------------------------------------------------------------------


def evaluate(
    book: Book, purchase: Any, day: dt.date, level: Level, lines: list[Line],
    rules: list[Rule], usage: Usage,
) -> list[AwardDraft]:  # fmt: skip
    """The awards of one purchase, nothing changed yet."""
    local = purchase.effective_at.astimezone(get_zone(purchase.zone))
    applies = [
        rule
        for rule in rules
        if _matches(rule, book, purchase, local, level) and _is_first(rule, book, lines, usage)
    ]
    multipliers = [rule for rule in applies if rule.kind == RuleKind.MULTIPLIER]
    found: list[AwardDraft] = []
    for rule in applies:
        if rule.kind == RuleKind.MULTIPLIER:
            continue
        scope = [line for line in lines if _in_scope(rule, line)]
        if not scope:
            continue
        basis = sum(line.basis for line in scope)
        if basis < rule.minimum_amount:
            continue
        found.append(_award(rule, book, purchase, scope, basis, level, multipliers, lines))
    return _within_limits(_only_best(found), day, usage)


def _matches(rule: Rule, book: Book, purchase: Any, local: dt.datetime, level: Level) -> bool:
    if rule.channel_ids and purchase.channel_id not in rule.channel_ids:
        return False
    if rule.store_ids and purchase.store_id not in rule.store_ids:
        return False
    if rule.weekdays and local.isoweekday() not in rule.weekdays:
        return False
    if rule.days_of_month and local.day not in rule.days_of_month:
        return False
    if rule.first_hour is not None and local.hour < rule.first_hour:
        return False
    if rule.last_hour is not None and local.hour >= rule.last_hour:
        return False
    if rule.in_birthday_month and book.birth_month != local.month:
        return False
    # A tier's audience is judged by the tier at the start of the day, others by their rows.
    return not rule.audience_ids or bool(
        rule.audience_ids & (book.audience_ids | {level.audience_id})
    )


def _is_first(rule: Rule, book: Book, lines: list[Line], usage: Usage) -> bool:
    if not rule.first_time:
        return True
    if (rule.rule_id, book.member_id) in usage.awards:
        return False
    if rule.first_time == FirstTime.EVER:
        return not book.has_purchased
    wanted = rule.product_ids if rule.first_time == FirstTime.PRODUCT else rule.category_ids
    return not any((book.member_id, rule.first_time, item) in usage.bought for item in wanted)


def _in_scope(rule: Rule, line: Line) -> bool:
    if not rule.product_ids and not rule.category_ids:
        return True
    return line.product_id in rule.product_ids or any(
        category in rule.category_ids for category in line.category_ids
    )


@dataclass(slots=True, frozen=True)
class Factor:
    """A multiplier as a fraction in lowest terms, and what made it.

    Causes are ("tier", tier id, thousandths) and ("rule", version id, thousandths).
    """

    numerator: int
    denominator: int
    causes: tuple = ()


_PLAIN = Factor(1, 1)


def _award(
    rule: Rule, book: Book, purchase: Any, scope: list[Line], basis: int, level: Level,
    multipliers: list[Rule], lines: list[Line],
) -> AwardDraft:  # fmt: skip
    if rule.kind == RuleKind.FIXED or rule.unit == Unit.STATUS:
        parts = {_PLAIN: basis}
        weights = [line.basis for line in scope]
    elif not (usable := [m for m in multipliers if _spends_enough(m, lines)]):
        parts = {tier_factor(level.tier_id, level.multiplier_milli): basis}
        weights = [line.basis for line in scope]
    else:
        parts, weights = _weigh(scope, level, usable)
    points = rule.points if rule.kind == RuleKind.FIXED else _multiply(parts, rule)
    return AwardDraft(
        member_id=book.member_id,
        purchase_id=purchase.id,
        rule=rule,
        awarded=points,
        basis=basis,
        parts=[
            [amount, factor.numerator, factor.denominator, [list(cause) for cause in factor.causes]]
            for factor, amount in parts.items()
        ],
        positions=[line.position for line in scope],
        allocations=weights,  # turned into points once cap and budget have spoken
        effective_at=purchase.effective_at,
        purchase_version=purchase.version,
    )


def _multiply(parts: dict[Factor, int], rule: Rule) -> int:
    """The points of an award: exact until its one floor."""
    if len(parts) == 1:
        ((factor, basis),) = parts.items()
        return basis * factor.numerator * rule.points // (factor.denominator * rule.per_amount)
    common = math.lcm(*(factor.denominator for factor in parts))
    total = sum(
        basis * factor.numerator * (common // factor.denominator) for factor, basis in parts.items()
    )
    return total * rule.points // (common * rule.per_amount)


def _weigh(
    scope: list[Line], level: Level, multipliers: list[Rule]
) -> tuple[dict[Factor, int], list[int]]:
    """The basis per equal factor, and each line's exact share as a whole-number weight."""
    factors = [_factor_of(line, level, multipliers) for line in scope]
    parts: dict[Factor, int] = {}
    for line, factor in zip(scope, factors, strict=True):
        parts[factor] = parts.get(factor, 0) + line.basis
    common = math.lcm(*(factor.denominator for factor in parts))
    weights = [
        line.basis * factor.numerator * (common // factor.denominator)
        for line, factor in zip(scope, factors, strict=True)
    ]
    return parts, weights


def _spends_enough(rule: Rule, lines: list[Line]) -> bool:
    if not rule.minimum_amount:
        return True
    return sum(line.basis for line in lines if _in_scope(rule, line)) >= rule.minimum_amount


def _factor_of(line: Line, level: Level, multipliers: list[Rule]) -> Factor:
    """The line's multiplier.

    "Five times" includes the base, so an added rule brings its excess over one; among rules
    that count only as the best, the largest one does.
    """
    mine = [rule for rule in multipliers if _in_scope(rule, line)]
    best = [rule for rule in mine if rule.stacking == Stacking.BEST]
    if best:
        winner = max(best, key=lambda rule: rule.multiplier_milli)
        mine = [rule for rule in mine if rule.stacking == Stacking.STACK or rule is winner]
    return combine(
        level.tier_id,
        level.multiplier_milli,
        tuple((rule.id, rule.multiplier_milli, rule.combine) for rule in mine),
    )


def tier_factor(tier_id: int, multiplier_milli: int) -> Factor:
    return combine(tier_id, multiplier_milli, ())


@lru_cache(maxsize=4096)
def combine(tier_id: int, tier_milli: int, rules: tuple[tuple[int, int, str], ...]) -> Factor:
    """The tier's multiplier with rules (version id, thousandths, how) added, then multiplied."""
    causes = [("tier", tier_id, tier_milli)] if tier_milli != 1000 else []
    numerator, denominator = tier_milli, 1000
    for _pk, milli, how in rules:
        if how == Combine.ADD:
            numerator += milli - 1000
    for _pk, milli, how in rules:
        if how == Combine.MULTIPLY:
            numerator *= milli
            denominator *= 1000
    causes += [("rule", pk, milli) for pk, milli, _how in rules]
    shared = math.gcd(numerator, denominator)
    return Factor(numerator // shared, denominator // shared, tuple(causes))


def _only_best(found: list[AwardDraft]) -> list[AwardDraft]:
    """Among rules of one unit that count only as the best, keep the one that gives most."""
    kept = [draft for draft in found if draft.rule.stacking == Stacking.STACK]
    for unit in Unit:
        rivals = [
            draft
            for draft in found
            if draft.rule.stacking == Stacking.BEST and draft.rule.unit == unit
        ]
        if rivals:
            kept.append(max(rivals, key=lambda draft: draft.awarded))  # first by priority on a tie
    return sorted(kept, key=lambda draft: (draft.rule.priority, draft.rule.rule_id))


def _within_limits(found: list[AwardDraft], day: dt.date, usage: Usage) -> list[AwardDraft]:
    kept = []
    for draft in found:
        rule = draft.rule
        if rule.cap_points is not None:
            room = max(rule.cap_points - usage.used(rule, draft.member_id, day), 0)
            draft.cap_trimmed = max(draft.awarded - room, 0)
            draft.awarded -= draft.cap_trimmed
        if rule.budget_points is not None:
            room = max(rule.budget_points - usage.spent.get(rule.rule_id, 0), 0)
            draft.budget_trimmed = max(draft.awarded - room, 0)
            draft.awarded -= draft.budget_trimmed
        if draft.awarded or draft.cap_trimmed or draft.budget_trimmed:
            draft.allocations = allocate(draft.awarded, draft.allocations)
            kept.append(draft)
    return kept


def allocate(points: int, weights: list[int]) -> list[int]:
    """Largest remainder: ``points`` over ``weights``, ties to the earlier line (docs/points.md 6).

    Hamilton's method. Where all weights are zero, the first line takes all.
    """
    whole = sum(weights)
    if not whole:
        return [points] + [0] * (len(weights) - 1)
    if len(weights) == 1:
        return [points]
    shares = [divmod(points * weight, whole) for weight in weights]
    result = [share for share, _rest in shares]
    left = points - sum(result)
    if left:
        order = sorted(range(len(shares)), key=lambda index: -shares[index][1])  # stable
        for index in order[:left]:
            result[index] += 1
    return result
