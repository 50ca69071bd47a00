from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation import gettext as _

from members import registry
from members.language_cookie import keep_language
from members.services.viewing import record_view


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


class ReaderLocaleMiddleware(LocaleMiddleware):
    """The language of the address or the reader. Where a page without a language in its address
    answers that there is no such thing, that stands: Django would ask for it once more below
    ``/en/``. Pictures and style sheets that are kept for good speak no language, so that a cache
    in front of the club keeps one of each.
    """

    def process_response(self, request, response):
        if "immutable" in response.headers.get("Cache-Control", ""):
            return response
        if response.status_code == 404 and request.resolver_match is not None:
            response.headers.setdefault("Content-Language", get_language())
            return response
        return super().process_response(request, response)


class LanguageOfAddressMiddleware:
    """Whoever opens ``/ja/story/`` reads on in Japanese, unless they chose a language before."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        language = get_language_from_path(request.path_info)
        if (
            language
            and response.status_code == 200
            and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES
            and not request.user.is_authenticated
        ):
            keep_language(request, response, language)
        return response


class StaffViewMiddleware:
    """Notes who of staff opened a page that shows what is personal.

    Here and not in the pages, so that none forgets it: apps name theirs with
    ``members.registry.register_viewed``.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or response.status_code != 200 or request.method not in ("GET", "POST"):
            return response
        page = registry.viewed.get(match.view_name)
        if page is not None and request.user.is_authenticated:
            self._note(request, page, match.kwargs)
        return response

    def _note(self, request, page, arguments):
        subject, model = arguments.get(page.argument), page.model
        now = timezone.now()
        record_view(model, subject, by=request.user, now=now, page=page.name)
        member_id = page.member_of(subject) if page.member_of else None
        if member_id is not None:
            record_view("members.Member", member_id, by=request.user, now=now, page=page.name)
