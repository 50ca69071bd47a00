"""What other terms would have given: last month's purchases judged again, nothing written.

The same engine that earns evaluates each purchase twice, under the rules of today and under the
proposed ones. Purchases are streamed by groups of members, so that memory stays flat; where there
are more than can be judged while somebody waits, every nth member stands for the others.
"""

import datetime as dt
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Sum

from core.time import add_months, day_of, start_of
from purchases.models import Purchase
from purchases.selectors import iter_facts
from rewards.engine.book import Book
from rewards.engine.earning import build_lines, evaluate
from rewards.engine.limits import Usage
from rewards.engine.terms import Programme, Rule, Terms
from rewards.enums import AccountKind, FirstTime, Unit
from rewards.models import Account, EarningRule, EarningRuleVersion
from rewards.services.ledger import load_terms
from rewards.services.preview_history import load_books, load_usage
from rewards.services.tier_preview import TierMove, list_tier_moves

MAX_PURCHASES = 40_000  # judged twice in some ten seconds
MAX_SECONDS = 20.0
_GROUP = 500  # members at a time
_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class EarningPreview:
    """A past span under the terms of today and under the proposed ones, before returns.

    ``sampled_every`` n: one member of n was judged and the numbers are multiplied by n; 1 means
    that everybody was. ``rule_*`` is what the proposed rule gives by itself (a multiplier gives
    through others), ``touched_member_count`` who would have had other points or credits.
    """

    first_on: dt.date
    last_on: dt.date
    purchase_count: int
    member_count: int
    touched_member_count: int
    before_points: int
    after_points: int
    before_status: int
    after_status: int
    rule_member_count: int
    rule_points: int
    sampled_every: float

    @property
    def extra_points(self) -> int:
        """By how much the club's liability would have grown (or shrunk) in that span."""
        return self.after_points - self.before_points

    @property
    def extra_status(self) -> int:
        return self.after_status - self.before_status

    @property
    def is_sample(self) -> bool:
        return self.sampled_every > 1


