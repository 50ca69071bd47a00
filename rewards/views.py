from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from core.tables import in_chunks, render_for, show_page, stream_csv
from members.access import member_page
from members.models import Member
from rewards.forms import StatementFilter
from rewards.models import Transfer
from rewards.selectors.explanations import explain_transfers
from rewards.tables import CSV_HEADER, StatementTable, build_csv_rows

PER_PAGE = 20
CSV_CHUNK = 500


@require_safe
@member_page
def statement(request: HttpRequest, member: Member) -> HttpResponse:
    """A member's entries, newest first, each with its sentence."""
    found = _filter(request, member)
    table = StatementTable(found.qs)
    show_page(table, request, per_page=PER_PAGE)
    query = request.GET.copy()
    query.pop("page", None)
    context = {"filter": found, "table": table, "query": query.urlencode()}
    return render_for(
        request, "rewards/statement.html", context, partials={"statement": "statement"}
    )


@require_safe
@member_page
def statement_download(request: HttpRequest, member: Member) -> HttpResponse:
    """The same entries as CSV, however many there are."""
    language = translation.get_language()

    def build(transfers):
        with translation.override(language):  # the body is written after the request
            yield from build_csv_rows(transfers)

    transfers = _filter(request, member).qs
    rows = in_chunks(transfers.iterator(chunk_size=CSV_CHUNK), CSV_CHUNK, build)
    return stream_csv(f"statement-{member.number}.csv", [str(each) for each in CSV_HEADER], rows)


def _filter(request: HttpRequest, member: Member) -> StatementFilter:
    transfers = Transfer.objects.of_member(member).select_related("debit_account", "credit_account")
    return StatementFilter(request.GET, transfers.order_by("-effective_at", "-id"))


@require_safe
@member_page
def statement_entry(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One entry, explained line by line; in the list it opens below its row."""
    transfers = Transfer.objects.of_member(member).select_related("debit_account", "credit_account")
    transfer = get_object_or_404(transfers, pk=pk)
    (explanation,) = explain_transfers([transfer], now=timezone.now())
    return render_for(
        request,
        "rewards/statement_entry.html",
        {"explanation": explanation},
        partials={f"entry-{pk}": "steps"},
    )
