"""Filters of the back office's lists, kept under a name."""

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.models import SavedFilter
from core.services.audit import record_audit

SEARCH = "q"  # may be a person's name: never kept
_PASSING = (SEARCH, "p", "e", "all", "_popup", "_to_field")


class NothingToSave(DomainError):
    code = "nothing_to_save"
    message = _("Choose a filter or an order first; what is searched for is not saved.")


class NotYourFilter(DomainError):
    code = "not_your_filter"
    status = 403
    message = _("This filter belongs to somebody else.")


def clean_query(query: str) -> str:
    """The lasting part of a list's query: filters and order, without search and page."""
    found = QueryDict(query.lstrip("?"), mutable=True)
    for name in list(found):
        if name in _PASSING or not any(found.getlist(name)):
            del found[name]
    return found.urlencode()


@transaction.atomic
def save_filter(page, query, *, name, is_shared, by, now):
    """Keep a list's filter under a name; the same name again replaces it.

    Raises NothingToSave where nothing is left without the search.
    """
    query, name = clean_query(query), name.strip()[:60]
    if not query or not name or len(query) > 2000:
        raise NothingToSave
    saved, _created = SavedFilter.objects.update_or_create(
        owner=by, page=page, name=name,
        defaults={"query": query, "is_shared": is_shared, "saved_at": now},
    )  # fmt: skip
    changes = {"page": page, "query": query, "shared": is_shared}
    record_audit("filter.saved", saved, by=by, now=now, changes=changes)
    return saved


@transaction.atomic
def remove_filter(saved, *, by, now):
    """Forget a filter: one's own, or a shared one by whoever may delete filters."""
    if saved.owner_id != by.pk and not (saved.is_shared and by.has_perm("core.delete_savedfilter")):
        raise NotYourFilter
    record_audit("filter.removed", saved, by=by, now=now, changes={"page": saved.page})
    saved.delete()
