"""What text messages cost, by country."""

from django.contrib import admin

from campaigns.models import SmsPrice
from core.admin import StaffAdmin


@admin.register(SmsPrice)
class SmsPriceAdmin(StaffAdmin):
    fields = ("country", "price")
    list_display = ("__str__", "price")
    ordering = ("country",)
