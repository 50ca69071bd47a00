"""What members gave, and closing periods: a look at the sums, then the press, then the payment."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, dress_form, link_to
from core.errors import DomainError
from core.money import format_money
from core.tables import stream_csv
from core.time import day_of
from members.selectors.club import get_club
from rewards.admin.forms import build_date_field
from rewards.giving_pdf import build_statement_pdf
from rewards.models import Charity, CharitySettlement, Donation, StandingDonation
from rewards.selectors.statements import HEADER, build_rows, get_statement
from rewards.selectors.wording import format_count, format_points
from rewards.services.giving import (
    close_period,
    close_periods,
    mark_paid,
    preview_settlement,
    read_period,
    undo_donation,
)

SETTLE = "rewards.settle_charity"


@admin.register(Donation)
class DonationAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Points that members gave away, cause by cause.")
    list_display = ("donated_at", "member", "show_appeal", "points", "match_points", "source",
                    "show_state")  # fmt: skip
    list_select_related = ("member", "appeal", "settlement")
    list_filter = ("charity", "source", ("donated_at", PeriodFilter))
    ordering = ("-pk",)
    fields = readonly_fields = (
        "show_member", "show_appeal", "source", "points", "match", "match_points", "show_rate",
        "is_named", "donated_at", "final_at", "undone_at", "settlement",
    )  # fmt: skip
    change_form_outer_after_template = "admin/rewards/giving_acts.html"

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/undoing/", self.undo_view, "undoing"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        may = request.user.has_perm("rewards.change_donation")
        if obj is not None and may and obj.can_be_undone(timezone.now()):
            url = reverse("admin:rewards_donation_undoing", args=[obj.pk])
            context["giving_acts"] = [(url, _("Take back for the member"), True, False)]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def undo_view(self, request, object_id):
        """At the member's wish, within the grace."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("rewards.change_donation"):
            raise PermissionDenied
        donation, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        try:
            undo_donation(donation, by=request.user, as_staff=True, now=timezone.now())
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("The points are back with the member."))
        return HttpResponseRedirect(reverse("admin:rewards_donation_change", args=[object_id]))

    @display(description=gettext_lazy("member"))
    def show_member(self, donation):
        return link_to(donation.member)

    @display(description=gettext_lazy("appeal"), ordering="appeal")
    def show_appeal(self, donation):
        return donation.appeal.name_i18n

    @display(description=gettext_lazy("a hundred points are worth"))
    def show_rate(self, donation):
        return format_money(donation.hundred_amount, get_club().currency)

    @display(description=gettext_lazy("state"))
    def show_state(self, donation):
        if donation.undone_at:
            return _("Taken back")
        if donation.settlement_id:
            return _("Paid out") if donation.settlement.paid_on else _("Settled")
        return _("Can be taken back") if donation.final_at > timezone.now() else _("Final")


@admin.register(StandingDonation)
class StandingDonationAdmin(ReadOnlyAdmin):
    list_display = ("member", "appeal", "share_percent", "started_at", "ended_at")
    list_select_related = ("member", "appeal")
    list_filter = ("appeal",)
    ordering = ("-pk",)
    fields = readonly_fields = (
        "member", "appeal", "share_percent", "is_named", "started_at", "ended_at",
    )  # fmt: skip


class PeriodForm(forms.Form):
    """Which period, and of whom; whether it can be closed is said by the service."""

    period = forms.CharField(
        label=gettext_lazy("Period"),
        max_length=7,
        help_text=gettext_lazy("A quarter as 2026-Q3, a month as 2026-09, or a year as 2026."),
    )
    charity = forms.ModelChoiceField(
        label=gettext_lazy("Charity"),
        queryset=Charity.objects.order_by("position", "pk"),
        required=False,
        empty_label=gettext_lazy("All of them"),
    )

    def list_charities(self):
        one = self.cleaned_data["charity"]
        return [one] if one else list(Charity.objects.order_by("position", "pk"))


class PaidForm(forms.Form):
    paid_on = build_date_field(gettext_lazy("Paid on"))
    payout_reference = forms.CharField(
        label=gettext_lazy("Reference of the payment"), max_length=80
    )


