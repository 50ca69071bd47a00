"""Triggers in words."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.joining import join_comma
from core.money import format_money
from members.selectors.club import get_club
from surveys.enums import TriggerEvent
from surveys.models import Trigger


def say_trigger(trigger: Trigger) -> str:
    """“After a purchase, of $20.00 and more, in Harbor, one in five, 2 hours later”; related rows
    were fetched.
    """
    return join_comma([_say_event(trigger), *_say_conditions(trigger)])


def _say_event(trigger: Trigger) -> str:
    if trigger.event == TriggerEvent.DATE and trigger.starts_on and trigger.audience:
        named = {
            "audience": trigger.audience.name_i18n,
            "day": date_format(trigger.starts_on, "SHORT_DATE_FORMAT"),
        }
        return _("“%(audience)s” from %(day)s") % named
    return str(
        {
            TriggerEvent.PURCHASE: _("After a purchase"),
            TriggerEvent.DELIVERED: _("After a delivery"),
            TriggerEvent.REDEMPTION: _("After a redemption"),
            TriggerEvent.SIGNUP: _("After joining"),
        }.get(TriggerEvent(trigger.event), _("On a date"))
    )


def _say_conditions(trigger: Trigger) -> Iterator[str]:
    if trigger.every_months:
        text = ngettext("every month", "every %(count)s months", trigger.every_months)
        yield text % {"count": trigger.every_months}
    if trigger.least_amount:
        amount = format_money(trigger.least_amount, get_club().currency)
        yield _("of %(amount)s and more") % {"amount": amount}
    for row in (trigger.product, trigger.category, trigger.store, trigger.channel):
        if row is not None:
            yield row.name_i18n
    if trigger.share_permille < 1000:
        yield _("%(share)s %% of them") % {"share": f"{trigger.share_permille / 10:g}"}
    if trigger.delay_minutes:
        hours = round(trigger.delay_minutes / 60)
        if hours < 48:
            text = ngettext("%(count)s hour later", "%(count)s hours later", hours)
            yield text % {"count": hours}
        else:
            days = round(hours / 24)
            yield ngettext("%(count)s day later", "%(count)s days later", days) % {"count": days}
