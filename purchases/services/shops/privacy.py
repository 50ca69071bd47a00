"""Rights of customers that a shop passes on: noted with their due day, handed on where it can be.

Shopify expects an answer within 30 days. An erasure goes to the members' own workflow, with its
time to think again; who must show a customer their data finds the row in the back office.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of
from members.enums import MemberStatus, RequestSource
from members.models import Member, MemberReference
from members.selectors.club import get_club
from members.services.erasure import request_erasure
from purchases.enums import PrivacyKind, PrivacyState
from purchases.models import ShopPrivacyRequest, WebhookDelivery
from purchases.parsing.shops import read_id

ANSWER_WITHIN = dt.timedelta(days=30)
_ORDERS = {PrivacyKind.ERASURE: "orders_to_redact", PrivacyKind.EXPORT: "orders_requested"}


class AlreadyDone(DomainError):
    code = "already_done"
    status = 409
    message = gettext_lazy("This request was answered already.")


def note_privacy_request(
    delivery: WebhookDelivery, kind: PrivacyKind, data: Mapping[str, Any], *, now: dt.datetime
) -> str:
    """Keep a request, once per its id, and hand an erasure on; returns what became of it."""
    customer = data.get("customer")
    person = customer if isinstance(customer, dict) else {}
    reference = read_id(person, "id") if person.get("id") else ""
    member = _find_member(delivery.connection.source.code, reference)
    request, is_new = ShopPrivacyRequest.objects.get_or_create(
        connection=delivery.connection,
        kind=kind,
        external_id=_name_request(data, delivery, reference),
        defaults={
            "customer_reference": reference,
            "order_external_ids": _list_orders(data.get(_ORDERS.get(kind, ""))),
            "member": member,
            "received_at": delivery.received_at,
            "due_on": day_of(delivery.received_at + ANSWER_WITHIN, get_club().zone),
        },
    )
    if not is_new:
        return _("Known already.")
    if kind == PrivacyKind.SHOP:
        return _keep(request, PrivacyState.OPEN, _("For staff: decide what of this shop goes."))
    if member is None:
        return _keep(request, PrivacyState.DONE, _("The club holds nobody by this id."), now)
    if kind == PrivacyKind.EXPORT:
        return _keep(request, PrivacyState.OPEN, _("For staff: make the download for them."))
    try:
        with transaction.atomic():
            request_erasure(member, by=None, now=now, source=RequestSource.SHOP)
    except DomainError as refusal:
        return _keep(request, PrivacyState.OPEN, str(refusal))
    return _keep(request, PrivacyState.HANDED_ON, _("Handed on as a request for erasure."))


def _name_request(data: Mapping[str, Any], delivery: WebhookDelivery, reference: str) -> str:
    """The shop's id of the request; a redaction has none and is one per customer."""
    request = data.get("data_request")
    if isinstance(request, dict) and request.get("id"):
        return read_id(request, "id")
    return reference or delivery.external_id or str(delivery.pk)


def _list_orders(value: Any) -> list[str]:
    orders = value if isinstance(value, list) else []
    return [str(each)[:40] for each in orders[:1000] if isinstance(each, int | str)]


def _find_member(source_code: str, reference: str) -> Member | None:
    """Only by the shop's own id: an e-mail alone may be another person's by now."""
    if not reference:
        return None
    found = (
        MemberReference.objects.filter(source_code=source_code, external_id=reference)
        .select_related("member__merged_into")
        .first()
    )
    if found is None:
        return None
    member = found.member.merged_into or found.member
    return None if member.status == MemberStatus.ERASED else member


def _keep(
    request: ShopPrivacyRequest, state: PrivacyState, note: str, now: dt.datetime | None = None
) -> str:
    request.state, request.note = state, note[:300]
    request.done_at = now
    request.save(update_fields=["state", "note", "done_at"])
    return note


@transaction.atomic
def finish_privacy_request(request: ShopPrivacyRequest, *, note: str, by, now: dt.datetime) -> None:
    """A person has done what the shop asked for, and says how. Raises AlreadyDone."""
    request = ShopPrivacyRequest.objects.select_for_update().get(pk=request.pk)
    if request.state == PrivacyState.DONE:
        raise AlreadyDone
    request.state, request.note = PrivacyState.DONE, note[:300]
    request.done_at, request.done_by = now, by
    request.save(update_fields=["state", "note", "done_at", "done_by"])
    record_audit("shop_privacy.done", request, by=by, now=now, changes={"kind": request.kind})
