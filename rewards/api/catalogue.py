"""A member's balances, and the rewards that they are good for."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from purchases.api import BearerToken
from purchases.enums import Scope
from rewards import schemas
from rewards.api.calls import PROBLEMS, get_member, write_money
from rewards.selectors.balances import get_balances
from rewards.selectors.catalogue import Wanted, list_offers
from rewards.services.credit import get_credit

router = Router()


@router.get(
    "/members/{number}/balance",
    auth=BearerToken(Scope.READ_MEMBERS),
    response={200: schemas.BalanceOut} | PROBLEMS,
    tags=["members"],
)
def get_balance(request: HttpRequest, number: str):
    """A member's points, tier and store credit as of now."""
    member = get_member(number)
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
        "credit_granted": write_money(credit.get("credit_granted", 0)),
        "credit_refunded": write_money(credit.get("credit_refunded", 0)),
        "can_spend": member.can_spend,
    }


@router.get(
    "/rewards",
    auth=BearerToken(Scope.READ_REWARDS),
    response={200: schemas.OfferPageOut} | PROBLEMS,
    tags=["rewards"],
)
def get_rewards(
    request: HttpRequest, member: str = "", search: str = "", kind: str = "", page: int = 1
):
    """The catalogue, as a member or a visitor sees it, a page at a time."""
    now = timezone.now()
    who = get_member(member) if member else None
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
                "name": offer.reward.name_i18n,
                "kind": offer.reward.kind,
                "summary": offer.reward.summary_i18n,
                "price_points": offer.price_points,
                "price_amount": write_money(offer.price_amount),
                "state": offer.door.value,
                "reason": str(offer.reason),
                "left": offer.left,
                "missing_points": offer.missing_points if who else None,
            }
            for offer in found.offers
        ],
    }
