"""How often and when the club may write: caps, and quiet hours."""

from django import forms
from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import StaffAdmin, dress_form
from members.enums import Channel
from members.models import ContactCap, ContactPolicy
from members.services.contact import change_quiet_hours, remove_cap, save_cap


@admin.register(ContactCap)
class ContactCapAdmin(StaffAdmin):
    """At most so many messages in so many days; “Any” is all channels together."""

    can_export = False
    list_display = ("channel", "most", "days")
    list_display_links = ("channel", "most", "days")
    ordering = ("channel", "days")
    fields = ("channel", ("most", "days"))

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("members.delete_contactcap")

    def save_model(self, request, obj, form, change):
        save_cap(obj, by=request.user, now=timezone.now())

    def delete_model(self, request, obj):
        remove_cap(obj, by=request.user, now=timezone.now())


class QuietHoursForm(forms.ModelForm):
    quiet_channels = forms.MultipleChoiceField(
        label=_("Quiet channels"),
        required=False,
        choices=[pair for pair in Channel.choices if pair[0] not in (Channel.ANY, Channel.ON_SITE)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("E-mail disturbs nobody's sleep unless the club thinks so."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        dress_form(self)

    class Meta:
        model = ContactPolicy
        fields = ("quiet_from", "quiet_until", "quiet_channels")


@admin.register(ContactPolicy)
class ContactPolicyAdmin(StaffAdmin):
    """One row, so the list leads straight to it."""

    form = QuietHoursForm
    fields = (("quiet_from", "quiet_until"), "quiet_channels")

    def has_add_permission(self, request):
        return False

    def changelist_view(self, request, extra_context=None):
        return self.redirect_to(request, "change", 1, needs=self.has_view_permission)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:members_contactpolicy_change", args=[1]))

    def save_model(self, request, obj, form, change):
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_quiet_hours(changes, by=request.user, now=timezone.now())
