"""The inbox of a member."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from campaigns.channels.on_site.inbox import Place, list_inbox, read_letter, tells_of_today
from campaigns.models import Message
from campaigns.services.inbox import read_inbox, read_message
from members.access import member_page
from members.models import Member


@require_safe
@member_page
def inbox(request: HttpRequest, member: Member) -> HttpResponse:
    after = Place.read(request.GET.get("after", ""))
    page = list_inbox(member, after=after, now=timezone.now())
    context = {"page": page, "is_first": after is None}
    return render(request, "campaigns/inbox.html", context)


@require_safe
@member_page
def inbox_message(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Opening one's own message is reading it, as everywhere: it needs no button, and telling it
    twice changes nothing. A browser that fetches ahead, or asks for the head alone, reads nothing.
    """
    message = get_object_or_404(Message.objects.in_inbox(member), pk=pk)
    now = timezone.now()
    if message.read_at is None and request.method == "GET" and not _is_ahead(request):
        read_message(message, now=now)
        request.unread_count = max(getattr(request, "unread_count", 0) - 1, 0)  # type: ignore[attr-defined]  # ours
    context = {
        "message": message,
        "letter": read_letter(message, now=now),
        "is_of_today": tells_of_today(message),
    }
    return render(request, "campaigns/inbox_message.html", context)


@require_POST
@member_page
def inbox_reading(request: HttpRequest, member: Member) -> HttpResponse:
    """Mark everything as read."""
    read_inbox(member, now=timezone.now())
    return redirect("inbox")


def _is_ahead(request: HttpRequest) -> bool:
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
