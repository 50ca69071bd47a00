"""Parts of a hundred, as the active language writes them."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def format_percent(number: int | float | Decimal, places: int | None = None) -> str:
    """``12`` → "12%"; with ``places`` digits after the point, else as many as the number has."""
    shown = number_format(number, decimal_pos=places, force_grouping=True)
    return _("%(number)s%%") % {"number": shown}
