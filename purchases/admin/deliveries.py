"""What shops sent: the log, refunds that wait for their order, and requests about privacy."""

import json

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, dress_form, link_to
from core.errors import DomainError
from core.joining import join_comma
from core.money import format_money
from core.services.audit import record_audit
from members.selectors.club import get_club
from purchases.enums import DeliveryState, PrivacyState, RefundState, Verdict
from purchases.models import ShopPrivacyRequest, ShopRefund, WebhookBody, WebhookDelivery
from purchases.services.shops.privacy import finish_privacy_request
from purchases.services.shops.processing import replay_delivery
from purchases.services.shops.refunds import drop_refund

_STATE_LABELS = {
    "waiting": "info", "done": "success", "ignored": "", "parked": "warning", "refused": "danger",
}  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), max_length=300)


class ShopRowsAdmin(ReadOnlyAdmin):
    """Rows that shops bring about. Whoever may change them can end one, and says why."""

    ordering = ("-pk",)

    def can_act(self, request):
        return request.user.has_perm(f"purchases.change_{self.opts.model_name}")

    def build_url(self, row):
        return reverse(f"admin:purchases_{self.opts.model_name}_change", args=[row.pk])

    def ask_reason(self, request, object_id, *, template, title, end, label=None):
        """A page that asks first, then ``end(row, reason)``."""
        row, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.can_act(request):
            raise PermissionDenied
        form = dress_form(ReasonForm(request.POST or None))
        form.fields["reason"].label = label or _("Reason")
        url = self.build_url(row)
        if request.method == "POST" and form.is_valid():
            try:
                end(row, form.cleaned_data["reason"])
            except DomainError as error:
                self.message_user(request, str(error), level="error")
            return HttpResponseRedirect(url)
        return self.render_page(request, template, title=title, obj=row, form=form, back_url=url)


