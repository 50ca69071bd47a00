from decimal import Decimal

from django import template
from django.utils.formats import number_format

from core.money import format_money

register = template.Library()


@register.filter
def money(minor: int, currency: str) -> str:
    """``{{ 1840|money:"USD" }}`` → $18.40."""
    return format_money(minor, currency)


@register.filter
def quantity(value: Decimal) -> str:
    """``2.0000`` → "2", ``0.4350`` → "0.435"."""
    return number_format(value.normalize(), use_l10n=True, force_grouping=True)
