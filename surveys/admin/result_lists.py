"""The lists of the page of results, and what its cards and quotations show."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.admin.result_charts import (
    NAMES,
    SCORE,
    draw_group,
    find_ends,
    say_estimate,
    say_interval,
    say_period,
    share,
)
from surveys.enums import QuestionKind
from surveys.models import Survey
from surveys.selectors.results import Filters, Results, Said
from surveys.tables import GroupTable, ResultTable, StepTable, ThemeTable

GROUPS = {
    "store": _("By store"), "tier": _("By tier"), "category": _("By kind of goods"),
    "segment": _("By segment"),
}  # fmt: skip
_PERIOD = _("Over time")
_TITLES = {
    "period": _("Period"), "store": _("Store"), "tier": _("Tier"),
    "category": _("Kind of goods"), "segment": _("Segment"),
}  # fmt: skip


def build_tables(results: Results, survey: Survey, filters: Filters) -> dict[str, ResultTable]:
    """By name, as addresses have it; a list of one part or none is left out, but of periods."""
    if results.is_hidden:
        return {}
    tables: dict[str, ResultTable] = {}
    for by, title in _TITLES.items():
        if len(results.groups.get(by, ())) > (by != "period"):
            tables[by] = _build_groups(results, by, title, filters)
    if results.questions:
        tables["steps"] = _build_steps(results)
    if results.themes:
        tables["themes"] = _build_themes(results, survey)
    return tables


def _build_groups(results: Results, by: str, title: Any, filters: Filters) -> GroupTable:
    question = results.main.question if results.main else None
    kind, ends = (question.kind, find_ends(question)) if question else ("", (0.0, 1.0))
    codes = [score.code for score in results.scores]
    rows = [draw_group(part, kind, ends, codes) for part in results.groups[by]]
    if by == "period":
        for row in rows:
            row["name"] = say_period(row["key"], filters.division)
    return GroupTable(
        rows,
        by=by,
        label=GROUPS.get(by, _PERIOD),
        title=title,
        figure=NAMES[QuestionKind(kind)] if kind else "",
        scores=[score.name for score in results.scores],
    )


def _build_steps(results: Results) -> StepTable:
    first = results.questions[0].reached
    return StepTable([
        {
            "position": position,
            "text": each.question.text_i18n,
            "reached": each.reached,
            "of_first": share(each.reached, first),
            "stopped": each.stopped,
            "of_reached": share(each.stopped, each.reached),
        }
        for position, each in enumerate(results.questions, start=1)
    ])  # fmt: skip


def _build_themes(results: Results, survey: Survey) -> ThemeTable:
    address = reverse("admin:surveys_survey_results", args=[survey.pk])
    return ThemeTable([
        {
            "name": each.name, "count": each.count, "share": each.share, "score": each.score,
            "url": f"{address}?theme={each.id}#words",
        }
        for each in results.themes
    ])  # fmt: skip


def build_cards(results: Results) -> list[dict[str, Any]]:
    """Each figure with its interval: the main question's first, then the others', then what is
    reckoned.
    """
    if results.is_hidden:
        return []
    main = [results.main] if results.main else []
    asked = main + [each for each in results.questions if each is not results.main]
    cards = [
        {
            "name": NAMES[QuestionKind(each.question.kind)], "about": each.question.text_i18n,
            "figure": say_estimate(each.question.kind, found), "count": found.count,
            "interval": say_interval(each.question.kind, found),
        }
        for each in asked
        if (found := each.estimate) is not None
    ]  # fmt: skip
    cards += [
        {
            "name": each.name, "about": _("calculated, 0 to 100"),
            "figure": say_estimate(SCORE, each.estimate), "count": each.estimate.count,
            "interval": say_interval(SCORE, each.estimate),
        }
        for each in results.scores
        if each.estimate is not None
    ]  # fmt: skip
    return cards


def build_words(
    words: Sequence[Said], results: Results, themes: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """What was said with its question, its themes, and those that could be added."""
    texts = {each.question.code: each.question.text_i18n for each in results.questions}
    return [
        {
            "said": said,
            "question": texts.get(said.question_code, ""),
            "themes": [pair for pair in themes if int(pair[0]) in said.theme_ids],
            "others": [pair for pair in themes if int(pair[0]) not in said.theme_ids],
        }
        for said in words
    ]
