"""Prizes and chances of wheels in words, in the active language."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from members.selectors.club import get_club
from rewards.enums import PrizeKind
from rewards.selectors.wording import format_count, format_points


def describe_prize(row: Any) -> str:
    """A row with ``PrizeFields`` in words: "50 points", "Tote bag", "No prize"."""
    match row.prize_kind:
        case PrizeKind.REWARD:
            return row.prize_reward.name_i18n
        case PrizeKind.POINTS:
            return format_points(row.prize_points)
        case PrizeKind.CREDIT:
            amount = format_money(row.prize_amount, get_club().currency)
            return _("%(amount)s store credit") % {"amount": amount}
        case PrizeKind.SPINS:
            count = {"count": format_count(row.prize_spin_count)}
            return ngettext("%(count)s free spin", "%(count)s free spins", row.prize_spin_count) % (
                count
            )
    return _("No prize")


def format_chance(chance: Fraction) -> str:
    """ "12.5 %", "0.02 %": as many digits as it takes to tell rare ones apart."""
    percent = Decimal(chance.numerator * 100) / Decimal(chance.denominator)
    if not percent:
        return _("%(number)s %%") % {"number": number_format(0)}
    digits = max(0, 1 - percent.adjusted()) if percent < 10 else 1
    shown = round(percent, min(digits, 6)).normalize()
    places = max(0, -int(shown.as_tuple().exponent))
    return _("%(number)s %%") % {"number": number_format(shown, decimal_pos=places)}
