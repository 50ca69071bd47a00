"""What limited rules have given so far, and what returns must know, read set by set."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from core.time import day_of
from purchases.facts import AmendmentFacts, PurchaseFacts, ReturnFacts
from rewards.engine.amending import Past
from rewards.engine.book import LotState
from rewards.engine.earning import AwardDraft
from rewards.engine.limits import Usage, cap_period, counts_returns
from rewards.engine.returning import AwardState, ToDate
from rewards.engine.terms import Rule, Terms
from rewards.enums import FirstTime
from rewards.services.ledger import Ledger

_AUDIENCES = """
    SELECT member_id, audience_id FROM members_audiencemember
    WHERE member_id = ANY(%s) AND audience_id = ANY(%s)
      AND (%s::timestamptz IS NULL OR added_at <= %s)
"""
# Ordered, so that two batches wait for each other and never in a circle.
_LOCK_BUDGETS = """
    SELECT id, used_points FROM rewards_earningrule WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
# A merged membership's history counts with the survivor's; awards of a version that its shop
# has amended since count no more.
_CAPPED = """
    WITH mine (owner_id, id) AS (
        SELECT id, id FROM unnest(%s::bigint[]) AS id
        UNION ALL
        SELECT merged_into_id, id FROM members_member WHERE merged_into_id = ANY(%s)
    )
    SELECT a.rule_id, mine.owner_id, a.effective_at,
           a.awarded_points - CASE WHEN a.rule_id = ANY(%s) THEN 0 ELSE coalesce((
               SELECT sum(r.reversed_points) FROM rewards_reversal r WHERE r.award_id = a.id
           ), 0) END::bigint
    FROM mine JOIN rewards_award a ON a.member_id = mine.id
    JOIN purchases_purchase p ON p.id = a.purchase_id AND p.version = a.purchase_version
    WHERE a.rule_id = ANY(%s) AND a.effective_at >= %s
      AND NOT EXISTS (SELECT FROM unnest(%s::bigint[]) AS own (id) WHERE own.id = a.purchase_id)
"""
# A line that its shop took off the order is empty and was not bought.
_BOUGHT_PRODUCTS = """
    SELECT DISTINCT p.member_id, l.product_id
    FROM purchases_purchase p JOIN purchases_line l ON l.purchase_id = p.id
    WHERE p.member_id = ANY(%s) AND l.product_id = ANY(%s)
      AND NOT EXISTS (SELECT FROM unnest(%s::bigint[]) AS own (id) WHERE own.id = p.id)
      AND (p.version = 1 OR l.quantity > 0 OR l.amount > 0)
      AND (%s::timestamptz IS NULL OR (p.recorded_at, p.purchased_at, p.external_id) < (%s, %s, %s))
"""
_BOUGHT_CATEGORIES = """
    WITH RECURSIVE inside (wanted, id) AS (
        SELECT wanted, wanted FROM unnest(%s::bigint[]) AS wanted
        UNION ALL
        SELECT inside.wanted, c.id FROM inside JOIN purchases_category c ON c.parent_id = inside.id
    )
    SELECT DISTINCT p.member_id, inside.wanted
    FROM inside JOIN purchases_line l ON l.category_id = inside.id
    JOIN purchases_purchase p ON p.id = l.purchase_id
    WHERE p.member_id = ANY(%s)
      AND NOT EXISTS (SELECT FROM unnest(%s::bigint[]) AS own (id) WHERE own.id = p.id)
      AND (p.version = 1 OR l.quantity > 0 OR l.amount > 0)
      AND (%s::timestamptz IS NULL OR (p.recorded_at, p.purchased_at, p.external_id) < (%s, %s, %s))
"""
_PAST = """
    SELECT ARRAY(SELECT id FROM rewards_earningruleversion WHERE published_at <= %s),
           EXISTS (SELECT FROM purchases_purchase p WHERE p.member_id = ANY(%s)
                   AND (p.recorded_at, p.purchased_at, p.external_id) < (%s, %s, %s))
"""
_LINES = """
    SELECT l.purchase_id, l.position, l.amount, l.quantity
    FROM purchases_line l WHERE l.purchase_id = ANY(%s)
"""
_AWARDS = """
    SELECT a.id, a.purchase_id, a.rule_version_id, a.effective_at, a.positions, a.allocations,
           (SELECT array_agg(r.allocations) FROM rewards_reversal r WHERE r.award_id = a.id),
           l.id,
           (SELECT coalesce(sum(m.amount), 0)::bigint FROM rewards_lotmove m
            WHERE m.lot_id = l.id AND m.kind = 'expired'),
           (SELECT coalesce(sum(m.amount), 0)::bigint FROM rewards_lotmove m
            WHERE m.lot_id = l.id AND m.kind = 'forfeited'),
           (SELECT coalesce(sum(r.lapsed_points), 0)::bigint FROM rewards_reversal r
            WHERE r.award_id = a.id),
           a.parts::text,
           l.member_id, l.unit, l.award_id, l.opened_at, l.original, l.release_on, l.expires_on,
           l.expires_after_days, l.counts_on, l.pending, l.available, l.held
    FROM rewards_award a LEFT JOIN rewards_lot l ON l.award_id = a.id
    WHERE a.purchase_id = ANY(%s) ORDER BY a.id
"""


