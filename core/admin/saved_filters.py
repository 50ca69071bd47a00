"""Filters under a name, above every list; kept and removed by two addresses of the site."""

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import SavedFilter
from core.services.saved_filters import clean_query, remove_filter, save_filter


def list_paths(site):
    """For the admin site's ``get_urls``."""

    @require_POST
    def save_view(request):
        page = _find_page(site, request, request.POST.get("page", ""))
        saved = save_filter(
            page.opts.label_lower,
            request.POST.get("query", ""),
            name=request.POST.get("name", ""),
            is_shared="is_shared" in request.POST,
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, _("The filter is saved."))
        return HttpResponseRedirect(f"{_list_url(page)}?{saved.query}")

    @require_POST
    def remove_view(request, pk):
        saved = get_object_or_404(SavedFilter.objects.shown_to(request.user), pk=pk)
        page = _find_page(site, request, saved.page)
        remove_filter(saved, by=request.user, now=timezone.now())
        messages.success(request, _("The filter is removed."))
        return HttpResponseRedirect(_list_url(page))

    return [
        path("filters/", site.admin_view(save_view), name="list_filter_save"),
        path("filters/<int:pk>/removal/", site.admin_view(remove_view), name="list_filter_remove"),
    ]


def build_filter_context(request, page):
    """What stands above a list: saved filters, and whether the present one can be saved."""
    query = clean_query(request.META.get("QUERY_STRING", ""))
    can_remove = request.user.has_perm("core.delete_savedfilter")
    saved = list(
        SavedFilter.objects.shown_to(request.user)
        .filter(page=page.opts.label_lower)
        .select_related("owner")
        .order_by("name", "pk")
    )
    for each in saved:
        each.is_current = each.query == query
        each.is_own = each.owner_id == request.user.pk
        each.can_remove = each.is_own or can_remove
    return {
        "page": page.opts.label_lower,
        "list_url": _list_url(page),
        "saved": saved,
        "query": query,
        "can_save": bool(query) and not any(each.is_current and each.is_own for each in saved),
    }


def _list_url(page):
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")


def _find_page(site, request, label):
    try:
        page = site._registry.get(apps.get_model(label))
    except (LookupError, ValueError):
        page = None
    if page is None or not page.has_view_permission(request):
        raise PermissionDenied
    return page
