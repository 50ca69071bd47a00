"""Taking what was won or given."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.time import day_of
from members.access import member_page
from members.models import Member
from members.selectors.club import get_club
from rewards.forms_redemption import RedeemForm
from rewards.models import Entitlement
from rewards.selectors.entitlements import get_entitlement_page
from rewards.services.redemption import redeem_reward


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def entitlement_take(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """What it is, what has to be known to hand it over, and the press."""
    now = timezone.now()
    entitlement = Entitlement.objects.for_list().filter(member=member, pk=pk).first()
    if entitlement is None:
        raise Http404
    if entitlement.redemption is not None:
        return redirect(entitlement.redemption)
    page = get_entitlement_page(entitlement, now=now)
    form = RedeemForm(request.POST or None, member=member, page=page)
    if request.method == "POST" and form.is_valid():
        try:
            made = redeem_reward(
                member,
                entitlement.reward,
                key=form.cleaned_data["key"],
                by=request.user,
                now=now,
                session=form.get_session(),
                parcel=form.get_parcel(),
                entitlement=entitlement,
            )
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("It is yours."))
            return redirect(made)
    context = {
        "entitlement": entitlement,
        "form": form,
        "page": page,
        "offer": page.offer,
        "reward": page.offer.reward,
        "is_usable": entitlement.is_usable(day_of(now, get_club().zone)),
        "now": now,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "rewards/entitlement_take.html", context, status=status)
