"""The first page of an empty club: what it is called and what a purchase earns."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from members.forms_addresses import USUAL_COUNTRY
from members.models import User
from members.selectors.club import get_club
from rewards.admin.founding_forms import CountryForm, FoundingForm
from rewards.models import ProgrammeVersion
from rewards.services.founding import AlreadyFounded, found_club

_NEEDED = (
    "members.change_club",
    "purchases.add_store",
    "rewards.add_earningrule",
    "rewards.add_programmeversion",
    "rewards.add_register",
)


def list_paths(site):
    return [path("set-up/", site.admin_view(set_up), name="set_up")]


def can_set_up(user: User) -> bool:
    return user.has_perms(_NEEDED)


@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Country first (``?country=JP``), then the form that it fills in."""
    if not can_set_up(request.user):
        raise PermissionDenied
    if ProgrammeVersion.objects.exists():
        messages.info(request, AlreadyFounded().text)
        return redirect("admin:index")
    now = timezone.now()
    asked = CountryForm(request.POST or request.GET or None)
    if not asked.is_valid():
        usual = USUAL_COUNTRY.get(get_language() or "", get_club().country)
        return _show(request, CountryForm(initial={"country": usual}), step=1)
    form = FoundingForm(request.POST or None, country=asked.cleaned_data["country"], now=now)
    if request.method == "POST" and form.is_valid():
        try:
            found_club(form.get_facts(), **form.get_terms(), by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The club is set up, and its counter can serve."))
            return redirect("admin:index")
    return _show(request, form, step=2)


def _show(request: HttpRequest, form: CountryForm | FoundingForm, *, step: int) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Set up the club"),
        "form": form,
        "step": step,
        "media": "",
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/rewards/set_up.html", context, status=status)
