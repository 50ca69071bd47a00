"""Points, rewards and payments over the API, beside purchases; the same services as everywhere."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.errors import HttpError

from core.money import parse_amount, to_decimal
from core.services.idempotency import run_once
from members.models import Member
from members.numbers import clean_number, is_valid_number
from members.selectors.club import get_club
from purchases.api import BearerToken, api
from purchases.enums import Scope
from purchases.models import Store
from purchases.schemas import ProblemOut
from rewards import schemas
from rewards.enums import Place, RedemptionState
from rewards.models import Payment, Redemption, Reward
from rewards.selectors.balances import get_balances
from rewards.selectors.catalogue import Wanted, list_offers
from rewards.selectors.payments import get_rate, quote_points
from rewards.services.credit import get_credit
from rewards.services.payments import (
    capture_payment,
    refund_payment,
    release_payment,
    reserve_credit_payment,
    reserve_points_payment,
)
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    find_by_code,
    redeem_reward,
    use_redemption,
)

router = Router()
_PROBLEMS = {(400, 401, 403, 404, 409, 422): ProblemOut}
_KEY = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "maxLength": 60},
        }
    ]
}


# --- What several calls need ---------------------------------------------------------------------


def _find_member(number: str) -> Member:
    """A member by number; a merged record leads to its survivor."""
    digits = clean_number(number)
    members = Member.objects.select_related("merged_into")
    found = members.filter(number=digits).first() if is_valid_number(digits) else None
    if found is None:
        raise HttpError(404, _("No member has this number."))
    return found.merged_into or found


def _read_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 60:
        raise HttpError(422, _("Send an Idempotency-Key of 1 to 60 characters."))
    return key


def _write(minor: int) -> str:
    return str(to_decimal(minor, get_club().currency))


def _read(text: str) -> int:
    return parse_amount(text, get_club().currency)


def _once(request: HttpRequest, operation: str, payload: Any, perform: Callable[[], Any]) -> Any:
    """The same answer to the same key (docs/points.md 18)."""
    result, _repeated = run_once(
        operation,
        perform,
        caller=f"token:{request.auth.pk}",
        key=_read_key(request),
        payload=payload,
        now=timezone.now(),
    )
    return result


# --- Members -------------------------------------------------------------------------------------


@router.get(
    "/members/{number}/balance",
    auth=BearerToken(Scope.READ_MEMBERS),
    response={200: schemas.BalanceOut} | _PROBLEMS,
    tags=["members"],
)
def get_balance(request: HttpRequest, number: str):
    """A member's points, tier and store credit as of now."""
    member = _find_member(number)
    balances = get_balances(member, now=timezone.now())
    credit = get_credit(member)
    tier = balances.programme.level_of(balances.book.tier_id).slug if balances.book else ""
    return {
        "member": member.number,
        "tier": tier,
        "available": balances.available,
        "pending": balances.pending,
        "held": balances.held,
        "owed": balances.owed,
        "releases": [{"day": day, "points": points} for day, points in balances.releases],
        "expiries": [{"day": day, "points": points} for day, points in balances.expiries],
        "credit_granted": _write(credit.get("credit_granted", 0)),
        "credit_refunded": _write(credit.get("credit_refunded", 0)),
        "can_spend": member.can_spend,
    }


# --- Rewards -------------------------------------------------------------------------------------


@router.get(
    "/rewards",
    auth=BearerToken(Scope.READ_REWARDS),
    response={200: schemas.OfferPageOut} | _PROBLEMS,
    tags=["rewards"],
)
def get_rewards(
    request: HttpRequest, member: str = "", search: str = "", kind: str = "", page: int = 1
):
    """The catalogue, as a member or a visitor sees it, a page at a time."""
    now = timezone.now()
    who = _find_member(member) if member else None
    available = get_balances(who, now=now).available if who else None
    found = list_offers(
        who,
        Wanted(text=search, kinds=(kind,) if kind else ()),
        now=now,
        available_points=available,
        page=page,
    )
    return {
        "page": found.number,
        "page_count": found.page_count,
        "total": found.total,
        "rewards": [
            {
                "reward": offer.reward.slug,
                "name": offer.reward.name,
                "kind": offer.reward.kind,
                "summary": offer.reward.summary,
                "price_points": offer.price_points,
                "price_amount": _write(offer.price_amount),
                "state": offer.door.value,
                "reason": str(offer.reason),
                "left": offer.left,
                "missing_points": offer.missing_points if who else None,
            }
            for offer in found.offers
        ],
    }


