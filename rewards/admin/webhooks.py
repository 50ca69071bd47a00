"""Addresses that are told of events, and what was sent to them."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import ReadOnlyAdmin, StaffAdmin
from core.errors import DomainError
from core.joining import join_comma
from rewards.enums import WebhookEvent, WebhookState
from rewards.models import WebhookEndpoint, WebhookMessage
from rewards.services.webhooks.endpoints import (
    check_address,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    replay_messages,
    rotate_secret,
)


class EndpointForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=WebhookEvent, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "events"]

    def clean_url(self):
        url = self.cleaned_data["url"]
        try:
            check_address(url)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(StaffAdmin):
    empty_note = _("Addresses that are told when something happens in the club.")
    form = EndpointForm
    list_display = ("name", "url", "show_events", "show_state", "failing_since_at")
    search_fields = ("name", "url")
    ordering = ("-pk",)
    readonly_fields = ("name", "url", "show_events", "created_at", "created_by",
                       "failing_since_at", "disabled_at")  # fmt: skip
    change_form_template = "admin/rewards/webhook_form.html"

    def get_fields(self, request, obj=None):
        return self.readonly_fields if obj else ("name", "url", "events")

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def get_urls(self):
        act = self.build_path("<int:object_id>/<slug:act>/", self.act_view, "act")
        return [act, *super().get_urls()]

    def save_model(self, request, obj, form, change):
        if change:
            return  # what is sent where is never edited: a new address gets a new secret
        data = form.cleaned_data
        endpoint, secret = create_endpoint(
            name=data["name"], url=data["url"], events=data["events"], by=request.user,
            now=timezone.now(),
        )  # fmt: skip
        obj.__dict__.update(endpoint.__dict__)
        request.new_secret = secret

    def response_add(self, request, obj, post_url_continue=None):
        return self._show_secret(request, obj, request.new_secret)

    def _show_secret(self, request, endpoint, secret):
        return self.render_page(
            request, "admin/rewards/webhook_secret.html", title=_("The new secret"), obj=endpoint,
            secret=secret,
        )  # fmt: skip

    def act_view(self, request, object_id, act):
        """Switch on or off, or make a new secret; a GET asks first."""
        endpoint, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if act not in ("on", "off", "secret"):
            return self._get_obj_does_not_exist_redirect(request, self.opts, act)
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        url = reverse("admin:rewards_webhookendpoint_change", args=[endpoint.pk])
        if request.method != "POST":
            return self.render_page(
                request, "admin/rewards/webhook_act.html", title=str(endpoint), obj=endpoint,
                act=act, back_url=url,
            )  # fmt: skip
        now = timezone.now()
        if act == "secret":
            return self._show_secret(
                request, endpoint, rotate_secret(endpoint, by=request.user, now=now)
            )
        try:
            change = enable_endpoint if act == "on" else disable_endpoint
            change(endpoint, by=request.user, now=now)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(url)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if obj is not None:
            context |= {"show_save": False}
            context["can_change"] = self.has_change_permission(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description=_("events"))
    def show_events(self, endpoint):
        return join_comma(endpoint.events)

    @display(description=_("state"), label={"on": "success", "failing": "warning", "off": "danger"})
    def show_state(self, endpoint):
        if endpoint.disabled_at:
            return "off", _("switched off")
        if endpoint.failing_since_at:
            return "failing", _("doesn't answer")
        return "on", _("works")


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "endpoint", "event", "show_state", "attempt_count",
                    "answer_status", "last_error")  # fmt: skip
    list_display_links = ("occurred_at",)
    list_select_related = ("endpoint",)
    list_filter = ("state", "event", "endpoint")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "endpoint", "event", "uid", "payload", "show_state", "occurred_at", "due_at",
        "attempt_count", "answer_status", "last_error", "sent_at",
    )  # fmt: skip
    change_form_template = "admin/rewards/webhook_message.html"

    def get_urls(self):
        replay = self.build_path("<int:object_id>/replay/", self.replay_view, "replay")
        return [replay, *super().get_urls()]

    def replay_view(self, request, object_id):
        message, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not request.user.has_perm("rewards.change_webhookendpoint"):
            raise PermissionDenied
        if request.method == "POST":
            messages_of = WebhookMessage.objects.filter(pk=message.pk)
            replay_messages(messages_of, by=request.user, now=timezone.now())
            self.message_user(request, _("It is sent again within a few seconds."))
        return HttpResponseRedirect(
            reverse("admin:rewards_webhookmessage_change", args=[message.pk])
        )

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["can_replay"] = request.user.has_perm("rewards.change_webhookendpoint")
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(
        description=_("state"),
        label={
            WebhookState.WAITING: "info",
            WebhookState.SENT: "success",
            WebhookState.FAILED: "danger",
        },
    )
    def show_state(self, message):
        return message.state, message.get_state_display()
