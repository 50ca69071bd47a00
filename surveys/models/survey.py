"""What is asked, with its rules; its questions are in versions."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.words import Words
from surveys.enums import SurveyKind, SurveyState


class SurveyQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=SurveyState.OPEN)

    def for_list(self):
        """With their versions, so that a row knows its live one and its draft."""
        return self.prefetch_related("versions")


class Survey(models.Model):
    """One survey by its code: how important it is, how often it may come, what it gives.

    Only an open one invites and takes answers, and only with a live version. ``priority``: of
    several that are due for a member the lowest number is sent. ``clock_days``: not sent to whom
    any survey's message reached within so many days. ``low_line`` is compared with
    ``Response.score_permille``: below it a follow-up is opened; None opens none. In an anonymous
    survey staff see answers, never names. Written by ``surveys.services.building``.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(
        _("name"), max_length=120, help_text=_("For staff. Members read the title.")
    )
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    kind = models.CharField(_("kind"), max_length=14, choices=SurveyKind, default=SurveyKind.OTHER)
    state = models.CharField(
        _("state"), max_length=6, choices=SurveyState, default=SurveyState.DRAFT
    )

    # Restraint
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=50,
        help_text=_("If several are due for a member at once, the lowest number is sent."),
    )  # fmt: skip
    clock_days = models.PositiveSmallIntegerField(
        _("days of quiet before it"), default=30, validators=[MaxValueValidator(730)],
        help_text=_("Not sent to members whom any survey reached within so many days."),
    )  # fmt: skip
    expires_after_days = models.PositiveSmallIntegerField(
        _("days to answer"), default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )  # fmt: skip
    reminder_after_days = models.PositiveSmallIntegerField(
        _("reminder after (days)"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Empty: none. There is never more than one."),
    )  # fmt: skip

    # What it gives
    points = models.PositiveIntegerField(
        _("points for completing it"), default=0, validators=[MaxValueValidator(1_000_000)],
        help_text=_("The same for every answer; once per invitation."),
    )  # fmt: skip

    points_budget = models.PositiveIntegerField(
        _("points to give at most"), null=True, blank=True,
        help_text=_("Of this survey altogether. What goes beyond isn't given. Empty: no limit."),
    )  # fmt: skip
    points_given = models.PositiveIntegerField(
        _("points given"), default=0, db_default=0, editable=False
    )

    # What becomes of low scores
    main_question = models.SlugField(
        _("main question"), max_length=40, blank=True, default="",
        help_text=_("Code of the question whose answer is the score, and can be given in the "
                    "e-mail. Empty: the first that has a scale."),
    )  # fmt: skip
    low_line = models.PositiveSmallIntegerField(
        _("follow up below (‰)"), null=True, blank=True,
        help_text=_("Of the main question's scale, 0 to 1000. Empty: nobody follows up."),
    )  # fmt: skip
    follow_up_hours = models.PositiveSmallIntegerField(
        _("hours to follow up"), default=48, validators=[MinValueValidator(1)]
    )
    is_anonymous = models.BooleanField(
        _("anonymous"), default=False,
        help_text=_("Staff see answers, never who gave them; nobody can follow up."),
    )  # fmt: skip

    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("created by"),
    )  # fmt: skip
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        permissions = [("publish_survey", _("Can publish, close and reopen surveys"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=SurveyKind.values), name="survey_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=SurveyState.DRAFT, opened_at__isnull=True, closed_at__isnull=True)
                | Q(state=SurveyState.OPEN, opened_at__isnull=False, closed_at__isnull=True)
                | Q(state=SurveyState.CLOSED, opened_at__isnull=False, closed_at__isnull=False),
                name="survey_state_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(clock_days__lte=730), name="survey_clock_is_at_most_two_years"
            ),
            models.CheckConstraint(
                condition=Q(expires_after_days__gte=1, expires_after_days__lte=365),
                name="survey_has_days_to_answer",
            ),
            models.CheckConstraint(
                condition=Q(reminder_after_days__isnull=True)
                | Q(
                    reminder_after_days__gte=1,
                    reminder_after_days__lt=models.F("expires_after_days"),
                ),
                name="survey_reminds_before_it_expires",
            ),
            models.CheckConstraint(
                condition=Q(points__lte=1_000_000), name="survey_points_are_few"
            ),
            models.CheckConstraint(
                condition=Q(points_budget__isnull=True)
                | Q(points_given__lte=models.F("points_budget")),
                name="survey_gives_within_its_budget",
            ),
            models.CheckConstraint(
                condition=Q(low_line__isnull=True) | Q(low_line__gte=1, low_line__lte=1000),
                name="survey_low_line_is_within_scale",
            ),
            models.CheckConstraint(
                condition=Q(is_anonymous=False) | Q(low_line__isnull=True),
                name="survey_anonymous_has_no_follow_ups",
            ),
            models.CheckConstraint(
                condition=Q(follow_up_hours__gte=1), name="survey_follow_up_has_hours"
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return reverse("admin:surveys_survey_change", args=[self.pk])

    @property
    def points_on_offer(self):
        """What whoever completes it next would get: no more than its budget still has."""
        if self.points_budget is None:
            return self.points
        return min(self.points, max(self.points_budget - self.points_given, 0))

    @property
    def is_open(self):
        return self.state == SurveyState.OPEN
