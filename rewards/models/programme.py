from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.words import Words
from rewards.enums import CardPattern, ExpiryMode, TierWindow


class Tier(models.Model):
    """A rung of the ladder: its name and look. Thresholds belong to a programme version."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    i18n: Any = Words(fields=("name",))
    name_i18n: str
    rank = models.PositiveSmallIntegerField(_("rank"), unique=True, help_text=_("0 is the first."))
    color = models.CharField(_("colour"), max_length=7, default="#6b5b4a")
    pattern = models.CharField(
        _("pattern of the card"), max_length=10, choices=CardPattern, blank=True, default="",
        help_text=_("Fine lines behind the words. Without a choice each rank has its own."),
    )  # fmt: skip
    audience = models.OneToOneField(
        "members.Audience", models.PROTECT, related_name="+", verbose_name=_("audience")
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        constraints = [
            models.CheckConstraint(
                condition=Q(color__regex=r"^#[0-9a-f]{6}$"), name="tier_color_is_hex"
            ),
            models.CheckConstraint(
                condition=Q(pattern="") | Q(pattern__in=CardPattern.values),
                name="tier_pattern_is_drawn",
            ),
        ]

    def __str__(self):
        return self.name_i18n


class ProgrammeVersion(models.Model):
    """How points live and tiers are reached, from one programme day on.

    Never edited: a change is a new version, published by ``rewards.services.programme`` after
    a preview. The version in force on a purchase's own day decides (docs/points.md 7).
    """

    number = models.PositiveIntegerField(_("version"), unique=True)
    starts_on = models.DateField(_("from"), unique=True)
    tax_included = models.BooleanField(_("tax earns points"), default=True)

    expiry_mode = models.CharField(
        _("points expire"), max_length=14, choices=ExpiryMode, default=ExpiryMode.MONTHS
    )
    expiry_months = models.PositiveSmallIntegerField(_("months"), default=12)
    expiry_extra_years = models.PositiveSmallIntegerField(
        _("further years"),
        default=1,
        help_text=_("For the end of a year: 1 means the year after the one they were earned in."),
    )
    expiry_activities = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("activities that keep points alive"),
        default=list,
        blank=True,
    )
    club_fault_days = models.PositiveSmallIntegerField(_("grace where the club erred"), default=30)

    tier_window = models.CharField(
        _("tier period"), max_length=14, choices=TierWindow, default=TierWindow.ROLLING
    )
    tier_months = models.PositiveSmallIntegerField(_("months of the tier period"), default=12)
    fiscal_start_month = models.PositiveSmallIntegerField(_("fiscal year starts in"), default=1)
    grace_days = models.PositiveSmallIntegerField(_("grace in days"), default=30)

    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("programme version")
        verbose_name_plural = _("programme versions")
        constraints = [
            models.CheckConstraint(
                condition=Q(fiscal_start_month__gte=1, fiscal_start_month__lte=12),
                name="programme_fiscal_month_exists",
            ),
            models.CheckConstraint(
                condition=Q(expiry_months__gte=1, tier_months__gte=1),
                name="programme_months_at_least_one",
            ),
        ]

    def __str__(self):
        return str(self.number)


class TierLevel(models.Model):
    """What a tier asks and gives under one programme version."""

    programme = models.ForeignKey(ProgrammeVersion, models.CASCADE, related_name="levels")
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="levels")
    threshold = models.PositiveBigIntegerField(_("status credits needed"))
    multiplier_milli = models.PositiveIntegerField(_("multiplier in thousandths"), default=1000)
    benefits = models.JSONField(
        _("benefits"), default=list, blank=True, help_text=_("A list of texts, best first.")
    )
    i18n: Any = Words(fields=("benefits",))
    benefits_i18n: list[str]

    class Meta:
        verbose_name = _("tier level")
        verbose_name_plural = _("tier levels")
        constraints = [
            models.UniqueConstraint(fields=["programme", "tier"], name="tier_level_once"),
            models.CheckConstraint(
                condition=Q(multiplier_milli__gte=1000), name="tier_multiplier_not_below_one"
            ),
        ]

    def __str__(self):
        return f"{self.tier} {self.threshold}"