# --- Redemptions ---------------------------------------------------------------------------------


def build_redemption(redemption: Redemption) -> dict[str, Any]:
    """Its code is nobody's business before it is confirmed, nor after it has ended."""
    is_shown = redemption.state in (RedemptionState.CONFIRMED, RedemptionState.FULFILLED)
    return {
        "id": redemption.pk,
        "member": redemption.member.number,
        "reward": redemption.reward.slug,
        "state": redemption.state,
        "code": redemption.shown_code if is_shown else "",
        "price_points": redemption.price_points,
        "price_amount": _write(redemption.price_amount),
        "reserved_at": redemption.reserved_at,
        "lapses_at": redemption.lapses_at,
        "confirmed_at": redemption.confirmed_at,
        "used_at": redemption.used_at,
        "closed_at": redemption.closed_at,
        "expires_on": redemption.expires_on,
    }


def _get_redemption(pk: int) -> Redemption:
    found = Redemption.objects.for_list().select_related("member").filter(pk=pk).first()
    if found is None:
        raise HttpError(404, _("There is no such redemption."))
    return found


@router.post(
    "/redemptions",
    auth=BearerToken(Scope.WRITE_REDEMPTIONS),
    response={201: schemas.RedemptionOut} | _PROBLEMS,
    openapi_extra=_KEY,
    tags=["redemptions"],
)
def post_redemption(request: HttpRequest, data: schemas.RedemptionIn):
    """Turn a member's points into a reward; the same key answers with the same redemption."""
    member = _find_member(data.member)
    reward = Reward.objects.published().filter(slug=data.reward).first()
    if reward is None:
        raise HttpError(404, _("There is no such reward."))
    session = None
    if data.session is not None:
        session = reward.sessions.filter(pk=data.session).first()
        if session is None:
            raise HttpError(404, _("There is no such date."))
    parcel = None
    if data.parcel is not None:
        sent = data.parcel
        parcel = Parcel(sent.recipient, sent.country, sent.address, sent.phone)

    def perform() -> int:
        made = redeem_reward(
            member,
            reward,
            key=f"api-{request.auth.pk}-{_hash(_read_key(request))}",
            by=None,
            now=timezone.now(),
            session=session,
            parcel=parcel,
            place=Place.API,
            seen_points=data.price_points,
            reserve_only=data.reserve,
        )
        return made.pk

    pk = _once(request, "redemption.create", data.model_dump(), perform)
    return Status(201, build_redemption(_get_redemption(pk)))


def _hash(key: str) -> str:
    """The key of a caller, as short as a redemption's own may be."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


@router.get(
    "/redemptions/{int:redemption_id}",
    auth=BearerToken(Scope.READ_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | _PROBLEMS,
    tags=["redemptions"],
)
def get_redemption(request: HttpRequest, redemption_id: int):
    """One redemption as it stands."""
    return build_redemption(_get_redemption(redemption_id))


@router.post(
    "/redemptions/{int:redemption_id}/confirmation",
    auth=BearerToken(Scope.WRITE_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | _PROBLEMS,
    tags=["redemptions"],
)
def post_confirmation(request: HttpRequest, redemption_id: int):
    """The part in money is paid: the reservation becomes final. A repeat changes nothing."""
    confirm_redemption(_get_redemption(redemption_id), by=None, now=timezone.now())
    return build_redemption(_get_redemption(redemption_id))


@router.post(
    "/redemptions/{int:redemption_id}/cancellation",
    auth=BearerToken(Scope.WRITE_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | _PROBLEMS,
    tags=["redemptions"],
)
def post_cancellation(request: HttpRequest, redemption_id: int):
    """Give points and stock back, by the rules for members. A repeat changes nothing."""
    cancel_redemption(_get_redemption(redemption_id), by=None, now=timezone.now())
    return build_redemption(_get_redemption(redemption_id))


@router.post(
    "/vouchers/use",
    auth=BearerToken(Scope.WRITE_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | _PROBLEMS,
    openapi_extra=_KEY,
    tags=["redemptions"],
)
def post_voucher_use(request: HttpRequest, data: schemas.VoucherIn):
    """Use a voucher once. Spaces, hyphens and O for 0 are forgiven."""
    member = _find_member(data.member) if data.member else None
    store = Store.objects.filter(code=data.store).first() if data.store else None

    def perform() -> int:
        found = find_by_code(data.code)
        return use_redemption(found, member=member, store=store, by=None, now=timezone.now()).pk

    pk = _once(request, "voucher.use", data.model_dump(), perform)
    return build_redemption(_get_redemption(pk))


# --- Payments ------------------------------------------------------------------------------------


def build_payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.pk,
        "member": payment.member.number,
        "kind": payment.kind,
        "state": payment.state,
        "receipt": payment.external_id,
        "amount": _write(payment.amount),
        "points": payment.points,
        "refunded_amount": _write(payment.refunded_amount),
        "refunded_points": payment.refunded_points,
        "lapses_at": payment.lapses_at,
    }


def _get_payment(request: HttpRequest, pk: int) -> Payment:
    """Only those of the token's own source."""
    payments = Payment.objects.select_related("member").filter(source=request.auth.source)
    found = payments.filter(pk=pk).first()
    if found is None:
        raise HttpError(404, _("There is no such payment."))
    return found


