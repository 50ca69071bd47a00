from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from members import links
from members.access import member_page
from members.forms_households import LINK, AnswerForm, InvitationForm
from members.models import HouseholdInvitation, Member
from members.selectors.guardians import is_young
from members.selectors.households import get_household, list_invitations
from members.services.household_invitations import (
    accept_invitation,
    build_invitation_token,
    cancel_invitation,
    decline_invitation,
    invite_to_household,
)
from members.services.households import (
    MOST_PEOPLE,
    keep_points,
    leave_household,
    open_household,
    pool_points,
    remove_from_household,
)


@require_safe
@member_page
def household(request: HttpRequest, member: Member) -> HttpResponse:
    return _show(request, member, InvitationForm())


def _show(request, member, form, status=200):
    now = timezone.now()
    shown = get_household(member, now=now)
    invitations = [] if shown else list_invitations(member, now=now)
    context = {
        "member": member,
        "shown": shown,
        "form": form,
        "is_young": is_young(member, now=now),
        "most": MOST_PEOPLE,
        "waiting": [(each, build_invitation_token(each)) for each in invitations],
        "links": [
            (each, links.build_url("household_invitation", build_invitation_token(each)))
            for each in (shown.invitations if shown else [])
        ],
    }
    return render(request, "members/household.html", context, status=status)


@require_POST
@member_page
def household_opening(request: HttpRequest, member: Member) -> HttpResponse:
    open_household(member, by=request.user, now=timezone.now())
    messages.success(request, _("This is your household now. Invite the others."))
    return redirect("household")


@require_POST
@member_page
def household_inviting(request: HttpRequest, member: Member) -> HttpResponse:
    way = request.POST.get("way", LINK)
    form = InvitationForm(request.POST, way=way)
    if form.is_valid():
        try:
            invite_to_household(member, by=request.user, now=timezone.now(), **form.get_arguments())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            # The same words whether or not the number or address belongs to a member.
            messages.success(request, _("The invitation is on its way."))
            return redirect("household")
    return _show(request, member, form, status=422)


@require_POST
@member_page
def household_cancellation(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    cancel_invitation(member, pk, by=request.user, now=timezone.now())
    messages.success(request, _("The invitation is taken back."))
    return redirect("household")


@require_POST
@member_page
def household_pooling(request: HttpRequest, member: Member) -> HttpResponse:
    """Agree to pool points, or stop."""
    if request.POST.get("pools_points"):
        pool_points(member, by=request.user, now=timezone.now())
        messages.success(request, _("Your points are pooled with those who agreed too."))
    else:
        keep_points(member, by=request.user, now=timezone.now())
        messages.success(request, _("Your points are your own again."))
    return redirect("household")


@require_POST
@member_page
def household_leaving(request: HttpRequest, member: Member) -> HttpResponse:
    leave_household(member, by=request.user, now=timezone.now())
    messages.success(request, _("You have left the household. Your points stay yours."))
    return redirect("household")


@require_POST
@member_page
def household_removal(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    remove_from_household(member, pk, by=request.user, now=timezone.now())
    messages.success(request, _("They no longer belong to the household."))
    return redirect("household")


# --- An invitation ------------------------------------------------------------------------------


@require_safe
@member_page
def household_invitation(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """What one agrees to, before one agrees."""
    invitation = _get_invitation(token)
    now = timezone.now()
    is_open = invitation.is_open(now) and invitation.member_id in (None, member.pk)
    context = {
        "invitation": invitation,
        "token": token,
        "form": AnswerForm(),
        "is_open": is_open and invitation.household.ended_at is None,
        "is_young": is_young(member, now=now),
        "has_household": member.household_places.active().exists(),
    }
    return render(request, "members/household_invitation.html", context)


@require_POST
@member_page
def household_answer(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    invitation = _get_invitation(token)
    now = timezone.now()
    if request.POST.get("answer") != "yes":
        decline_invitation(invitation, member, by=request.user, now=now)
        messages.info(request, _("You declined the invitation."))
        return redirect("household")
    accept_invitation(
        invitation,
        member,
        by=request.user,
        now=now,
        pools_points=bool(request.POST.get("pools_points")),
    )
    messages.success(request, _("Welcome to the household."))
    return redirect("household")


def _get_invitation(token):
    invitations = HouseholdInvitation.objects.select_related("household", "invited_by_member")
    return get_object_or_404(invitations, pk=links.read("household", token))
