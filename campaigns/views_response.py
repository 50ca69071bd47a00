"""What messages lead to, for whoever holds one: no log-in, no cookie. Looking changes nothing of
what somebody agreed to, since scanners of mail follow every link, and some run its scripts.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import links
from campaigns.enums import MailingPurpose
from campaigns.forms_response import LeavingForm, PreferencesForm
from campaigns.models import Message
from campaigns.services import unsubscribing
from campaigns.services.responses import get_reader, record_click, record_open
from campaigns.writing.targets import find_target
from core.actors import TRAP
from core.errors import DomainError
from members.access import in_club_time
from members.enums import Channel
from members.models import Member
from members.purposes import get_purpose
from members.selectors.consents import get_answers

# One transparent pixel.
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


def _read(token: str, purpose: str) -> tuple[int, ...]:
    try:
        return links.read_signed(token, purpose)
    except BadSignature as error:
        raise Http404 from error


@never_cache
@require_safe
def message_link(request: HttpRequest, token: str) -> HttpResponse:
    """To the address that the mailing holds under this number: the link names no address."""
    message_id, number = _read(token, links.LINK)
    now = timezone.now()
    target = find_target(message_id, number, now=now) if number != TRAP else None
    record_click(
        message_id,
        number,
        agent=request.headers.get("User-Agent", ""),
        is_head=request.method == "HEAD",
        now=now,
    )
    if target is None or urlsplit(target).scheme not in ("https", "http"):
        return redirect("landing")
    return HttpResponseRedirect(target)


@never_cache
@require_safe
def message_open(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that nobody sees."""
    (message_id,) = _read(token, links.OPEN)
    record_open(
        message_id,
        agent=request.headers.get("User-Agent", ""),
        is_head=request.method == "HEAD",
        now=timezone.now(),
    )
    return HttpResponse(_PIXEL, content_type="image/gif")


@csrf_exempt  # signed; mail programs POST here without our page (RFC 8058)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_club_time
def message_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more of this, no more at all, or which: in the language of the reader."""
    (message_id,) = _read(token, links.UNSUBSCRIBE)
    rows = Message.objects.select_related("mailing", "member__merged_into")
    message = rows.filter(pk=message_id).first()
    if message is None:
        raise Http404
    reader = get_reader(message)
    if request.method == "POST" and request.POST.get("List-Unsubscribe"):
        # A mail program (RFC 8058): it keeps no cookie and reads no page.
        unsubscribing.let_go(message, now=timezone.now())
        return HttpResponse("OK\n", content_type="text/plain")
    _speak_to(request, reader)
    done, preferences = "", None
    if request.method == "POST":
        done, preferences = _act(request, message, reader)
    if preferences is None:
        preferences = PreferencesForm(get_answers(reader))
    purpose = message.mailing.purpose
    context = {
        "purpose": None if purpose == MailingPurpose.SERVICE else get_purpose(purpose),
        "channel": Channel(message.channel).label,
        "leaving": LeavingForm(),
        "preferences": preferences,
        "done": done,
        "path": request.path,
    }
    status = 422 if preferences.errors else 200
    response = render(request, "campaigns/unsubscribe.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _act(
    request: HttpRequest, message: Message, reader: Member
) -> tuple[str, PreferencesForm | None]:
    """What was done, or the form that couldn't be. A form without an answer lets go."""
    now = timezone.now()
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    if act == "all":
        unsubscribing.let_go_of_all(message, reason=reason, now=now)
        return "all", None
    if act != "choose":
        unsubscribing.let_go(message, reason=reason, now=now)
        return "purpose", None
    form = PreferencesForm(get_answers(reader), request.POST)
    if form.is_valid():
        try:
            unsubscribing.choose(message, form.get_answers(), now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return "choose", None
    return "", form


def _speak_to(request: HttpRequest, reader: Member) -> None:
    """In their own language, unless they chose another on these pages."""
    if reader.locale and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(reader.locale)
        request.LANGUAGE_CODE = translation.get_language()
