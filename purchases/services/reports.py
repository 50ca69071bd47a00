"""The report of refused rows, safe to open in a spreadsheet."""

import csv
import io
import tempfile
from collections.abc import Iterable

from django.core.files.base import File
from django.utils.translation import gettext as _

from core.tables import escape_cell


def build_refused_report(rows: Iterable[tuple[int, str, str, str]]) -> File:
    """CSV in UTF-8 with a BOM: row, external id, field, reason. Memory stays flat."""
    file = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115  (the caller closes)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_("Row"), _("Purchase"), _("Field"), _("Reason")])
    for row in rows:
        writer.writerow([escape_cell(cell) for cell in row])
    text.detach()
    file.seek(0)
    return File(file)
