"""Rewards that a member won or was given and has yet to take."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.time import day_of
from members.models import Member
from members.selectors.club import get_club
from rewards.models import Entitlement, SurpriseGift
from rewards.selectors.catalogue import RewardPage
from rewards.selectors.offers import build_offers


def list_entitlements(member: Member, *, now: dt.datetime) -> QuerySet:
    """What the member may take now, the one that ends first before the others; what is in a
    surprise that is still wrapped stays a surprise.
    """
    today = day_of(now, get_club().zone)
    wrapped = SurpriseGift.objects.wrapped().filter(pk=OuterRef("cause_id"))
    rows = (
        Entitlement.objects.filter(member=member)
        .usable(today)
        .filter(~Q(cause_type="surprise") | ~Exists(wrapped))
        .select_related("reward")
    )
    return rows.order_by("expires_on", "-given_at", "-pk")


def get_entitlement_page(entitlement: Entitlement, *, now: dt.datetime) -> RewardPage:
    """The reward as it is taken by right: no price, whatever its gates say."""
    reward, member = entitlement.reward, entitlement.member
    (offer,) = build_offers([reward.pk], member, now=now, available_points=0)
    offer.price_points = offer.price_amount = 0
    sessions = (
        list(reward.sessions.upcoming(now).order_by("starts_at", "pk"))
        if reward.has_sessions
        else []
    )
    return RewardPage(offer, sessions, [])