class UsageReader:
    """Builds the statements that a batch's rules ask for, and reads their rows."""

    def __init__(
        self,
        items: Sequence[Any],
        member_ids: list[int],
        first_at: dt.datetime,
        last_at: dt.datetime,
    ):
        self.member_ids = member_ids
        self.first_at = first_at
        self.last_at = last_at
        # A batch amends one purchase at most; what it then asks of the past, it asks as of the
        # moment when that purchase first came in.
        self.amended = next((item for item in items if isinstance(item, AmendmentFacts)), None)
        self.new_ids = [item.id for item in items if isinstance(item, PurchaseFacts)]
        self.returned_ids = sorted(
            {item.purchase_id for item in items if isinstance(item, ReturnFacts | AmendmentFacts)}
        )
        self.own_ids = sorted(
            {*self.new_ids, *([self.amended.purchase_id] if self.amended else ())}
        )
        self._readers: list = []
        self.usage = Usage()
        self.spent_before: dict[int, int] = {}
        self.past = Past(frozenset(), False)
        self.lines: dict[int, dict[int, tuple[int, Any]]] = {}
        self.awards: dict[int, list[AwardState]] = {}

    def build_statements(self, terms: Terms) -> list[tuple[str, Sequence]]:
        """The statements for ``open_ledger(build_extra=...)``, budgets' locks among them."""
        self.terms = terms
        self._readers = []
        self.rules_by_version = {rule.id: rule for rule in terms.rules}
        live = [
            rule
            for rule in terms.rules
            if rule.starts_at <= self.last_at
            and (rule.ends_at is None or rule.ends_at > self.first_at)
        ]
        statements: list[tuple[str, Sequence]] = []

        def ask(sql: str, params: Sequence, read) -> None:
            statements.append((sql, params))
            self._readers.append(read)

        audience_ids = sorted({pk for rule in live for pk in rule.audience_ids})
        if audience_ids:
            then = self.amended.recorded_at if self.amended else None
            ask(_AUDIENCES, [self.member_ids, audience_ids, then, then], self._read_audiences)
        # Ended campaigns are locked only where a return may give their budget back.
        asked = terms.rules if self.returned_ids else live
        budgeted = _rule_ids(rule for rule in asked if rule.budget_points is not None)
        if budgeted:
            ask(_LOCK_BUDGETS, [budgeted], self._read_budgets)
        counted = [rule for rule in live if rule.cap_points is not None or rule.first_time]
        if counted:
            kept = _rule_ids(rule for rule in counted if not counts_returns(rule))
            params = [
                self.member_ids, self.member_ids, kept, _rule_ids(counted),
                self._usage_start(counted), self.own_ids,
            ]  # fmt: skip
            ask(_CAPPED, params, self._read_capped)
        self._ask_first_times(live, ask)
        if self.amended:
            recorded_at = self.amended.recorded_at
            ask(_PAST, [recorded_at, self.member_ids, *self._list_before()[1:]], self._read_past)
        if self.returned_ids:
            ask(_LINES, [self.returned_ids], self._read_lines)
            ask(_AWARDS, [self.returned_ids], self._read_awards)
        return statements

    def _ask_first_times(self, live: list[Rule], ask) -> None:
        products = {i for r in live if r.first_time == FirstTime.PRODUCT for i in r.product_ids}
        if products:
            ask(
                _BOUGHT_PRODUCTS,
                [self.member_ids, sorted(products), self.own_ids, *self._list_before()],
                lambda rows, _: self._read_bought(FirstTime.PRODUCT, rows),
            )
        categories = {i for r in live if r.first_time == FirstTime.CATEGORY for i in r.category_ids}
        if categories:
            ask(
                _BOUGHT_CATEGORIES,
                [sorted(categories), self.member_ids, self.own_ids, *self._list_before()],
                lambda rows, _: self._read_bought(FirstTime.CATEGORY, rows),
            )

    def _list_before(self) -> list[Any]:
        """The place in the order of intake before which purchases count; None for all."""
        if self.amended is None:
            return [None] * 4
        item = self.amended
        return [item.recorded_at, item.recorded_at, item.purchased_at, item.external_id]

    def _usage_start(self, counted: list[Rule]) -> dt.datetime:
        day = day_of(self.first_at, self.terms.zone)
        start = min(
            dt.date.min if rule.first_time else cap_period(rule.cap_period, day)[0]
            for rule in counted
        )
        if start <= dt.date(2, 1, 1):
            return dt.datetime(1, 1, 2, tzinfo=dt.UTC)
        return dt.datetime.combine(start, dt.time.min, tzinfo=dt.UTC) - dt.timedelta(days=1)

    def read(self, ledger: Ledger) -> None:
        for read, rows in zip(self._readers, ledger.extra, strict=True):
            read(rows, ledger)

    def _read_audiences(self, rows, ledger) -> None:
        found: dict[int, set[int]] = {}
        for member_id, audience_id in rows:
            found.setdefault(member_id, set()).add(audience_id)
        tiers = {
            level.audience_id for programme in self.terms.programmes for level in programme.levels
        }
        for member_id, ids in found.items():
            # Tiers are judged by the tier at the start of the purchase's day instead.
            ledger.books[member_id].audience_ids = frozenset(ids - tiers)

    def _read_budgets(self, rows, ledger) -> None:
        self.spent_before = dict(rows)
        self.usage.spent = dict(rows)

    def _read_capped(self, rows, ledger) -> None:
        for rule_id, member_id, effective_at, points in rows:
            entry = (day_of(effective_at, self.terms.zone), points)
            self.usage.awards.setdefault((rule_id, member_id), []).append(entry)

    def _read_bought(self, kind: str, rows) -> None:
        self.usage.bought.update((member_id, kind, item) for member_id, item in rows)

    def _read_past(self, rows, ledger) -> None:
        ((published_ids, has_purchased),) = rows
        self.past = Past(frozenset(published_ids), has_purchased)

    def _read_lines(self, rows, ledger) -> None:
        for purchase_id, position, amount, quantity in rows:
            self.lines.setdefault(purchase_id, {})[position] = (amount, quantity)

    def _read_awards(self, rows, ledger) -> None:
        for (
            pk, purchase_id, version_id, effective_at, positions, allocations, taken, lot_id,
            expired, forfeited, lapsed_back, parts, member_id, unit, award_id, opened_at, original,
            release_on, expires_on, expires_after_days, counts_on, pending, available, held,
        ) in rows:  # fmt: skip
            lot = None
            if lot_id is not None:
                if member_id not in ledger.books and _is_gone(allocations, taken):
                    continue  # of whoever had the purchase before it was amended
                lots = ledger.books[member_id].lots
                lot = next((each for each in lots if each.id == lot_id), None)
                if lot is None:  # spent, or a status lot that already counts
                    lot = LotState(
                        unit, award_id, opened_at, original, release_on, expires_on,
                        expires_after_days, counts_on, pending, available, held, {}, lot_id,
                    )  # fmt: skip
                    lots.append(lot)
                back = min(expired, lapsed_back)
                lot.lapsed = {
                    "expired": expired - back,
                    "forfeited": forfeited - (lapsed_back - back),
                }
            self.awards.setdefault(purchase_id, []).append(
                AwardState(
                    source=pk,
                    rule=self.rules_by_version[version_id],
                    effective_on=day_of(effective_at, self.terms.zone),
                    positions=positions,
                    allocations=allocations,
                    taken=[sum(parts) for parts in zip(*taken, strict=True)]
                    if taken
                    else [0] * len(positions),
                    lot=lot,
                    applied=_list_applied(version_id, parts) if self.amended else frozenset(),
                    had_expired=expired > 0,
                )
            )

    def remember(self, purchase: Any, drafts: list[AwardDraft], book: Any) -> None:
        """Awards of this very batch may be returned in it."""
        if purchase.id not in self.returned_ids:
            return
        lots = {id(lot.award): lot for lot in book.lots if lot.award is not None}
        self.awards[purchase.id] = [
            AwardState(
                source=draft,
                rule=draft.rule,
                effective_on=day_of(draft.effective_at, self.terms.zone),
                positions=draft.positions,
                allocations=draft.allocations,
                taken=[0] * len(draft.positions),
                lot=lots.get(id(draft)),
            )
            for draft in drafts
        ]

    def build_to_date(self, returned: Any) -> ToDate:
        """Per returned line: amount back to date, the line's amount, and whether all is back."""
        result: ToDate = {}
        for position, quantity, amount in returned.lines:
            line_amount, line_quantity = self.lines[returned.purchase_id][position]
            quantity_before, amount_before = returned.before.get(position, (0, 0))
            to_date = amount_before + amount
            whole = to_date >= line_amount and quantity_before + quantity >= line_quantity
            result[position] = (to_date, line_amount, whole)
        return result


def _is_gone(allocations: list[int], taken: list[list[int]] | None) -> bool:
    """Whether an award was taken back whole."""
    return sum(map(sum, taken or [])) == sum(allocations)


def _list_applied(version_id: int, parts: str) -> frozenset[int]:
    """The rule version of an award and those that multiplied it."""
    causes = (cause for *_numbers, why in json.loads(parts) for cause in why)
    return frozenset({version_id, *(pk for kind, pk, _milli in causes if kind == "rule")})


def _rule_ids(rules: Iterable[Rule]) -> list[int]:
    return sorted({rule.rule_id for rule in rules})
