"""Chances of wheels in words, in the active language."""

from decimal import Decimal
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def format_chance(chance: Fraction) -> str:
    """ "12.5 %", "0.02 %": as many digits as it takes to tell rare ones apart."""
    percent = Decimal(chance.numerator * 100) / Decimal(chance.denominator)
    if not percent:
        return _("%(number)s %%") % {"number": number_format(0)}
    digits = max(0, 1 - percent.adjusted()) if percent < 10 else 1
    shown = round(percent, min(digits, 6)).normalize()
    places = max(0, -int(shown.as_tuple().exponent))
    return _("%(number)s %%") % {"number": number_format(shown, decimal_pos=places)}
