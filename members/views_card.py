"""The card by itself: at hand from the home screen, and kept on the device for offline."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from members.access import member_page
from members.models import Member
from members.views import build_card, build_card_lines


@require_safe
@member_page
def member_card(request: HttpRequest, member: Member) -> HttpResponse:
    card = build_card(member, build_card_lines(request, member))
    return render(request, "members/member_card.html", {"card": card})


@require_safe
@member_page
def member_card_offline(request: HttpRequest, member: Member) -> HttpResponse:
    """What the service worker keeps while this login lasts: name and number, nothing that may be
    old tomorrow, such as points or a tier. The headers name the login and the code that belong
    to it (static/js/worker-shell.js).
    """
    response = render(request, "members/member_card_offline.html", {"card": build_card(member, [])})
    response.headers["X-Reader"] = str(member.user_id)
    response.headers["X-Card-Code"] = reverse("member_card_code", args=[member.number])
    return response
