"""The addresses to which shops send, one per connection: no session, no form, a signature."""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from purchases.enums import ShopKind, Verdict
from purchases.models import ShopConnection
from purchases.services.shops.door import receive_delivery


@csrf_exempt
@require_POST
def receive_shopify(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    return _receive(request, ShopKind.SHOPIFY, uid)


@csrf_exempt
@require_POST
def receive_woocommerce(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    return _receive(request, ShopKind.WOOCOMMERCE, uid)


def _receive(request: HttpRequest, kind: ShopKind, uid: uuid.UUID) -> HttpResponse:
    """Keep the message and answer; what it means is worked out later."""
    connection = ShopConnection.objects.filter(uid=uid, kind=kind).first()
    if connection is None:
        return _answer(HTTPStatus.NOT_FOUND, _("There is no such connection."))
    body = _read_body(request)
    answer = receive_delivery(
        connection,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body or b"",
        is_too_large=body is None,
        now=timezone.now(),
    )
    if answer.status == HTTPStatus.OK:
        return JsonResponse({"received": True})
    return _answer(answer.status, Verdict(answer.verdict).label if answer.verdict else "")


def _read_body(request: HttpRequest) -> bytes | None:
    """The bytes as they came; None where they are too many."""
    limit = settings.WEBHOOK_MAX_BYTES
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= limit else None


def _answer(status: HTTPStatus, reason) -> HttpResponse:
    return JsonResponse({"received": False, "reason": str(reason)}, status=status)