@router.get(
    "/payments/quote",
    auth=BearerToken(Scope.WRITE_PAYMENTS),
    response={200: schemas.QuoteOut} | _PROBLEMS,
    tags=["payments"],
)
def get_quote(request: HttpRequest, member: str, bill: str):
    """The most that points and store credit can pay of a bill."""
    now = timezone.now()
    who, amount = _find_member(member), _read(bill)
    rate = get_rate(now)
    available = get_balances(who, now=now).available if who.can_spend else 0
    credit = sum(get_credit(who).get(kind, 0) for kind in ("credit_granted", "credit_refunded"))
    quote = quote_points(rate, available=available, bill_amount=amount) if rate else None
    return {
        "points": quote.points if quote else 0,
        "amount": _write(quote.amount if quote else 0),
        "minimum_points": rate.minimum_points if rate else 0,
        "step_points": rate.step_points if rate else 0,
        "credit": _write(min(credit, amount) if who.can_spend else 0),
    }


@router.post(
    "/payments",
    auth=BearerToken(Scope.WRITE_PAYMENTS),
    response={201: schemas.PaymentOut} | _PROBLEMS,
    openapi_extra=_KEY,
    tags=["payments"],
)
def post_payment(request: HttpRequest, data: schemas.PaymentIn):
    """Reserve points or store credit for a bill; capture it when the bill is paid."""
    if (data.points is None) == (data.credit is None):
        raise HttpError(422, _("Name either points or an amount of credit."))
    common = {
        "bill_amount": _read(data.bill),
        "source": request.auth.source,
        "external_id": data.receipt,
        "key": f"api:{_read_key(request)}",
        "by": None,
        "now": timezone.now(),
    }
    member = _find_member(data.member)
    if data.points is not None:
        made = reserve_points_payment(member, data.points, **common)
    else:
        made = reserve_credit_payment(member, _read(data.credit), **common)
    return Status(201, build_payment(_get_payment(request, made.pk)))


@router.post(
    "/payments/{int:payment_id}/capture",
    auth=BearerToken(Scope.WRITE_PAYMENTS),
    response={200: schemas.PaymentOut} | _PROBLEMS,
    tags=["payments"],
)
def post_capture(request: HttpRequest, payment_id: int):
    """The bill is paid: spend what is reserved. A repeat changes nothing."""
    capture_payment(_get_payment(request, payment_id), by=None, now=timezone.now())
    return build_payment(_get_payment(request, payment_id))


@router.post(
    "/payments/{int:payment_id}/release",
    auth=BearerToken(Scope.WRITE_PAYMENTS),
    response={200: schemas.PaymentOut} | _PROBLEMS,
    tags=["payments"],
)
def post_release(request: HttpRequest, payment_id: int):
    """The bill came to nothing: let the reservation go. A repeat changes nothing."""
    release_payment(_get_payment(request, payment_id), by=None, now=timezone.now())
    return build_payment(_get_payment(request, payment_id))


@router.post(
    "/payments/{int:payment_id}/refund",
    auth=BearerToken(Scope.WRITE_PAYMENTS),
    response={200: schemas.PaymentOut} | _PROBLEMS,
    openapi_extra=_KEY,
    tags=["payments"],
)
def post_refund(request: HttpRequest, payment_id: int, data: schemas.RefundIn):
    """Give part or all of a paid amount back, in the kind it was paid with."""
    payment = _get_payment(request, payment_id)

    def perform() -> int:
        return refund_payment(payment, _read(data.amount), by=None, now=timezone.now()).pk

    _once(request, "payment.refund", {"payment": payment_id, "amount": data.amount}, perform)
    return build_payment(_get_payment(request, payment_id))


api.add_router("", router)