class FoundByIdAdmin(ShopRowsAdmin):
    """A long list: newest first and nothing else, found by order or by the shop's own id."""

    search_fields = ("external_id", "order_external_id")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        by_order = queryset.filter(order_external_id=term)
        return (by_order if by_order.exists() else queryset.filter(external_id=term)), False

    def get_sortable_by(self, request):
        return ()


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(FoundByIdAdmin):
    list_display = ("received_at", "topic", "show_state", "order_external_id", "note",
                    "connection", "show_verdict", "seen_count")  # fmt: skip
    list_display_links = ("received_at",)
    list_select_related = ("connection",)
    list_filter = (
        ("received_at", PeriodFilter),
        ("connection", RelatedDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("verdict", ChoicesDropdownFilter),
    )
    search_help_text = _("Order id, or the delivery's id in the shop's own log")

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/body/", self.body_view, "body"),
            self.build_path("<int:object_id>/replay/", self.replay_view, "replay"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        delivery, answer = self._get(request, object_id)
        if answer:
            return answer
        has_body = WebhookBody.objects.filter(pk=delivery.pk).exists()
        is_signed = delivery.verdict in (Verdict.ACCEPTED, Verdict.OLD_SECRET)
        return self.render_page(
            request,
            "admin/purchases/delivery_page.html",
            title=f"{delivery.topic} {delivery.pk}",
            obj=delivery,
            delivery=delivery,
            headers=sorted(delivery.headers.items()),
            purchase=link_to(delivery.purchase, request=request) if delivery.purchase else "",
            has_body=has_body,
            can_see_body=has_body and request.user.has_perm("purchases.view_webhookbody"),
            can_replay=has_body and is_signed and self.can_act(request),
        )

    def body_view(self, request, object_id):
        """A customer's data: with a permission of its own, and a row in the audit trail."""
        delivery, answer = self._get(request, object_id)
        if answer:
            return answer
        if not request.user.has_perm("purchases.view_webhookbody"):
            raise PermissionDenied
        body = WebhookBody.objects.filter(pk=delivery.pk).first()
        if body is None:
            raise Http404
        record_audit("delivery.body_viewed", delivery, by=request.user, now=timezone.now())
        return self.render_page(
            request, "admin/purchases/delivery_body.html", title=_("Body of the message"),
            obj=delivery, text=_print_body(bytes(body.content)),
            back_url=self.build_url(delivery),
        )  # fmt: skip

    def replay_view(self, request, object_id):
        delivery, answer = self._get(request, object_id)
        if answer:
            return answer
        if not self.can_act(request):
            raise PermissionDenied
        url = self.build_url(delivery)
        if request.method == "POST":
            try:
                replay_delivery(delivery, by=request.user, now=timezone.now())
            except DomainError as error:
                self.message_user(request, str(error), level="error")
            else:
                self.message_user(request, _("It is processed again in a moment."))
            return HttpResponseRedirect(url)
        return self.render_page(
            request, "admin/purchases/delivery_replay.html", title=_("Process it again"),
            obj=delivery, delivery=delivery, back_url=url,
            is_old_secret=delivery.verdict == Verdict.OLD_SECRET,
        )  # fmt: skip

    def _get(self, request, object_id):
        delivery, answer = self.get_or_redirect(request, object_id)
        if delivery and not self.has_view_permission(request, delivery):
            raise PermissionDenied
        return delivery, answer

    @display(description=_("outcome"), label=_STATE_LABELS)
    def show_state(self, delivery):
        label = delivery.get_state_display()
        if delivery.state == DeliveryState.WAITING and delivery.last_error:
            label = _("fails")
        return delivery.state, label

    @display(
        description=_("at the door"),
        label={
            "accepted": "success",
            "ping": "info",
            "old_secret": "warning",
            "wrong_signature": "danger",
            "other_shop": "danger",
            "inactive": "warning",
            "too_large": "warning",
        },
    )
    def show_verdict(self, delivery):
        return delivery.verdict, delivery.get_verdict_display()


def _print_body(content: bytes) -> str:
    """JSON on lines of its own; anything else as it came."""
    try:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except ValueError:
        return content.decode(errors="replace")


@admin.register(ShopRefund)
class ShopRefundAdmin(FoundByIdAdmin):
    """Refunds as shops told them; those without their order wait here."""

    list_display = ("recorded_at", "external_id", "show_state", "order_external_id",
                    "show_amount", "source", "reason")  # fmt: skip
    list_display_links = ("recorded_at", "external_id")
    list_select_related = ("source",)
    list_filter = (("state", ChoicesDropdownFilter), ("source", RelatedDropdownFilter))
    search_help_text = _("Refund id or order id")
    fields = (
        ("external_id", "order_external_id", "source"),
        ("show_amount", "state", "reason"),
        ("refunded_at", "recorded_at", "settled_at"),
        ("show_lines", "show_return"),
    )
    readonly_fields = ("show_amount", "show_lines", "show_return")
    change_form_template = "admin/purchases/refund_form.html"

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/drop/", self.drop_view, "drop"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_open = obj is not None and obj.state in (RefundState.PARKED, RefundState.REFUSED)
        context["can_drop"] = is_open and self.can_act(request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def drop_view(self, request, object_id):
        def end(refund, reason):
            drop_refund(refund, reason=reason, by=request.user, now=timezone.now())

        return self.ask_reason(
            request, object_id, template="admin/purchases/refund_drop.html",
            title=_("Set the refund aside"), end=end,
        )  # fmt: skip

    @display(description=_("amount"))
    def show_amount(self, refund):
        content = refund.content
        named = sum(line[2] + line[3] for line in content["lines"])
        given = content["total"] or named + content["loose"]
        return format_money(given, get_club().currency)

    @display(
        description=_("state"),
        label={
            "parked": "warning",
            "refused": "danger",
            "empty": "info",
            "applied": "success",
            "dropped": "info",
        },
    )
    def show_state(self, refund):
        return refund.state, refund.get_state_display()

    @display(description=_("lines"))
    def show_lines(self, refund):
        lines = refund.content["lines"]
        return join_comma(f"{line[0]} × {line[1]}" for line in lines) or _("names none")

    @display(description=_("return"))
    def show_return(self, refund):
        return link_to(refund.applied_return)


@admin.register(ShopPrivacyRequest)
class ShopPrivacyRequestAdmin(ShopRowsAdmin):
    """What shops pass on about their customers' rights, with the day by which it is due."""

    list_display = ("due_on", "kind", "show_state", "show_member", "note", "connection",
                    "received_at")  # fmt: skip
    list_display_links = ("due_on",)
    list_select_related = ("connection", "member")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    fields = (
        ("kind", "connection", "external_id"),
        ("show_member", "customer_reference", "show_orders"),
        ("received_at", "due_on", "state"),
        ("note", "done_at", "done_by"),
    )
    readonly_fields = ("show_member", "show_orders")
    change_form_template = "admin/purchases/privacy_form.html"

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/answer/", self.answer_view, "answer"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_open = obj is not None and obj.state != PrivacyState.DONE
        context["can_answer"] = is_open and self.can_act(request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def answer_view(self, request, object_id):
        def end(item, note):
            finish_privacy_request(item, note=note, by=request.user, now=timezone.now())

        return self.ask_reason(
            request, object_id, template="admin/purchases/privacy_answer.html",
            title=_("Mark as done"), end=end, label=_("What was done"),
        )  # fmt: skip

    @display(description=_("member"))
    def show_member(self, item):
        return link_to(item.member)

    @display(description=_("orders"))
    def show_orders(self, item):
        return join_comma(item.order_external_ids) or "–"

    @display(
        description=_("state"),
        label={"open": "warning", "handed_on": "info", "done": "success"},
    )
    def show_state(self, item):
        return item.state, item.get_state_display()
