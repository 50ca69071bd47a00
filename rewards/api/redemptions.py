"""Redemptions and vouchers, by the services that the member's pages use."""

import hashlib
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status

from purchases.api import BearerToken
from purchases.enums import Scope
from purchases.models import Store
from rewards import schemas
from rewards.api.calls import (
    PROBLEMS,
    WITH_KEY,
    get_member,
    get_or_404,
    perform_once,
    read_key,
    write_money,
)
from rewards.enums import Place, RedemptionState
from rewards.models import Redemption, Reward
from rewards.services.redemption import (
    Parcel,
    cancel_redemption,
    confirm_redemption,
    find_by_code,
    redeem_reward,
    use_redemption,
)

router = Router(tags=["redemptions"])
_write = partial(
    router.post,
    auth=BearerToken(Scope.WRITE_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | PROBLEMS,
)


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
        "price_amount": write_money(redemption.price_amount),
        "reserved_at": redemption.reserved_at,
        "lapses_at": redemption.lapses_at,
        "confirmed_at": redemption.confirmed_at,
        "used_at": redemption.used_at,
        "closed_at": redemption.closed_at,
        "expires_on": redemption.expires_on,
    }


def _get_redemption(pk: int) -> Redemption:
    rows = Redemption.objects.for_list().select_related("member")
    return get_or_404(rows, _("There is no such redemption."), pk=pk)


@_write("/redemptions", response={201: schemas.RedemptionOut} | PROBLEMS, openapi_extra=WITH_KEY)
def post_redemption(request: HttpRequest, data: schemas.RedemptionIn):
    """Turn a member's points into a reward; the same key answers with the same redemption."""
    member = get_member(data.member)
    reward = get_or_404(Reward.objects.published(), _("There is no such reward."), slug=data.reward)
    session = None
    if data.session is not None:
        session = get_or_404(reward.sessions, _("There is no such date."), pk=data.session)
    parcel = None
    if data.parcel is not None:
        sent = data.parcel
        parcel = Parcel(sent.recipient, sent.country, sent.address, sent.phone)

    def perform() -> int:
        made = redeem_reward(
            member,
            reward,
            key=f"api-{request.auth.pk}-{_hash(read_key(request))}",
            by=None,
            now=timezone.now(),
            session=session,
            parcel=parcel,
            place=Place.API,
            seen_points=data.price_points,
            reserve_only=data.reserve,
        )
        return made.pk

    pk = perform_once(request, "redemption.create", data.model_dump(), perform)
    return Status(201, build_redemption(_get_redemption(pk)))


def _hash(key: str) -> str:
    """The key of a caller, as short as a redemption's own may be."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


@router.get(
    "/redemptions/{int:redemption_id}",
    auth=BearerToken(Scope.READ_REDEMPTIONS),
    response={200: schemas.RedemptionOut} | PROBLEMS,
)
def get_redemption(request: HttpRequest, redemption_id: int):
    """One redemption as it stands."""
    return build_redemption(_get_redemption(redemption_id))


@_write("/redemptions/{int:redemption_id}/confirmation")
def post_confirmation(request: HttpRequest, redemption_id: int):
    """The part in money is paid: the reservation becomes final. A repeat changes nothing."""
    confirm_redemption(_get_redemption(redemption_id), by=None, now=timezone.now())
    return build_redemption(_get_redemption(redemption_id))


@_write("/redemptions/{int:redemption_id}/cancellation")
def post_cancellation(request: HttpRequest, redemption_id: int):
    """Give points and stock back, by the rules for members. A repeat changes nothing."""
    cancel_redemption(_get_redemption(redemption_id), by=None, now=timezone.now())
    return build_redemption(_get_redemption(redemption_id))


@_write("/vouchers/use", openapi_extra=WITH_KEY)
def post_voucher_use(request: HttpRequest, data: schemas.VoucherIn):
    """Use a voucher once. Spaces, hyphens and O for 0 are forgiven."""
    member = get_member(data.member) if data.member else None
    store = Store.objects.filter(code=data.store).first() if data.store else None

    def perform() -> int:
        found = find_by_code(data.code)
        return use_redemption(found, member=member, store=store, by=None, now=timezone.now()).pk

    pk = perform_once(request, "voucher.use", data.model_dump(), perform)
    return build_redemption(_get_redemption(pk))
