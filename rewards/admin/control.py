"""Points by hand, and the limits of each role."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, StaffAdmin, link_to
from core.errors import DomainError
from members.models import Member
from members.selectors.search import list_member_ids
from members.services.conduct import list_own_member_ids
from rewards.admin.control_credit import CreditViews
from rewards.admin.control_forms import ActLimitForm, AdjustmentForm
from rewards.admin.versions import EDIT, PREVIEW, PUBLISH, list_posted
from rewards.models import ActLimit, Adjustment, Transfer
from rewards.selectors.balances import get_balances
from rewards.selectors.control import explain_excess, format_measure, get_kind_label
from rewards.selectors.explanations import explain_transfers
from rewards.services.adjustments import CODE, adjust_points, format_change
from rewards.services.approvals import withdraw
from rewards.services.control import LIMIT_FIELDS, change_limit, find_excess
from rewards.services.credit_by_hand import format_credit
from rewards.services.preview import count_liability

_COLOURS = {
    "posted": "success", "approved": "success", "waiting": "warning", "refused": "danger",
    "withdrawn": "info",
}  # fmt: skip


@admin.register(Adjustment)
class AdjustmentAdmin(CreditViews, ReadOnlyAdmin):
    """What was given and taken by hand; a new one begins on the member's page."""

    list_display = ("asked_at", "show_member", "show_points", "reason", "show_state", "asked_by",
                    "show_decided_by")  # fmt: skip
    list_display_links = ("asked_at",)
    list_select_related = ("member", "asked_by", "approval__decided_by")
    list_filter = (
        ("asked_at", PeriodFilter),
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
    )
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    def get_urls(self):
        return [
            self.build_path("<int:member_id>/asking/", self.ask_view, "ask"),
            self.build_path("<int:object_id>/withdrawal/", self.withdraw_view, "withdraw"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("member"))
    def show_member(self, adjustment):
        return link_to(adjustment.member)

    @display(description=gettext_lazy("points or credit"))
    def show_points(self, adjustment):
        return str(adjustment)

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, adjustment):
        return adjustment.state, adjustment.get_state_display()

    @display(description=gettext_lazy("decided by"))
    def show_decided_by(self, adjustment):
        return (adjustment.approval and adjustment.approval.decided_by) or "–"

    # --- One adjustment ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        adjustment, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, adjustment):
            raise PermissionDenied
        entries = Transfer.objects.filter(cause_type=CODE, cause_id=adjustment.pk).for_list()
        approval = adjustment.approval
        return self.render_page(
            request,
            "admin/rewards/adjustment_page.html",
            title=_describe(adjustment),
            obj=adjustment,
            adjustment=adjustment,
            approval=approval,
            colour=_COLOURS[adjustment.state],
            above=explain_excess(approval.excess, approval.kind) if approval else [],
            entries=explain_transfers(list(entries.order_by("pk")), now=timezone.now()),
            can_withdraw=adjustment.is_waiting and adjustment.asked_by_id == request.user.pk,
            can_decide=adjustment.is_waiting
            and adjustment.asked_by_id != request.user.pk
            and request.user.has_perm("rewards.change_approval"),
        )

    def withdraw_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        adjustment, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, adjustment) or adjustment.approval is None:
            raise PermissionDenied
        withdraw(adjustment.approval, by=request.user, now=timezone.now())
        self.message_user(request, _("The request is withdrawn."))
        return HttpResponseRedirect(
            reverse("admin:rewards_adjustment_change", args=[adjustment.pk])
        )

    # --- A new one ---

    def ask_view(self, request, member_id):
        """The terms, then what they would do, then the press that counts."""
        if not request.user.has_perm("rewards.add_adjustment"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        now = timezone.now()
        stage = request.POST.get("stage", "")
        form = AdjustmentForm(request.POST or None)
        if request.method == "POST" and stage != EDIT and form.is_valid():
            if stage == PREVIEW:
                return self._render_preview(request, member, form, now)
            if stage == PUBLISH and (answer := self._post(request, member, form, now)):
                return answer
        return self.render_page(
            request,
            "admin/rewards/adjustment_form.html",
            title=_("Points by hand"),
            member=member,
            form=form,
            balances=get_balances(member, now=now),
            is_own=member.pk in list_own_member_ids(request.user),
        )

    def _post(self, request, member, form, now):
        try:
            adjustment = adjust_points(member, by=request.user, now=now, **form.get_terms())
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        if adjustment.is_waiting:
            text = _("It waits for a second person's approval.")
        else:
            text = _("Done: %(points)s.") % {"points": format_change(adjustment.points)}
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))

    def _render_preview(self, request, member, form, now):
        terms = form.get_terms()
        points = terms["points"]
        balances = get_balances(member, now=now)
        owed = balances.owed - min(balances.owed, points) if points > 0 else balances.owed
        left = balances.available + points - (balances.owed - owed if points > 0 else 0)
        if left < 0:
            owed, left = owed - left, 0
        excess = find_excess(CODE, abs(points), member=member, by=request.user, now=now)
        liability = count_liability()
        return self.render_page(
            request,
            "admin/rewards/adjustment_preview.html",
            title=_("Preview"),
            member=member,
            change=format_change(points),
            reason=dict(form.fields["reason"].choices)[terms["reason"]],
            terms=terms,
            balances=balances,
            available_after=left,
            owed_after=owed,
            lacks=points < 0 and -points > balances.available and not terms["owes_missing"],
            above=explain_excess([each.as_facts() for each in excess], CODE),
            liability_before=liability,
            liability_after=liability + points,
            is_own=member.pk in list_own_member_ids(request.user),
            posted=list_posted(request),
        )


def _describe(adjustment):
    if adjustment.credit_amount:
        return format_credit(adjustment.credit_amount)
    return format_change(adjustment.points)


@admin.register(ActLimit)
class ActLimitAdmin(StaffAdmin):
    """How much each role may do alone. Only an owner changes it; the audit trail keeps both."""

    form = ActLimitForm
    can_export = False
    list_display = ("show_kind", "role", "show_per_act", "show_per_actor_day",
                    "show_per_member_day", "show_per_pair_day", "show_approve_act",
                    "show_approve_day")  # fmt: skip
    list_display_links = ("show_kind", "role")
    list_filter = (("role", ChoicesDropdownFilter),)
    ordering = ("kind", "pk")
    fieldsets = (
        (None, {"fields": (("show_kind", "role"),)}),
        (gettext_lazy("Alone"), {"fields": (("per_act", "per_actor_day"),
                                            ("per_member_day", "per_pair_day"))}),
        (gettext_lazy("As the second person"), {"fields": (("approve_act", "approve_day"),)}),
    )  # fmt: skip
    readonly_fields = ("show_kind", "role")

    def has_add_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        limit = ActLimit.objects.get(pk=obj.pk)
        change_limit(limit, changes, by=request.user, now=timezone.now())

    @display(description=gettext_lazy("act"))
    def show_kind(self, limit):
        return get_kind_label(limit.kind)


def _build_column(name):
    field = ActLimit._meta.get_field(name)

    @display(description=field.verbose_name)
    def show(self, limit):
        value = getattr(limit, name)
        if value is None:
            return _("no limit")
        return format_measure(value, limit.kind) if value else "–"

    return show


for _name in LIMIT_FIELDS:
    setattr(ActLimitAdmin, f"show_{_name}", _build_column(_name))
