"""What came back: one response per invitation, one answer per question."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.enums import ResponseActor, ResponseState
from surveys.models.invitation import Invitation
from surveys.models.survey import Survey
from surveys.models.version import Question, SurveyVersion

TEXT_LENGTH = 4000  # characters of an answer in own words


class ResponseQuerySet(models.QuerySet):
    def counting(self):
        """What results count: a person's own answers, confirmed."""
        return self.filter(
            actor=ResponseActor.HUMAN,
            state__in=[ResponseState.BEGUN, ResponseState.COMPLETE],
        )

    def for_list(self):
        return self.select_related("survey", "version", "member", "store")


class Response(models.Model):
    """A member's answers to one invitation.

    PROVISIONAL until a person presses; only a HUMAN one counts, pays and triggers.
    ``score_permille`` is the main question's answer on its scale, 0 to 1000. ``survey``,
    ``member``, ``store``, ``tier`` and ``category`` repeat what stood when it began: results ask
    nobody else. May be changed until ``closes_at``. Written by ``surveys.services.answering``.
    """

    invitation = models.OneToOneField(
        Invitation, models.PROTECT, related_name="response", verbose_name=_("invitation")
    )
    survey = models.ForeignKey(
        Survey, models.PROTECT, related_name="responses", db_index=False, verbose_name=_("survey")
    )
    version = models.ForeignKey(
        SurveyVersion, models.PROTECT, related_name="responses",
        verbose_name=_("version of the survey"),
    )  # fmt: skip
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="survey_responses",
        verbose_name=_("member"),
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=11, choices=ResponseState, default=ResponseState.PROVISIONAL
    )
    actor = models.CharField(
        _("who"), max_length=7, choices=ResponseActor, default=ResponseActor.UNKNOWN
    )
    score_permille = models.PositiveSmallIntegerField(_("score (‰)"), null=True, blank=True)

    points_given = models.PositiveIntegerField(
        _("points given"), null=True, blank=True,
        help_text=_("For completing it; empty until then."),
    )  # fmt: skip

    store = models.ForeignKey(
        "purchases.Store", models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("store"),
    )  # fmt: skip
    tier = models.CharField(
        pgettext_lazy("code", "tier"), max_length=40, blank=True, default="", db_default=""
    )
    category = models.ForeignKey(
        "purchases.Category", models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("category"),
    )  # fmt: skip

    themes = models.ManyToManyField(
        "surveys.Theme", blank=True, related_name="responses", verbose_name=_("themes"),
        help_text=_("What its own words are about; results count by them."),
    )  # fmt: skip

    started_at = models.DateTimeField(_("started at"))
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    closes_at = models.DateTimeField(_("can be changed until"))

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ResponseState.values), name="response_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(actor__in=ResponseActor.values), name="response_actor_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=ResponseState.COMPLETE, completed_at__isnull=False)
                | (~Q(state=ResponseState.COMPLETE) & Q(completed_at__isnull=True)),
                name="response_complete_has_time",
            ),
            models.CheckConstraint(
                condition=Q(score_permille__isnull=True) | Q(score_permille__lte=1000),
                name="response_score_is_within_scale",
            ),
        ]
        indexes = [
            models.Index(
                fields=["survey", "started_at"],
                condition=Q(actor="human", state__in=["begun", "complete"]),
                name="response_counting",
            ),
            models.Index(fields=["survey", "state", "actor"], name="response_by_state"),
        ]

    def __str__(self):
        return f"{self.survey_id} {self.pk}"


class Answer(models.Model):
    """The answer to one question: a number on its scale, words, codes of choices, or a day."""

    response = models.ForeignKey(
        Response, models.CASCADE, related_name="answers", db_index=False,
        verbose_name=_("response"),
    )  # fmt: skip
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="answers", db_index=False,
        verbose_name=_("question"),
    )  # fmt: skip
    number = models.SmallIntegerField(_("number"), null=True, blank=True)
    text = models.TextField(
        _("text"), blank=True, default="", db_default="",
        max_length=TEXT_LENGTH, validators=[MaxLengthValidator(TEXT_LENGTH)],
    )  # fmt: skip
    choices = ArrayField(
        models.CharField(max_length=40), verbose_name=_("answers chosen"), default=list,
        db_default=[], blank=True,
    )  # fmt: skip
    day_on = models.DateField(_("day"), null=True, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["response", "question"], name="answer_once"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), TEXT_LENGTH), name="answer_text_is_short"
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False)
                | ~Q(text="")
                | ~Q(choices=[])
                | Q(day_on__isnull=False),
                name="answer_says_something",
            ),
        ]
        indexes = [models.Index(fields=["question", "number"], name="answer_by_question")]

    def __str__(self):
        return f"{self.response_id} {self.question_id}"
