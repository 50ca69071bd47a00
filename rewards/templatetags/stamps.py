"""Stamp cards, drawn from what a member has."""

from django import template
from django.utils.safestring import mark_safe

from core.pictures.stamps import draw_stamps

register = template.Library()


@register.simple_tag
def stamps(card) -> str:
    """``{% stamps card %}``, of a ``rewards.selectors.challenges.ShownCard``."""
    drawn = draw_stamps(
        card.motif, card.seed, stamped=card.stamped, places=card.places, fresh=card.fresh,
        is_full=card.is_full,
    )  # fmt: skip
    return mark_safe(drawn)  # noqa: S308  (numbers, and paths of our own)
