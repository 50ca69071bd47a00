"""The first page: one field for a card, a number, a name, a voucher, a receipt."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rewards.admin.counter.desk import Desk, at_desk, show
from rewards.scanning import UnreadableFrame, read_codes
from rewards.selectors.counter import list_last_receipts, list_waiting_bills
from rewards.services.counter import find_at_counter

MAX_FRAME = 1_300_000  # bytes: one grey picture of 1280 × 960


@require_safe
@at_desk
def start(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The field, the bills that wait, the last receipts."""
    return show(request, "start", _list_work(desk), desk=desk)


def _list_work(desk: Desk) -> dict:
    return {
        "waiting": list_waiting_bills(desk.register, now=desk.now),
        "receipts": list_last_receipts(desk.register, now=desk.now),
    }


@require_POST
@at_desk
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """On to what the text stands for. A POST, so that no log keeps whom somebody looked for."""
    text = request.POST.get("text", "").strip()
    found = find_at_counter(text)
    if found.member is not None:
        return redirect("admin:counter_member", found.member.pk)
    if found.purchase is not None:
        return redirect("admin:counter_receipt", found.purchase.pk)
    if found.redemption is not None:
        return redirect("admin:counter_voucher", found.redemption.pk)
    context = _list_work(desk) | {"text": text[:200], "found": found.members}
    if not found.members and text:
        context["refusal"] = _("Nobody and nothing was found for “%(text)s”.") % {"text": text[:60]}
    return show(request, "start", context, desk=desk)


@require_POST
@at_desk
def scan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is written in a code that the camera sees: for browsers that can't read codes.

    The body is one grey picture, a byte for each pixel, ``?width=`` of them in a row.
    """
    width = request.GET.get("width", "")
    if not width.isdigit() or int(request.headers.get("Content-Length") or 0) > MAX_FRAME:
        return JsonResponse({"error": "frame"}, status=422)
    try:
        codes = read_codes(request.body, width=int(width))
    except UnreadableFrame as error:
        return JsonResponse({"error": str(error)}, status=error.status)
    return JsonResponse({"text": codes[0] if codes else ""})
