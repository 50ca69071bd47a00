"""The key figures of the club, from the rows that each closed day left: never from big tables."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rewards.models import DayClose, DayFigures

PERIOD = 30  # days that a figure tells of, and is compared with those before
WEEKS = 12
_SPAN = 7 * (WEEKS - 1) + PERIOD  # days back that the earliest point of a chart asks for

Days = Sequence[DayClose]
Number = float | None


@dataclass(frozen=True, slots=True)
class Course:
    """One figure: what it is, what it was a period before, and at the end of each week.

    None stands for what nobody knows: a young club, a day that isn't counted yet.
    """

    value: Number = None
    before: Number = None
    weeks: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """``day_on`` is the newest closed day, ``week_ends`` the last day of each week."""

    day_on: dt.date | None = None
    week_ends: tuple[dt.date, ...] = ()
    active: Course = field(default_factory=Course)
    repurchase: Course = field(default_factory=Course)  # a share: 0.25 is one in four
    issued: Course = field(default_factory=Course)
    spent: Course = field(default_factory=Course)
    liability: Course = field(default_factory=Course)  # points that members hold
    waiting: Course = field(default_factory=Course)


def get_key_figures() -> KeyFigures:
    """One query of some hundred small rows, however many members there are."""
    closes = DayClose.objects.select_related("figures").order_by("-day_on")
    days = list(closes[: max(_SPAN, 2 * PERIOD)])
    if not days:
        return KeyFigures()
    backs = [7 * week for week in range(WEEKS - 1, -1, -1)]
    return KeyFigures(
        days[0].day_on,
        tuple(days[0].day_on - dt.timedelta(days=back) for back in backs),
        _stand(days, lambda day: _of(day, "active_count")),
        _share(days, backs),
        _flow(days, "issued_points"),
        _flow(days, "spent_points"),
        _stand(days, lambda day: day.available_points + day.pending_points + day.held_points),
        _stand(days, lambda day: _of(day, "waiting_count")),
    )


def _of(day: DayClose, name: str) -> Number:
    figures: DayFigures | None = getattr(day, "figures", None)
    return None if figures is None else getattr(figures, name)


def _stand(days: Days, read: Callable[[DayClose], Number]) -> Course:
    """Something that stands at a level at the end of each day."""

    def at(back: int) -> Number:
        return read(days[back]) if back < len(days) else None

    weeks = tuple(at(7 * week) for week in range(WEEKS - 1, -1, -1))
    return Course(at(0), at(PERIOD), weeks)


def _flow(days: Days, name: str) -> Course:
    """Something that comes day by day."""
    weeks = tuple(_sum(days, name, 7 * week, 7) for week in range(WEEKS - 1, -1, -1))
    return Course(_sum(days, name, 0, PERIOD), _sum(days, name, PERIOD, PERIOD), weeks)


def _share(days: Days, backs: Sequence[int]) -> Course:
    def at(back: int) -> Number:
        followed = _sum(days, "followed_count", back, PERIOD)
        visits = _sum(days, "visit_count", back, PERIOD)
        return followed / visits if followed is not None and visits else None

    return Course(at(0), at(PERIOD), tuple(at(back) for back in backs))


def _sum(days: Days, name: str, back: int, many: int) -> Number:
    """Over ``many`` days that end ``back`` days before the newest; None where one is unknown."""
    values = [_of(day, name) for day in days[back : back + many]]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == many else None
