"""The rules that hold for all campaigns: one row."""

from django.contrib import admin

from campaigns.models import SendingPolicy
from core.admin import StaffAdmin


@admin.register(SendingPolicy)
class SendingPolicyAdmin(StaffAdmin):
    fields = ("holdout_percent",)
    list_display = ("__str__", "holdout_percent")

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not SendingPolicy.objects.exists()

    def save_model(self, request, obj, form, change):
        obj.pk = 1
        super().save_model(request, obj, form, change)
