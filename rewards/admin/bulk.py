"""Acts for an audience: drafted, looked at with what they cost, confirmed, watched."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, link_to
from core.percent import format_percent
from core.words import list_words
from members.services.conduct import list_own_member_ids
from rewards.admin.acts import ActAdmin, ActRowAdmin
from rewards.admin.bulk_forms import BulkForm
from rewards.enums import BulkKind, BulkOutcome
from rewards.models import BulkAct, BulkActMember
from rewards.selectors.control import explain_excess
from rewards.services.bulk import (
    change_bulk,
    confirm_bulk,
    describe_bulk,
    draft_bulk,
    get_code,
)
from rewards.services.bulk_preview import preview_bulk
from rewards.services.control import find_excess


@admin.register(BulkAct)
class BulkActAdmin(ActAdmin):
    terms_form = BulkForm
    terms_page = "admin/rewards/bulk_form.html"
    terms_title = gettext_lazy("An act for many")
    describe = staticmethod(describe_bulk)
    draft = staticmethod(draft_bulk)
    change = staticmethod(change_bulk)
    confirm = staticmethod(confirm_bulk)
    left_out = (BulkOutcome.GONE, BulkOutcome.OWN)
    list_display = ("created_at", "kind", "audience", "show_state", "member_count", "show_progress",
                    "moved_points", "asked_by")  # fmt: skip
    list_display_links = ("created_at", "kind")
    list_select_related = ("audience", "asked_by")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("created_at", PeriodFilter),
    )
    ordering = ("-pk",)

    @display(description=gettext_lazy("progress"))
    def show_progress(self, act):
        return format_percent(act.progress_percent) if act.confirmed_at else "–"

    # --- One act ---

    def get_or_redirect(self, request, object_id):
        """A surprise has a page of its own."""
        act, answer = super().get_or_redirect(request, object_id)
        if act and act.kind == BulkKind.GIFT:
            return act, self.go_to(act)
        return act, answer

    def render_act(self, request, act):
        query = urlencode({"act__id__exact": act.pk})
        return self.render_page(
            request,
            "admin/rewards/bulk_page.html",
            rows_url=f"{reverse('admin:rewards_bulkactmember_changelist')}?{query}",
            **self.build_act(request, act),
        )

    def render_draft(self, request, act):
        """What it would do if it ran now: how many, what it costs, and some of the members."""
        now = timezone.now()
        own = list_own_member_ids(request.user)
        preview = preview_bulk(act, left_out=own, now=now)
        found = preview.reckoning
        amount = found.touched_count if act.kind == BulkKind.TIER else found.points
        code = get_code(act.kind)
        excess = find_excess(code, amount, member=None, by=request.user, now=now)
        act.member_count, act.planned_points = found.member_count, found.points
        return self.render_page(
            request,
            "admin/rewards/bulk_draft.html",
            title=_("Preview"),
            obj=act,
            act=act,
            sentence=describe_bulk(act),
            translations=list_words(act, "public_reason"),
            preview=preview,
            reckoning=found,
            above=explain_excess([each.as_facts() for each in excess], code),
            can_change=self.can_change(request),
            is_grant=act.kind == BulkKind.GRANT,
            is_expiry=act.kind == BulkKind.EXPIRY,
        )


@admin.register(BulkActMember)
class BulkActMemberAdmin(ActRowAdmin):
    """Who took part in an act for many, and what came of it."""

    list_display = ("show_number", "show_member", "show_act", "outcome", "points")
    list_select_related = ("member", "act__audience", "act__tier")
    list_filter = (("outcome", ChoicesDropdownFilter),)
    act_lookup = "act__id__exact"

    @display(description=gettext_lazy("act"))
    def show_act(self, row):
        return link_to(row.act, describe_bulk(row.act))
