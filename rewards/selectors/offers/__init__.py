"""What a reward is to one member now: may they have it, at which price, how far is it."""

from rewards.selectors.offers.building import build_offers
from rewards.selectors.offers.doors import TOLD_KINDS, Door
from rewards.selectors.offers.offer import SHELVES, Offer

__all__ = ["SHELVES", "TOLD_KINDS", "Door", "Offer", "build_offers"]
