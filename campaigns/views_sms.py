"""Where Twilio tells what became of text messages, and what was written back."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from campaigns.services.sms_replies import read_reply, record_sms_event

_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@csrf_exempt  # Twilio signs
@require_POST
def sms_events(request: HttpRequest) -> HttpResponse:
    """A status callback; the message is named by the address, which is part of what is signed."""
    _check_signature(request)
    reference = request.GET.get("message", "")
    if not (reference.isascii() and reference.isdigit() and len(reference) < 19):
        raise Http404
    record_sms_event(
        int(reference),
        provider_id=request.POST.get("MessageSid", "")[:120],
        status=request.POST.get("MessageStatus", ""),
        error_code=request.POST.get("ErrorCode", "")[:10],
        now=timezone.now(),
    )
    return HttpResponse(status=204)


@csrf_exempt  # Twilio signs
@require_POST
def sms_replies(request: HttpRequest) -> HttpResponse:
    """A text message that somebody sent to the club's number."""
    _check_signature(request)
    read_reply(request.POST.get("From", ""), request.POST.get("Body", ""), now=timezone.now())
    return HttpResponse(_NOTHING_TO_SAY, content_type="text/xml")


def _check_signature(request: HttpRequest) -> None:
    """Without a token there is no door. The address is the one that Twilio was given."""
    if not settings.TWILIO_AUTH_TOKEN:
        raise Http404
    address = settings.SITE_URL + request.get_full_path()
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    if not validator.validate(address, request.POST, signature):
        raise PermissionDenied
