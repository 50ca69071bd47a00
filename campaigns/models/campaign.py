"""A campaign: one mailing to chosen audiences, once, with what is tested and what is measured."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import CampaignState, WinnerRule
from campaigns.models.mailing import PLAIN_VARIANT, Mailing
from core.words import Words


class CampaignQuerySet(models.QuerySet):
    def in_state(self, *states):
        return self.filter(state__in=states)

    def due(self, now):
        """Approved, and their time has come."""
        return self.filter(state=CampaignState.SCHEDULED, starts_at__lte=now)

    def to_decide(self, now):
        """Whose test has run its time, and whose winner a rule picks."""
        return self.filter(state=CampaignState.TESTING, decide_at__lte=now).exclude(
            winner_rule=WinnerRule.HAND
        )

    def for_list(self):
        return self.select_related("mailing", "submitted_by", "approval__decided_by")


class Campaign(models.Model):
    """What is said once to the members of ``audiences`` who are in none of ``excluded``.

    Its words are those of its mailing. With ``test_percent`` below 100 that share of the audience
    is written to first, divided among the variants, and the rest gets the winner; at 100 everybody
    is divided at once. ``holdout_percent`` of the audience hears nothing and is what the others
    are measured against. Who is where is a hash of ``seed`` and the member, so that it can be told
    again. Written by ``campaigns.services.campaigns``.
    """

    mailing = models.OneToOneField(
        Mailing,
        models.PROTECT,
        primary_key=True,
        related_name="campaign",
        verbose_name=_("mailing"),
    )
    state = models.CharField(
        _("state"), max_length=9, choices=CampaignState, default=CampaignState.DRAFT
    )
    seed = models.CharField(_("seed"), max_length=32, editable=False)

    # To whom and when
    audiences = models.ManyToManyField(
        "members.Audience",
        through="CampaignAudience",
        related_name="campaigns",
        verbose_name=_("audiences"),
    )
    starts_at = models.DateTimeField(
        _("starts at"), null=True, blank=True, help_text=_("Empty: as soon as it is released.")
    )

    # What is tested
    holdout_percent = models.PositiveSmallIntegerField(
        _("control group (%)"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("This share hears nothing, to show what the others did because of it."),
    )
    test_percent = models.PositiveSmallIntegerField(
        _("share that is tested first (%)"), default=100, validators=[MaxValueValidator(100)]
    )
    winner_rule = models.CharField(
        _("the winner"), max_length=8, choices=WinnerRule, default=WinnerRule.HAND
    )
    decide_after_hours = models.PositiveSmallIntegerField(_("decided after (hours)"), default=24)
    decide_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    winner = models.CharField(
        pgettext_lazy("of a test", "winner"), max_length=1, blank=True, default=""
    )

    # What is measured
    attribution_days = models.PositiveSmallIntegerField(
        _("days that count"),
        default=7,
        help_text=_("Purchases within so many days after the message are put down to it."),
    )
    budget_amount = models.PositiveBigIntegerField(
        _("other costs"),
        default=0,
        help_text=_("Print, artwork, prizes: added to what the channels cost. Minor units."),
    )

    # Trail
    estimate_count = models.PositiveIntegerField(_("members at release"), null=True, blank=True)
    approval = models.OneToOneField(
        "rewards.Approval",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )
    submitted_at = models.DateTimeField(_("released at"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CampaignState.values), name="campaign_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(holdout_percent__lte=50), name="campaign_holdout_is_half_at_most"
            ),
            models.CheckConstraint(
                condition=Q(test_percent__gte=1, test_percent__lte=100),
                name="campaign_test_is_a_share",
            ),
            models.CheckConstraint(
                condition=~Q(state=CampaignState.TESTING) | Q(decide_at__isnull=False),
                name="campaign_test_ends",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(submitted_at__lte=F("started_at")),
                name="campaign_released_before_it_starts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"],
                condition=Q(state=CampaignState.SCHEDULED),
                name="campaign_scheduled",
            ),
        ]

    def __str__(self):
        return self.mailing.name_i18n

    def get_absolute_url(self):
        return reverse("admin:campaigns_campaign_change", args=[self.pk])

    @property
    def is_draft(self):
        return self.state == CampaignState.DRAFT


class CampaignAudience(models.Model):
    """An audience that a campaign goes to, or leaves out."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="audience_rows", verbose_name=_("campaign")
    )
    audience = models.ForeignKey(
        "members.Audience", models.PROTECT, related_name="+", verbose_name=_("audience")
    )
    is_excluded = models.BooleanField(_("left out"), default=False)

    class Meta:
        verbose_name = _("audience of a campaign")
        verbose_name_plural = _("audiences of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "audience"], name="campaign_audience_once"),
        ]

    def __str__(self):
        return str(self.audience)


class CampaignVariant(models.Model):
    """One way of saying it, and its share of those who are written to.

    ``hour`` is when it leaves, in the reader's own zone: a sending hour can be tested as words
    are. The words are the contents of the same letter; a variant without words of its own says
    what A says.
    """

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="variants", verbose_name=_("campaign")
    )
    code = models.CharField(_("variant"), max_length=1, default=PLAIN_VARIANT)
    name = models.CharField(_("what is different"), max_length=120, blank=True, default="")
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    weight = models.PositiveSmallIntegerField(_("share"), default=1)
    hour = models.PositiveSmallIntegerField(
        _("hour of the day"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(23)],
        help_text=_("0 to 23, where the reader lives. Empty: at once."),
    )

    class Meta:
        verbose_name = _("variant of a campaign")
        verbose_name_plural = _("variants of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="campaign_variant_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]$"), name="campaign_variant_is_a_letter"
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="campaign_variant_has_a_share"),
            models.CheckConstraint(
                condition=Q(hour__isnull=True) | Q(hour__lte=23), name="campaign_variant_hour"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name_i18n}".strip()


class SendingPolicy(models.Model):
    """What holds for all campaigns: one row.

    ``holdout_percent`` of the members hears no marketing at all, by a hash of ``holdout_seed``: the
    effect of everything together is measured against them.
    """

    holdout_percent = models.PositiveSmallIntegerField(
        _("permanent control group (%)"),
        default=0,
        validators=[MaxValueValidator(20)],
        help_text=_("Members who hear no campaign of any kind; 0 for none."),
    )
    holdout_seed = models.CharField(_("seed"), max_length=32, editable=False, default="permanent")

    class Meta:
        verbose_name = _("rules of sending")
        verbose_name_plural = _("rules of sending")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="sending_policy_is_one_row"),
            models.CheckConstraint(
                condition=Q(holdout_percent__lte=20), name="sending_policy_holdout_is_small"
            ),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)
