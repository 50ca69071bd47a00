from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


class StaffSecondFactorMiddleware:
    """Opens the back office only to staff with a second factor, and sends others to set one up.

    ``settings.STAFF_MFA_WAIVED`` lets the demonstration in without; ``check --deploy`` refuses
    that setting.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self._must_set_up(request):
            messages.warning(
                request, _("Staff need a second factor. Set one up to enter the back office.")
            )
            return redirect("mfa_index")
        return self.get_response(request)

    def _must_set_up(self, request):
        if settings.STAFF_MFA_WAIVED or not request.path.startswith(_get_admin_path()):
            return False
        user = request.user
        return user.is_authenticated and user.is_staff and not get_adapter().is_mfa_enabled(user)


def _get_admin_path():
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return "/admin/"
