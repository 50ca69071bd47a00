"""A tree of rules as one query on members.

What members are stands in a subquery over ``members_member``; what they did is grouped once for
all of them and joined, never asked member by member. Where a rule only asks whether there is a row
at all, and every other rule must hold too, it is EXISTS, which PostgreSQL joins as well and stops
at the first row. Conditions on a joined column are not true of NULL, which lets PostgreSQL turn
the outer join into an inner one.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.sql.datastructures import BaseTable
from django.utils.translation import gettext_lazy as _

from campaigns.selectors.segments.definition import (
    AttributeRule,
    AudienceRule,
    BehaviourRule,
    Group,
    Rule,
)
from campaigns.selectors.segments.operators import Sql, build_condition, is_true_of, join_sql
from core.errors import DomainError
from members.models import AudienceMember, Member
from members.registry import AttributeRows


class CrossJoin(DomainError):
    code = "cross_join"
    message = _(
        "This segment would compare every member with every row of another table; it is refused."
    )


@dataclass(frozen=True, slots=True)
class Leaf:
    """One rule as SQL: whether it holds, and the member's value (None where that is the same)."""

    rule: Rule
    condition: Sql
    value: Sql | None


@dataclass(frozen=True, slots=True)
class Compiled:
    """``source`` is what stands after FROM, where a member is ``m.id``; ``condition`` who is in."""

    source: Sql
    condition: Sql
    leaves: tuple[Leaf, ...] = ()

    def select(self, *columns: Sql, tail: str = "") -> Sql:
        head = join_sql(columns, ", ").wrap("SELECT ", " FROM ")
        where = self.condition.wrap(" WHERE ", tail)
        return Sql(
            head.text + self.source.text + where.text,
            (*head.params, *self.source.params, *where.params),
        )

    def select_ids(self) -> Sql:
        return self.select(Sql("m.id"))

    def count(self) -> Sql:
        return self.select(Sql("count(*)"))


def compile_segment(group: Group, *, now: dt.datetime) -> Compiled:
    """Everybody who is active and whom the tree describes. Raises CrossJoin."""
    builder = _Builder(group, now, only=None)
    condition = builder.build(group, negated=False, conjunct=True)
    return Compiled(builder.get_source(), condition)


def compile_among(group: Group, members: Sequence[int], *, now: dt.datetime) -> Compiled:
    """Whom of these few members, active or not, the tree describes. Raises CrossJoin."""
    builder = _Builder(group, now, only=members)
    condition = builder.build(group, negated=False, conjunct=True)
    return Compiled(builder.get_source(), condition)


def compile_reasons(group: Group, members: Sequence[int], *, now: dt.datetime) -> Compiled:
    """The same for a few members, in or not, with every rule and its value by itself."""
    builder = _Builder(group, now, only=members)
    leaves = tuple(builder.build_leaf(rule) for rule in group.list_rules())
    return Compiled(builder.get_source(), Sql("TRUE"), leaves)


@dataclass
class _Grouped:
    """Rows that are grouped once; each rule about them has a column."""

    alias: str
    columns: dict[Any, tuple[str, BehaviourRule]]


