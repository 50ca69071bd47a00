"""Addresses that are not written to: somebody types one and sees whether it is on the list, and
why; nobody can read the list.
"""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from campaigns.models import Suppression
from campaigns.services.suppression import (
    NoAddress,
    add_suppression,
    find_suppression,
    lift_suppression,
    list_addable_reasons,
)
from core.admin import ReadOnlyAdmin, dress_form
from members.enums import Channel


class LookUpForm(forms.Form):
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        choices=[pair for pair in Channel.choices if pair[0] not in (Channel.ANY, Channel.ON_SITE)],
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("An e-mail address, a phone number, an id at LINE or WeChat."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


class AddForm(forms.Form):
    """Beside the address, which goes along unseen."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=list_addable_reasons)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Why, for whoever asks later. No names, no address."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy(
        "Addresses that are not written to any more: dead ones, and those that complained."
    )
    can_export = False  # there is nothing in it that could be read
    list_display = ("added_at", "channel", "reason", "note", "added_by")
    list_filter = (("channel", ChoicesDropdownFilter), ("reason", ChoicesDropdownFilter))
    ordering = ("-added_at", "-pk")
    fields = ("channel", "reason", "note", "added_at", "added_by")

    def has_add_permission(self, request):
        return request.user.has_perm("campaigns.add_suppression")

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_urls(self):
        return [
            self.build_path("add/", self.look_up_view, "add"),
            self.build_path("<int:object_id>/lift/", require_POST(self.lift_view), "lift"),
            *super().get_urls(),
        ]

    def look_up_view(self, request):
        """Ask about an address (by POST: it stands in no log), then add it, or lift it."""
        if not request.user.has_perm("campaigns.view_suppression"):
            raise PermissionDenied
        form = LookUpForm(request.POST or None)
        found, is_asked = None, False
        adding = AddForm(request.POST if "add" in request.POST else None)
        if form.is_bound and form.is_valid():
            try:
                found = find_suppression(**form.cleaned_data)
                is_asked = True
                if found is None and adding.is_bound and adding.is_valid():
                    found = self._add(request, form, adding)
            except NoAddress as refusal:
                form.add_error("address", str(refusal))
        return self.render_page(
            request,
            "admin/campaigns/suppression_look_up.html",
            title=_("Is this address written to?"),
            form=form,
            adding=adding,
            is_asked=is_asked,
            found=found,
            may_add=self.has_add_permission(request),
            may_lift=request.user.has_perm("campaigns.delete_suppression"),
            status=422 if form.errors else 200,
        )

    def _add(self, request, form, adding):
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = add_suppression(
            **form.cleaned_data, **adding.cleaned_data, by=request.user, now=timezone.now()
        )
        self.message_user(request, _("Nothing is sent there any more."))
        return row

    def lift_view(self, request, object_id):
        if not request.user.has_perm("campaigns.delete_suppression"):
            raise PermissionDenied
        row = Suppression.objects.filter(pk=object_id).first()
        if row is not None:  # pressed twice
            lift_suppression(row, by=request.user, now=timezone.now())
        self.message_user(request, _("This address may be written to again."))
        return HttpResponseRedirect(reverse("admin:campaigns_suppression_add"))
