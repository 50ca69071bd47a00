from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, ReadOnlyInline, link_to
from core.joining import join_comma
from members.models import Household, HouseholdMember
from members.selectors.search import list_member_ids


class HouseholdMemberInline(ReadOnlyInline):
    model = HouseholdMember
    fields = ("show_member", "is_head", "joined_at", "agreed_at", "left_at")
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    @display(description=_("member"))
    def show_member(self, place):
        return link_to(place.member)


@admin.register(Household)
class HouseholdAdmin(ReadOnlyAdmin):
    """Who pools points with whom: to look at. Its people change it."""

    empty_note = _("Members who collect points together.")
    list_display = ("show_name", "show_people", "created_at", "ended_at")
    search_fields = ("pk",)
    search_help_text = _("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)
    fields = ("created_at", "ended_at")
    inlines = [HouseholdMemberInline]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("places__member")

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        ids = list_member_ids(search_term)
        return queryset.filter(pk__in=HouseholdMember.objects.filter(member__in=ids).values(
            "household"
        )), False  # fmt: skip

    @display(description=_("household"))
    def show_name(self, household):
        return str(household)

    @display(description=_("people"))
    def show_people(self, household):
        people = [place for place in household.places.all() if place.left_at is None]
        return join_comma(place.member for place in people) or "–"
