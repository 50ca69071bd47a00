from django import template
from django.utils.translation import gettext as _

from core.percent import format_percent
from rewards.enums import TierWindow, Unit
from rewards.selectors.standing import TierProgress
from rewards.selectors.wording import (
    format_count,
    format_day_of_week,
    format_factor,
    format_points,
)

register = template.Library()

register.filter("count", format_count)
register.filter("day_of_week", format_day_of_week)
register.filter("factor", format_factor)
register.filter("percent", format_percent)


@register.filter
def points(number: int) -> str:
    return format_points(number)


@register.filter
def status_credits(number: int) -> str:
    return format_points(number, Unit.STATUS)


@register.simple_tag
def window_sentence(progress: TierProgress) -> str:
    """What has been collected, and in which time."""
    shown = {"credits": format_points(progress.status, Unit.STATUS)}
    match progress.window:
        case TierWindow.LIFETIME:
            return _("%(credits)s collected so far.") % shown
        case TierWindow.CALENDAR_YEAR | TierWindow.FISCAL_YEAR:
            return _("%(credits)s collected this year.") % shown
        case TierWindow.ROLLING:
            months = progress.window_months
            return _("%(credits)s collected in the last %(months)s months.") % {
                **shown, "months": months
            }  # fmt: skip
    return _("%(credits)s collected in this period.") % shown
