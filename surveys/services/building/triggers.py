"""After what members are invited to a survey: written down, changed, removed."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.services.audit import record_audit
from surveys.enums import TriggerEvent
from surveys.models import Survey, Trigger
from surveys.services.building.drafting import hold
from surveys.services.refusals import InvalidSurvey

OF_PURCHASES = ("least_amount", "product", "category", "store", "channel")
OF_DATES = ("audience", "starts_on", "every_months")
_TERMS = {
    "event", "is_enabled", "share_permille", "delay_minutes", "freshness_hours", *OF_PURCHASES,
    *OF_DATES,
}  # fmt: skip
_BOUGHT = (TriggerEvent.PURCHASE, TriggerEvent.DELIVERED)


@transaction.atomic
def set_trigger(
    survey: Survey, trigger: Trigger | None = None, *, by: Any, now: dt.datetime, **terms: Any
) -> Trigger:
    """Add a trigger, or change one; it holds from now on. What doesn't belong to its event is
    emptied. Raises InvalidSurvey with the field.
    """
    if unknown := set(terms) - _TERMS:
        raise TypeError(f"no such terms: {sorted(unknown)}")
    kept = hold(survey)
    row = Trigger(survey=kept)
    if trigger is not None:
        row = Trigger.objects.select_for_update(no_key=True).get(pk=trigger.pk, survey=kept)
    for name, value in terms.items():
        setattr(row, name, value)
    if row.event not in _BOUGHT:
        _empty(row, OF_PURCHASES)
    if row.event != TriggerEvent.DATE:
        _empty(row, (*OF_DATES, "last_round_on"))
    _check(row)
    row.save()
    facts = {"trigger": row.pk, "event": str(row.event)}
    record_audit("survey.trigger_set", kept, by=by, now=now, changes=facts)
    return row


@transaction.atomic
def remove_trigger(survey: Survey, trigger: Trigger, *, by: Any, now: dt.datetime) -> None:
    """What it brought stays."""
    kept = hold(survey)
    Trigger.objects.filter(pk=trigger.pk, survey=kept).delete()
    facts = {"trigger": trigger.pk, "event": str(trigger.event)}
    record_audit("survey.trigger_removed", kept, by=by, now=now, changes=facts)


def _empty(row: Trigger, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(row, name, None)


def _check(row: Trigger) -> None:
    if row.event == TriggerEvent.DATE:
        if row.audience_id is None:
            raise InvalidSurvey(_("Say who is asked on that day."), field="audience")
        if row.starts_on is None:
            raise InvalidSurvey(_("Say on which day."), field="starts_on")
    if not 1 <= row.share_permille <= 1000:
        raise InvalidSurvey(_("Between 1 and 1000."), field="share_permille")
    if not 0 <= row.delay_minutes <= 525_600:
        raise InvalidSurvey(_("At most a year."), field="delay_minutes")
    if not 1 <= row.freshness_hours <= 720:
        raise InvalidSurvey(_("Between 1 and 720 hours."), field="freshness_hours")
    if row.every_months is not None and not 1 <= row.every_months <= 60:
        raise InvalidSurvey(_("Between 1 and 60 months."), field="every_months")