@dataclass(slots=True)
class _Scenario:
    """Terms to judge by. ``programme`` and ``tiers`` (member to tier) replace what was in force."""

    rules: list[Rule]
    programme: Programme | None = None
    tiers: dict[int, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    points: int = 0
    status: int = 0


# --- The questions ------------------------------------------------------------------------------


def preview_rule(
    version: EarningRuleVersion, *, now: dt.datetime, max_purchases: int = MAX_PURCHASES
) -> EarningPreview:
    """The last full month if ``version`` (unsaved) stood in the place of its rule's present one."""
    terms = load_terms()
    current = terms.rules_at(now)
    proposed = _build_rule(version)
    after = [rule for rule in current if rule.rule_id != proposed.rule_id] + [proposed]
    return _compare(terms, current, after, now, max_purchases, watched=proposed.rule_id)


def preview_end(
    rule: EarningRule, *, now: dt.datetime, max_purchases: int = MAX_PURCHASES
) -> EarningPreview:
    """The last full month without the rule."""
    terms = load_terms()
    current = terms.rules_at(now)
    after = [each for each in current if each.rule_id != rule.pk]
    return _compare(terms, current, after, now, max_purchases, watched=rule.pk)


def preview_programme(
    programme: Programme, *, now: dt.datetime, max_purchases: int = MAX_PURCHASES
) -> tuple[list[TierMove], EarningPreview]:
    """Who would move between tiers, and the last full month once they have moved."""
    terms = load_terms()
    rules = terms.rules_at(now)
    moves = list_tier_moves(programme, now=now)
    preview = _compare(terms, rules, rules, now, max_purchases, programme=programme)
    return moves, preview


def count_liability() -> int:
    """The points that the club owes its members now, less what they owe the club."""
    rows = Account.objects.filter(member__isnull=False, unit=Unit.POINTS).values_list("kind")
    balances = dict(rows.annotate(Sum("balance")))
    return sum(balances.values()) - 2 * balances.get(AccountKind.OWED, 0)


# --- Judging ------------------------------------------------------------------------------------


def _compare(
    terms: Terms,
    before_rules: Sequence[Rule],
    after_rules: Sequence[Rule],
    now: dt.datetime,
    max_purchases: int,
    *,
    watched: int | None = None,
    programme: Programme | None = None,
) -> EarningPreview:
    start, end = _choose_span(terms.zone, now)
    every = max(-(-_estimate_purchases(start, end) // max_purchases), 1)
    before = _Scenario(_sort(before_rules, every))
    after = _Scenario(_sort(after_rules, every), programme)
    _start_budgets((before, after))
    totals = _Totals()
    member_ids = _list_members(start, end, every)
    deadline = time.monotonic() + MAX_SECONDS
    judged = 0
    for group in _in_groups(member_ids):
        _judge_group(group, start, end, terms, before, after, watched, totals, now)
        judged += len(group)
        if time.monotonic() > deadline:
            break
    factor = every * (len(member_ids) / judged) if judged else 1
    return _sum_up(totals, before, after, factor, start, end, terms.zone)


@dataclass(slots=True)
class _Totals:
    purchases: int = 0
    members: int = 0
    touched: int = 0
    rule_points: int = 0
    rule_members: int = 0


def _judge_group(group, start, end, terms, before, after, watched, totals, now) -> None:
    books = load_books(group, terms, start, before.rules + after.rules)
    pairs = [(scenario.rules, scenario.usage) for scenario in (before, after)]
    load_usage(group, pairs, start, terms.zone)
    if after.programme is not None:
        after.tiers = {
            move.member_id: move.to_tier_id
            for move in list_tier_moves(after.programme, now=now, member_ids=group)
        }
    gained: dict[int, list[int]] = {}
    purchases = Purchase.objects.filter(
        member__in=group, purchased_at__gte=start, purchased_at__lt=end
    )
    for purchase in iter_facts(purchases):
        book = books[purchase.member_id]
        row = gained.setdefault(purchase.member_id, [0, 0, 0])
        old = _judge(before, book, purchase, terms, None)
        new = _judge(after, book, purchase, terms, watched)
        row[0] += new[0] - old[0]
        row[1] += new[1] - old[1]
        row[2] += new[2]
        _remember(book, purchase, (before, after))
        totals.purchases += 1
    totals.members += len(gained)
    totals.touched += sum(1 for row in gained.values() if row[0] or row[1])
    totals.rule_members += sum(1 for row in gained.values() if row[2])
    totals.rule_points += sum(row[2] for row in gained.values())
    for scenario in (before, after):
        scenario.usage = Usage(spent=scenario.usage.spent)  # the next group starts afresh


def _judge(scenario, book, purchase, terms, watched) -> tuple[int, int, int]:
    """Points, status credits, and what the watched rule gave by itself."""
    day = day_of(purchase.effective_at, terms.zone)
    programme = scenario.programme or terms.programme_on(day)
    tier_id = scenario.tiers.get(book.member_id) or book.tier_at(start_of(day, terms.zone))
    lines = build_lines(purchase, tax_included=programme.tax_included)
    points = status = by_rule = 0
    for draft in evaluate(
        book, purchase, day, programme.level_of(tier_id), lines, scenario.rules, scenario.usage
    ):
        scenario.usage.add(draft.rule, book.member_id, day, draft.awarded)
        if draft.rule.unit == Unit.STATUS:
            status += draft.awarded
        else:
            points += draft.awarded
        if draft.rule.rule_id == watched:
            by_rule += draft.awarded
    scenario.points += points
    scenario.status += status
    return points, status, by_rule


def _remember(book: Book, purchase: Any, scenarios: Iterable[_Scenario]) -> None:
    """What first-time rules ask of the next purchase."""
    book.has_purchased = True
    for scenario in scenarios:
        for line in purchase.lines:
            if line.product_id is not None:
                scenario.usage.bought.add((book.member_id, FirstTime.PRODUCT, line.product_id))
            for category_id in line.category_ids:
                scenario.usage.bought.add((book.member_id, FirstTime.CATEGORY, category_id))


def _sum_up(totals, before, after, factor, start, end, zone) -> EarningPreview:
    def scale(number):
        return round(number * factor)

    return EarningPreview(
        first_on=day_of(start, zone),
        last_on=day_of(end - dt.timedelta(microseconds=1), zone),
        purchase_count=scale(totals.purchases),
        member_count=scale(totals.members),
        touched_member_count=scale(totals.touched),
        before_points=scale(before.points),
        after_points=scale(after.points),
        before_status=scale(before.status),
        after_status=scale(after.status),
        rule_member_count=scale(totals.rule_members),
        rule_points=scale(totals.rule_points),
        sampled_every=factor,
    )


# --- Reading ------------------------------------------------------------------------------------


def _choose_span(zone: str, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The last full calendar month; the last thirty days where that month saw no purchase."""
    today = day_of(now, zone)
    first = add_months(today.replace(day=1), -1)
    start, end = start_of(first, zone), start_of(today.replace(day=1), zone)
    if Purchase.objects.filter(purchased_at__gte=start, purchased_at__lt=end).exists():
        return start, end
    return start_of(today - dt.timedelta(days=30), zone), now


def _estimate_purchases(start: dt.datetime, end: dt.datetime) -> int:
    """How many the planner expects: the answer needs no reading of them."""
    span = Purchase.objects.filter(purchased_at__gte=start, purchased_at__lt=end)
    plan = span.explain(format="json")
    return json.loads(plan)[0]["Plan"]["Plan Rows"]


def _list_members(start: dt.datetime, end: dt.datetime, every: int) -> list[int]:
    """Who bought in the span, every nth of them, in an order that favours nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id FROM purchases_purchase"
            " WHERE purchased_at >= %s AND purchased_at < %s AND member_id IS NOT NULL"
            " AND abs(hashint8(member_id)::bigint) %% %s = 0"
            " GROUP BY member_id ORDER BY hashint8(member_id), member_id",
            [start, end, every],
        )
        return [member_id for (member_id,) in cursor.fetchall()]


def _in_groups(ids: Sequence[int]) -> Iterator[list[int]]:
    for index in range(0, len(ids), _GROUP):
        yield list(ids[index : index + _GROUP])


# --- Rules --------------------------------------------------------------------------------------


_SAME_FIELDS = (
    "kind", "unit", "points", "per_amount", "multiplier_milli", "combine", "stacking", "priority",
    "first_hour", "last_hour", "in_birthday_month", "first_time", "minimum_amount", "cap_points",
    "cap_period", "budget_points", "expires_after_days",
)  # fmt: skip
_SET_FIELDS = (
    "product_ids", "category_ids", "channel_ids", "store_ids", "audience_ids", "weekdays",
    "days_of_month",
)  # fmt: skip


def _build_rule(version: EarningRuleVersion) -> Rule:
    """The engine's rule of an unsaved version; the first version of a new rule has id −1."""
    values: dict[str, Any] = {name: getattr(version, name) for name in _SAME_FIELDS}
    values |= {name: frozenset(getattr(version, name)) for name in _SET_FIELDS}
    return Rule(
        id=-1,
        rule_id=version.rule_id or -1,
        number=0,
        code=version.rule.code if version.rule_id else "",
        starts_at=_EVER,
        ends_at=None,
        **values,
    )


def _sort(rules: Iterable[Rule], every: int) -> list[Rule]:
    """In the engine's order; a sample of the members has a sample of the budget."""
    shared = [
        replace(rule, budget_points=rule.budget_points // every)
        if rule.budget_points is not None and every > 1
        else rule
        for rule in rules
    ]
    return sorted(shared, key=lambda rule: (rule.priority, rule.rule_id))


def _start_budgets(scenarios: Iterable[_Scenario]) -> None:
    """Budgets count from the span's beginning: what they have given since is not held against
    them, or last month would look empty under a rule that spent its budget then.
    """
    for scenario in scenarios:
        scenario.usage.spent = {
            rule.rule_id: 0 for rule in scenario.rules if rule.budget_points is not None
        }
