"""The outbox for staff: every message with what became of it, and what nobody knows about."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.enums import MessageState
from campaigns.models import Message, MessageEvent, PublicNotice, RateLimit
from campaigns.selectors.outbox import explain_message
from campaigns.services.sending import leave_messages, resend_messages
from core.admin import ReadOnlyAdmin, ReadOnlyInline, StaffAdmin
from core.admin.facts import write_facts
from core.errors import DomainError
from members.selectors.search import list_member_ids
from purchases.models import Product, Purchase
from rewards.models import Entitlement, Redemption, Reward

RESEND, LEAVE = "resend", "leave"
_ACTS = {RESEND: resend_messages, LEAVE: leave_messages}
_OFTEN_EMPTY = {"detail", "read_at", "show_facts", "provider_id", "cost"}
_HELD_IN = {"show_facts": "facts"}
# Facts that are ids: of what they are named by.
_ABOUT = {
    "entitlement": Entitlement,
    "notice": PublicNotice,
    "products": Product,
    "purchase": Purchase,
    "redemption": Redemption,
    "reward": Reward,
}
_COLOURS = {
    MessageState.WAITING: "info",
    MessageState.SENDING: "info",
    MessageState.SENT: "success",
    MessageState.FAILED: "danger",
    MessageState.UNKNOWN: "warning",
    MessageState.NOT_SENT: "default",
}


class ToDecideFilter(admin.SimpleListFilter):
    title = gettext_lazy("to decide")
    parameter_name = "to_decide"

    def lookups(self, request, model_admin):
        return [("1", gettext_lazy("Unknown, resend or leave"))]

    def queryset(self, request, queryset):
        return queryset.unknown() if self.value() else queryset


class EventInline(ReadOnlyInline):
    model = MessageEvent
    verbose_name_plural = gettext_lazy("What became of it")
    fields = readonly_fields = ("effective_at", "kind", "actor", "link")
    ordering = ("effective_at", "pk")

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Every message of the club, and why it was or was not sent.")
    # On a phone the first columns are what shows: of whom, and what became of it.
    list_display = ("recorded_at", "show_state", "member", "show_reason", "mailing", "channel",
                    "sent_at")  # fmt: skip
    list_display_links = ("recorded_at",)
    list_filter = (
        ToDecideFilter,
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("mailing", AutocompleteSelectFilter),
    )
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "show_why", "member", "mailing", "channel", "variant", "state", "detail",
        "attempt_count", "recorded_at", "due_at", "sent_at", "read_at", "show_facts",
        "provider_id", "cost",
    )  # fmt: skip
    inlines = (EventInline,)
    change_form_template = "admin/campaigns/message.html"

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    def get_urls(self):
        decide = self.build_path("<int:object_id>/unknown/<slug:act>/", self.decide_view, "decide")
        return [decide, *super().get_urls()]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["can_decide"] = (
            obj is not None
            and _may_decide(request)
            and Message.objects.unknown().filter(pk=obj.pk).exists()
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def decide_view(self, request, object_id, act):
        """Send an unknown message again, or leave it; a GET asks first, and offers to do the same
        with all of its mailing.
        """
        message, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if act not in _ACTS:
            return self._get_obj_does_not_exist_redirect(request, self.opts, act)
        if not _may_decide(request):
            raise PermissionDenied
        alike = Message.objects.unknown().filter(mailing=message.mailing_id)
        url = reverse("admin:campaigns_message_change", args=[message.pk])
        if request.method != "POST":
            return self.render_page(
                request, "admin/campaigns/message_decide.html", obj=message, act=act,
                title=_("Nobody knows whether it left"), alike_count=alike.count(), back_url=url,
            )  # fmt: skip
        ids = list(alike.values_list("pk", flat=True)) if "all" in request.POST else [message.pk]
        try:
            count = _ACTS[act](ids, by=request.user, now=timezone.now())
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, _say_done(act, count), messages.SUCCESS)
        return HttpResponseRedirect(url)

    def get_fields(self, request, obj=None):
        """What only some messages have stands there where this one has it."""
        fields = super().get_fields(request, obj)
        return [
            name for name in fields
            if name not in _OFTEN_EMPTY or getattr(obj, _HELD_IN.get(name, name), None)
        ]  # fmt: skip

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, message):
        return message.state, message.get_state_display()

    @display(description=gettext_lazy("reason"))
    def show_reason(self, message):
        return message.get_reason_display() if message.reason else ""

    @display(description=gettext_lazy("Why"))
    def show_why(self, message):
        return explain_message(message, now=timezone.now())

    @display(description=gettext_lazy("What it is about"))
    def show_facts(self, message):
        return write_facts(
            self.opts.label_lower,
            {name: _name_thing(name, value) for name, value in message.facts.items()},
        )


@admin.register(RateLimit)
class RateLimitAdmin(StaffAdmin):
    list_before_template = "admin/campaigns/rate_list.html"
    list_display = ("channel", "show_domain", "count", "period")
    list_display_links = ("channel",)
    ordering = ("channel", "domain", "period")
    fields = ("channel", "domain", "count", "period")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("campaigns.delete_ratelimit")

    def save_model(self, request, obj, form, change):
        obj.domain = obj.domain.strip().lower()
        # Counted from now on: a rate that was raised lets nobody catch up at once.
        obj.tokens, obj.refilled_at = min(obj.tokens, obj.count), timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=gettext_lazy("domain"))
    def show_domain(self, rate):
        return rate.domain or _("all together")


def _name_thing(name: str, value: Any) -> Any:
    model: Any = _ABOUT.get(name)
    ids = value if isinstance(value, list) else [value]
    if model is None or not all(type(each) is int for each in ids):
        return value
    return [str(each) for each in model.objects.filter(pk__in=ids)] or value


def _may_decide(request) -> bool:
    return request.user.has_perm("campaigns.change_message")


def _say_done(act: str, count: int) -> str:
    if act == RESEND:
        text = ngettext("%(count)d message leaves again.", "%(count)d messages leave again.", count)
    else:
        text = ngettext("%(count)d message stays as it is.", "%(count)d messages stay as they are.",
                        count)  # fmt: skip
    return text % {"count": count}
