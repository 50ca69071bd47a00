"""An automation as staff write it: what it begins with, its steps, and the day it goes live."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import (
    MailingKind,
    MailingState,
    Reentry,
    StepKind,
    TriggerKind,
    VersionState,
)
from campaigns.models import Automation, AutomationVersion, Mailing, Step
from campaigns.services.automations.mailings import (
    MailingTerms,
    is_elsewhere,
    is_told,
    part_mailing,
    set_mailing,
)
from campaigns.services.automations.terms import InvalidAutomation, read_step, read_trigger
from campaigns.services.editions import freeze_edition, list_missing_channels
from core.errors import DomainError
from core.services.audit import record_audit
from core.slugs import make_slug
from core.words import rename
from members.models import User

MOST_STEPS = 30
_BY_LOOKING = (TriggerKind.IN_REACH, TriggerKind.LAPSED)


class NothingToPublish(DomainError):
    code = "nothing_to_publish"
    status = 409
    message = _("There is no draft to publish.")


class NoSteps(DomainError):
    code = "no_steps"
    message = _("It needs a step that writes or gives something.")


class StepWordsMissing(DomainError):
    code = "step_words_missing"
    message = _("The message “%(name)s” has no words yet.")


class NeedsBudget(DomainError):
    code = "needs_budget"
    message = _("It gives something: say how many gifts it may give in all.")


class NotGiver(DomainError):
    code = "not_giver"
    status = 403
    message = _("It gives something: a manager has to publish it.")


class AgainEachTime(DomainError):
    code = "again_each_time"
    message = _("This would begin anew each day: choose “never” or “after some days”.")


class NotPublished(DomainError):
    code = "not_published"
    status = 409
    message = _("Publish it first.")


class TooManySteps(DomainError):
    code = "too_many_steps"
    message = _("An automation has thirty steps at most.")


@dataclass(frozen=True, slots=True)
class AutomationTerms:
    """All of an automation but its versions. ``i18n``: name and note in other languages."""

    name: str
    note: str = ""
    freshness_hours: int = 48
    reentry: str = Reentry.NEVER
    reentry_days: int | None = None
    budget_count: int | None = None
    i18n: Mapping[str, str] | None = None


@transaction.atomic
def make_automation(
    terms: AutomationTerms, *, trigger: str, trigger_terms: Mapping[str, Any], slug: str = "",
    by: User | None, now: dt.datetime,
) -> Automation:  # fmt: skip
    """An automation, off, with a draft that has no steps yet. Raises InvalidAutomation,
    InvalidTrigger, BadDefinition.
    """
    _check(terms)
    slug = slug or make_slug(Automation, terms.name, fallback="automation")
    automation = Automation(slug=slug, created_at=now, created_by=by)
    _set(automation, terms)
    automation.save()
    AutomationVersion.objects.create(
        automation=automation, number=1, trigger=trigger, terms=read_trigger(trigger, trigger_terms)
    )
    record_audit("automation.made", automation, by=by, now=now, changes={"trigger": str(trigger)})
    return automation


@transaction.atomic
def change_automation(
    automation: Automation, terms: AutomationTerms, *, by: User | None, now: dt.datetime
) -> Automation:
    """Change what holds for all its versions. Raises InvalidAutomation, AgainEachTime,
    NeedsBudget, NotGiver.
    """
    _check(terms)
    automation = hold(automation)
    before = automation.budget_count
    _set(automation, terms)
    live = automation.versions.filter(state=VersionState.PUBLISHED).first()
    if live is not None:
        _check_live(automation, live, by, gives=automation.budget_count != before)
    automation.save()
    facts = {"reentry": str(terms.reentry), "budget": terms.budget_count}
    record_audit("automation.changed", automation, by=by, now=now, changes=facts)
    return automation


@transaction.atomic
def get_draft_version(automation: Automation, *, by: User | None, now: dt.datetime):
    """The version that is being written; begun as a copy of the newest."""
    automation = hold(automation)
    draft = automation.versions.filter(state=VersionState.DRAFT).first()
    if draft is not None:
        return draft
    last = automation.versions.latest("number")
    draft = AutomationVersion.objects.create(
        automation=automation, number=last.number + 1, trigger=last.trigger, terms=last.terms
    )
    record_audit("automation.draft_changed", automation, by=by, now=now, changes={"begun": True})
    Step.objects.bulk_create(
        Step(
            version=draft, position=step.position, key=step.key, kind=step.kind,
            terms=step.terms, mailing_id=step.mailing_id,
        )
        for step in last.steps.order_by("position")
    )  # fmt: skip
    return draft


@transaction.atomic
def drop_draft(automation: Automation, *, by: User | None, now: dt.datetime) -> None:
    """Let the draft go; what it does now, mailings, and who is on the way stay. One that has no
    other version keeps its draft.
    """
    automation = hold(automation)
    draft = automation.versions.filter(state=VersionState.DRAFT).first()
    if draft is None or not automation.versions.exclude(pk=draft.pk).exists():
        return
    draft.steps.all().delete()
    draft.delete()
    record_audit("automation.draft_changed", automation, by=by, now=now, changes={"dropped": True})


@transaction.atomic
def set_trigger(
    automation: Automation, *, trigger: str, terms: Mapping[str, Any], by: User | None,
    now: dt.datetime,
) -> AutomationVersion:  # fmt: skip
    """What the draft begins with. Raises InvalidTrigger, BadDefinition."""
    draft = get_draft_version(automation, by=by, now=now)
    draft.trigger, draft.terms = trigger, read_trigger(trigger, terms)
    draft.save(update_fields=["trigger", "terms"])
    changes = {"trigger": str(trigger)}
    record_audit("automation.draft_changed", automation, by=by, now=now, changes=changes)
    return draft


@transaction.atomic
def add_step(
    automation: Automation, *, kind: str, terms: Mapping[str, Any] | None = None,
    mailing: MailingTerms | None = None, by: User | None, now: dt.datetime,
) -> Step:  # fmt: skip
    """Put a step at the end of the draft; that of a message makes its mailing. Raises InvalidStep,
    BadDefinition, InvalidAutomation, TooManySteps.
    """
    draft = get_draft_version(automation, by=by, now=now)
    count = draft.steps.count()
    if count >= MOST_STEPS:
        raise TooManySteps
    step = Step(
        version=draft, position=count + 1, key=secrets.token_hex(4), kind=kind,
        terms=read_step(kind, terms or {}),
    )  # fmt: skip
    if kind == StepKind.MESSAGE:
        step.mailing = Mailing(kind=MailingKind.STEP, created_at=now, created_by=by)
        set_mailing(step.mailing, mailing or MailingTerms(name=str(automation)))
    step.save()
    changes = {"step": step.key, "kind": str(kind)}
    record_audit("automation.draft_changed", automation, by=by, now=now, changes=changes)
    return step


@transaction.atomic
def change_step(
    automation: Automation, key: str, *, terms: Mapping[str, Any] | None = None,
    mailing: MailingTerms | None = None, by: User | None, now: dt.datetime,
) -> Step:  # fmt: skip
    """Change a step of the draft. Where an older version has the same mailing, and more than its
    name changes, the draft gets one of its own: who is on that version is written to as it was
    published. Raises InvalidStep, BadDefinition, InvalidAutomation.
    """
    draft = get_draft_version(automation, by=by, now=now)
    step = _get_step(draft, key)
    step.terms = read_step(step.kind, terms or {})
    if step.mailing is not None and mailing is not None:
        if is_elsewhere(step.mailing, draft) and not is_told(step.mailing, mailing):
            step.mailing = part_mailing(step.mailing, mailing, by=by, now=now)
        set_mailing(step.mailing, mailing)
    step.save(update_fields=["terms", "mailing"])
    changes = {"step": key, "kind": str(step.kind)}
    record_audit("automation.draft_changed", automation, by=by, now=now, changes=changes)
    return step


@transaction.atomic
def move_step(
    automation: Automation, key: str, *, by: User | None, now: dt.datetime, is_up: bool
) -> None:
    """Exchange a step of the draft with the one before it, or after. At the end nothing happens."""
    draft = get_draft_version(automation, by=by, now=now)
    steps = list(draft.steps.order_by("position"))
    place = steps.index(_get_step(draft, key))
    other = place + (-1 if is_up else 1)
    if not 0 <= other < len(steps):
        return
    steps[place], steps[other] = steps[other], steps[place]
    _place(steps)
    changes = {"step": key, "up": is_up}
    record_audit("automation.draft_changed", automation, by=by, now=now, changes=changes)


@transaction.atomic
def remove_step(automation: Automation, key: str, *, by: User | None, now: dt.datetime) -> None:
    """Take a step out of the draft; its mailing, and who is on an older version, stay."""
    draft = get_draft_version(automation, by=by, now=now)
    _get_step(draft, key).delete()
    _place(list(draft.steps.order_by("position")))
    changes = {"step": key, "removed": True}
    record_audit("automation.draft_changed", automation, by=by, now=now, changes=changes)


@transaction.atomic
def publish_automation(
    automation: Automation, *, by: User | None, now: dt.datetime
) -> AutomationVersion:
    """Let members in on the draft from now on; who is on the way finishes on theirs.

    Raises NothingToPublish, NoSteps, StepWordsMissing, NeedsBudget, NotGiver, AgainEachTime,
    InvalidTrigger, InvalidStep, BadDefinition, and what ``freeze_edition`` finds in the words.
    """
    automation = hold(automation)
    draft = automation.versions.filter(state=VersionState.DRAFT).first()
    if draft is None:
        raise NothingToPublish
    steps = list(draft.steps.select_related("mailing").order_by("position"))
    if not any(step.kind in (StepKind.MESSAGE, StepKind.GRANT) for step in steps):
        raise NoSteps
    read_trigger(draft.trigger, draft.terms)
    for step in steps:
        read_step(step.kind, step.terms)
    _check_live(automation, draft, by, gives=True)
    for step in steps:
        if step.mailing is not None:
            if list_missing_channels(step.mailing):
                raise StepWordsMissing(name=step.mailing.name_i18n)
            step.edition = freeze_edition(step.mailing, by=by, now=now)
            step.save(update_fields=["edition"])
    automation.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
    draft.state, draft.published_at, draft.published_by = VersionState.PUBLISHED, now, by
    draft.save(update_fields=["state", "published_at", "published_by"])
    _set_running(automation)
    changes = {"version": draft.number, "trigger": draft.trigger, "steps": len(steps)}
    record_audit("automation.published", automation, by=by, now=now, changes=changes)
    return draft


@transaction.atomic
def enable_automation(automation: Automation, *, by: User | None, now: dt.datetime) -> Automation:
    """Let members in, and let those on the way go on. Raises NotPublished."""
    automation = hold(automation)
    if not automation.versions.filter(state=VersionState.PUBLISHED).exists():
        raise NotPublished
    if not automation.is_enabled:
        automation.is_enabled, automation.enabled_at = True, now
        automation.save(update_fields=["is_enabled", "enabled_at"])
        _set_running(automation)
        record_audit("automation.enabled", automation, by=by, now=now)
    return automation


@transaction.atomic
def disable_automation(automation: Automation, *, by: User | None, now: dt.datetime) -> Automation:
    """Nobody comes in, who is on the way waits, and what waits to be sent stays."""
    automation = hold(automation)
    if automation.is_enabled:
        automation.is_enabled = False
        automation.save(update_fields=["is_enabled"])
        _set_running(automation)
        record_audit("automation.disabled", automation, by=by, now=now)
    return automation


def hold(automation: Automation) -> Automation:
    return Automation.objects.select_for_update(no_key=True).get(pk=automation.pk)


def _check(terms: AutomationTerms) -> None:
    if not terms.name.strip() or terms.reentry not in Reentry.values:
        raise InvalidAutomation
    if terms.reentry == Reentry.AFTER and not terms.reentry_days:
        raise InvalidAutomation
    if not 1 <= terms.freshness_hours <= 720:
        raise InvalidAutomation


def _set(automation: Automation, terms: AutomationTerms) -> None:
    rename(automation, "name", terms.name.strip(), terms.i18n)
    rename(automation, "note", terms.note.strip(), terms.i18n)
    automation.freshness_hours = terms.freshness_hours
    automation.reentry = terms.reentry
    automation.reentry_days = terms.reentry_days if terms.reentry == Reentry.AFTER else None
    automation.budget_count = terms.budget_count


def _check_live(automation, version, by, *, gives):
    if version.trigger in _BY_LOOKING and automation.reentry == Reentry.EVERY:
        raise AgainEachTime
    if version.steps.filter(kind=StepKind.GRANT).exists():
        if automation.budget_count is None:
            raise NeedsBudget
        if gives and by is not None and not by.has_perm("campaigns.publish_gifts"):
            raise NotGiver


def _set_running(automation: Automation) -> None:
    """Its mailings leave while it is on; of every version, as some are still on their way."""
    state = MailingState.RUNNING if automation.is_enabled else MailingState.PAUSED
    ids = Step.objects.filter(version__automation=automation, mailing__isnull=False).exclude(
        version__state=VersionState.DRAFT
    )
    Mailing.objects.filter(pk__in=ids.values("mailing")).update(state=state)


def _get_step(draft: AutomationVersion, key: str) -> Step:
    return draft.steps.select_related("mailing").get(key=key)


def _place(steps: Sequence[Step]) -> None:
    for position, step in enumerate(steps, 1):
        step.position = position
    Step.objects.bulk_update(steps, ["position"])
