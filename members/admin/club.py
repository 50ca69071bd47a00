from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import WordsAdmin
from members.models import Club
from members.selectors.club import is_currency_in_use
from members.services.profiles import update_club


@admin.register(Club)
class ClubAdmin(WordsAdmin):
    """The club's own facts: one row, so the list leads straight to it."""

    fieldsets = (
        (None, {"fields": ("name", ("currency", "country"), ("zone", "locale"))}),
        (_("What members see"), {"fields": (("phone", "email"), "address")}),
        (_("The young"), {"fields": ("guardian_age",)}),
    )

    def has_add_permission(self, request):
        return False

    def get_readonly_fields(self, request, obj=None):
        """What everything was bought in stays."""
        shown = super().get_readonly_fields(request, obj)
        return (*shown, "currency") if is_currency_in_use() else shown

    def changelist_view(self, request, extra_context=None):
        return self.redirect_to(request, "change", 1, needs=self.has_view_permission)

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:members_club_change", args=[1]))

    def save_model(self, request, obj, form, change):
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        update_club(changes, by=request.user, now=timezone.now())
