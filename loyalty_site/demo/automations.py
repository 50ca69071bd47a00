"""The ready automations, switched on, with who came into them in the last days.

What they write to members of the past counts as written: it is never handed to a channel. And what
happened before the demonstration was built begins no way of today.
"""

import datetime as dt
from collections.abc import Sequence

from django.db.models import F

from campaigns.enums import MailingKind
from campaigns.models import Automation, Mailing, Message
from campaigns.ready_automations import READY
from campaigns.registrations_automations import CONSUMER
from campaigns.services.automations.drafting import enable_automation, publish_automation
from campaigns.services.automations.entering import look_for_members
from campaigns.services.automations.ready import ensure_ready_automations
from campaigns.services.automations.running import run_due_journeys
from loyalty_site.demo.campaigns import find_moment, let_leave
from loyalty_site.demo.people import SOURCE
from members.models import Notice, User, WorkItem

# Those that nothing calls and that give nothing at once: they looked around a week ago already.
_EARLY = ("points-expiring", "tier-in-reach", "win-back")
_DAYS = 8


def list_automation_codes() -> list[str]:
    return [each.code for each in READY]


def run_automations(owner: User, *, now: dt.datetime) -> None:
    """Last of all: whatever was done until now is behind them."""
    morning = find_moment({"days_ago": _DAYS, "hour": 8}, now=now)
    automations = ensure_ready_automations(by=owner, now=morning - dt.timedelta(days=3))
    _switch_on([each for each in automations if each.slug in _EARLY], owner, morning)
    look_for_members(now=morning)
    run_due_journeys(now=morning)
    run_due_journeys(now=morning + dt.timedelta(hours=3))
    _forget_what_was()
    _switch_on([each for each in automations if each.slug not in _EARLY], owner, now)
    look_for_members(now=now)
    run_due_journeys(now=now)
    for mailing in Mailing.objects.filter(kind=MailingKind.STEP).order_by("pk"):
        let_leave(mailing, spread=1)
    # Planned when its moment came, not when the demonstration was built.
    late = Message.objects.filter(mailing__kind=MailingKind.STEP, recorded_at__gt=F("due_at"))
    late.update(recorded_at=F("due_at"))


def _switch_on(automations: Sequence[Automation], owner: User, moment: dt.datetime) -> None:
    for automation in automations:
        publish_automation(automation, by=owner, now=moment - dt.timedelta(hours=1))
        enable_automation(automation, by=owner, now=moment)


def _forget_what_was() -> None:
    """Activities and notices of the seeding are nobody's beginning."""
    WorkItem.objects.of_consumer(CONSUMER).delete()
    Notice.objects.filter(member__source=SOURCE, is_followed=False).update(is_followed=True)