class _Builder:
    def __init__(self, group, now, only):
        self.now = now
        self.only = None if only is None else list(only)
        self.expressions: dict[str, Any] = {}
        self.joins: dict[Any, tuple[str, Sql]] = {}
        self.grouped: dict[Any, _Grouped] = {}
        rules = [rule for rule in group.list_rules() if isinstance(rule, BehaviourRule)]
        self.uses = Counter(map(_rows_of, rules))
        self.scope = None if only is not None else self._build_scope(group)

    # --- Groups ---

    def build(self, node, *, negated, conjunct) -> Sql:
        """``conjunct``: everything beside the node must hold too."""
        if not isinstance(node, Group):
            return self._build_rule(node, negated, conjunct)
        if node.kind == "none":
            return self._build_any(node.nodes, not negated, conjunct)
        if node.kind == "any":
            return self._build_any(node.nodes, negated, conjunct)
        return self._build_any(node.nodes, negated, conjunct, is_all=True)

    def _build_any(self, nodes, negated, conjunct, is_all=False):
        """By De Morgan, so that "not" only ever stands at rules."""
        with_and = is_all != negated
        conjunct = conjunct and (with_and or len(nodes) == 1)
        parts = [self.build(node, negated=negated, conjunct=conjunct) for node in nodes]
        return join_sql((part.wrap("(", ")") for part in parts), " AND " if with_and else " OR ")

    # --- Rules ---

    def _build_rule(self, rule, negated, conjunct) -> Sql:
        found = self._find_existence(rule)
        if found is not None:
            key, rows, is_wanted = found
            if conjunct:
                word = "EXISTS" if is_wanted != negated else "NOT EXISTS"
                inner = rows.wrap("(SELECT FROM (", ") AS e (member_id) WHERE e.member_id = m.id)")
                return inner.wrap(f"{word} ", "")
            alias = self._join(key, rows.wrap("SELECT DISTINCT r.* FROM (", ") AS r"), width=1)
            return Sql(f"{alias}.member_id IS {'NOT ' if is_wanted != negated else ''}NULL")
        condition = self.build_leaf(rule).condition
        return condition.wrap("(", ") IS NOT TRUE") if negated else condition

    def build_leaf(self, rule: Rule) -> Leaf:
        """With the value, whatever way the rule could be asked more shortly."""
        if isinstance(rule, BehaviourRule):
            ref = self._get_measure(rule)
            value = Sql(f"coalesce({ref}, 0)")
            return Leaf(rule, self._compare(rule, ref, rule.measure.type, 0), value)
        found = self._find_existence(rule)
        if found is not None:
            key, rows, is_wanted = found
            alias = self._join(key, rows.wrap("SELECT DISTINCT r.* FROM (", ") AS r"), width=1)
            word = "NOT " if is_wanted else ""
            return Leaf(rule, Sql(f"{alias}.member_id IS {word}NULL"), None)
        if isinstance(rule, AudienceRule):
            raise TypeError(rule)  # always one of existence
        attribute = rule.attribute
        ref = self._get_ref(rule)
        condition = self._compare(rule, ref, attribute.type, attribute.missing)
        shown = (
            f"coalesce({ref}, {int(attribute.missing)})" if attribute.missing is not None else ref
        )
        return Leaf(rule, condition, Sql(shown))

    def _compare(self, rule, ref, type, missing) -> Sql:
        condition = build_condition(ref, type, rule.operator, rule.value, self.now)
        if missing is None or rule.operator in ("known", "unknown"):
            return condition
        if is_true_of(rule.operator, rule.value, missing):
            return condition.wrap(f"({ref} IS NULL OR ", ")")
        return condition

    def _find_existence(self, rule: Rule) -> tuple[Any, Sql, bool] | None:
        """(key, rows of members, whether one is wanted), where only that matters; else None."""
        if isinstance(rule, AudienceRule):
            rows = AudienceMember.objects.filter(audience=rule.audience).values_list("member")
            return ("audience", rule.audience.pk), self._to_sql(rows, 1), rule.is_in
        if isinstance(rule, BehaviourRule):
            is_wanted = _asks_for_any(rule)
            if is_wanted is None or self.uses[_rows_of(rule)] > 1:
                return None
            events = _build_events(rule)
            rows = events.rows.order_by().filter(self._in_window(events, rule))
            key: Any = ("any", _rows_of(rule), rule.window, rule.days)
            return key, self._to_sql(rows.values_list(events.member), 1), is_wanted
        attribute = rule.attribute
        if attribute.build_rows is None:
            return None
        if attribute.type == "boolean":
            rows = attribute.build_rows(self.now)
            return ("attribute", attribute.code), self._to_sql(rows, 1), rule.operator == "yes"
        if attribute.type == "choices" and rule.operator != "every":
            rows = attribute.build_rows(self.now, list(rule.value))
            key = ("attribute", attribute.code, rule.value)
            return key, self._to_sql(rows, 1), rule.operator == "any"
        if attribute.type == "choices":
            return self._find_every(attribute, rule)
        return None

    def _find_every(self, attribute, rule):
        """Members who have each of the values."""
        parts = [
            self._to_sql(attribute.build_rows(self.now, [value]), 1).wrap("(", ")")
            for value in rule.value
        ]
        key = ("attribute", attribute.code, rule.value, "every")
        return key, join_sql(parts, " INTERSECT "), True

    # --- Columns ---

    def _get_ref(self, rule: AttributeRule) -> str:
        attribute = rule.attribute
        if attribute.build_rows is None:
            new = (f"a{len(self.expressions)}", attribute)
            return f"m.{self.expressions.setdefault(attribute.code, new)[0]}"
        days = () if rule.days is None else (rule.days,)
        rows = attribute.build_rows(self.now, *days)
        return f"{self._join(('attribute', attribute.code, *days), self._to_sql(rows, 2))}.value"

    def _get_measure(self, rule: BehaviourRule) -> str:
        key = _rows_of(rule)
        grouped = self.grouped.setdefault(key, _Grouped(f"g{len(self.grouped)}", {}))
        column = (rule.measure.code, rule.window, rule.days)
        grouped.columns.setdefault(column, (f"v{len(grouped.columns)}", rule))
        return f"{grouped.alias}.{grouped.columns[column][0]}"

    def _in_window(self, events, rule: BehaviourRule) -> Q:
        at = events.at
        inside = Q(**{f"{at}__lte": self.now})  # what is dated ahead has not happened
        if rule.window == "last":
            inside &= Q(**{f"{at}__gt": self.now - dt.timedelta(days=rule.days)})
        if rule.window == "first":
            start = F(f"{events.member}__joined_at")
            last = start + dt.timedelta(days=rule.days)
            inside &= Q(**{f"{at}__gte": start, f"{at}__lt": last})
        return inside

    def _group(self, grouped: _Grouped) -> Sql:
        rules = [rule for _name, rule in grouped.columns.values()]
        events = _build_events(rules[0])
        rows = events.rows.order_by()
        is_one = len(rules) == 1
        if is_one:
            rows = rows.filter(self._in_window(events, rules[0]))
        elif all(rule.window == "last" for rule in rules):
            rows = rows.filter(self._in_window(events, max(rules, key=lambda rule: rule.days)))
        else:
            rows = rows.filter(**{f"{events.at}__lte": self.now})
        if self.scope is not None and any(rule.window == "first" for rule in rules):
            # Their members are read with the rows: those who are out anyway need not be.
            # Its text is ours alone; what anybody typed is among the parameters.
            scope = RawSQL(self.scope.text, self.scope.params)  # noqa: S611  (compiled by us)
            rows = rows.filter(**{f"{events.member}__in": scope})
        measures = {
            name: events.measures[rule.measure.code](
                filter=None if is_one else self._in_window(events, rule)
            )
            for name, rule in grouped.columns.values()
        }
        found = rows.values(events.member).annotate(**measures)
        text = self._to_sql(found.values_list(events.member, *measures), 1 + len(measures))
        return self._wrap_join(text, grouped.alias, f"member_id, {', '.join(measures)}")

    def _build_scope(self, group: Group) -> Sql | None:
        """Members for whom those rules hold that ask for columns of their own alone, where every
        one of them must hold.
        """
        own = [
            node
            for node in group.nodes
            if group.kind == "all"
            and isinstance(node, AttributeRule)
            and node.attribute.build_rows is None
        ]
        if not own:
            return None
        conditions = [self.build_leaf(rule).condition for rule in own]
        where = join_sql(conditions, " AND ").wrap(" WHERE ", "")
        return join_sql([self._build_base().wrap("SELECT m.id FROM ", ""), where], "")

    def _join(self, key, rows: Sql, width: int = 2) -> str:
        if key not in self.joins:
            columns = "member_id, value" if width == 2 else "member_id"
            alias = f"f{len(self.joins)}"
            self.joins[key] = (alias, self._wrap_join(rows, alias, columns))
        return self.joins[key][0]

    def _wrap_join(self, rows: Sql, alias: str, columns: str) -> Sql:
        if self.only is not None:
            few = f") AS r ({columns}) WHERE r.member_id IN ({_list(self.only)})"
            rows = rows.wrap("SELECT * FROM (", few)
        return rows.wrap(" LEFT JOIN (", f") AS {alias} ({columns}) ON {alias}.member_id = m.id")

    def get_source(self) -> Sql:
        joins = [rows for _alias, rows in self.joins.values()]
        grouped = [self._group(each) for each in self.grouped.values()]
        return join_sql([self._build_base(), *grouped, *joins], "")

    def _build_base(self) -> Sql:
        members = Member.objects.active()
        if self.only is not None:
            members = Member.objects.filter(pk__in=self.only)
        named = {
            f"v_{name}": attribute.build_expression(self.now)
            for name, attribute in self.expressions.values()
        }
        rows = members.order_by().annotate(**named).values_list("pk", *named)
        columns = ", ".join(["id", *(name for name, _attribute in self.expressions.values())])
        base = self._to_sql(rows, 1 + len(named), is_base=True)
        return base.wrap("(", f") AS m ({columns})")

    def _to_sql(self, rows, width: int, is_base: bool = False) -> Sql:
        if isinstance(rows, AttributeRows):
            return Sql(rows.sql, rows.params)
        check_tables(rows.query, is_base=is_base)
        if rows.query.is_empty():
            return Sql("SELECT " + ", ".join(["NULL::bigint"] * width) + " WHERE FALSE")
        text, params = rows.query.sql_with_params()
        return Sql(text, tuple(params))


