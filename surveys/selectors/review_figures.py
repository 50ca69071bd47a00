"""How reviews develop, for staff: by month, by where they come from, by theme."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Avg, Count, Q
from django.db.models.functions import TruncMonth

from core.time import add_months, day_of, get_zone, start_of
from members.selectors.club import get_club
from surveys.enums import ReviewSource, ReviewState
from surveys.models import Review, Theme

MONTHS = 12
RECENT_MONTHS = 3
LOW = 2  # stars, and fewer


@dataclass(frozen=True, slots=True)
class SourceMonth:
    """What came from one place in a month; ``origin`` is "" for the club's own members."""

    origin: str
    count: int
    average: float
    low_count: int


@dataclass(frozen=True, slots=True)
class Month:
    first_on: dt.date
    sources: tuple[SourceMonth, ...]

    @property
    def count(self) -> int:
        return sum(source.count for source in self.sources)

    @property
    def average(self) -> float | None:
        total = sum(source.average * source.count for source in self.sources)
        return total / self.count if self.count else None

    @property
    def low_count(self) -> int:
        return sum(source.low_count for source in self.sources)


@dataclass(frozen=True, slots=True)
class ThemeFigures:
    """``change`` is the average of the last three months against the months before; None where
    either has nothing.
    """

    theme: Theme
    count: int
    average: float
    low_count: int
    change: float | None


def list_months(*, now: dt.datetime, months: int = MONTHS) -> list[Month]:
    """The last months in the club's time, the present one last; one query.

    What was refused or taken down is no voice of anybody and is left out.
    """
    zone = get_club().zone
    firsts = _list_firsts(day_of(now, zone), months)
    rows = (
        _list_voices().filter(written_at__gte=start_of(firsts[0], zone))
        .annotate(month=TruncMonth("written_at", tzinfo=get_zone(zone)))
        .order_by("month", "origin_name").values("month", "origin_name")
        .annotate(n=Count("pk"), mean=Avg("stars"), low=Count("pk", filter=Q(stars__lte=LOW)))
    )  # fmt: skip
    found: dict[dt.date, list[SourceMonth]] = {first: [] for first in firsts}
    for row in rows:
        source = SourceMonth(row["origin_name"], row["n"], row["mean"], row["low"])
        found[row["month"].date()].append(source)
    return [Month(first, tuple(sources)) for first, sources in found.items()]


def list_themes(*, now: dt.datetime, months: int = MONTHS) -> list[ThemeFigures]:
    """What reviews of the last months are about, the most spoken of first; two queries."""
    zone = get_club().zone
    today = day_of(now, zone)
    first = start_of(_list_firsts(today, months)[0], zone)
    recent = start_of(_list_firsts(today, RECENT_MONTHS)[0], zone)
    rows = (
        _list_voices().filter(written_at__gte=first, themes__isnull=False)
        .order_by().values("themes")
        .annotate(
            n=Count("pk"),
            mean=Avg("stars"),
            low=Count("pk", filter=Q(stars__lte=LOW)),
            late=Avg("stars", filter=Q(written_at__gte=recent)),
            early=Avg("stars", filter=Q(written_at__lt=recent)),
        )
    )  # fmt: skip
    themes = Theme.objects.in_bulk()
    figures = [
        ThemeFigures(
            themes[row["themes"]],
            row["n"],
            row["mean"],
            row["low"],
            row["late"] - row["early"] if None not in (row["late"], row["early"]) else None,
        )
        for row in rows
    ]
    return sorted(figures, key=lambda each: (-each.count, each.theme.code))


def _list_voices():
    return Review.objects.exclude(state__in=ReviewState.turned_down_states())


def _list_firsts(today: dt.date, months: int) -> list[dt.date]:
    first = today.replace(day=1)
    return [add_months(first, back) for back in range(1 - months, 1)]


def list_origins() -> list[str]:
    """Sites that reviews were brought in from, by name."""
    rows = Review.objects.filter(source=ReviewSource.IMPORT).order_by("origin_name")
    return list(rows.values_list("origin_name", flat=True).distinct())
