"""A member's stamp cards."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from members.access import member_page
from members.models import Member
from rewards.selectors.challenges import get_stamp_page


@require_safe
@member_page
def stamps(request: HttpRequest, member: Member) -> HttpResponse:
    """What fills up, what waits to be picked up, what was full before."""
    page = get_stamp_page(member, now=timezone.now())
    return render(request, "rewards/stamps.html", {"page": page})
