from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from members.access import in_club_time, member_page
from members.forms import ClaimForm
from members.forms_profile import OwnProfileForm
from members.language_cookie import keep_language
from members.models import Member
from members.names import format_number
from members.selectors.claims import list_claimable
from members.services.claims import claim_member
from members.services.memberships import open_membership
from members.services.profiles import BirthdayLocked, InvalidProfile, update_member


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def member_profile(request: HttpRequest, member: Member) -> HttpResponse:
    """What the member told of themselves; contacts are shown, and proved at the login."""
    form = OwnProfileForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        try:
            member = update_member(member, form.get_changes(), by=request.user, now=timezone.now())
        except (InvalidProfile, BirthdayLocked) as refusal:
            form.add_error(None, str(refusal))
        else:
            return _saved(request, member)
    status = 422 if form.is_bound else 200
    # The form has put its values on ``member``.
    shown = Member.objects.select_related("user").get(pk=member.pk)
    context = {
        "form": form,
        "member": shown,
        "number": format_number(shown.number),
        "phone": get_phone_state(shown),
        "has_messengers": settings.LINE_CHANNEL_ACCESS_TOKEN or settings.WECHAT_APP_SECRET,
    }
    return render(request, "members/member_profile.html", context, status=status)


def get_phone_state(member: Member) -> dict[str, Any]:
    """The number on record, whether a code proved it, and which step would prove it.

    The code itself is allauth's: three tries, one number a minute. A number that the counter
    noted is sent to it as a new one; one that the login has already is only asked again.
    """
    user = member.user
    is_of_login = bool(user and user.phone == member.phone)
    return {
        "number": member.phone,
        "is_checked": bool(is_of_login and user and user.phone_verified_at),
        "is_of_login": is_of_login,
    }


def _saved(request, member):
    response = redirect("member_profile")
    if member.locale:
        translation.activate(member.locale)
        keep_language(request, response, member.locale)
    messages.success(request, _("Saved."))
    return response


# --- Becoming a member --------------------------------------------------------------------------


@never_cache
@require_safe
@login_required
@in_club_time
def membership(request: HttpRequest) -> HttpResponse:
    """A login without a membership claims the one it has, or opens a new one."""
    if _is_member(request):
        return redirect("member_home")
    return _show_membership(request, ClaimForm())


@never_cache
@require_POST
@login_required
@in_club_time
def membership_claim(request: HttpRequest) -> HttpResponse:
    if _is_member(request):
        return redirect("member_home")
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return _show_membership(request, form, status=422)
    try:
        claim_member(request.user, now=timezone.now(), **form.cleaned_data)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show_membership(request, form, status=refusal.status)
    messages.success(request, _("This membership is yours now. Welcome!"))
    return redirect("member_home")


@never_cache
@require_POST
@login_required
def membership_opening(request: HttpRequest) -> HttpResponse:
    """A new membership, for a login that has none to claim or wants none of them."""
    open_membership(request.user, now=timezone.now())
    return redirect("member_home")


def _is_member(request: HttpRequest) -> bool:
    return Member.objects.filter(user_id=request.user.pk).exists()


def _show_membership(request, form, status=200):
    context = {"form": form, "waiting_count": list_claimable(request.user).count()}
    return render(request, "members/membership.html", context, status=status)
