"""A survey's questions at one time, and what is reckoned from their answers."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.words import Words
from surveys.enums import Operator, QuestionKind, ScorePart, VersionState
from surveys.models.survey import Survey


class SurveyVersionQuerySet(models.QuerySet):
    def drafts(self):
        return self.filter(state=VersionState.DRAFT)

    def live(self):
        return self.filter(state=VersionState.LIVE)

    def with_questions(self):
        """All that a page needs to ask, and to find the way through."""
        return self.prefetch_related(
            models.Prefetch("questions", Question.objects.order_by("position")),
            models.Prefetch("questions__choices", Choice.objects.order_by("position")),
            models.Prefetch(
                "questions__branches",
                Branch.objects.order_by("position").select_related("goes_to"),
            ),
        )


class SurveyVersion(models.Model):
    """One edition of a survey's questions: draft, live, or retired by the next.

    A draft may be edited. Once published nothing in it moves but its state (a trigger), so that
    an answer always belongs to the words that were read. ``number`` counts from 1.
    """

    survey = models.ForeignKey(
        Survey, models.PROTECT, related_name="versions", db_index=False, verbose_name=_("survey")
    )
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=7, choices=VersionState, default=VersionState.DRAFT
    )
    title = models.CharField(_("title"), max_length=120)
    intro = models.TextField(
        _("introduction"), blank=True, default="", max_length=1000,
        validators=[MaxLengthValidator(1000)],
    )  # fmt: skip
    thanks = models.TextField(
        _("thanks"), blank=True, default="", max_length=1000,
        validators=[MaxLengthValidator(1000)],
        help_text=_("What is shown once it is complete."),
    )  # fmt: skip
    i18n: Any = Words(fields=("title", "intro", "thanks"))
    title_i18n: str
    intro_i18n: str
    thanks_i18n: str
    created_at = models.DateTimeField(_("created at"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("published by"),
    )  # fmt: skip

    objects = SurveyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a survey")
        verbose_name_plural = _("versions of surveys")
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "number"], name="survey_version_once_per_number"
            ),
            models.UniqueConstraint(
                fields=["survey"], condition=Q(state=VersionState.DRAFT),
                name="survey_version_one_draft",
            ),
            models.UniqueConstraint(
                fields=["survey"], condition=Q(state=VersionState.LIVE),
                name="survey_version_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state=VersionState.DRAFT, published_at__isnull=True)
                | Q(
                    state__in=[VersionState.LIVE, VersionState.RETIRED],
                    published_at__isnull=False,
                ),
                name="survey_version_published_has_time",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.survey_id} {self.number}"

    @property
    def is_draft(self):
        return self.state == VersionState.DRAFT


class Question(models.Model):
    """One question of a version. ``code`` is the same in all versions: results join by it.

    The numbers of an answer are those of ``surveys.engine.scales``; ``lowest`` and ``highest``
    bound a NUMBER alone.
    """

    version = models.ForeignKey(
        SurveyVersion, models.CASCADE, related_name="questions", db_index=False,
        verbose_name=_("version of the survey"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.SlugField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=QuestionKind)
    text = models.CharField(_("question"), max_length=300)
    hint = models.CharField(_("hint"), max_length=300, blank=True, default="")
    low_label = models.CharField(
        _("word at the low end"), max_length=60, blank=True, default="",
        help_text=_("As in “not at all”. Only of scales."),
    )  # fmt: skip
    high_label = models.CharField(_("word at the high end"), max_length=60, blank=True, default="")
    i18n: Any = Words(fields=("text", "hint", "low_label", "high_label"))
    text_i18n: str
    hint_i18n: str
    low_label_i18n: str
    high_label_i18n: str
    is_required = models.BooleanField(_("has to be answered"), default=False)
    lowest = models.SmallIntegerField(_("lowest"), null=True, blank=True)
    highest = models.SmallIntegerField(_("highest"), null=True, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"], name="question_position_once",
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["version", "code"], name="question_code_once"),
            models.CheckConstraint(
                condition=Q(kind__in=QuestionKind.values), name="question_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=QuestionKind.NUMBER)
                | Q(lowest__isnull=True, highest__isnull=True),
                name="question_bounds_are_of_numbers",
            ),
            models.CheckConstraint(
                condition=Q(lowest__isnull=True)
                | Q(highest__isnull=True)
                | Q(lowest__lt=F("highest")),
                name="question_bounds_leave_room",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.text_i18n


class Choice(models.Model):
    """One answer to choose of a SINGLE or MULTIPLE question; ``value`` is what it counts for."""

    question = models.ForeignKey(
        Question, models.CASCADE, related_name="choices", db_index=False,
        verbose_name=_("question"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.SlugField(_("code"), max_length=40)
    text = models.CharField(_("answer"), max_length=120)
    i18n: Any = Words(fields=("text",))
    text_i18n: str
    value = models.SmallIntegerField(
        _("counts for"), null=True, blank=True, help_text=_("In calculated scores, 0 to 100.")
    )

    class Meta:
        verbose_name = pgettext_lazy("of a question", "answer to choose")
        verbose_name_plural = pgettext_lazy("of a question", "answers to choose")
        constraints = [
            models.UniqueConstraint(
                fields=["question", "position"], name="choice_position_once",
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["question", "code"], name="choice_code_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0, value__lte=100),
                name="choice_value_is_a_percentage",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.text_i18n


class Branch(models.Model):
    """A jump: if the answer to ``question`` is so, go on with ``goes_to``; None is the end.

    The first that matches wins; without one the next question follows. ``goes_to`` stands after
    ``question`` in the same version (a trigger), so that no way ever comes back. ``value`` is a
    number, a day or the code of a choice, as the question's kind has it; "" for those that ask
    for no value.
    """

    question = models.ForeignKey(
        Question, models.CASCADE, related_name="branches", db_index=False,
        verbose_name=_("question"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"))
    operator = models.CharField(_("if the answer"), max_length=8, choices=Operator)
    value = models.CharField(_("value"), max_length=40, blank=True, default="")
    goes_to = models.ForeignKey(
        Question, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("go to"), help_text=_("Empty: the end."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("jump")
        verbose_name_plural = _("jumps")
        constraints = [
            models.UniqueConstraint(
                fields=["question", "position"], name="branch_position_once",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(operator__in=Operator.values), name="branch_operator_is_known"
            ),
            models.CheckConstraint(
                condition=Q(operator__in=Operator.without_value(), value="")
                | (~Q(operator__in=Operator.without_value()) & ~Q(value="")),
                name="branch_has_a_value",
            ),
            models.CheckConstraint(
                condition=Q(goes_to__isnull=True) | ~Q(goes_to=F("question")),
                name="branch_leaves_its_question",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.operator} {self.value}".strip()


class Score(models.Model):
    """A number reckoned from several answers; see ``surveys.engine.scores``."""

    version = models.ForeignKey(
        SurveyVersion, models.CASCADE, related_name="scores", db_index=False,
        verbose_name=_("version of the survey"),
    )  # fmt: skip
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    i18n: Any = Words(fields=("name",))
    name_i18n: str

    class Meta:
        verbose_name = _("calculated score")
        verbose_name_plural = _("calculated scores")
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="score_code_once"),
        ]

    def __str__(self):
        return self.name_i18n


class ScoreTerm(models.Model):
    """One question of the same version in a score: for which part, and how much it weighs."""

    score = models.ForeignKey(
        Score, models.CASCADE, related_name="terms", db_index=False, verbose_name=_("score")
    )
    question = models.ForeignKey(
        Question, models.CASCADE, related_name="+", verbose_name=_("question")
    )
    part = models.CharField(
        _("counts as"), max_length=11, choices=ScorePart, default=ScorePart.PLAIN
    )
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)

    class Meta:
        verbose_name = _("part of a score")
        verbose_name_plural = _("parts of scores")
        constraints = [
            models.UniqueConstraint(fields=["score", "question"], name="score_term_once"),
            models.CheckConstraint(
                condition=Q(part__in=ScorePart.values), name="score_term_part_is_known"
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=100), name="score_term_weighs_something"
            ),
        ]

    def __str__(self):
        return f"{self.part} {self.weight}"