@admin.register(CharitySettlement)
class CharitySettlementAdmin(ReadOnlyAdmin):
    list_display = ("period", "show_charity", "donation_count", "show_points", "show_amount",
                    "paid_on", "payout_reference")  # fmt: skip
    list_select_related = ("charity",)
    list_filter = ("charity", "period")
    search_fields = ("period", "payout_reference")
    ordering = ("-last_on", "charity")

    def has_add_permission(self, request):
        return request.user.has_perm("rewards.add_charitysettlement")

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/payment/", self.payment_view, "payment"),
            self.build_path("<int:object_id>/statement.csv", self.csv_view, "csv"),
            self.build_path("<int:object_id>/statement.pdf", self.pdf_view, "pdf"),
            *super().get_urls(),
        ]

    # --- Closing ---

    def add_view(self, request, form_url="", extra_context=None):
        """What closing would give; then the press."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now, drafts, refused = timezone.now(), [], []
        form = dress_form(PeriodForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            try:
                period = read_period(form.cleaned_data["period"])
                if request.POST.get("stage") == "close":
                    return self._close(request, form, period, now)
                for charity in form.list_charities():
                    try:
                        drafts.append(preview_settlement(charity, period, now=now))
                    except DomainError as refusal:
                        refused.append((charity, str(refusal)))
            except DomainError as refusal:
                form.add_error("period", str(refusal))
        return self.render_page(
            request,
            "admin/rewards/settlement_form.html",
            title=_("Close a period"),
            form=form,
            drafts=drafts,
            refused=refused,
            currency=get_club().currency,
            posted=[(name, request.POST.get(name, "")) for name in ("period", "charity")],
        )

    def _close(self, request, form, period, now):
        one = form.cleaned_data["charity"]
        if one is not None:
            close_period(one, period, by=request.user, now=now)
            made, refused = [one], []
        else:
            made, refused = close_periods(period, by=request.user, now=now)
        for charity, why in refused:
            self.message_user(request, f"{charity.name_i18n}: {why}", messages.WARNING)
        if made:
            self.message_user(request, _("The period is closed. Pay, then note the payment."))
        return HttpResponseRedirect(reverse("admin:rewards_charitysettlement_changelist"))

    # --- One settlement ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self._show(request, object_id)

    def _show(self, request, object_id, form=None):
        settlement, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, settlement):
            raise PermissionDenied
        statement = get_statement(settlement)
        if form is None:
            form = PaidForm(initial={"paid_on": day_of(timezone.now(), get_club().zone)})
        return self.render_page(
            request,
            "admin/rewards/settlement_page.html",
            title=f"{settlement.charity.name_i18n} {settlement.period}",
            obj=settlement,
            statement=statement,
            settlement=settlement,
            currency=get_club().currency,
            form=dress_form(form),
            can_pay=settlement.paid_on is None and request.user.has_perm(SETTLE),
            status=422 if form.is_bound else 200,
        )

    def payment_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(SETTLE):
            raise PermissionDenied
        settlement, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        form = PaidForm(request.POST)
        if form.is_valid():
            try:
                mark_paid(settlement, by=request.user, now=timezone.now(), **form.cleaned_data)
            except DomainError as refusal:
                form.add_error("payout_reference", str(refusal))
            else:
                self.message_user(request, _("Noted as paid."))
                return HttpResponseRedirect(
                    reverse("admin:rewards_charitysettlement_change", args=[object_id])
                )
        return self._show(request, object_id, form)

    def csv_view(self, request, object_id):
        settlement, answer = self._get_viewable(request, object_id)
        if answer:
            return answer
        statement = get_statement(settlement)
        header = [str(each) for each in HEADER]
        return stream_csv(f"{_name(settlement)}.csv", header, build_rows(statement))

    def pdf_view(self, request, object_id):
        settlement, answer = self._get_viewable(request, object_id)
        if answer:
            return answer
        data = build_statement_pdf(get_statement(settlement), language=get_language())
        response = HttpResponse(data, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{_name(settlement)}.pdf"'
        return response

    def _get_viewable(self, request, object_id):
        settlement, answer = self.get_or_redirect(request, object_id)
        if settlement is not None and not self.has_view_permission(request, settlement):
            raise PermissionDenied
        return settlement, answer

    @display(description=gettext_lazy("charity"), ordering="charity")
    def show_charity(self, settlement):
        return settlement.charity.name_i18n

    @display(description=gettext_lazy("points"))
    def show_points(self, settlement):
        text = format_points(settlement.points)
        return (
            f"{text} + {format_count(settlement.match_points)}" if settlement.match_points else text
        )

    @display(description=gettext_lazy("to be paid"), ordering="amount")
    def show_amount(self, settlement):
        return format_money(settlement.amount, get_club().currency)


def _name(settlement):
    return f"{settlement.charity.slug}-{settlement.period}"
