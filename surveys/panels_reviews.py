"""Pieces that reviews add to pages of lower floors."""

import datetime as dt
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from members import registry
from members.models import Member
from members.registry import Panel
from purchases.models import Purchase
from purchases.registry import PurchasePanel, register_purchase_panel
from rewards.selectors.programme import kept
from surveys.selectors.reviews import (
    get_overall_summary,
    get_terms,
    list_of_purchase,
    list_own,
    list_quotes,
)

_OF_MEMBER = 5


def register() -> None:
    registry.register_panel(
        Panel("surveys.quotes", registry.LANDING, "rewards/_kept_panel.html", build_quotes,
              order=35)
    )  # fmt: skip
    registry.register_panel(
        Panel("surveys.staff_reviews", registry.STAFF_MEMBER, "admin/surveys/_panel_reviews.html",
              build_of_member, order=72, permission="surveys.view_review")
    )  # fmt: skip
    register_purchase_panel(
        PurchasePanel("surveys.reviews", "surveys/_purchase_panel.html", build_of_purchase)
    )


def build_quotes(request: Any, member: Member | None, now: dt.datetime) -> dict[str, Any] | None:
    """What members say: the same for every visitor, kept a moment as it was rendered."""
    key = ("reviews", "landing", get_language())
    html = kept.get(key)
    if html is None:
        quotes = list_quotes()
        context = {"panel": {"quotes": quotes, "summary": get_overall_summary()}}
        html = render_to_string("surveys/_landing_reviews.html", context) if quotes else ""
        kept.put(key, html)
    return {"html": html} if html else None


def build_of_purchase(request: Any, purchase: Purchase, now: dt.datetime) -> dict[str, Any] | None:
    """What was bought, to be reviewed by everybody alike."""
    goods = list_of_purchase(purchase)
    is_open = get_terms().is_open
    if not goods or not (is_open or any(review for _product, review in goods)):
        return None
    return {"goods": goods, "is_open": is_open}


def build_of_member(request: Any, member: Member, now: dt.datetime) -> dict[str, Any] | None:
    reviews = list(list_own(member)[: _OF_MEMBER + 1])
    if not reviews:
        return None
    return {"reviews": reviews[:_OF_MEMBER], "has_more": len(reviews) > _OF_MEMBER}
