from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from core.admin import ReadOnlyAdmin, StaffAdmin
from members.enums import AudienceKind
from members.models import Audience, AudienceMember


@admin.register(Audience)
class AudienceAdmin(StaffAdmin):
    """Sets of members. Staff make lists; tiers, clubs and segments make their own."""

    list_display = ("name", "slug", "kind")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("name", "slug")
    ordering = ("kind", "name")
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.kind == AudienceKind.LIST
        )

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def save_model(self, request, obj, form, change):
        if not change:
            obj.kind = AudienceKind.LIST
        super().save_model(request, obj, form, change)


@admin.register(AudienceMember)
class AudienceMemberAdmin(ReadOnlyAdmin):
    """Who is in which set."""

    list_display = ("member", "audience", "added_at")
    list_select_related = ("member", "audience")
    list_filter = (("audience", AutocompleteSelectFilter),)
    search_fields = ("member__number",)
    search_help_text = _("Membership number")
    ordering = ("-pk",)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        from members.selectors.search import list_member_ids

        return queryset.filter(member__in=list_member_ids(search_term)), False
