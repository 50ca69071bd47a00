"""Where members stand, and how they came there."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from core.admin.naming import name_fields
from rewards.admin.control_tiers import TierDecisionViews
from rewards.admin.ledger import LedgerAdmin
from rewards.models import Standing, TierChange


class GraceFilter(admin.SimpleListFilter):
    title = _("grace")
    parameter_name = "grace"

    def lookups(self, request, model_admin):
        return [("yes", _("In grace"))]

    def queryset(self, request, queryset):
        return queryset.exclude(grace_until_on=None) if self.value() else queryset


@admin.register(Standing)
class StandingAdmin(TierDecisionViews, LedgerAdmin):
    list_display = ("show_member", "tier", "tier_since_on", "review_on", "grace_until_on",
                    "settled_on")  # fmt: skip
    list_display_links = ("tier",)
    list_select_related = ("member", "tier")
    list_filter = (("tier", RelatedDropdownFilter), GraceFilter)
    fields = (
        ("show_member", "tier", "tier_since_on"),
        ("review_on", "grace_since_on", "grace_until_on"),
        ("points_expire_on", "settled_on", "has_purchased"),
    )
    readonly_fields = ("show_member",)


name_fields(TierChange, decided_by=_("decided by"))


@admin.register(TierChange)
class TierChangeAdmin(LedgerAdmin):
    list_display = ("effective_at", "show_member", "show_step", "reason", "status_credits")
    list_display_links = ("effective_at",)
    list_select_related = ("member", "from_tier", "to_tier")
    fields = (
        ("show_member", "show_step", "reason"),
        ("status_credits", "effective_at", "recorded_at"),
        "decided_by",
    )
    readonly_fields = ("show_member", "show_step")

    @display(description=_("step"))
    def show_step(self, change):
        return f"{change.from_tier} → {change.to_tier}"
