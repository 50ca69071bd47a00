"""What the page of results draws: bars of answers, and dots with their intervals."""

import datetime as dt
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.percent import format_percent
from surveys.engine.figures import Estimate
from surveys.engine.scales import get_scale, list_steps
from surveys.enums import QuestionKind
from surveys.selectors.results import GroupResult, QuestionResult, Results, name_answer
from surveys.selectors.versions import list_choices

TITLES = {
    "month": gettext_lazy("By month"), "store": gettext_lazy("By store"),
    "tier": gettext_lazy("By tier"), "category": gettext_lazy("By kind of goods"),
    "segment": gettext_lazy("By segment"),
}  # fmt: skip
NAMES = {
    QuestionKind.NPS: pgettext_lazy("figure", "NPS"),
    QuestionKind.FACES: pgettext_lazy("figure", "Content (CSAT)"),
    QuestionKind.STARS: pgettext_lazy("figure", "Content (CSAT)"),
    QuestionKind.EFFORT: pgettext_lazy("figure", "Ease (CES), 1 to 7"),
    QuestionKind.NUMBER: pgettext_lazy("figure", "Mean"),
}
_WIDTH = 200  # of a picture of an interval, in its own units


def say_estimate(kind: str, found: Estimate | None) -> str:
    if found is None:
        return "–"
    if kind == QuestionKind.NPS:
        return f"{found.value:+.0f}".replace("-", "−") if round(found.value) else "0"
    if kind in (QuestionKind.FACES, QuestionKind.STARS):
        return format_percent(round(found.value), 0)
    return number_format(found.value, 1)


def say_interval(kind: str, found: Estimate | None) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    ends = [say_estimate(kind, Estimate(end, None, None, 0)) for end in (found.low, found.high)]
    return _("between %(low)s and %(high)s") % {"low": ends[0], "high": ends[1]}


def draw_question(result: QuestionResult, *, reached_first: int) -> dict[str, Any]:
    """The bars of one question, its figure, and how many came so far."""
    question, kind = result.question, result.question.kind
    given = list_steps(kind, question.lowest, question.highest) or [
        choice.code for choice in list_choices(question)
    ]
    if not given and result.counts:  # numbers that were typed
        given = sorted(result.counts)
    return {
        "question": question,
        "kind": NAMES.get(QuestionKind(kind), ""),
        "figure": say_estimate(kind, result.estimate) if result.estimate else "",
        "interval": say_interval(kind, result.estimate),
        "answered": result.answered,
        "reached": result.reached,
        "reached_percent": _share(result.reached, reached_first),
        "bars": [
            {
                "name": name_answer(question, each),
                "count": result.counts[each],
                "width": _share(result.counts[each], result.answered),
                "percent": format_percent(round(_share(result.counts[each], result.answered)), 0),
            }
            for each in given
        ],
    }


def draw_groups(results: Results) -> list[dict[str, Any]]:
    if results.main is None:
        return []
    question = results.main.question
    low, high = _ends(question)
    return [
        {
            "title": title,
            "rows": [
                _draw_group(part, question.kind, low, high, is_month=by == "month")
                for part in results.groups[by]
            ],
            "by": by,
        }
        for by, title in TITLES.items()
        if len(results.groups.get(by, ())) > (0 if by == "month" else 1)
    ]


def _draw_group(
    part: GroupResult, kind: str, low: float, high: float, *, is_month: bool
) -> dict[str, Any]:
    found = part.estimate

    def place(value: float) -> float:
        return round(_WIDTH * (min(max(value, low), high) - low) / (high - low), 1)

    row: dict[str, Any] = {
        "name": _say_month(part.name) if is_month else part.name,
        "count": part.count,
        "figure": say_estimate(kind, found), "interval": say_interval(kind, found),
        "middle": place((low + high) / 2),
    }  # fmt: skip
    if found is not None:
        row["at"] = place(found.value)
        if found.low is not None and found.high is not None:
            row |= {"from": place(found.low), "to": place(found.high)}
    return row


def _say_month(first_on: str) -> str:
    return date_format(dt.date.fromisoformat(first_on), "YEAR_MONTH_FORMAT")


def _ends(question: Any) -> tuple[float, float]:
    """The ends of a figure of such a question."""
    if question.kind == QuestionKind.NPS:
        return -100.0, 100.0
    if question.kind in (QuestionKind.FACES, QuestionKind.STARS):
        return 0.0, 100.0
    scale = get_scale(question.kind, question.lowest, question.highest)
    return (float(scale.lowest), float(scale.highest)) if scale else (0.0, 1.0)


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
