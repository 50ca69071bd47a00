from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from members import names, registry
from members.access import in_club_time, member_page, members_only
from members.models import Member
from members.numbers import build_qr_svg
from members.selectors.notices import list_notices
from members.selectors.panels import list_speaking
from members.services.notices import read_notices


@require_safe
@in_club_time
def landing(request: HttpRequest) -> HttpResponse:
    """The club for whoever is not logged in; a member goes home."""
    if request.user.is_authenticated:
        return redirect("member_home")
    panels = build_panels(request, registry.LANDING, None)
    return render(request, "members/landing.html", {"panels": panels})


@require_safe
@member_page
def member_home(request: HttpRequest, member: Member) -> HttpResponse:
    """The card, and what every floor has registered for this place."""
    panels = build_panels(request, registry.MEMBER_HOME, member)
    notices = list_notices(member, limit=2, unread=True)
    context = {
        "member": member,
        "greeting": names.get_greeting(member, get_language()),
        "card": build_card(member, build_card_lines(request, member)),
        "notice": notices[0] if notices else None,
        "has_more_notices": len(notices) > 1,
        "panels": panels,
    }
    return render(request, "members/member_home.html", context)


def build_panels(request: HttpRequest, place: str, member: Member | None) -> list[dict]:
    """The pieces that every floor has registered for a place, in their order."""
    now = timezone.now()
    panels = registry.list_panels(place)
    if member is not None:
        panels = list_speaking(panels, member, now=now)
    built = []
    for panel in panels:
        context = panel.build_context(request, member, now)
        if context is not None:
            built.append({"template": panel.template, "context": context})
    return built


LONG_NAME = 26  # letters; a longer name takes the card's whole width


def build_card_lines(request: HttpRequest, member: Member) -> list[registry.CardLine]:
    """What every floor has to say on the card of this member."""
    now = timezone.now()
    built = [build(request, member, now) for build in registry.card_lines]
    return [line for line in built if line is not None]


def build_card(member: Member, lines: Sequence[registry.CardLine]) -> dict:
    """What stands on the membership card."""
    parts = (member.family_name_reading, member.given_name_reading)
    name = member.get_full_name()
    return {
        "name": name,
        "is_long": len(name) > LONG_NAME,
        "lines": lines,
        "reading": " ".join(part for part in parts if part),
        "number": names.format_number(member.number),
        "member": member,
    }


@require_safe
@members_only
def member_card_code(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """The card's QR code. The number in the address keeps one member's code out of another's
    browser cache; it never changes, so a browser may keep it.
    """
    if number != member.number:
        raise Http404
    response = HttpResponse(build_qr_svg(number), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


# --- Notices ------------------------------------------------------------------------------------


@require_POST
@member_page
def notice_reading(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Mark one notice as read; another member's is not found."""
    if not member.notices.filter(pk=pk).exists():
        raise Http404
    read_notices(member, now=timezone.now(), notice_id=pk)
    return redirect(_get_next(request) or "member_home")


def _get_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""
