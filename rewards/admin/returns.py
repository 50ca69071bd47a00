"""Goods that come back: chosen line by line, previewed with the points, settled once."""

from decimal import Decimal

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, link_to
from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from purchases.models import Purchase
from purchases.registry import StaffLink, register_staff_link
from rewards.forms_returns import ReturnForm
from rewards.models import ReturnRefund
from rewards.services.returns import count_late_days, preview_return, return_purchase

_STEPS = ("preview", "confirm")


@admin.register(ReturnRefund)
class ReturnRefundAdmin(ReadOnlyAdmin):
    list_display = ("settled_at", "show_member", "show_return", "kind", "show_money",
                    "show_credit", "points_back_points", "show_late", "settled_by")  # fmt: skip
    list_display_links = ("settled_at",)
    list_select_related = ("purchase_return__purchase__member", "settled_by")
    list_filter = ("kind", "late_reason")
    ordering = ("-pk",)
    readonly_fields = (
        "show_member", "show_return", "settled_at", "settled_by", "kind", "show_money",
        "show_credit", "show_points", "points_back_points", "show_credit_back", "show_other",
        "show_late",
    )  # fmt: skip
    fields = readonly_fields

    def get_urls(self):
        start = self.build_path("new/<int:purchase_id>/", self.start_view, "start")
        return [start, *super().get_urls()]

    def start_view(self, request, purchase_id):
        """The form; what it would do; done. Each step is a POST of the same fields."""
        if not request.user.has_perm("rewards.add_returnrefund"):
            raise PermissionDenied
        purchase = get_object_or_404(
            Purchase.objects.select_related("member", "store", "channel", "source"), pk=purchase_id
        )
        now = timezone.now()
        late_days = count_late_days(purchase, now)
        form = ReturnForm(
            request.POST or None, lines=_list_lines(purchase), late_days=late_days,
            has_member=purchase.member_id is not None,
        )  # fmt: skip
        step = request.POST.get("step")
        if request.method == "POST" and form.is_valid() and step in _STEPS:
            terms = {
                "kind": form.cleaned_data["kind"],
                "late_reason": form.cleaned_data.get("late_reason", ""),
            }
            try:
                if step == "confirm":
                    return self._confirm(request, purchase, form, terms, now)
                preview = preview_return(purchase, form.parts, now=now, **terms)
                return self._render(request, "preview", purchase, form, late_days, preview=preview)
            except DomainError as error:
                form.add_error(None, str(error))
        return self._render(request, "form", purchase, form, late_days)

    def _confirm(self, request, purchase, form, terms, now):
        refund = return_purchase(
            purchase, form.parts, key=str(form.cleaned_data["key"]),
            note=form.cleaned_data["note"], by=request.user, now=now, **terms,
        )  # fmt: skip
        self.message_user(request, _("The return is settled."))
        return HttpResponseRedirect(reverse("admin:rewards_returnrefund_change", args=[refund.pk]))

    def _render(self, request, page, purchase, form, late_days, **context):
        return self.render_page(
            request, f"admin/rewards/return_{page}.html", title=_("Take goods back"),
            obj=None, purchase=purchase, form=form, late_days=late_days,
            currency=purchase.currency, **context,
        )  # fmt: skip

    @display(description=_("member"))
    def show_member(self, refund):
        return link_to(refund.purchase_return.purchase.member)

    @display(description=_("return"))
    def show_return(self, refund):
        return link_to(refund.purchase_return)

    @display(description=_("refunded"))
    def show_money(self, refund):
        return _write(refund.money_amount)

    @display(description=_("as store credit"))
    def show_credit(self, refund):
        return _write(refund.credit_amount)

    @display(description=_("paid with points before"))
    def show_points(self, refund):
        return _write(refund.points_amount)

    @display(description=_("paid with credit before"))
    def show_credit_back(self, refund):
        return _write(refund.credit_back_amount)

    @display(description=_("paid by other means before"))
    def show_other(self, refund):
        return _write(refund.other_amount)

    @display(description=_("late"))
    def show_late(self, refund):
        if not refund.late_days:
            return "–"
        return _("%(days)s days: %(reason)s") % {
            "days": refund.late_days,
            "reason": refund.get_late_reason_display(),
        }


def _write(amount):
    return format_money(amount, get_club().currency) if amount else "–"


def _list_lines(purchase):
    """The purchase's lines with what of them is left to come back."""
    lines = purchase.lines.select_related("product").annotate(back=Sum("returned__quantity"))
    rows = list(lines.order_by("position"))
    for line in rows:
        line.left_quantity = line.quantity - (line.back or Decimal(0))
    return [line for line in rows if line.left_quantity > 0]


register_staff_link(
    StaffLink(
        "rewards.return",
        _("Take goods back"),
        "assignment_return",
        lambda purchase: reverse("admin:rewards_returnrefund_start", args=[purchase.pk]),
        "rewards.add_returnrefund",
    )
)
