"""A member's presents: wrapped until they press, then what the club says and what is in it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from members.access import member_page
from members.models import Member
from rewards.models import SurpriseGift
from rewards.selectors.surprises import get_gift_page
from rewards.services.surprises import open_gift


@require_safe
@member_page
def gift_detail(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    gift = get_object_or_404(SurpriseGift.objects.filter(member=member), pk=pk)
    if gift.is_wrapped:
        return render(request, "rewards/gift_wrapped.html", {"gift": gift})
    page = get_gift_page(gift, now=timezone.now())
    context = {
        "gift": gift,
        "page": page,
        "surprise": page.surprise,
        "is_fresh": "new" in request.GET,  # straight from the press
    }
    return render(request, "rewards/gift_detail.html", context)


@require_POST
@member_page
def gift_opening(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """A second press shows the same."""
    gift = get_object_or_404(SurpriseGift.objects.filter(member=member), pk=pk)
    open_gift(gift, by=request.user, now=timezone.now())
    return redirect(f"{gift.get_absolute_url()}?new")
