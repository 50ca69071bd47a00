"""Chances of wheels in words, in the active language."""

from decimal import Decimal
from fractions import Fraction

from core.percent import format_percent


def format_chance(chance: Fraction) -> str:
    """ "12.5%", "0.02%": as many digits as it takes to tell rare ones apart."""
    percent = Decimal(chance.numerator * 100) / Decimal(chance.denominator)
    if not percent:
        return format_percent(0)
    digits = max(0, 1 - percent.adjusted()) if percent < 10 else 1
    shown = round(percent, min(digits, 6)).normalize()
    places = max(0, -int(shown.as_tuple().exponent))
    return format_percent(shown, places)
