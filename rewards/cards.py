"""What a tier gives the membership card: its name, and a ground of its colour and pattern."""

import datetime as dt
from functools import cache
from typing import Any

from core.colour import find_nearest
from core.pictures.addresses import pattern_url
from members.models import Member
from members.registry import CardLine
from rewards.enums import CardPattern
from rewards.selectors.balances import Balances, get_balances
from rewards.selectors.programme import ShownTier
from rewards.selectors.standing import get_progress

# --card-ink of a card with art in static/css/components/card.css (a test compares).
CARD_INK = "#fff6ee"
CARD_CONTRAST = 8.2  # so much that a softer second voice keeps 4.5 on the thread and the gleam
BY_RANK = CardPattern.values


def get_balances_once(request: Any, member: Member, now: dt.datetime) -> Balances:
    """Read once for the card and all panels of a page."""
    if not hasattr(request, "_rewards_balances"):
        request._rewards_balances = get_balances(member, now=now)
    return request._rewards_balances


def build_card_line(request: Any, member: Member, now: dt.datetime) -> CardLine | None:
    progress = get_progress(get_balances_once(request, member, now))
    if progress is None:
        return None
    return CardLine(progress.tier.name, art=get_tier_art(progress.tier))


def get_tier_art(tier: ShownTier) -> str:
    return get_card_art(tier.rank, tier.color, tier.pattern)


def get_card_art(rank: int, color: str, pattern: str) -> str:
    """Address of the card's ground; a tier without a pattern of its own wears its rank's."""
    return pattern_url(pattern or BY_RANK[rank % len(BY_RANK)], get_card_shade(color))


@cache
def get_card_shade(color: str) -> str:
    """The tier's colour, dark enough for the card's pale words."""
    return find_nearest(color, (CARD_INK,), CARD_CONTRAST) or color
