"""Automations: what the club does by itself, step by step, and everyone's way through it."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Deferrable, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import (
    JourneyReason,
    JourneyState,
    Reentry,
    StepKind,
    StepOutcome,
    TriggerKind,
    VersionState,
)
from campaigns.models.mailing import Edition, Mailing
from core.words import Words


class AutomationQuerySet(models.QuerySet):
    def enabled(self):
        return self.filter(is_enabled=True)


class Automation(models.Model):
    """Something the club does by itself whenever something happens to a member.

    What it does is in its versions: members who are on their way finish on theirs. Switched off,
    nobody comes in and whoever is on the way waits. ``freshness_hours``: what happened longer ago
    begins nothing. Written by ``campaigns.services.automations``.
    """

    slug = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    note = models.CharField(
        _("note"), max_length=300, blank=True, default="", help_text=_("What it is for.")
    )
    i18n: Any = Words(fields=("name", "note"))
    name_i18n: str
    note_i18n: str
    is_enabled = models.BooleanField(_("switched on"), default=False)
    enabled_at = models.DateTimeField(_("switched on at"), null=True, blank=True)
    freshness_hours = models.PositiveSmallIntegerField(
        _("begins within (hours)"),
        default=48,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("What happened longer ago begins nothing: an import of history greets nobody."),
    )
    reentry = models.CharField(_("again"), max_length=5, choices=Reentry, default=Reentry.NEVER)
    reentry_days = models.PositiveSmallIntegerField(_("after (days)"), null=True, blank=True)
    budget_count = models.PositiveIntegerField(
        _("most gifts"),
        null=True,
        blank=True,
        help_text=_("How many gifts it may give in all. Needed where a step gives something."),
    )
    given_count = models.PositiveIntegerField(_("gifts given"), default=0, db_default=0)
    looked_at = models.DateTimeField(_("last looked for members at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )

    objects = AutomationQuerySet.as_manager()

    class Meta:
        verbose_name = _("automation")
        verbose_name_plural = _("automations")
        permissions = [("publish_gifts", _("Can publish automations that give something"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(reentry__in=Reentry.values), name="automation_reentry_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(reentry=Reentry.AFTER)
                | Q(reentry_days__isnull=False, reentry_days__gte=1),
                name="automation_reentry_has_days",
            ),
            models.CheckConstraint(
                condition=Q(freshness_hours__gte=1), name="automation_freshness_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(is_enabled=False) | Q(enabled_at__isnull=False),
                name="automation_enabled_has_its_time",
            ),
        ]

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return reverse("admin:campaigns_automation_change", args=[self.pk])


class AutomationVersion(models.Model):
    """A trigger and its steps. One draft at most is changed; one at most lets members in."""

    automation = models.ForeignKey(
        Automation, models.PROTECT, related_name="versions", verbose_name=_("automation")
    )
    number = models.PositiveIntegerField(_("version"), default=1)
    state = models.CharField(
        _("state"), max_length=7, choices=VersionState, default=VersionState.DRAFT
    )
    trigger = models.CharField(
        pgettext_lazy("automation", "begins with"), max_length=11, choices=TriggerKind
    )
    terms = models.JSONField(_("terms"), default=dict, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    class Meta:
        verbose_name = _("version of an automation")
        verbose_name_plural = _("versions of automations")
        constraints = [
            models.UniqueConstraint(
                fields=["automation", "number"], name="automation_version_once_per_number"
            ),
            models.UniqueConstraint(
                fields=["automation"],
                condition=Q(state=VersionState.DRAFT),
                name="automation_version_one_draft",
            ),
            models.UniqueConstraint(
                fields=["automation"],
                condition=Q(state=VersionState.PUBLISHED),
                name="automation_version_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state__in=VersionState.values), name="automation_version_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(trigger__in=TriggerKind.values),
                name="automation_version_trigger_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state=VersionState.DRAFT, published_at__isnull=True)
                | (~Q(state=VersionState.DRAFT) & Q(published_at__isnull=False)),
                name="automation_version_published_has_its_time",
            ),
        ]

    def __str__(self):
        return f"{self.automation} {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.state == VersionState.DRAFT


class Step(models.Model):
    """One step of a version. ``key`` is the same in every version, and so is the mailing of a
    message as long as its purpose and channels are; nobody goes one occurrence twice, whichever
    version they are on. ``edition`` is the words as they were at publication.
    """

    version = models.ForeignKey(
        AutomationVersion, models.CASCADE, related_name="steps", verbose_name=_("version")
    )
    position = models.PositiveSmallIntegerField(_("place"))
    key = models.CharField(_("key"), max_length=12)
    kind = models.CharField(_("kind"), max_length=7, choices=StepKind)
    terms = models.JSONField(_("terms"), default=dict, blank=True)
    mailing = models.ForeignKey(
        Mailing,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="steps",
        verbose_name=_("mailing"),
    )
    edition = models.ForeignKey(
        Edition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("words"),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"],
                name="step_once_per_place",
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["version", "key"], name="step_once_per_key"),
            models.CheckConstraint(
                condition=Q(kind__in=StepKind.values), name="step_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=StepKind.MESSAGE, mailing__isnull=False)
                | (~Q(kind=StepKind.MESSAGE) & Q(mailing__isnull=True, edition__isnull=True)),
                name="step_message_has_mailing",
            ),
        ]

    def __str__(self):
        return f"{self.version_id} {self.position} {self.kind}"


class JourneyQuerySet(models.QuerySet):
    def due(self, now):
        """Whose next step's time has come, in automations that are switched on."""
        return self.filter(
            state=JourneyState.ACTIVE, due_at__lte=now, automation__is_enabled=True
        ).order_by("due_at", "pk")

    def of_member(self, member):
        return self.filter(member=member).order_by("-entered_at", "-pk")

    def for_list(self):
        return self.select_related("automation", "version", "member")


