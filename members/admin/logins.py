"""Logins and staff roles. Roles are reviewed data (``members.roles``): shown here, not edited."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import ReadOnlyAdmin, StaffAdmin
from core.admin.naming import name_fields, name_model
from core.joining import join_comma
from members.fields import PhoneField
from members.models import User
from members.roles import CLERK, MANAGER, MARKETER, OWNER
from members.services.logins import create_login

admin.site.unregister(Group)
name_model(Authenticator, _("second factor"), _("second factors"))
name_fields(Authenticator, user=_("login"), type=_("kind"), created_at=_("created at"),
            last_used_at=_("last used at"))  # fmt: skip
name_model(UserSession, _("device logged in"), _("devices logged in"))
name_fields(UserSession, user=_("login"), created_at=pgettext_lazy("login", "since"),
            last_seen_at=_("last seen at"), ip=_("IP address"),
            user_agent=_("browser"))  # fmt: skip
_ROLES = {
    CLERK: _("clerk"),
    MARKETER: _("marketer"),
    MANAGER: _("manager"),
    OWNER: _("owner"),
}
_DUTIES = {
    CLERK: _("Clerk: serves members at the counter"),
    MARKETER: _("Marketer: writes campaigns and surveys, drafts gifts for many"),
    MANAGER: _("Manager: runs the club day by day, changes rules, approves"),
    OWNER: _("Owner: everything, logins and connections included"),
}


def name_role(group):
    return str(_ROLES.get(group.name, group.name))


def describe_role(group):
    return str(_DUTIES.get(group.name, group.name))


class StaffLoginForm(forms.ModelForm):
    """A new login of staff; a code sent to the address lets them in, and they set the rest."""

    phone = PhoneField(required=False)

    class Meta:
        model = User
        fields = ["email", "phone", "display_name", "groups"]

    def clean_phone(self):
        return self.cleaned_data["phone"] or None  # several logins may lack one

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Give an e-mail address or a phone number."))
        return cleaned


@admin.register(User)
class UserAdmin(StaffAdmin):
    list_display = ("show_name", "email", "phone", "is_staff", "show_roles", "is_active",
                    "last_login")  # fmt: skip
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "phone", "display_name")
    search_help_text = _("Beginning of an e-mail address or a phone number")
    ordering = ("-pk",)
    add_fieldsets = ((None, {"fields": (("email", "phone"), "display_name", "groups")}),)
    fieldsets = (
        (None, {"fields": ("show_contacts", "display_name", ("is_active", "is_staff"), "groups")}),
        (_("Dates"), {"fields": (("created_at", "last_login", "phone_verified_at"),)}),
    )
    readonly_fields = ("show_contacts", "created_at", "last_login", "phone_verified_at")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = StaffLoginForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        field = "phone__startswith" if term.startswith("+") else "email__startswith"
        return queryset.filter(**{field: term}), False

    def has_change_permission(self, request, obj=None):
        """Nobody but a superuser touches a superuser, and nobody their own rights."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label = _("Roles")
            field.help_text = _("Several may be chosen: what one of them may do is allowed.")
            field.widget = UnfoldAdminCheckboxSelectMultipleWidget()
            field.widget.choices = field.choices
            field.label_from_instance = describe_role
        return field

    def get_readonly_fields(self, request, obj=None):
        own = ("is_staff", "is_active", "groups") if obj and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        user = create_login(
            email=form.cleaned_data["email"],
            phone=form.cleaned_data["phone"],
            display_name=form.cleaned_data["display_name"],
            is_staff=True,
            roles=tuple(group.name for group in form.cleaned_data["groups"]),
            by=request.user,
            now=timezone.now(),
        )
        obj.__dict__.update(user.__dict__)

    @display(description=_("name"))
    def show_name(self, user):
        return str(user)

    @display(description=_("roles"))
    def show_roles(self, user):
        return join_comma(map(name_role, user.groups.all())) or "–"

    @display(description=_("contacts"))
    def show_contacts(self, user):
        return join_comma(filter(None, [user.email, user.phone])) or "–"


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles as they stand; ``manage.py sync_roles`` makes them what was reviewed."""

    list_display = ("show_name",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("show_name", "show_permissions")
    readonly_fields = ("show_name", "show_permissions")

    @display(description=_("name"), ordering="name")
    def show_name(self, group):
        return name_role(group)

    @display(description=pgettext_lazy("permission", "may"))
    def show_permissions(self, group):
        permissions = group.permissions.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        )
        return join_comma(f"{p.content_type.app_label}.{p.codename}" for p in permissions)
