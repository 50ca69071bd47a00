"""Any list of the back office as CSV: what it shows, filtered as it is, and written down."""

import datetime as dt

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.encoding import force_str
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from core.services.audit import record_audit
from core.services.saved_filters import SEARCH, clean_query
from core.tables import in_chunks, stream_csv

PERMISSION = "core.export_lists"
CHUNK = 500


def can_export(request, page):
    return (
        page.can_export and request.user.has_perm(PERMISSION) and page.has_view_permission(request)
    )


def export_list(request, page):
    """Stream the list that the address names, all pages of it; who took how much is on record.

    The words of a search go into the note, which an erasure may remove.
    """
    if not can_export(request, page):
        raise PermissionDenied
    rows = page.get_changelist_instance(request).get_queryset(request)
    columns = page.get_export_fields(request)
    count = rows.count()
    query = QueryDict(clean_query(request.META.get("QUERY_STRING", "")))
    record_audit(
        "list.exported",
        page.model,
        by=request.user,
        now=timezone.now(),
        note=request.GET.get(SEARCH, ""),
        changes={
            "rows": count,
            "filter": {name: query.getlist(name) for name in sorted(query)},
            "searched": bool(request.GET.get(SEARCH)),
            "columns": list(columns),
        },
    )
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def build(chunk):
        # The body is written after the request, out of its language and zone.
        with translation.override(language), timezone.override(zone):
            return [[read_cell(page, row, column) for column in columns] for row in chunk]

    header = [force_str(label_for_field(column, page.model, page)) for column in columns]
    found = in_chunks(rows[:count].iterator(chunk_size=CHUNK), CHUNK, build)
    day = timezone.localdate()
    return stream_csv(f"{page.opts.model_name}-{day:%Y-%m-%d}.csv", header, found)


def read_cell(page, row, column):
    """What the list shows in a column, as bare text or a number."""
    field, _label, value = lookup_field(column, row, page)
    if field is not None and field.choices:
        value = getattr(row, f"get_{field.name}_display")()
    if isinstance(value, tuple):  # Unfold's labels are (colour, text)
        value = value[-1]
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (bool, dt.date)):
        return str(value)
    if isinstance(value, (int, float)):
        return value
    text = "" if value is None else force_str(value)
    return strip_tags(text) if isinstance(value, SafeString) else text