def _rows_of(rule: BehaviourRule) -> Any:
    """The same for rules about the same rows, whatever their measure and window."""
    filters = sorted((code, tuple(values)) for code, values in rule.filters.items())
    return ("behaviour", rule.behaviour.code, tuple(filters))


def _build_events(rule: BehaviourRule):
    return rule.behaviour.build_events({code: list(each) for code, each in rule.filters.items()})


def _asks_for_any(rule: BehaviourRule) -> bool | None:
    """True for "at least once", False for "never", None for what needs the number."""
    if rule.measure.code != "count":
        return None
    match rule.operator, rule.value:
        case ("gte", 1) | ("gt", 0):
            return True
        case ("eq", 0) | ("lt", 1) | ("lte", 0) | ("between", (0, 0)):
            return False
    return None


def _list(numbers) -> str:
    return ", ".join(str(int(number)) for number in numbers) or "NULL"


def check_tables(query, *, is_base: bool = False) -> None:
    """Every table hangs on the first by a condition; of a member's own, none makes more rows of
    one. Raises CrossJoin. What plain SQL does is seen in the plan: ``counting.check_plan``.
    """
    for part in query.combined_queries:
        check_tables(part)
    tables = [each for each in query.alias_map.values() if isinstance(each, BaseTable)]
    used = [each for each in tables if query.alias_refcount.get(each.table_alias, 0)]
    if query.extra_tables or len(used) > 1:
        raise CrossJoin
    joins = [each for each in query.alias_map.values() if not isinstance(each, BaseTable)]
    if is_base and any(
        getattr(each.join_field, "one_to_many", False)
        or getattr(each.join_field, "many_to_many", False)
        for each in joins
    ):
        raise CrossJoin
