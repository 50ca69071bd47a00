"""The rules that hold for all campaigns: one row, which comes with the first change."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse

from campaigns.models import SendingPolicy
from campaigns.selectors.policy import get_policy
from core.admin import StaffAdmin


@admin.register(SendingPolicy)
class SendingPolicyAdmin(StaffAdmin):
    """One page; nothing is asked of the database for the menu to know that."""

    can_export = False
    fields = ("holdout_percent",)

    def has_add_permission(self, request):
        return False

    def get_object(self, request, object_id, from_field=None):
        return get_policy() if str(object_id) == "1" else None

    def changelist_view(self, request, extra_context=None):
        return self.redirect_to(request, "change", 1, needs=self.has_view_permission)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:campaigns_sendingpolicy_change", args=[1]))
