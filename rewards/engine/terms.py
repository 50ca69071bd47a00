"""The programme's terms as values: versions, levels and rules in force on a day."""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field

from core.time import add_months
from rewards.enums import ExpiryMode, TierWindow


@dataclass(slots=True, frozen=True)
class Level:
    tier_id: int
    slug: str
    rank: int
    threshold: int
    multiplier_milli: int
    audience_id: int


@dataclass(slots=True, frozen=True)
class Programme:
    """One programme version; ``levels`` in order of rank, the first with threshold 0."""

    id: int
    starts_on: dt.date
    tax_included: bool
    expiry_mode: str
    expiry_months: int
    expiry_extra_years: int
    expiry_activities: frozenset[str]
    club_fault_days: int
    tier_window: str
    tier_months: int
    fiscal_start_month: int
    grace_days: int
    levels: tuple[Level, ...]

    def level_of(self, tier_id: int) -> Level:
        """The level of a tier; the first one where this version doesn't know the tier."""
        for level in self.levels:
            if level.tier_id == tier_id:
                return level
        return self.levels[0]

    def last_usable_day(self, available_on: dt.date) -> dt.date | None:
        """Expiry of points that became available on a day; None where a lot carries none."""
        match self.expiry_mode:
            case ExpiryMode.MONTHS:
                return add_months(available_on, self.expiry_months)
            case ExpiryMode.CALENDAR_YEAR:
                return dt.date(available_on.year + self.expiry_extra_years, 12, 31)
            case ExpiryMode.FISCAL_YEAR:
                _, end = fiscal_year(available_on, self.fiscal_start_month)
                return add_months(end, 12 * self.expiry_extra_years)
        return None

    def tier_period(
        self, day: dt.date, joined_on: dt.date, tier_since_on: dt.date | None
    ) -> tuple[dt.date, dt.date]:
        """First and last day of the period whose status credits count on ``day``."""
        match self.tier_window:
            case TierWindow.ROLLING:
                return add_months(day, -self.tier_months) + dt.timedelta(days=1), day
            case TierWindow.CALENDAR_YEAR:
                return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
            case TierWindow.FISCAL_YEAR:
                return fiscal_year(day, self.fiscal_start_month)
            case TierWindow.JOINING:
                return anchored_period(day, joined_on, self.tier_months)
            case TierWindow.UPGRADE:
                return anchored_period(day, tier_since_on or joined_on, self.tier_months)
        return dt.date.min, dt.date.max


def fiscal_year(day: dt.date, start_month: int) -> tuple[dt.date, dt.date]:
    year = day.year if day.month >= start_month else day.year - 1
    start = dt.date(year, start_month, 1)
    return start, add_months(start, 12) - dt.timedelta(days=1)


def anchored_period(day: dt.date, anchor: dt.date, months: int) -> tuple[dt.date, dt.date]:
    """The ``months``-long period around ``day`` counted from ``anchor`` (29 Feb clamps)."""
    count = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    while add_months(anchor, count * months) > day:
        count -= 1
    while add_months(anchor, (count + 1) * months) <= day:
        count += 1
    start = add_months(anchor, count * months)
    return start, add_months(anchor, (count + 1) * months) - dt.timedelta(days=1)


@dataclass(slots=True, frozen=True)
class Rule:
    """One rule version; the meaning of each field stands at models.EarningRuleVersion."""

    id: int
    rule_id: int
    number: int
    code: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    kind: str
    unit: str
    points: int = 0
    per_amount: int = 0
    multiplier_milli: int = 1000
    combine: str = "add"
    stacking: str = "stack"
    priority: int = 100
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    channel_ids: frozenset[int] = frozenset()
    store_ids: frozenset[int] = frozenset()
    audience_ids: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    days_of_month: frozenset[int] = frozenset()
    first_hour: int | None = None
    last_hour: int | None = None
    in_birthday_month: bool = False
    first_time: str = ""
    minimum_amount: int = 0
    cap_points: int | None = None
    cap_period: str = "month"
    budget_points: int | None = None
    expires_after_days: int | None = None


@dataclass(slots=True)
class Terms:
    """Everything the programme says over time; loaded once per batch."""

    zone: str
    programmes: list[Programme]
    rules: list[Rule] = field(default_factory=list)
    _starts: list[dt.date] = field(default_factory=list)

    def __post_init__(self):
        self.programmes.sort(key=lambda programme: programme.starts_on)
        self.rules.sort(key=lambda rule: (rule.priority, rule.rule_id))
        self._starts = [programme.starts_on for programme in self.programmes]

    def programme_on(self, day: dt.date) -> Programme:
        """The version in force on a day; days before the first version follow the first."""
        return self.programmes[max(bisect_right(self._starts, day) - 1, 0)]

    def next_version_on(self, day: dt.date) -> dt.date | None:
        """The day after ``day`` on which another programme version takes over."""
        later = bisect_right(self._starts, day)
        return self._starts[later] if 0 < later < len(self._starts) else None

    def count_status_months(self) -> int | None:
        """How far before a day a tier period around it can reach; None where without end."""
        if any(each.tier_window == TierWindow.LIFETIME for each in self.programmes):
            return None
        return max((2 * max(each.tier_months, 12) for each in self.programmes), default=None)

    def rules_at(self, moment: dt.datetime) -> list[Rule]:
        return [
            rule
            for rule in self.rules
            if rule.starts_at <= moment and (rule.ends_at is None or moment < rule.ends_at)
        ]
