"""Caps, budgets and first times: what limited rules have given so far (docs/points.md 5, 15)."""

import datetime as dt
from dataclasses import dataclass, field

from rewards.engine.terms import Rule
from rewards.enums import Period


@dataclass(slots=True)
class Usage:
    """What capped, budgeted and first-time rules have given so far.

    ``awards`` maps (rule id, member id) to [(effective day, points net of returns)]; ``spent``
    maps a rule id to its whole net use; ``bought`` holds (member id, "product" or "category",
    id) of goods bought before. The service loads them for the rules that ask.
    """

    awards: dict[tuple[int, int], list[tuple[dt.date, int]]] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)
    bought: set[tuple[int, str, int]] = field(default_factory=set)

    def add(self, rule: Rule, member_id: int, day: dt.date, points: int) -> None:
        if rule.cap_points is not None or rule.first_time:
            self.awards.setdefault((rule.rule_id, member_id), []).append((day, points))
        if rule.budget_points is not None:
            self.spent[rule.rule_id] = self.spent.get(rule.rule_id, 0) + points

    def give_back(self, rule: Rule, member_id: int, day: dt.date, points: int) -> None:
        """A return frees budget and cap room for later purchases, but no once-in-all limit."""
        if rule.budget_points is not None:
            self.spent[rule.rule_id] = self.spent.get(rule.rule_id, 0) - points
        if rule.cap_points is not None and counts_returns(rule):
            self.awards.setdefault((rule.rule_id, member_id), []).append((day, -points))

    def used(self, rule: Rule, member_id: int, day: dt.date) -> int:
        start, end = cap_period(rule.cap_period, day)
        entries = self.awards.get((rule.rule_id, member_id), ())
        return sum(points for on, points in entries if start <= on <= end)


def counts_returns(rule: Rule) -> bool:
    """Whether a return gives the rule's cap room back (docs/points.md 15)."""
    return not rule.first_time and rule.cap_period != Period.LIFETIME


def cap_period(period: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """Calendar periods in the programme's zone; weeks begin on Monday (ISO 8601)."""
    match period:
        case Period.DAY:
            return day, day
        case Period.WEEK:
            start = day - dt.timedelta(days=day.weekday())
            return start, start + dt.timedelta(days=6)
        case Period.MONTH:
            following = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
            return day.replace(day=1), following - dt.timedelta(days=1)
        case Period.YEAR:
            return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
    return dt.date.min, dt.date.max


def list_period_starts(day: dt.date) -> dict[str, dt.date]:
    """The first day of each period that ``day`` lies in; none for a lifetime."""
    return {
        str(period): cap_period(period, day)[0] for period in Period if period != Period.LIFETIME
    }
