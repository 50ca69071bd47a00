"""What brings invitations to a survey."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.enums import TriggerEvent
from surveys.models.survey import Survey


class TriggerQuerySet(models.QuerySet):
    def enabled(self):
        """Of open surveys alone: a closed one invites nobody."""
        return self.filter(is_enabled=True, survey__state="open")


class Trigger(models.Model):
    """After what a member is invited, or on which dates.

    Empty conditions ask nothing. ``share_permille`` samples by a stable hash of the occurrence.
    What happened more than ``freshness_hours`` ago invites nobody: an import of history asks
    nobody about last year. Of a DATE the audience is asked at ``starts_on``, then every so many
    months.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="triggers", verbose_name=_("survey")
    )
    event = models.CharField(_("after"), max_length=10, choices=TriggerEvent)
    is_enabled = models.BooleanField(_("switched on"), default=True)

    least_amount = models.PositiveBigIntegerField(
        _("amount at least"), null=True, blank=True, help_text=_("Of the purchase.")
    )
    product = models.ForeignKey(
        "purchases.Product", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("product"),
    )  # fmt: skip
    category = models.ForeignKey(
        "purchases.Category", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("category"),
    )  # fmt: skip
    store = models.ForeignKey(
        "purchases.Store", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("store"),
    )  # fmt: skip
    channel = models.ForeignKey(
        "purchases.Channel", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=pgettext_lazy("of sales", "channel"),
    )  # fmt: skip
    share_permille = models.PositiveSmallIntegerField(
        _("share (‰)"), default=1000,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("How many of a thousand are asked; which ones is chance, but stays the same."),
    )  # fmt: skip
    delay_minutes = models.PositiveIntegerField(
        _("delay (minutes)"), default=0, validators=[MaxValueValidator(525_600)]
    )
    freshness_hours = models.PositiveSmallIntegerField(
        _("no older than (hours)"), default=48,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
    )  # fmt: skip

    audience = models.ForeignKey(
        "members.Audience", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("audience"),
    )  # fmt: skip
    starts_on = models.DateField(_("first on"), null=True, blank=True)
    every_months = models.PositiveSmallIntegerField(
        _("again every (months)"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )  # fmt: skip
    last_round_on = models.DateField(_("last round on"), null=True, blank=True, editable=False)

    objects = TriggerQuerySet.as_manager()

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        constraints = [
            models.CheckConstraint(
                condition=Q(event__in=TriggerEvent.values), name="trigger_event_is_known"
            ),
            models.CheckConstraint(
                condition=Q(share_permille__gte=1, share_permille__lte=1000),
                name="trigger_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(delay_minutes__lte=525_600), name="trigger_delay_is_within_a_year"
            ),
            models.CheckConstraint(
                condition=Q(freshness_hours__gte=1), name="trigger_freshness_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(event=TriggerEvent.DATE, audience__isnull=False,
                            starts_on__isnull=False)
                | (
                    ~Q(event=TriggerEvent.DATE)
                    & Q(starts_on__isnull=True, every_months__isnull=True,
                        last_round_on__isnull=True)
                ),
                name="trigger_date_has_audience_and_day",
            ),
            models.CheckConstraint(
                condition=Q(every_months__isnull=True)
                | Q(every_months__gte=1, every_months__lte=60),
                name="trigger_months_are_counted",
            ),
            models.CheckConstraint(
                condition=~Q(event__in=[TriggerEvent.REDEMPTION, TriggerEvent.SIGNUP,
                                        TriggerEvent.DATE])
                | Q(least_amount__isnull=True, product__isnull=True, category__isnull=True,
                    store__isnull=True, channel__isnull=True),
                name="trigger_conditions_are_of_purchases",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.get_event_display()
