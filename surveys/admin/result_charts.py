"""What the page of results draws: figures in words, bars of answers, their course over time."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from core.percent import format_percent
from core.time import add_months
from surveys.engine.figures import Estimate
from surveys.engine.path import CHOOSING
from surveys.engine.scales import get_scale, list_steps
from surveys.enums import QuestionKind
from surveys.selectors.results import (
    QUARTER,
    TENTHS,
    WEEK,
    Funnel,
    GroupResult,
    QuestionResult,
    Results,
    ScoreResult,
    name_answer,
)
from surveys.selectors.versions import list_choices

NAMES = {
    QuestionKind.NPS: pgettext_lazy("figure", "NPS"),
    QuestionKind.FACES: pgettext_lazy("figure", "Content (CSAT)"),
    QuestionKind.STARS: pgettext_lazy("figure", "Content (CSAT)"),
    QuestionKind.EFFORT: pgettext_lazy("figure", "Ease (CES), 1 to 7"),
    QuestionKind.NUMBER: pgettext_lazy("figure", "Mean"),
}
SCORE = "score"  # a calculated score, beside the kinds of questions
WIDTH = 200  # of a picture of an interval, in its own units
_SIGNED = (QuestionKind.NPS, QuestionKind.FACES, QuestionKind.STARS)  # by + and −, or %
_COURSE = 40  # height of a course, in its own units; its width is 100
_COLUMNS = 40  # height of the highest column
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)


# --- Figures in words -----------------------------------------------------------------------------


def say_estimate(kind: str, found: Estimate | None) -> str:
    return "–" if found is None else say_value(kind, found.value)


def say_value(kind: str, value: float) -> str:
    if kind == QuestionKind.NPS:
        return f"{value:+.0f}".replace("-", "−") if round(value) else "0"
    if kind in (QuestionKind.FACES, QuestionKind.STARS):
        return format_percent(round(value), 0)
    return number_format(value, 1)


def say_interval(kind: str, found: Estimate | None) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return _("between %(low)s and %(high)s") % {
        "low": say_value(kind, found.low),
        "high": say_value(kind, found.high),
    }


def find_ends(question: Any) -> tuple[float, float]:
    """The ends of a figure of such a question."""
    if question.kind == QuestionKind.NPS:
        return -100.0, 100.0
    if question.kind in (QuestionKind.FACES, QuestionKind.STARS):
        return 0.0, 100.0
    scale = get_scale(question.kind, question.lowest, question.highest)
    return (float(scale.lowest), float(scale.highest)) if scale else (0.0, 1.0)


# --- Single answers -------------------------------------------------------------------------------


def draw_question(result: QuestionResult) -> dict[str, Any]:
    """The answers of one question as columns of a scale or bars of words, and its figure."""
    question, kind = result.question, result.question.kind
    steps = list_steps(kind, question.lowest, question.highest)
    is_column = kind in (QuestionKind.NPS, QuestionKind.EFFORT) or (
        kind == QuestionKind.NUMBER and bool(steps)
    )
    names = _name_choices(result) if kind in CHOOSING else {
        # Numbers that were typed, or on the scale of an earlier version, stand among the rest.
        step: name_answer(question, step) for step in sorted({*steps, *result.counts})
    }  # fmt: skip
    bars = _draw_bars([(name, result.counts[each]) for each, name in names.items()],
                      result.answered)  # fmt: skip
    return {
        "question": question,
        "kind": NAMES.get(QuestionKind(kind), ""),
        "figure": say_estimate(kind, result.estimate) if result.estimate else "",
        "interval": say_interval(kind, result.estimate),
        "answered": result.answered,
        "columns": bars if is_column else [],
        "bars": [] if is_column else bars,
        "split": _split(result.counts) if kind == QuestionKind.NPS and result.answered else [],
    }


def _name_choices(result: QuestionResult) -> dict[str, str]:
    """What can be chosen now, and what somebody chose when it could be."""
    now = {choice.code for choice in list_choices(result.question)}
    return {
        code: words if code in now else _("%(answer)s (no longer asked)") % {"answer": words}
        for code, words in result.choices.items()
        if code in now or result.counts[code]
    }


def draw_score(result: ScoreResult) -> dict[str, Any]:
    """A calculated score in tenths of its scale."""
    span = 100 // TENTHS
    names = [f"{at * span}+" for at in range(TENTHS)]
    count = sum(result.counts.values())
    return {
        "name": result.name,
        "figure": say_estimate(SCORE, result.estimate),
        "interval": say_interval(SCORE, result.estimate),
        "answered": count,
        "columns": _draw_bars([(name, result.counts.get(at, 0)) for at, name in enumerate(names)],
                              count),
    }  # fmt: skip


def _draw_bars(counts: Sequence[tuple[str, int]], whole: int) -> list[dict[str, Any]]:
    """``width`` in percent of all, ``height`` of the highest column."""
    most = max((count for _name, count in counts), default=0) or 1
    return [
        {
            "name": name,
            "count": count,
            "width": share(count, whole),
            "percent": format_percent(round(share(count, whole)), 0),
            "y": round(_COLUMNS * (1 - count / most), 2),
            "height": round(_COLUMNS * count / most, 2),
        }
        for name, count in counts
    ]


def _split(counts: Mapping[int, int]) -> list[dict[str, Any]]:
    """The three kinds of people that an NPS tells apart."""
    parts = (
        ("detractors", pgettext("nps", "Detractors, 0 to 6"), range(7)),
        ("passives", pgettext("nps", "Passives, 7 and 8"), range(7, 9)),
        ("promoters", pgettext("nps", "Promoters, 9 and 10"), range(9, 11)),
    )
    whole = sum(counts.values())
    drawn, x = [], 0.0
    for code, name, numbers in parts:
        count = sum(counts.get(number, 0) for number in numbers)
        width = 100 * count / whole
        drawn.append(
            {
                "code": code,
                "name": name,
                "count": count,
                "x": round(x, 2),
                "width": round(width, 2),
                "percent": format_percent(round(width), 0),
            }
        )
        x += width  # fmt: skip
    return drawn


def draw_funnel(funnel: Funnel) -> list[dict[str, Any]]:
    """From who was to be asked to who answered."""
    steps = (
        (pgettext("survey funnel", "Invited"), funnel.invited),
        (pgettext("survey funnel", "Sent"), funnel.sent),
        (pgettext("survey funnel", "Opened"), funnel.opened),
        (pgettext("survey funnel", "Answered"), funnel.answered),
    )
    return [
        {"name": name, "count": count, "width": share(count, funnel.invited),
         "percent": format_percent(round(share(count, funnel.invited)), 0)}
        for name, count in steps
    ]  # fmt: skip


def share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


# --- Groups: a dot and its whiskers ---------------------------------------------------------------


def draw_group(
    part: GroupResult, kind: str, ends: tuple[float, float], scores: Sequence[str]
) -> dict[str, Any]:
    """One row of a table; ``at``, ``from`` and ``to`` are places in its picture, ``score0`` and so
    on the calculated ``scores``.
    """
    found = part.estimate
    row: dict[str, Any] = {
        "key": part.key, "name": part.name, "count": part.count,
        "value": None, "low": None, "high": None,
        "figure": say_estimate(kind, found), "interval": say_interval(kind, found),
        "middle": _place(sum(ends) / 2, ends, WIDTH),
    }  # fmt: skip
    for at, code in enumerate(scores):
        told = part.scores.get(code)
        row[f"score{at}"] = None if told is None else told.value
    if found is not None:
        row |= {"at": _place(found.value, ends, WIDTH), "value": found.value,
                "low": found.low, "high": found.high}  # fmt: skip
        if found.low is not None and found.high is not None:
            row |= {"from": _place(found.low, ends, WIDTH), "to": _place(found.high, ends, WIDTH)}
    return row


def _place(value: float, ends: tuple[float, float], length: float) -> float:
    low, high = ends
    return round(length * (min(max(value, low), high) - low) / (high - low), 2)


def say_period(first: str, division: str) -> str:
    """A week by its first day, a month, a quarter."""
    day = dt.date.fromisoformat(first)
    if division == WEEK:
        return date_format(day, "SHORT_DATE_FORMAT")
    if division == QUARTER:
        return _("%(year)s Q%(quarter)s") % {
            "year": day.year,
            "quarter": (day.month + 2) // 3,
        }
    return date_format(day, "YEAR_MONTH_FORMAT")


# --- Over time ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """A line with its interval as a band, broken where a period has no figure. All places are
    numbers of an SVG of 100 by 40 that is stretched to its panel; words stand beside it.
    """

    title: Any
    last: str
    interval: str
    lines: tuple[str, ...]
    gaps: tuple[str, ...]  # lines over periods without a figure
    bands: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    levels: tuple[str, ...]  # from the top
    places: tuple[float, ...]  # of the levels
    names: tuple[str, ...]  # first, middle and last period
    summary: str


def draw_courses(results: Results, division: str) -> list[Course]:
    """Of the main question and of every calculated score; none where there are fewer than two
    periods.
    """
    periods = results.groups.get("period", [])
    drawn = []
    if results.main is not None:
        question = results.main.question
        found = {part.key: part.estimate for part in periods if part.estimate is not None}
        title = f"{NAMES[QuestionKind(question.kind)]} · {question.text_i18n}"
        drawn.append(_draw_course(title, question.kind, found, find_ends(question), division))
    for score in results.scores:
        found = {part.key: part.scores[score.code] for part in periods if score.code in part.scores}
        drawn.append(_draw_course(score.name, SCORE, found, (0.0, 100.0), division))
    return [each for each in drawn if each is not None]


def _draw_course(
    title: Any,
    kind: str,
    found: Mapping[str, Estimate],
    ends: tuple[float, float],
    division: str,
) -> Course | None:
    if len(found) < 2:
        return None
    keys = _list_periods(min(found), max(found), division)
    levels = _find_levels(found.values(), ends)
    scale = (levels[0], levels[-1])
    step = 100 / (len(keys) - 1)
    points = {
        key: _Point(round(at * step, 2), found[key], scale)
        for at, key in enumerate(keys)
        if key in found
    }
    runs = _list_runs(keys, points)
    last = found[max(found)]
    middle = keys[len(keys) // 2] if len(keys) % 2 else ""  # between two periods stands none
    return Course(
        title=title,
        last=say_estimate(kind, last),
        interval=say_interval(kind, last),
        lines=tuple(_write_path((each.x, each.y) for each in run) for run in runs),
        gaps=tuple(
            _write_path([(one[-1].x, one[-1].y), (other[0].x, other[0].y)])
            for one, other in pairwise(runs)
        ),
        bands=tuple(_write_band(run) for run in runs),
        dots=tuple((each.x, each.y) for each in points.values()),
        levels=tuple(_say_level(kind, level) for level in reversed(levels)),
        places=tuple(_COURSE - _place(level, scale, _COURSE) for level in levels),
        names=tuple(
            say_period(key, division) if key else "" for key in (keys[0], middle, keys[-1])
        ),
        summary=_("From %(first)s in %(begin)s to %(last)s in %(end)s.") % {
            "first": say_estimate(kind, found[min(found)]),
            "begin": say_period(keys[0], division),
            "last": say_estimate(kind, last),
            "end": say_period(keys[-1], division),
        },
    )  # fmt: skip


class _Point:
    """A figure in its place."""

    def __init__(self, x: float, found: Estimate, scale: tuple[float, float]):
        self.x = x
        self.y, self.top, self.bottom = (
            round(_COURSE - _place(found.value if value is None else value, scale, _COURSE), 2)
            for value in (found.value, found.high, found.low)
        )


def _list_periods(first: str, last: str, division: str) -> list[str]:
    """The first day of each from one to the other."""
    day, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    keys = []
    while day <= end:
        keys.append(day.isoformat())
        if division == WEEK:
            day += dt.timedelta(days=7)
        else:
            day = add_months(day, 3 if division == QUARTER else 1)
    return keys


def _find_levels(found: Any, ends: tuple[float, float]) -> list[float]:
    """Three to six round numbers around all of it, within the ends of the scale."""
    values = [value for each in found for value in (each.value, each.low, each.high)
              if value is not None]  # fmt: skip
    low, high = max(min(values), ends[0]), min(max(values), ends[1])
    step = next((step for step in _STEPS if (high - low) / step <= 4), (ends[1] - ends[0]) / 2)
    first, last = int(low // step), int(-(-high // step))
    if last - first < 2:  # a flat line in the middle
        last, first = last + 1, first - 1
    levels = [step * at for at in range(first, last + 1)]
    return [level for level in levels if ends[0] <= level <= ends[1]] or list(ends)


def _say_level(kind: str, level: float) -> str:
    """Round numbers without a digit after the point."""
    return say_value(kind, level) if kind in _SIGNED else number_format(level)


def _list_runs(keys: Sequence[str], points: Mapping[str, _Point]) -> list[list[_Point]]:
    runs: list[list[_Point]] = []
    is_open = False
    for key in keys:
        if key in points:
            if not is_open:
                runs.append([])
            runs[-1].append(points[key])
        is_open = key in points
    return runs


def _write_path(places: Any) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places)


def _write_band(run: Sequence[_Point]) -> str:
    """Around a line, or a thin one around a single dot."""
    if len(run) == 1:
        (one,) = run
        low, high = max(one.x - 0.4, 0), min(one.x + 0.4, 100)
        return f"M{low:g} {one.top:g}H{high:g}V{one.bottom:g}H{low:g}Z"
    above = _write_path((each.x, each.top) for each in run)
    return f"{above}L{_write_path((each.x, each.bottom) for each in reversed(run))[1:]}Z"
