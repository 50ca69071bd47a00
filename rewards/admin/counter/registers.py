"""What a manager sets up for the counter: registers, and whose PIN goes."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, StaffAdmin
from members.models import StaffPin
from members.services.pins import remove_pin
from rewards.models import Register


@admin.register(Register)
class RegisterAdmin(StaffAdmin):
    """A device chooses its register itself, on its first visit to the counter."""

    list_display = ("name", "store", "asks_for_pin", "idle_minutes", "is_active")
    list_select_related = ("store",)
    list_filter = ("store", "is_active")
    search_fields = ("name", "store__name")
    ordering = ("store__name", "name")
    autocomplete_fields = ("store",)
    fields = (("name", "store"), ("asks_for_pin", "idle_minutes"), "is_active")


@admin.register(StaffPin)
class StaffPinAdmin(ReadOnlyAdmin):
    """Who has a PIN; nobody sees it. Removing one ends its owner's turn at every counter."""

    list_display = ("user", "set_at", "show_state")
    list_select_related = ("user",)
    ordering = ("user__display_name",)
    fields = ("user", "set_at", "failed_count", "locked_until_at")
    has_page = True
    can_export = False

    @display(description=_("state"), label={"works": "success", "locked": "warning", "void": ""})
    def show_state(self, pin):
        if pin.is_spent:
            return "void", _("Void")
        if pin.locked_until_at is not None and pin.locked_until_at > timezone.now():
            return "locked", _("Locked")
        return "works", _("Works")

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/removal/", self.remove_view, "remove"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        pin, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, pin):
            raise PermissionDenied
        return self.render_page(
            request,
            "admin/counter/pin_page.html",
            title=_("PIN for the counter"),
            obj=pin,
            pin=pin,
            state=self.show_state(pin)[1],
            can_remove=request.user.has_perm("members.delete_staffpin"),
        )

    def remove_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("members.delete_staffpin"):
            raise PermissionDenied
        pin, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        remove_pin(pin, by=request.user, now=timezone.now())
        self.message_user(request, _("The PIN is removed. Its owner can set a new one."))
        return HttpResponseRedirect(reverse("admin:members_staffpin_changelist"))
