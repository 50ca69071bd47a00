"""Acts for an audience: drafted, looked at with what they cost, confirmed, watched."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, link_to
from core.errors import DomainError
from core.percent import format_percent
from core.words import list_words
from members.selectors.search import list_member_ids
from members.services.conduct import list_own_member_ids
from rewards.admin.bulk_forms import BulkForm
from rewards.enums import BulkKind, BulkOutcome, BulkState
from rewards.models import BulkAct, BulkActMember
from rewards.selectors.control import explain_excess
from rewards.services.approvals import PERMISSION
from rewards.services.bulk import (
    cancel_bulk,
    change_bulk,
    confirm_bulk,
    describe_bulk,
    draft_bulk,
    get_code,
)
from rewards.services.bulk_preview import preview_bulk
from rewards.services.control import find_excess

_COLOURS = {
    "draft": "info", "waiting": "warning", "running": "info", "done": "success",
    "cancelled": "danger",
}  # fmt: skip


@admin.register(BulkAct)
class BulkActAdmin(ReadOnlyAdmin):
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

    def has_add_permission(self, request):
        return request.user.has_perm("rewards.add_bulkact")

    def get_urls(self):
        return [
            self.build_path("draft/", self.draft_view, "draft"),
            self.build_path("<int:object_id>/terms/", self.terms_view, "terms"),
            self.build_path("<int:object_id>/confirmation/", self.confirm_view, "confirm"),
            self.build_path("<int:object_id>/cancellation/", self.cancel_view, "cancel"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, act):
        return act.state, act.get_state_display()

    @display(description=gettext_lazy("progress"))
    def show_progress(self, act):
        return format_percent(act.progress_percent) if act.confirmed_at else "–"

    # --- Terms ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "draft", needs=self.has_add_permission)

    def draft_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    def terms_view(self, request, object_id):
        act, answer = self._get_own(request, object_id)
        if answer:
            return answer
        if act.state != BulkState.DRAFT:
            return self._go_to(act)
        return self._edit(request, act)

    def _edit(self, request, act):
        initial = BulkForm.get_initial(act) if act else {"audience": request.GET.get("audience")}
        form = BulkForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            terms, now = form.get_terms(), timezone.now()
            try:
                if act is None:
                    act = draft_bulk(**terms, by=request.user, now=now)
                else:
                    act = change_bulk(act, **terms, by=request.user, now=now)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self._go_to(act)
        return self.render_page(
            request, "admin/rewards/bulk_form.html", title=_("An act for many"), obj=act, form=form
        )

    # --- One act ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        act, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, act):
            raise PermissionDenied
        if act.kind == BulkKind.GIFT:  # a page of its own
            return self._go_to(act)
        if act.state == BulkState.DRAFT:
            return self._render_draft(request, act)
        approval = act.approval
        rows = BulkActMember.objects.filter(act=act).select_related("member")
        left_out = [BulkOutcome.GONE, BulkOutcome.OWN]
        query = urlencode({"act__id__exact": act.pk})
        return self.render_page(
            request,
            "admin/rewards/bulk_page.html",
            title=describe_bulk(act),
            obj=act,
            act=act,
            approval=approval,
            colour=_COLOURS[act.state],
            above=explain_excess(approval.excess, approval.kind) if approval else [],
            left_out=list(rows.filter(outcome__in=left_out).order_by("pk")[:10]),
            rows_url=f"{reverse('admin:rewards_bulkactmember_changelist')}?{query}",
            can_change=self._can_change(request),
            can_decide=approval is not None
            and approval.is_waiting
            and approval.asked_by_id != request.user.pk
            and request.user.has_perm(PERMISSION),
            is_mine=act.asked_by_id == request.user.pk,
        )

    def _render_draft(self, request, act):
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
            can_change=self._can_change(request),
            is_grant=act.kind == BulkKind.GRANT,
            is_expiry=act.kind == BulkKind.EXPIRY,
        )

    def _can_change(self, request):
        return request.user.has_perm("rewards.change_bulkact")

    def _get_own(self, request, object_id):
        if not self._can_change(request):
            raise PermissionDenied
        act, answer = self.get_or_redirect(request, object_id)
        if act and act.kind == BulkKind.GIFT:
            return act, self._go_to(act)
        return act, answer

    def _go_to(self, act):
        return HttpResponseRedirect(act.get_absolute_url())

    def confirm_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act, answer = self._get_own(request, object_id)
        if answer:
            return answer
        act = confirm_bulk(act, by=request.user, now=timezone.now())
        if act.state == BulkState.WAITING:
            self.message_user(request, _("It waits for a second person's approval."))
        else:
            self.message_user(request, _("It runs now."))
        return self._go_to(act)

    def cancel_view(self, request, object_id):
        """Stops it, after a page that says what is done already."""
        act, answer = self._get_own(request, object_id)
        if answer:
            return answer
        if request.method == "POST":
            cancel_bulk(act, by=request.user, now=timezone.now())
            self.message_user(request, _("It is cancelled."))
            return self._go_to(act)
        sentence = describe_bulk(act)
        if act.confirmed_at is None:  # nobody is written down yet
            shown = {"kind": act.get_kind_display(), "audience": act.audience}
            sentence = capfirst(_("%(kind)s for “%(audience)s”") % shown)
        return self.render_page(
            request, "admin/rewards/bulk_cancel.html", title=_("Cancel it"), obj=act, act=act,
            sentence=sentence,
        )  # fmt: skip


@admin.register(BulkActMember)
class BulkActMemberAdmin(ReadOnlyAdmin):
    """Who took part in an act for many, and what came of it."""

    list_display = ("show_number", "show_member", "show_act", "outcome", "points")
    list_select_related = ("member", "act__audience", "act__tier")
    list_filter = (("outcome", ChoicesDropdownFilter),)
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == "act__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    @display(description=gettext_lazy("member"))
    def show_member(self, row):
        return link_to(row.member)

    @display(description=pgettext_lazy("entry", "number"), ordering="pk")
    def show_number(self, row):
        return row.pk

    @display(description=gettext_lazy("act"))
    def show_act(self, row):
        return link_to(row.act, describe_bulk(row.act))
