"""Points and store credit as payment at a till: reserve, capture, release, refund."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.errors import HttpError

from purchases.api import BearerToken
from purchases.enums import Scope
from rewards import schemas
from rewards.api.calls import (
    PROBLEMS,
    WITH_KEY,
    get_member,
    get_or_404,
    perform_once,
    read_key,
    read_money,
    write_money,
)
from rewards.models import Payment
from rewards.selectors.balances import get_balances
from rewards.selectors.payments import get_rate, quote_points
from rewards.services.credit import get_credit
from rewards.services.paying import reserve_credit_payment, reserve_points_payment
from rewards.services.payments import capture_payment, refund_payment, release_payment

router = Router(tags=["payments"], auth=BearerToken(Scope.WRITE_PAYMENTS))


def build_payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.pk,
        "member": payment.member.number,
        "kind": payment.kind,
        "state": payment.state,
        "receipt": payment.external_id,
        "amount": write_money(payment.amount),
        "points": payment.points,
        "refunded_amount": write_money(payment.refunded_amount),
        "refunded_points": payment.refunded_points,
        "lapses_at": payment.lapses_at,
    }


def _get_payment(request: HttpRequest, pk: int) -> Payment:
    """Only those of the token's own source."""
    rows = Payment.objects.select_related("member").filter(source=request.auth.source)
    return get_or_404(rows, _("There is no such payment."), pk=pk)


@router.get("/payments/quote", response={200: schemas.QuoteOut} | PROBLEMS)
def get_quote(request: HttpRequest, member: str, bill: str):
    """The most that points and store credit can pay of a bill."""
    now = timezone.now()
    who, amount = get_member(member), read_money(bill)
    rate = get_rate(now)
    available = get_balances(who, now=now).available if who.can_spend else 0
    credit = sum(get_credit(who).get(kind, 0) for kind in ("credit_granted", "credit_refunded"))
    quote = quote_points(rate, available=available, bill_amount=amount) if rate else None
    return {
        "points": quote.points if quote else 0,
        "amount": write_money(quote.amount if quote else 0),
        "minimum_points": rate.minimum_points if rate else 0,
        "step_points": rate.step_points if rate else 0,
        "credit": write_money(min(credit, amount) if who.can_spend else 0),
    }


@router.post("/payments", response={201: schemas.PaymentOut} | PROBLEMS, openapi_extra=WITH_KEY)
def post_payment(request: HttpRequest, data: schemas.PaymentIn):
    """Reserve points or store credit for a bill; capture it when the bill is paid."""
    if (data.points is None) == (data.credit is None):
        raise HttpError(422, _("Name either points or an amount of credit."))
    common = {
        "bill_amount": read_money(data.bill),
        "source": request.auth.source,
        "external_id": data.receipt,
        "key": f"api:{read_key(request)}",
        "by": None,
        "now": timezone.now(),
    }
    member = get_member(data.member)
    if data.points is not None:
        made = reserve_points_payment(member, data.points, **common)
    else:
        made = reserve_credit_payment(member, read_money(data.credit), **common)
    return Status(201, build_payment(_get_payment(request, made.pk)))


@router.post("/payments/{int:payment_id}/capture", response={200: schemas.PaymentOut} | PROBLEMS)
def post_capture(request: HttpRequest, payment_id: int):
    """The bill is paid: spend what is reserved. A repeat changes nothing."""
    capture_payment(_get_payment(request, payment_id), by=None, now=timezone.now())
    return build_payment(_get_payment(request, payment_id))


@router.post("/payments/{int:payment_id}/release", response={200: schemas.PaymentOut} | PROBLEMS)
def post_release(request: HttpRequest, payment_id: int):
    """The bill came to nothing: let the reservation go. A repeat changes nothing."""
    release_payment(_get_payment(request, payment_id), by=None, now=timezone.now())
    return build_payment(_get_payment(request, payment_id))


@router.post(
    "/payments/{int:payment_id}/refund",
    response={200: schemas.PaymentOut} | PROBLEMS,
    openapi_extra=WITH_KEY,
)
def post_refund(request: HttpRequest, payment_id: int, data: schemas.RefundIn):
    """Give part or all of a paid amount back, in the kind it was paid with."""
    payment = _get_payment(request, payment_id)

    def perform() -> int:
        return refund_payment(payment, read_money(data.amount), by=None, now=timezone.now()).pk

    perform_once(request, "payment.refund", {"payment": payment_id, "amount": data.amount}, perform)
    return build_payment(_get_payment(request, payment_id))
