"""Where LINE and WeChat tell what happened at the club's accounts."""

import logging

from celery import current_app
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from kombu.exceptions import OperationalError

from campaigns.channels.line.webhook import LineEvent, is_signed, read_events
from campaigns.channels.wechat.webhook import (
    NotFromWechat,
    WechatEvent,
    build_answer,
    check_handshake,
    read_event,
)
from campaigns.services import chat_events
from campaigns.services.chat_events import ChatEvent, hear_event
from members.enums import Channel

logger = logging.getLogger(__name__)

MOST_BYTES = 512 * 1024
_LINE_KINDS = {
    "follow": chat_events.FOLLOWED,
    "unfollow": chat_events.UNFOLLOWED,
    "message": chat_events.TEXT,
}
_WECHAT_KINDS = {
    "subscribe": chat_events.FOLLOWED,
    "unsubscribe": chat_events.UNFOLLOWED,
    "text": chat_events.TEXT,
}


@csrf_exempt  # LINE signs
@require_POST
def line_webhook(request: HttpRequest) -> HttpResponse:
    """Answered at once; what the club has to say follows by itself."""
    if not settings.LINE_CHANNEL_SECRET:
        raise Http404
    body = _read_body(request)
    if not is_signed(body, request.headers.get("X-Line-Signature", "")):
        raise PermissionDenied
    try:
        events = read_events(body)
    except (ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise SuspiciousOperation("No webhook of LINE's") from error
    for event in events:
        answer = hear_event(_read_line(event), now=timezone.now())
        if answer and event.reply_token:
            _send_later(event.reply_token, answer)
    return HttpResponse(status=200)


def _read_line(event: LineEvent) -> ChatEvent:
    return ChatEvent(
        channel=Channel.LINE,
        external_id=event.user_id,
        kind=_LINE_KINDS.get(event.kind, chat_events.OTHER),
        at=event.at,
        event_id=event.event_id,
        text=event.text,
    )


def _send_later(reply_token: str, answer: str) -> None:
    """What was done is done: where nobody can be asked to say so, it isn't said."""
    try:
        current_app.send_task("campaigns.tasks.answer_line", [reply_token, answer])
    except OperationalError:
        logger.warning("An answer at LINE found no queue", exc_info=True)


@csrf_exempt  # WeChat signs
@require_http_methods(["GET", "POST"])
def wechat_webhook(request: HttpRequest) -> HttpResponse:
    """By GET the address is checked; by POST WeChat tells something, and shows the answer."""
    if not settings.WECHAT_TOKEN:
        raise Http404
    now = timezone.now()
    query = {name: str(value) for name, value in request.GET.items()}
    try:
        if request.method == "GET":
            return HttpResponse(check_handshake(query, now=now), content_type="text/plain")
        event = read_event(query, _read_body(request), now=now)
    except NotFromWechat as error:
        raise PermissionDenied from error
    answer = hear_event(_read_wechat(event), now=now)
    return HttpResponse(build_answer(event, answer, now=now), content_type="application/xml")


def _read_wechat(event: WechatEvent) -> ChatEvent:
    return ChatEvent(
        channel=Channel.WECHAT,
        external_id=event.open_id,
        kind=_WECHAT_KINDS.get(event.kind, chat_events.OTHER),
        at=event.at,
        event_id=event.event_id,
        text=event.fields.get("Content", "") if event.kind == "text" else "",
        scene=event.scene,
    )


def _read_body(request: HttpRequest) -> bytes:
    body = request.body
    if len(body) > MOST_BYTES:
        raise RequestDataTooBig
    return body
