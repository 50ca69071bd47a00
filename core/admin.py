"""The base of every page of the back office: no exact counts, read-only rows, audited writes."""

import datetime as dt

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.forms.widgets import Input
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminFileFieldWidget,
)

from core.models import AuditEntry
from core.services.audit import record_audit
from core.time import start_of

LAST_PAGE = 200  # an OFFSET reads all rows before it: whoever is that deep should search instead


class LookAhead:
    """What a list knows of its pages without counting: whether there is a next one.

    ``estimate`` is what PostgreSQL's own statistics say of the whole table, where the list
    shows the whole table.
    """

    template_name = "admin/_pages.html"

    def __init__(self, queryset, per_page, number):
        self.queryset, self.per_page = queryset, per_page
        self.number = min(max(number, 1), LAST_PAGE)

    @cached_property
    def rows(self):
        start = (self.number - 1) * self.per_page
        return list(self.queryset[start : start + self.per_page + 1])

    @property
    def object_list(self):
        return self.rows[: self.per_page]

    @property
    def has_next(self):
        return len(self.rows) > self.per_page and self.number < LAST_PAGE

    @property
    def is_cut_off(self):
        return len(self.rows) > self.per_page and self.number == LAST_PAGE

    @property
    def has_previous(self):
        return self.number > 1

    @property
    def first(self):
        return (self.number - 1) * self.per_page + bool(self.rows)

    @property
    def last(self):
        return (self.number - 1) * self.per_page + len(self.object_list)

    @cached_property
    def estimate(self):
        if not (self.has_next or self.has_previous) or self.queryset.query.where:
            return None
        return estimate_rows(self.queryset.model)


def estimate_rows(model) -> int | None:
    """Rows of a table as of its last ANALYZE, in one look-up; None where there was none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        (rows,) = cursor.fetchone()
    return rows if rows >= 0 else None


class LookAheadChangeList(ChangeList):
    """A list that reads one row more than it shows, instead of counting them all."""

    def get_results(self, request):
        pages = LookAhead(self.queryset, self.list_per_page, self.page_num)
        self.paginator = pages
        self.page_num = pages.number
        self.result_list = pages.object_list
        self.result_count = self.full_result_count = pages.last
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_list)
        self.can_show_all = False
        self.multi_page = False  # the numbers of all pages; ours are turned one by one


class _PeriodForm(forms.Form):
    """Two days, by the browser's own calendar."""

    def __init__(self, name, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for ending, label in (("_from", _("From")), ("_to", _("To, that day included"))):
            self.fields[name + ending] = forms.DateField(
                label=label,
                required=False,
                widget=forms.DateInput(
                    attrs={
                        "type": "date",
                        "class": " ".join(INPUT_CLASSES),
                        "aria-label": label,
                        "title": label,
                    }
                ),
            )


class PeriodFilter(RangeDateFilter):
    """From one day to another, both included, in the zone that the page shows.

    (Django's date hierarchy would read the whole table to find out which years it holds.)
    """

    form_class = _PeriodForm

    def queryset(self, request, queryset):
        for ending, lookup, days in (("_from", "gte", 0), ("_to", "lt", 1)):
            text = self.used_parameters.get(self.parameter_name + ending)
            try:
                day = dt.date.fromisoformat(text or "")
            except ValueError:
                continue
            start = start_of(day + dt.timedelta(days=days), timezone.get_current_timezone_name())
            value = start if isinstance(self.field, models.DateTimeField) else day
            if value is day:
                lookup = {"lt": "lte"}.get(lookup, lookup)
            queryset = queryset.filter(**{f"{self.field_path}__{lookup}": value})
        return queryset


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
    has_page = False  # the change view shows a page of our own, its form lies behind “Edit”

    def get_changelist(self, request, **kwargs):
        return LookAheadChangeList

    def has_delete_permission(self, request, obj=None):
        return False

    def get_actions(self, request, action_location=None):
        return {}  # what moves points or ends something has a page that asks first

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        dress_fields(form.declared_fields.values())
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if self.has_page:
            context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- Audit ---

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        action = "model.changed" if change else "model.added"
        record_audit(action, obj, by=request.user, changes={"fields": sorted(form.changed_data)})

    def delete_model(self, request, obj):
        record_audit("model.deleted", obj, by=request.user)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for obj in queryset:
            self.delete_model(request, obj)

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


_CLASSES = (
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (Input, INPUT_CLASSES),
)


def dress_form(form):
    """Give the plain widgets of a form the looks of the back office."""
    dress_fields(form.fields.values())
    return form


def dress_fields(fields):
    for field in fields:
        if isinstance(field, forms.FileField):
            field.widget = UnfoldAdminFileFieldWidget()  # its script expects this very mark-up
        attrs = field.widget.attrs
        for kind, classes in _CLASSES:
            if isinstance(field.widget, kind) and "class" not in attrs:
                attrs["class"] = " ".join(classes)


def link_to(obj, label=None, *, request=None):
    """A link to an object's page; the bare label where ``request``'s user may not open it."""
    if obj is None:
        return "–"
    opts = obj._meta
    text = label if label is not None else str(obj)
    if request and not request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        return text
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[obj.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when: nobody can change or delete it."""

    list_display = ("recorded_at", "show_actor", "action", "show_subject", "show_changes")
    list_display_links = ("recorded_at",)
    list_select_related = ("actor", "note")
    list_filter = (("recorded_at", PeriodFilter),)
    search_fields = ("action",)
    search_help_text = _("Beginning of an action, as in “rule.”")
    ordering = ("-id",)
    fields = ("recorded_at", "show_actor", "action", "show_subject", "show_changes", "show_note")
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        if search_term := search_term.strip():
            queryset = queryset.filter(action__startswith=search_term)
        return queryset, False

    @display(description=_("actor"))
    def show_actor(self, entry):
        return entry.actor or _("the system")

    @display(description=_("subject"))
    def show_subject(self, entry):
        app, _dot, model = entry.subject_type.partition(".")
        text = f"{entry.subject_type} {entry.subject_id}"
        if any(
            known._meta.label_lower == entry.subject_type for known in self.admin_site._registry
        ):
            url = reverse(f"admin:{app}_{model}_change", args=[entry.subject_id])
            return format_html('<a class="text-link" href="{}">{}</a>', url, text)
        return text

    @display(description=_("changes"))
    def show_changes(self, entry):
        facts = [
            f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in entry.changes.items()
        ]
        return "; ".join(facts)[:400] or "–"

    @display(description=_("note"))
    def show_note(self, entry):
        return getattr(entry, "note", None) or "–"
