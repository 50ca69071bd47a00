"""Keys to the API: made here, shown once, revoked for good."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import StaffAdmin
from core.joining import join_comma
from purchases.enums import Scope
from purchases.models import ApiToken
from purchases.services.tokens import create_token, revoke_token


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("permission", "May"),
        choices=Scope,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiToken
        fields = ["name", "source", "scopes"]


@admin.register(ApiToken)
class ApiTokenAdmin(StaffAdmin):
    empty_note = _("With a token a till or a shop talks to the club.")
    form = TokenForm
    list_display = ("name", "source", "show_prefix", "show_scopes", "created_at", "last_used_at",
                    "show_state")  # fmt: skip
    list_select_related = ("source", "created_by")
    list_filter = ("source",)
    search_fields = ("name", "prefix")
    ordering = ("-pk",)
    readonly_fields = ("name", "source", "show_prefix", "show_scopes", "created_at", "created_by",
                       "last_used_at", "revoked_at")  # fmt: skip
    change_form_template = "admin/purchases/token_form.html"

    def get_fields(self, request, obj=None):
        return self.readonly_fields if obj else ("name", "source", "scopes")

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def get_urls(self):
        revoke = self.build_path("<int:object_id>/revocation/", self.revoke_view, "revoke")
        return [revoke, *super().get_urls()]

    def save_model(self, request, obj, form, change):
        if change:
            return  # nothing of a token changes
        token, text = create_token(
            source=form.cleaned_data["source"],
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            by=request.user,
            now=timezone.now(),
        )
        obj.__dict__.update(token.__dict__)
        request.new_token = text

    def response_add(self, request, obj, post_url_continue=None):
        return self.render_page(  # no cache keeps any page of the back office
            request, "admin/purchases/token_shown.html", title=_("The new token"), obj=obj,
            text=request.new_token,
        )  # fmt: skip

    def revoke_view(self, request, object_id):
        token, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        url = reverse("admin:purchases_apitoken_change", args=[token.pk])
        if request.method == "POST":
            revoke_token(token, by=request.user, now=timezone.now())
            self.message_user(request, _("The token is revoked: it never works again."))
            return HttpResponseRedirect(url)
        return self.render_page(
            request, "admin/purchases/token_revoke.html", title=_("Revoke the token"), obj=token,
            token=token, back_url=url,
        )  # fmt: skip

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= {"show_save": False, "show_save_and_continue": False}
            context["can_revoke"] = obj.is_usable and self.has_change_permission(request, obj)
        else:
            context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description=_("begins with"))
    def show_prefix(self, token):
        return f"{token.prefix}…"

    @display(description=pgettext_lazy("permission", "may"))
    def show_scopes(self, token):
        labels = dict(Scope.choices)
        return join_comma(labels.get(scope, scope) for scope in token.scopes)

    @display(description=_("state"), label={"usable": "success", "revoked": "danger"})
    def show_state(self, token):
        if token.is_usable:
            return "usable", _("works")
        return "revoked", _("revoked")
