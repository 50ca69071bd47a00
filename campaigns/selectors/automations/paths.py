"""How many are in an automation and where, and one member's way through it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.enums import JourneyState, MessageState, StepOutcome, TriggerKind, VersionState
from campaigns.models import Automation, AutomationVersion, Journey, JourneyStep, Message, Step
from campaigns.selectors.automations.conditions import find_matching
from campaigns.selectors.automations.wording import StepWording
from core.errors import DomainError
from members.models import Activity, Member, Notice


@dataclass(frozen=True, slots=True)
class Figures:
    """Members in all states, and messages of an automation."""

    active: int = 0
    done: int = 0
    left: int = 0
    failed: int = 0
    sent: int = 0

    @property
    def entered(self) -> int:
        return self.active + self.done + self.left + self.failed


def count_journeys(automations: Sequence[Automation]) -> dict[int, Figures]:
    """Two queries, however many automations."""
    states: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Journey.objects.filter(automation__in=automations).order_by()
    for automation, state, count in rows.values_list("automation", "state").annotate(n=Count("pk")):
        states[automation][state] = count
    of_mailing = dict(
        Step.objects.filter(version__automation__in=automations, mailing__isnull=False)
        .values_list("mailing", "version__automation")
        .distinct()
    )
    sent: dict[int, int] = defaultdict(int)
    messages = Message.objects.filter(mailing__in=of_mailing, sent_at__isnull=False).order_by()
    for mailing, count in messages.values_list("mailing").annotate(n=Count("pk")):
        sent[of_mailing[mailing]] += count
    return {each.pk: Figures(**states[each.pk], sent=sent[each.pk]) for each in automations}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as a sentence, with how many did it, left at it, and stand before it now."""

    step: Step
    sentence: str
    did: int = 0
    left: int = 0
    waiting: int = 0
    sent: int = 0
    not_sent: int = 0


def list_shown_steps(version: AutomationVersion, wording: StepWording) -> list[ShownStep]:
    """The steps of a version in order; four queries and those of the names."""
    steps = list(version.steps.select_related("mailing").order_by("position"))
    outcomes: dict[int, dict[str, int]] = defaultdict(dict)
    rows = JourneyStep.objects.filter(step__in=steps).order_by()
    for step, outcome, count in rows.values_list("step", "outcome").annotate(n=Count("pk")):
        outcomes[step][outcome] = count
    here = dict(
        version.journeys.filter(state=JourneyState.ACTIVE)
        .order_by()
        .values_list("position")
        .annotate(n=Count("pk"))
    )
    mailings = [step.mailing_id for step in steps if step.mailing_id]
    of_mailing = {
        mailing: (sent, not_sent)
        for mailing, sent, not_sent in Message.objects.filter(mailing__in=mailings)
        .order_by()
        .values_list("mailing")
        .annotate(
            sent=Count("pk", filter=Q(sent_at__isnull=False)),
            lost=Count("pk", filter=Q(state=MessageState.NOT_SENT)),
        )
    }
    shown = []
    for step in steps:
        counts = outcomes[step.pk]
        gone = counts.get(StepOutcome.LEFT, 0) + counts.get(StepOutcome.FAILED, 0)
        sent, not_sent = of_mailing.get(step.mailing_id, (0, 0))
        shown.append(
            ShownStep(
                step,
                wording.say_step(step),
                did=sum(counts.values()) - gone - counts.get(StepOutcome.SKIPPED, 0),
                left=gone,
                waiting=here.get(step.position, 0),
                sent=sent,
                not_sent=not_sent,
            )
        )
    return shown


# --- One member ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PathStep:
    row: JourneyStep | None
    sentence: str
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Path:
    journey: Journey
    began: str
    steps: Sequence[PathStep]
    upcoming: str = ""


def list_paths(automation: Automation, member: Member) -> list[Path]:
    """Each way of a member, newest first: what began it, every step, each message."""
    journeys = list(
        Journey.objects.filter(automation=automation).of_member(member).select_related("version")
    )
    wording = StepWording()
    rows = defaultdict(list)
    done = JourneyStep.objects.filter(journey__in=journeys).select_related("step__mailing")
    for row in done.order_by("pk"):
        rows[row.journey_id].append(row)
    messages: dict[tuple[int | None, str], list[Message]] = defaultdict(list)
    own = Message.objects.filter(
        member=member,
        occurrence__in=[each.occurrence for each in journeys],
        mailing__steps__version__automation=automation,
    )
    for message in own.distinct().order_by("pk"):
        messages[message.mailing_id, message.occurrence].append(message)
    steps: dict[int, dict[int, Step]] = defaultdict(dict)
    versions = {each.version_id for each in journeys}
    for step in Step.objects.filter(version__in=versions).select_related("mailing"):
        steps[step.version_id][step.position] = step
    return [
        Path(
            journey,
            wording.say_trigger(journey.version),
            [
                PathStep(
                    row,
                    wording.say_step(row.step),
                    messages[row.step.mailing_id, journey.occurrence],
                )
                for row in rows[journey.pk]
            ],
            wording.say_step(steps[journey.version_id][journey.position])
            if journey.state == JourneyState.ACTIVE
            and journey.position in steps[journey.version_id]
            else "",
        )
        for journey in journeys
    ]


def explain_absence(automation: Automation, member: Member, *, now: dt.datetime) -> list[str]:
    """Why somebody never came in, as far as that can be told."""
    version = automation.versions.filter(state=VersionState.PUBLISHED).first()
    if version is None:
        return [_("It was never published.")]
    found = []
    if not automation.is_enabled:
        found.append(_("It is switched off."))
    if not member.is_active:
        found.append(_("They are no member now."))
    found += _explain_trigger(automation, version, member)
    if only := version.terms.get("only"):
        try:
            holds = member.pk in find_matching(only, [member.pk], now=now)
        except DomainError as error:
            found.append(str(error))
        else:
            found.append(
                _("Its own condition holds for them now.")
                if holds
                else _("Its own condition does not hold for them now.")
            )
    return found or [_("What it begins with has not happened since it was switched on.")]


def _explain_trigger(automation: Automation, version: AutomationVersion, member: Member):
    terms: dict[str, Any] = version.terms
    match version.trigger:
        case TriggerKind.BIRTHDAY if not (member.birth_month and member.birth_day):
            return [_("The club doesn't know their birthday.")]
        case TriggerKind.ACTIVITY:
            rows = Activity.objects.of_member(member).filter(kind=terms["kind"])
            return _explain_latest(rows.first(), automation)
        case TriggerKind.NOTICE:
            news = Notice.objects.of_member(member).filter(code=terms["code"])
            return _explain_latest(news.first(), automation)
    return []


def _explain_latest(latest: Any, automation: Automation) -> list[str]:
    if latest is None:
        return [_("What it begins with has never happened to them.")]
    late = latest.recorded_at - latest.effective_at
    if late >= dt.timedelta(hours=automation.freshness_hours):
        return [_("When the club heard of it, it was too long ago.")]
    if automation.enabled_at is None or latest.recorded_at < automation.enabled_at:
        return [_("It happened before the automation was switched on.")]
    return []
