"""Every counted answer of a survey as rows of a table, for files that staff take with them."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any

import xlsxwriter
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tables import in_chunks
from surveys.enums import ResponseState
from surveys.models import Answer, Response, Survey
from surveys.selectors.results.questions import ResultQuestions
from surveys.selectors.results.scope import Scope
from surveys.selectors.results.statements import UNTOLD_ANSWERS
from surveys.selectors.results.words import list_filter_choices

CHUNK = 2000
SHEET = 1_048_575  # rows that a sheet of a workbook holds below its header


def build_header(survey: Survey, asked: ResultQuestions) -> list[str]:
    """Of an anonymous survey the questions alone: a day, a store and a tier may tell who it is."""
    texts = [each.text_i18n for each in asked.by_code.values()]
    if survey.is_anonymous:
        return texts
    return [
        _("Day"), _("Membership number"), _("Name"), _("Store"), _("Tier"), _("Score (0 to 100)"),
        *texts,
    ]  # fmt: skip


def iterate_rows(scope: Scope, asked: ResultQuestions) -> Iterator[list[Any]]:
    """One row per complete response, oldest first; two queries for each 2,000, and one.

    Of an anonymous survey the answers alone, in no order, and none beyond the last full five.
    """
    if scope.is_empty:
        return iter(())
    is_anonymous = scope.survey.is_anonymous
    tiers = {} if is_anonymous else dict(list_filter_choices()["tier"])
    untold = {pk for (pk,) in scope.read(UNTOLD_ANSWERS)} if is_anonymous else set()

    def build(chunk: list[Response]) -> list[list[Any]]:
        answers = list_given(chunk, asked, but=untold)
        return [
            [
                *([] if is_anonymous else _describe(row, tiers)),
                *(answers.get(row.pk, {}).get(code, "") for code in asked.by_code),
            ]
            for row in chunk
        ]

    rows = select_responses(scope).order_by(*(["?"] if is_anonymous else ["started_at", "pk"]))
    return in_chunks(rows.iterator(chunk_size=CHUNK), CHUNK, build)


def list_given(
    responses: Sequence[Response],
    asked: ResultQuestions,
    *,
    but: Iterable[int] = (),
) -> dict[int, dict[str, Any]]:
    """What each response says, by code of the question; one query."""
    given: dict[int, dict[str, Any]] = {}
    left_out = frozenset(but)
    for answer in Answer.objects.filter(response__in=responses).select_related("question"):
        code = answer.question.code
        if code in asked.by_code and answer.pk not in left_out:
            given.setdefault(answer.response_id, {})[code] = _read(asked, code, answer)
    return given


def select_responses(scope: Scope) -> QuerySet[Response]:
    """The complete responses that count, with what a row shows of them; in no order yet."""
    told, filters = scope.parameters, scope.filters
    rows = Response.objects.counting().filter(
        survey=scope.survey,
        state=ResponseState.COMPLETE,
        started_at__gte=told["start"],
        started_at__lt=told["end"],
    )
    if scope.survey.is_anonymous:
        until = told["until_at"]
        return rows.filter(
            Q(completed_at__lt=until) | Q(completed_at=until, pk__lte=told["until_id"])
        )
    if filters.store_id:
        rows = rows.filter(store=filters.store_id)
    if filters.tier:
        rows = rows.filter(tier=filters.tier)
    if filters.audience_id:
        rows = rows.filter(member__audience_rows__audience=filters.audience_id)
    if filters.theme_id:
        rows = rows.filter(themes=filters.theme_id)
    return rows.select_related("store", "member")


def write_xlsx(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet_rows: int = SHEET
) -> IO[bytes]:
    """A workbook, written row by row into a temporary file that is read from its beginning; words
    that begin like a formula stay words. What one sheet can't hold goes on in the next.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever answers the request closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        rest = iter(rows)
        while True:
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, header, bold)
            place = 0
            for place, row in enumerate(islice(rest, sheet_rows), start=1):
                sheet.write_row(place, 0, row)
            if place < sheet_rows:
                break
    file.seek(0)
    return file


def _describe(row: Response, tiers: Mapping[str, str]) -> list[Any]:
    return [
        timezone.localtime(row.started_at).date().isoformat(),
        row.member.number,
        str(row.member),
        row.store.name_i18n if row.store else "",
        tiers.get(row.tier, row.tier),
        "" if row.score_permille is None else row.score_permille / 10,
    ]


def _read(asked: ResultQuestions, code: str, answer: Answer) -> Any:
    if answer.choices:
        return "; ".join(asked.name_answer(code, choice) for choice in answer.choices)
    if answer.number is not None:
        return answer.number
    return answer.day_on.isoformat() if answer.day_on else answer.text
