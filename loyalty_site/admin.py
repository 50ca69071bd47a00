"""Pages of other libraries, put on our own base; what nobody needs here is taken off."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin
from core.services.audit import record_audit

# Keys of providers come from the environment, tokens are not stored.
for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(model)


class RevocableAdmin(ReadOnlyAdmin):
    """Rows that members make themselves; staff may only take one away."""

    def has_delete_permission(self, request, obj=None):
        opts = self.opts
        return request.user.has_perm(f"{opts.app_label}.delete_{opts.model_name}")

    @display(description=_("login"))
    def show_user(self, row):
        return str(row.user)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    list_filter = ("verified",)
    search_fields = ("email__startswith",)
    ordering = ("-pk",)


@admin.register(Authenticator)
class AuthenticatorAdmin(RevocableAdmin):
    """Second factors. Taking one away helps whoever lost theirs; the secret never shows."""

    list_display = ("show_user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__email__startswith",)
    ordering = ("-pk",)
    fields = ("show_user", "type", "created_at", "last_used_at")
    readonly_fields = ("show_user",)

    def delete_model(self, request, obj):
        changes = {"type": obj.type}
        record_audit(
            "login.factor_removed", obj.user, by=request.user, now=timezone.now(), changes=changes
        )
        obj.delete()


@admin.register(UserSession)
class UserSessionAdmin(RevocableAdmin):
    list_display = ("show_user", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email__startswith",)
    ordering = ("-pk",)
    fields = ("show_user", "created_at", "last_seen_at")
    readonly_fields = ("show_user",)

    def delete_model(self, request, obj):
        record_audit("login.session_ended", obj.user, by=request.user, now=timezone.now())
        obj.end()


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    list_display = ("user", "provider", "last_login", "date_joined")
    list_select_related = ("user",)
    list_filter = ("provider",)
    search_fields = ("user__email__startswith",)
    ordering = ("-pk",)
    fields = ("user", "provider", "uid", "last_login", "date_joined")
