"""Every counted answer of a survey as rows of a table, for files that staff take with them."""

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tables import in_chunks
from core.time import start_of
from members.selectors.club import get_club
from surveys.enums import ResponseActor, ResponseState
from surveys.models import Answer, Response, Survey
from surveys.selectors.results import (
    EARLIEST,
    FEWEST,
    LATEST,
    Filters,
    QuestionResult,
    name_answer,
)

CHUNK = 2000


def build_header(survey: Survey, questions: Sequence[QuestionResult]) -> list[str]:
    people = [] if survey.is_anonymous else [_("Membership number"), _("Name")]
    return [
        _("Day"), *people, _("Store"), _("Tier"), _("Score (0 to 100)"),
        *(each.question.text_i18n for each in questions),
    ]  # fmt: skip


def iterate_rows(
    survey: Survey, questions: Sequence[QuestionResult], filters: Filters
) -> Iterator[list[Any]]:
    """One row per complete response, oldest first; two queries for each 2,000.

    Of an anonymous survey rows come by day alone and in no order of time within it, without names,
    and not at all below five.
    """
    rows = _select(survey, filters)
    if survey.is_anonymous and rows[:FEWEST].count() < FEWEST:
        return iter(())
    codes = [each.question.code for each in questions]
    by_code = {each.question.code: each.question for each in questions}

    def build(chunk: list[Response]) -> list[list[Any]]:
        answers: dict[int, dict[str, Any]] = {}
        found = Answer.objects.filter(response__in=chunk).select_related("question")
        for answer in found:
            question = by_code.get(answer.question.code)
            if question is not None:
                answers.setdefault(answer.response_id, {})[question.code] = _read(question, answer)
        return [
            [
                timezone.localtime(row.started_at).date().isoformat(),
                *([] if survey.is_anonymous else [row.member.number, str(row.member)]),
                row.store.name_i18n if row.store else "",
                row.tier,
                "" if row.score_permille is None else row.score_permille / 10,
                *(answers.get(row.pk, {}).get(code, "") for code in codes),
            ]
            for row in chunk
        ]

    return in_chunks(rows.iterator(chunk_size=CHUNK), CHUNK, build)


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """A workbook of one sheet, written row by row into a temporary file that is read from its
    beginning; words that begin like a formula stay words.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever answers the request closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, book.add_format({"bold": True, "text_wrap": True}))
        for place, row in enumerate(rows, start=1):
            sheet.write_row(place, 0, row)
    file.seek(0)
    return file


def list_words(survey: Survey, filters: Filters, *, most: int) -> QuerySet[Answer]:
    """The newest complete answers in own words, ``most`` of them."""
    rows = Answer.objects.filter(
        response__actor=ResponseActor.HUMAN, **_build_conditions(survey, filters, "response__")
    )
    return (
        rows.exclude(text="").select_related("response", "question").order_by("-response_id")[:most]
    )


def _select(survey: Survey, filters: Filters) -> Any:
    rows = Response.objects.counting().filter(**_build_conditions(survey, filters, ""))
    if survey.is_anonymous:
        # The order in which they came would tell who answered when.
        return rows.select_related("store").order_by("started_at__date", "score_permille", "pk")
    return rows.select_related("store", "member").order_by("started_at", "pk")


def _build_conditions(survey: Survey, filters: Filters, prefix: str) -> dict[str, Any]:
    """Which responses are meant, asked of themselves or of their answers."""
    zone = get_club().zone
    end = (filters.last_on or LATEST) + dt.timedelta(days=1)
    conditions: dict[str, Any] = {
        "survey": survey,
        "state": ResponseState.COMPLETE,
        "started_at__gte": start_of(filters.first_on or EARLIEST, zone),
        "started_at__lt": start_of(end, zone),
    }
    if filters.store_id:
        conditions["store"] = filters.store_id
    if filters.tier:
        conditions["tier"] = filters.tier
    if filters.audience_id:
        conditions["member__audience_rows__audience"] = filters.audience_id
    return {f"{prefix}{name}": value for name, value in conditions.items()}


def _read(question: Any, answer: Answer) -> Any:
    if answer.choices:
        return "; ".join(name_answer(question, code) for code in answer.choices)
    if answer.number is not None:
        return answer.number
    return answer.day_on.isoformat() if answer.day_on else answer.text
