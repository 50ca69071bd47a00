"""What members did and were told, and the work that waits: to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.acts import name_act
from core.admin import ReadOnlyAdmin, link_to
from core.admin.audit import describe_model
from members import registry
from members.models import Activity, Notice, WorkItem
from members.selectors.search import list_member_ids


class OfMemberAdmin(ReadOnlyAdmin):
    """Rows of members, found by the member."""

    list_select_related = ("member",)
    search_fields = ("member__number",)
    search_help_text = _("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    @display(description=_("member"))
    def show_member(self, row):
        return link_to(row.member)


@admin.register(Activity)
class ActivityAdmin(OfMemberAdmin):
    list_display = ("effective_at", "show_member", "show_kind", "show_subject")
    list_display_links = ("effective_at",)
    fields = ("member", "show_kind", "show_subject", "effective_at", "recorded_at", "facts")
    readonly_fields = ("show_kind", "show_subject")

    @display(description=_("kind"))
    def show_kind(self, activity):
        return name_act(activity.kind)

    @display(description=_("subject"))
    def show_subject(self, activity):
        if not activity.subject_type:
            return "–"
        return f"{describe_model(activity.subject_type)} {activity.subject_id}"


@admin.register(Notice)
class NoticeAdmin(OfMemberAdmin):
    list_display = ("effective_at", "show_member", "show_text", "read_at")
    list_display_links = ("effective_at",)
    fields = ("member", "show_text", "code", "params", "effective_at", "recorded_at", "read_at")
    readonly_fields = ("show_text",)

    @display(description=_("text"))
    def show_text(self, notice):
        wording = registry.notice_texts.get(notice.code)
        return wording.build_text(notice.params) if wording else notice.code


@admin.register(WorkItem)
class WorkItemAdmin(ReadOnlyAdmin):
    """Batches of activities that a consumer has yet to look at."""

    list_display = ("consumer", "batch_id", "recorded_at", "due_at", "attempt_count", "last_error")
    list_select_related = ("batch",)
    ordering = ("due_at", "pk")
