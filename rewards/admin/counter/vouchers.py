"""Vouchers that are shown, and rewards on the spot."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from rewards.admin.counter.desk import Desk, at_desk, get_key, make_key, show
from rewards.admin.counter.people import build_head, get_member
from rewards.enums import RedemptionState, RewardKind
from rewards.models import Redemption, Reward
from rewards.selectors.balances import get_balances
from rewards.selectors.catalogue import Wanted, find_missing_consent, list_offers
from rewards.selectors.offers import Offer, build_offers
from rewards.services.counter import pay_voucher, redeem_at_counter, use_voucher
from rewards.services.redemption import Parcel, check_usable

HANDED_OVER = "handed_over"


def _get_redemption(pk: int) -> Redemption:
    return get_object_or_404(Redemption.objects.for_list().select_related("member"), pk=pk)


@require_safe
@at_desk
def show_voucher(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """What it is and for whom; then one press."""
    redemption = _get_redemption(pk)
    refusal = ""
    try:
        check_usable(redemption, now=desk.now)
    except DomainError as error:
        refusal = str(error)
    to_pay = redemption.state == RedemptionState.RESERVED and redemption.lapses_at > desk.now
    context = {
        "redemption": redemption,
        "head": build_head(redemption.member),
        "refusal": "" if to_pay else refusal,
        "to_pay": to_pay,
        "key": make_key(),
    }
    return show(request, "voucher", context, desk=desk)


@require_POST
@at_desk
def use(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    redemption = use_voucher(
        desk.register, _get_redemption(pk), key=get_key(request), by=desk.clerk, now=desk.now
    )
    messages.success(request, _("“%(reward)s” is handed over.") % {"reward": redemption.reward})
    return redirect("admin:counter_member", redemption.member_id)


@require_POST
@at_desk
def pay(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The part in money is in the drawer."""
    redemption = pay_voucher(_get_redemption(pk), by=desk.clerk, now=desk.now)
    messages.success(request, _("Paid: “%(reward)s”.") % {"reward": redemption.reward})
    return redirect("admin:counter_voucher", redemption.pk)


# --- On the spot --------------------------------------------------------------------------------


@require_safe
@at_desk
def list_rewards(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """What the member can have now."""
    member = get_member(pk)
    balances = get_balances(member, now=desk.now)
    text = request.GET.get("q", "").strip()[:80]
    wanted = Wanted(text=text, is_affordable=not text)
    page = list_offers(member, wanted, now=desk.now, available_points=balances.available)
    context = {
        "head": build_head(member),
        "balances": balances,
        "offers": page.offers,
        "text": text,
        "can_spend": member.can_spend,
    }
    return show(request, "rewards", context, desk=desk)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def redeem(request: HttpRequest, desk: Desk, pk: int, reward: int) -> HttpResponse:
    """One reward, asked for once more with its price, then pressed."""
    member = get_member(pk)
    wanted = get_object_or_404(Reward.objects.published(), pk=reward)
    balances = get_balances(member, now=desk.now)
    offer = build_offers([wanted.pk], member, now=desk.now, available_points=balances.available)[0]
    refusal, status = find_missing_consent(member, offer, now=desk.now), 200
    if request.method == "POST":
        try:
            made = _redeem(request, desk, member, offer)
        except DomainError as error:
            refusal, status = str(error), 422
        else:
            return redirect("admin:counter_voucher", made.pk)
    context = {
        "head": build_head(member),
        "balances": balances,
        "offer": offer,
        "sessions": list(wanted.sessions.bookable(desk.now).order_by("starts_at")[:20])
        if wanted.has_sessions
        else [],
        "chosen": request.POST.get("session", ""),
        "can_hand_over": _can_hand_over(wanted),
        "refusal": refusal,
        "key": get_key(request),
    }
    return show(request, "redeem", context, desk=desk, status=status)


def _can_hand_over(reward: Reward) -> bool:
    """What a clerk has under the counter: goods, and what a voucher of ours stands for."""
    return reward.kind in (RewardKind.GOODS, RewardKind.VOUCHER)


def _redeem(request: HttpRequest, desk: Desk, member, offer: Offer) -> Redemption:
    reward = offer.reward
    is_handed_over = _can_hand_over(reward) and HANDED_OVER in request.POST
    extra: dict = {}
    if reward.has_sessions:
        chosen = request.POST.get("session", "")
        extra["session"] = reward.sessions.filter(pk=int(chosen) if chosen.isdigit() else 0).first()
    if reward.is_delivered:
        # From the shelf of the store: nothing is sent.
        extra["parcel"] = Parcel(member.get_full_name(), "", desk.register.store.name)
        is_handed_over = True
    return redeem_at_counter(
        member,
        reward,
        register=desk.register,
        is_paid="is_paid" in request.POST,
        is_used=is_handed_over,
        seen_points=_read(request, "points", offer.price_points),
        seen_amount=_read(request, "amount", offer.price_amount),
        key=get_key(request),
        by=desk.clerk,
        now=desk.now,
        **extra,
    )


def _read(request: HttpRequest, name: str, default: int) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isdigit() and len(value) < 16 else default