class Journey(models.Model):
    """One member's way through a version, begun by one occurrence.

    ``occurrence`` names what began it (an activity, a notice, a year, a day): it begins one way at
    most. ``position`` is the place of the step that comes next, at ``due_at``. ``is_late``: they
    came when the moment of these steps was over, and pass over them until the next wait.
    """

    automation = models.ForeignKey(
        Automation, models.PROTECT, related_name="journeys", db_index=False,
        verbose_name=_("automation"),
    )  # fmt: skip
    version = models.ForeignKey(
        AutomationVersion, models.PROTECT, related_name="journeys", verbose_name=_("version")
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="journeys", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    occurrence = models.CharField(_("occurrence"), max_length=80)
    facts = models.JSONField(_("facts"), default=dict, db_default={})
    state = models.CharField(
        _("state"), max_length=6, choices=JourneyState, default=JourneyState.ACTIVE
    )
    reason = models.CharField(
        _("reason"), max_length=13, choices=JourneyReason, blank=True, default="", db_default=""
    )
    position = models.PositiveSmallIntegerField(_("next step"), default=1, db_default=1)
    is_late = models.BooleanField(_("came late"), default=False, db_default=False)
    due_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    entered_at = models.DateTimeField(_("entered at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    last_error = models.CharField(
        _("last error"), max_length=200, blank=True, default="", db_default=""
    )

    objects = JourneyQuerySet.as_manager()

    class Meta:
        verbose_name = _("way through an automation")
        verbose_name_plural = _("ways through automations")
        constraints = [
            models.UniqueConstraint(
                fields=["automation", "member", "occurrence"], name="journey_once_per_occurrence"
            ),
            models.CheckConstraint(
                condition=Q(state__in=JourneyState.values), name="journey_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=JourneyState.ACTIVE, due_at__isnull=False, ended_at__isnull=True)
                | (~Q(state=JourneyState.ACTIVE) & Q(due_at__isnull=True, ended_at__isnull=False)),
                name="journey_is_due_or_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[JourneyState.LEFT, JourneyState.FAILED]) | ~Q(reason=""),
                name="journey_left_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(occurrence=""), name="journey_has_occurrence"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=JourneyState.ACTIVE),
                name="journey_due",
            ),
            models.Index(fields=["member", "-entered_at", "-id"], name="journey_of_member"),
        ]

    def __str__(self):
        return f"{self.automation_id}:{self.member_id}:{self.occurrence}"


class JourneyStep(models.Model):
    """What one step did with one member. Its message, where it has one, is the one of the step's
    mailing with the journey's occurrence.
    """

    journey = models.ForeignKey(
        Journey, models.CASCADE, related_name="steps", db_index=False, verbose_name=_("way")
    )
    step = models.ForeignKey(Step, models.PROTECT, related_name="+", verbose_name=_("step"))
    key = models.CharField(_("key"), max_length=12)
    outcome = models.CharField(_("what happened"), max_length=7, choices=StepOutcome)
    reason = models.CharField(
        _("reason"), max_length=13, choices=JourneyReason, blank=True, default="", db_default=""
    )
    happened_at = models.DateTimeField(_("at"))
    until_at = models.DateTimeField(_("waited until"), null=True, blank=True)

    class Meta:
        verbose_name = _("step on a way")
        verbose_name_plural = _("steps on ways")
        constraints = [
            models.UniqueConstraint(fields=["journey", "key"], name="journey_step_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=StepOutcome.values), name="journey_step_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome=StepOutcome.WAITED, until_at__isnull=False)
                | (~Q(outcome=StepOutcome.WAITED) & Q(until_at__isnull=True)),
                name="journey_step_wait_has_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(
                    outcome__in=[StepOutcome.LEFT, StepOutcome.FAILED, StepOutcome.SKIPPED]
                )
                | ~Q(reason=""),
                name="journey_step_stop_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.journey_id} {self.key} {self.outcome}"
