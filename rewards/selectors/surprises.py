"""What a surprise gift holds, in words; what members and staff see of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from core.time import day_of
from core.words import shown
from members.models import Member
from members.selectors.club import get_club
from rewards.enums import Measure, PrizeKind
from rewards.models import Entitlement, SpinGrant, Surprise, SurpriseGift
from rewards.selectors.causes import CauseText
from rewards.selectors.prizes import describe_gift
from rewards.selectors.wording import format_count, format_points

CAUSE = "surprise"
_AT_HOME = 3  # presents that the home page shows one beside the other


def format_worth(amount: int, measure: str) -> str:
    """ "500 points", "$12.00" or "3 spins"."""
    if measure == Measure.MONEY:
        return format_money(amount, get_club().currency)
    if measure == Measure.SPINS:
        return ngettext("%(count)s spin", "%(count)s spins", amount) % {
            "count": format_count(amount)
        }
    return format_points(amount)


# --- Members -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """Presents that a member has not opened: the first ones, and how many more there are."""

    gifts: list[SurpriseGift]
    has_more: bool


# Whether there is any.
WRAPPED = "SELECT FROM rewards_surprisegift WHERE member_id = %(member)s AND opened_at IS NULL"


def list_wrapped(member: Member) -> Waiting:
    gifts = SurpriseGift.objects.filter(member=member).wrapped().order_by("-given_at", "-pk")
    found = list(gifts[: _AT_HOME + 1])
    return Waiting(found[:_AT_HOME], len(found) > _AT_HOME)


@dataclass(frozen=True, slots=True)
class GiftPage:
    """An opened present. ``entitlement`` and ``spins`` are what there is to be taken or used;
    ``last_on`` is the last day for it.
    """

    surprise: Surprise
    prize: str
    last_on: dt.date | None
    entitlement: Entitlement | None = None
    spins: SpinGrant | None = None
    is_usable: bool = False


def get_gift_page(gift: SurpriseGift, *, now: dt.datetime) -> GiftPage:
    surprise = Surprise.objects.for_list().get(pk=gift.surprise_id)
    zone = get_club().zone
    today, cause = day_of(now, zone), {"cause_type": CAUSE, "cause_id": gift.pk}
    prize = describe_gift(surprise)
    match surprise.prize_kind:
        case PrizeKind.REWARD:
            right = Entitlement.objects.filter(**cause).select_related("redemption").first()
            last_on = right.expires_on if right else None
            return GiftPage(
                surprise, prize, last_on, entitlement=right,
                is_usable=right is not None and right.is_usable(today),
            )  # fmt: skip
        case PrizeKind.SPINS:
            spins = SpinGrant.objects.filter(**cause).first()
            last_on = spins.expires_on if spins else None
            is_over = last_on is not None and last_on < today
            left = spins is not None and spins.used_count < spins.spin_count
            return GiftPage(surprise, prize, last_on, spins=spins, is_usable=left and not is_over)
        case PrizeKind.POINTS if surprise.prize_days:
            last_on = day_of(gift.given_at, zone) + dt.timedelta(days=surprise.prize_days)
            return GiftPage(surprise, prize, last_on, is_usable=today <= last_on)
    return GiftPage(surprise, prize, None, is_usable=True)


def describe_gifts(ids: Any) -> dict[int, CauseText]:
    """What the statement says of a present: nothing of its title while it is wrapped."""
    rows = SurpriseGift.objects.filter(pk__in=ids).annotate(
        title=shown("surprise__act__public_reason")
    )
    return {
        gift.pk: CauseText(
            reason=_("A surprise") if gift.is_wrapped else gift.title,
            url=gift.get_absolute_url(),
            member_id=gift.member_id,
        )
        for gift in rows
    }


# --- Staff ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Results:
    """``used_count`` is None where there is no telling: points and credit look alike, whoever
    gave them.
    """

    given_count: int
    opened_count: int
    used_count: int | None


def get_results(surprise: Surprise) -> Results:
    gifts = SurpriseGift.objects.filter(surprise=surprise)
    counted = gifts.aggregate(given=Count("pk"), opened=Count("pk", Q(opened_at__isnull=False)))
    used: int | None = None
    of_this = {"cause_type": CAUSE, "cause_id__in": gifts.values("pk")}
    if surprise.prize_kind == PrizeKind.REWARD:
        used = Entitlement.objects.filter(redemption__isnull=False, **of_this).count()
    elif surprise.prize_kind == PrizeKind.SPINS:
        used = SpinGrant.objects.filter(used_count__gt=0, **of_this).count()
    return Results(counted["given"], counted["opened"], used)
