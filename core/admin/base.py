"""The base of every page of the back office: no exact counts, read-only rows, audited writes."""

from copy import deepcopy

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.admin import ModelAdmin, TabularInline

from core.admin.exports import can_export, export_list
from core.admin.fields import dress_fields
from core.admin.lists import LookAheadChangeList
from core.admin.saved_filters import build_filter_context
from core.services.audit import record_audit


class StaffAdmin(ModelAdmin):
    """Lists without a count, nothing deleted, every write in the audit trail.

    Django's own log is off: it keeps the names of what it logs for ever, past any erasure.
    """

    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_disable_select_all = True
    list_fullwidth = True
    compressed_fields = True
    empty_value_display = "–"
    show_facets = admin.ShowFacets.NEVER
    list_before_template = "admin/_list_tools.html"
    can_export = True
    empty_note = ""  # what the list is for, while it holds nothing
    has_page = False  # the change view shows a page of our own, its form lies behind “Edit”

    def get_changelist(self, request, **kwargs):
        return LookAheadChangeList

    # --- Lists ---

    def changelist_view(self, request, extra_context=None):
        """The list; a POST with ``export`` downloads it whole, as it is filtered."""
        if request.method == "POST" and "export" in request.POST:
            return export_list(request, self)
        tools = build_filter_context(request, self) | {"can_export": can_export(request, self)}
        return super().changelist_view(request, {**(extra_context or {}), "list_tools": tools})

    def get_export_fields(self, request):
        """Columns of a download: names as in ``list_display``."""
        return [name for name in self.get_list_display(request) if name != "action_checkbox"]

    def has_delete_permission(self, request, obj=None):
        return False

    def get_actions(self, request, action_location=None):
        return {}  # what moves points or ends something has a page that asks first

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        # Copies: a page of members may inherit the very same fields.
        for name in form.declared_fields:
            form.base_fields[name] = deepcopy(form.base_fields[name])
            dress_fields([form.base_fields[name]])
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if self.has_page:
            context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- Audit ---

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        action = "model.changed" if change else "model.added"
        changes = {"fields": sorted(form.changed_data)}
        record_audit(action, obj, by=request.user, now=timezone.now(), changes=changes)

    def delete_model(self, request, obj):
        record_audit("model.deleted", obj, by=request.user, now=timezone.now())
        super().delete_model(request, obj)

    def log_addition(self, request, obj, message):
        return None

    def log_change(self, request, obj, message):
        return None

    def log_deletions(self, request, queryset):
        return None

    def history_view(self, request, object_id, extra_context=None):
        """What was done to this object, in the audit trail."""
        if not request.user.has_perm("core.view_auditentry"):
            raise PermissionDenied
        query = {"subject_type__exact": self.opts.label_lower, "subject_id__exact": object_id}
        return HttpResponseRedirect(
            f"{reverse('admin:core_auditentry_changelist')}?{urlencode(query)}"
        )

    # --- Pages of our own ---

    def build_path(self, route, view, name):
        """A URL below this model's, for staff alone: ``admin:<app>_<model>_<name>``."""
        return path(
            route,
            self.admin_site.admin_view(view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
        )

    def redirect_to(self, request, name, *args, needs):
        """On to one of our pages, for whom ``needs`` holds."""
        if not needs(request):
            raise PermissionDenied
        opts = self.opts
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)
        return HttpResponseRedirect(url)

    def get_or_redirect(self, request, object_id):
        """The object, or the answer to an id that names none."""
        obj = self.get_object(request, object_id)
        return obj, None if obj else self._get_obj_does_not_exist_redirect(
            request, self.opts, str(object_id)
        )

    def render_page(self, request, template, *, title, obj=None, media=None, status=200, **context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "title": title,
            "subtitle": str(obj) if obj else None,
            "media": (media or self.media),
            **context,
        }
        return TemplateResponse(request, template, context, status=status)


class ReadOnlyAdmin(StaffAdmin):
    """Rows that services write and nobody edits."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class ReadOnlyInline(TabularInline):
    """Rows under their parent, to look at."""

    extra = max_num = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
