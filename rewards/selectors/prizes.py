"""Prizes in words, in the active language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from members.selectors.club import get_club
from rewards.enums import PrizeKind
from rewards.selectors.wording import format_count, format_points


def describe_prize(row: Any) -> str:
    """A row with ``PrizeFields`` in words: "50 points", "Tote bag", "No prize"; of spins it is
    known from where it stands for which wheel they are.
    """
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


def describe_gift(row: Any) -> str:
    """The same, for whoever doesn't stand before a wheel: "2 free spins of “Daily luck”"."""
    if row.prize_kind != PrizeKind.SPINS:
        return describe_prize(row)
    words = {
        "count": format_count(row.prize_spin_count),
        "wheel": row.prize_wheel.name_i18n,
    }
    return (
        ngettext(
            "%(count)s free spin of “%(wheel)s”",
            "%(count)s free spins of “%(wheel)s”",
            row.prize_spin_count,
        )
        % words
    )
