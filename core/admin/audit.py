from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.acts import name_act
from core.admin.base import ReadOnlyAdmin
from core.admin.facts import write_facts
from core.admin.lists import PeriodFilter
from core.models import AuditEntry


class KindFilter(admin.SimpleListFilter):
    """By the end of the action's name, which says what was done whatever it was done to."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [
            ("viewed", _("Somebody's data was looked at")),
            ("exported", _("Data was taken out")),
        ]

    def queryset(self, request, queryset):
        if self.value() in ("viewed", "exported"):
            return queryset.filter(action__endswith=f".{self.value()}")
        return queryset


def describe_model(label):
    """What the rows of a model are called; the label itself of a model that is gone."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when: nobody can change or delete it."""

    list_display = ("recorded_at", "show_actor", "show_action", "show_subject", "show_changes")
    list_display_links = ("recorded_at",)
    list_select_related = ("actor", "note")
    list_filter = (KindFilter, ("recorded_at", PeriodFilter))
    search_fields = ("action",)
    search_help_text = _("Beginning of an action, as in “rule.”")
    ordering = ("-id",)
    fields = (
        "recorded_at",
        "show_actor",
        "show_action",
        "show_subject",
        "show_changes",
        "show_note",
    )
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        if search_term := search_term.strip():
            queryset = queryset.filter(action__startswith=search_term)
        return queryset, False

    @display(description=_("actor"))
    def show_actor(self, entry):
        if entry.actor_id and entry.actor is None:
            return _("a login that is gone")
        return entry.actor or _("the system")

    @display(description=_("action"))
    def show_action(self, entry):
        """In words, and the code by which a search finds it."""
        words = name_act(entry.action)
        if words == entry.action:
            return words
        return format_html('{}<br><span class="staff-note">{}</span>', words, entry.action)

    @display(description=_("subject"))
    def show_subject(self, entry):
        app, _dot, model = entry.subject_type.partition(".")
        text = f"{describe_model(entry.subject_type)} {entry.subject_id}".strip()
        if any(
            known._meta.label_lower == entry.subject_type for known in self.admin_site._registry
        ):
            page, ids = ("change", [entry.subject_id]) if entry.subject_id else ("changelist", [])
            url = reverse(f"admin:{app}_{model}_{page}", args=ids)
            return format_html('<a class="text-link" href="{}">{}</a>', url, text)
        return text

    @display(description=_("changes"))
    def show_changes(self, entry):
        return write_facts(entry.subject_type, entry.changes)[:400] or "–"

    @display(description=_("note"))
    def show_note(self, entry):
        return getattr(entry, "note", None) or "–"
