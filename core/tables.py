"""The base of every list that members see: one template, safe CSV, partials for htmx."""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

# What a spreadsheet takes for the start of a formula (OWASP, "CSV injection").
_FORMULA_STARTS = frozenset("=+-@\t\r\n|%")


class ClubTable(tables.Table):
    """Rendered by one partial, on a page and for htmx; on a phone its rows fold into blocks."""

    class Meta:
        template_name = "core/_table.html"
        attrs = {"class": "table is-folding"}
        orderable = False

    def prepare(self, records: list) -> None:
        """Add to the records of one page what their cells need, for all of them at once."""


def show_page(table: ClubTable, request: HttpRequest, *, per_page: int) -> None:
    """Cut out the page that the address asks for; a wrong number shows the nearest one."""
    table.request = request
    try:
        wanted = int(request.GET.get(table.prefixed_page_field, 1))
    except ValueError:
        wanted = 1
    table.paginate(per_page=per_page)
    if wanted != 1:
        last = table.paginator.num_pages
        table.page = table.paginator.page(min(max(wanted, 1), last))
    rows = list(table.page.object_list)
    table.page.object_list = rows
    table.prepare([row.record for row in rows])


def get_htmx(request: HttpRequest) -> HtmxDetails:
    """What htmx says of its request; false for any other."""
    return request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware


def render_for(
    request: HttpRequest, template: str, context: dict[str, Any], *, partials: dict[str, str]
) -> HttpResponse:
    """Render the page, or the partial that belongs to the htmx target asking for it.

    ``partials`` maps known target ids to partial names; anything else gets the whole page, so
    that a client never names a partial. Sets ``Vary``.
    """
    # Whether it is "boosted" doesn't matter: a page must not be nested in itself.
    partial = partials.get(get_htmx(request).target or "")
    response = render(request, f"{template}#{partial}" if partial else template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


# --- CSV ----------------------------------------------------------------------------------------


def escape_cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that starts like a formula gets an apostrophe.

    Numbers stay numbers; full-width ＝ ＋ － ＠ count as what they look like.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return value
    text = str(value)
    start = unicodedata.normalize("NFKC", text.lstrip(" \u3000\ufeff\u200b")[:1])
    if start in _FORMULA_STARTS or text[:1] in _FORMULA_STARTS:
        return f"'{text}"
    return text


class _Line:
    """What ``csv.writer`` takes for a file: each line comes back instead of being kept."""

    def write(self, line: str) -> str:
        return line


def stream_csv(
    name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download that is written while it is read; UTF-8 with BOM, which spreadsheets need."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Line())
        yield "\ufeff" + writer.writerow([escape_cell(cell) for cell in header])
        for row in rows:
            yield writer.writerow([escape_cell(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def in_chunks(rows: Iterable[Any], size: int, work: Callable[[list], Iterable]) -> Iterator[Any]:
    """``work`` on ``size`` rows at a time, flat: sets of rows are explained together."""
    chunk: list = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield from work(chunk)
            chunk = []
    if chunk:
        yield from work(chunk)
