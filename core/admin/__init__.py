"""The bases of the back office's pages, and the audit trail's own page."""

from core.admin import act_names
from core.admin.audit import AuditEntryAdmin
from core.admin.base import ReadOnlyAdmin, ReadOnlyInline, StaffAdmin
from core.admin.fields import dress_fields, dress_form, link_to
from core.admin.lists import LAST_PAGE, LookAhead, LookAheadChangeList, PeriodFilter, estimate_rows
from core.admin.words import (
    TranslatedFields,
    WordsAdmin,
    WordsList,
    dress_translation,
    name_language,
)

__all__ = [
    "LAST_PAGE",
    "AuditEntryAdmin",
    "LookAhead",
    "LookAheadChangeList",
    "PeriodFilter",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "StaffAdmin",
    "TranslatedFields",
    "WordsAdmin",
    "WordsList",
    "act_names",
    "dress_fields",
    "dress_form",
    "dress_translation",
    "estimate_rows",
    "link_to",
    "name_language",
]
