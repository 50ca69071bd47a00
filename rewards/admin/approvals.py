"""What waits for a second person: who asks for what, why, and what it costs."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, link_to
from core.errors import DomainError
from rewards.admin.control_forms import DecisionForm
from rewards.enums import ApprovalState, Measure
from rewards.models import Approval
from rewards.registry import act_kinds
from rewards.selectors.control import (
    describe_approvals,
    explain_excess,
    format_measure,
    get_kind_label,
)
from rewards.services.approvals import PERMISSION, approve, check_approver, refuse, withdraw
from rewards.services.preview import count_liability

_COLOURS = {"waiting": "warning", "approved": "success", "refused": "danger", "withdrawn": "info"}


class StateFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*ApprovalState.choices, ("all", gettext_lazy("All"))]

    def choices(self, changelist):
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or ApprovalState.WAITING) == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or ApprovalState.WAITING)


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Nothing waits for a second person.")
    list_display = ("asked_at", "show_what", "show_kind", "show_amount", "asked_by", "show_state",
                    "decided_by")  # fmt: skip
    list_display_links = ("asked_at", "show_what")
    list_select_related = ("asked_by", "decided_by", "member")
    list_filter = (StateFilter, ("asked_at", PeriodFilter))
    ordering = ("-pk",)

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/decision/", self.decide_view, "decide"),
            *super().get_urls(),
        ]

    def get_changelist_instance(self, request):
        page = super().get_changelist_instance(request)
        self._words = describe_approvals(page.result_list)
        return page

    @display(description=gettext_lazy("what"))
    def show_what(self, approval):
        words = getattr(self, "_words", {}).get(approval.pk)  # a download goes beyond the page
        return (words or describe_approvals([approval])[approval.pk]).title

    @display(description=gettext_lazy("act"))
    def show_kind(self, approval):
        return get_kind_label(approval.kind)

    @display(description=gettext_lazy("amount"))
    def show_amount(self, approval):
        return format_measure(approval.amount, approval.kind)

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, approval):
        return approval.state, approval.get_state_display()

    # --- One request ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        approval, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, approval):
            raise PermissionDenied
        return self._render(request, approval, DecisionForm())

    def _render(self, request, approval, form, status=200):
        words = describe_approvals([approval])[approval.pk]
        kind = act_kinds.get(approval.kind)
        in_points = kind is not None and kind.measure != Measure.MONEY
        liability = count_liability() if in_points else 0
        return self.render_page(
            request,
            "admin/rewards/approval_page.html",
            title=words.title,
            obj=approval,
            status=status,
            approval=approval,
            words=words,
            kind=get_kind_label(approval.kind),
            amount=format_measure(approval.amount, approval.kind),
            colour=_COLOURS[approval.state],
            above=explain_excess(approval.excess, approval.kind),
            member=link_to(approval.member, request=request) if approval.member else None,
            in_points=in_points,
            liability_before=liability,
            liability_after=liability + words.liability_points,
            obstacle=self._find_obstacle(request, approval),
            is_mine=approval.asked_by_id == request.user.pk,
            can_decide=request.user.has_perm(PERMISSION),
            form=form,
        )

    def _find_obstacle(self, request, approval):
        """Why this person may not approve it, before they try."""
        if not approval.is_waiting:
            return ""
        try:
            check_approver(approval, by=request.user, now=timezone.now())
        except DomainError as error:
            return str(error)
        return ""

    def decide_view(self, request, object_id):
        """Approved, refused or withdrawn, by the button that was pressed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        approval, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, approval):
            raise PermissionDenied
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._render(request, approval, form)
        note, now = form.cleaned_data["note"], timezone.now()
        try:
            match request.POST.get("decision"):
                case "approve":
                    approve(approval, note=note, by=request.user, now=now)
                    text = _("Approved and done.")
                case "refuse":
                    refuse(approval, note=note, by=request.user, now=now)
                    text = _("Refused.")
                case "withdraw":
                    withdraw(approval, by=request.user, now=now)
                    text = _("The request is withdrawn.")
                case _other:
                    raise PermissionDenied
        except DomainError as error:
            form.add_error(None, str(error))
            approval.refresh_from_db()
            return self._render(request, approval, form, status=error.status)
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:rewards_approval_changelist"))
