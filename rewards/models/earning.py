from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.words import Words
from rewards.enums import Combine, FirstTime, Period, RuleKind, Stacking, Unit


class EarningRule(models.Model):
    """A promise of the programme, in its current words; what counts is its versions."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(
        _("description"), blank=True, help_text=_("Members read this on the ways to earn.")
    )
    i18n: Any = Words(fields=("name", "description"))
    name_i18n: str
    description_i18n: str
    is_public = models.BooleanField(_("shown to members"), default=True)
    used_points = models.BigIntegerField(
        _("budget used"),
        default=0,
        editable=False,
        help_text=_("Net of returns; kept while a version with a budget is in force."),
    )

    class Meta:
        verbose_name = _("earning rule")
        verbose_name_plural = _("earning rules")

    def __str__(self):
        return self.name_i18n


class RuleVersionQuerySet(models.QuerySet):
    def overlapping(self, start, end):
        return self.filter(starts_at__lte=end).filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=start)
        )


def _ids(label):
    return ArrayField(models.BigIntegerField(), verbose_name=label, default=list, blank=True)


def _numbers(label):
    return ArrayField(models.SmallIntegerField(), verbose_name=label, default=list, blank=True)


class EarningRuleVersion(models.Model):
    """What one rule said from one instant to another. Never edited, only ended.

    A purchase is judged by the versions in force at its own time. Published by
    ``rewards.services.rules``; empty lists and blanks mean "any".
    """

    rule = models.ForeignKey(EarningRule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    kind = models.CharField(_("kind"), max_length=12, choices=RuleKind)
    unit = models.CharField(_("earns"), max_length=8, choices=Unit, default=Unit.POINTS)
    points = models.PositiveIntegerField(_("points"), default=0)
    per_amount = models.PositiveBigIntegerField(
        _("per amount"), default=0, help_text=_("In minor units: 100 means “per $1”.")
    )
    multiplier_milli = models.PositiveIntegerField(
        _("multiplier in thousandths"), default=1000, help_text=_("5000 means five times.")
    )
    combine = models.CharField(_("is"), max_length=8, choices=Combine, default=Combine.ADD)
    stacking = models.CharField(
        _("beside others"), max_length=5, choices=Stacking, default=Stacking.STACK
    )
    priority = models.SmallIntegerField(_("priority"), default=100, help_text=_("Lower is first."))

    product_ids = _ids(_("products"))
    category_ids = _ids(_("categories"))
    channel_ids = _ids(_("channels"))
    store_ids = _ids(_("stores"))
    audience_ids = _ids(_("audiences"))
    weekdays = _numbers(_("weekdays"))
    days_of_month = _numbers(_("days of the month"))
    first_hour = models.PositiveSmallIntegerField(_("from hour"), null=True, blank=True)
    last_hour = models.PositiveSmallIntegerField(_("until hour"), null=True, blank=True)
    in_birthday_month = models.BooleanField(_("in the birthday month"), default=False)
    first_time = models.CharField(
        _("first time"), max_length=10, choices=FirstTime, default=FirstTime.ANY, blank=True
    )
    minimum_amount = models.PositiveBigIntegerField(_("minimum spend"), default=0)

    cap_points = models.PositiveIntegerField(_("cap per member"), null=True, blank=True)
    cap_period = models.CharField(
        _("cap period"), max_length=10, choices=Period, default=Period.MONTH
    )
    budget_points = models.PositiveBigIntegerField(_("budget"), null=True, blank=True)
    expires_after_days = models.PositiveSmallIntegerField(
        _("short life in days"), null=True, blank=True
    )

    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule version")
        verbose_name_plural = _("rule versions")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number_once"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(ends_at__isnull=True), name="rule_version_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="rule_version_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.AMOUNT) | Q(points__gt=0, per_amount__gt=0),
                name="rule_version_amount_has_rate",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.FIXED) | Q(points__gt=0),
                name="rule_version_fixed_has_points",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RuleKind.MULTIPLIER)
                | Q(multiplier_milli__gte=1000, unit=Unit.POINTS),
                name="rule_version_multiplier_not_below_one",
            ),
        ]

    def __str__(self):
        return f"{self.rule} ({self.number})"


class Award(models.Model):
    """What one rule version gave for one purchase, with all that explains the number.

    Append-only. ``allocations[i]`` points belong to the purchase line ``positions[i]``, by
    largest remainder on the line's basis after caps (docs/points.md 6); returns take from these.
    Where the shop amends the purchase, the award of the earlier version is reversed whole and
    one of the new version stands beside it (docs/points.md 18).
    """

    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="awards", db_index=False
    )
    purchase = models.ForeignKey(
        "purchases.Purchase", models.PROTECT, related_name="awards", db_index=False
    )
    rule = models.ForeignKey(EarningRule, models.PROTECT, related_name="+", db_index=False)
    rule_version = models.ForeignKey(
        EarningRuleVersion, models.PROTECT, related_name="awards", db_index=False
    )
    purchase_version = models.PositiveSmallIntegerField(
        _("version of the purchase"), default=1, db_default=1
    )
    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    awarded_points = models.BigIntegerField(_("awarded"))
    basis_amount = models.BigIntegerField(_("basis"))
    cap_trimmed_points = models.BigIntegerField(_("trimmed by the cap"), default=0)
    budget_trimmed_points = models.BigIntegerField(_("trimmed by the budget"), default=0)
    parts = models.JSONField(
        _("parts"),
        default=list,
        help_text=_("[basis, multiplier numerator, denominator, causes] per equal treatment."),
    )
    positions = ArrayField(models.IntegerField(), default=list)
    allocations = ArrayField(models.BigIntegerField(), default=list)
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        constraints = [
            models.UniqueConstraint(
                fields=["purchase", "rule", "purchase_version"],
                name="award_once_per_version_and_rule",
            ),
            models.CheckConstraint(
                condition=Q(
                    awarded_points__gte=0, cap_trimmed_points__gte=0, budget_trimmed_points__gte=0
                ),
                name="award_not_below_zero",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "rule", "effective_at"], name="award_usage_of_member"),
            models.Index(fields=["rule", "effective_at"], name="award_usage_of_rule"),
        ]

    def __str__(self):
        return f"{self.awarded_points} {self.get_unit_display()}"


class Reversal(models.Model):
    """What one return took back of one award, and from where (docs/points.md 14 and 15); or an
    amendment of the purchase, which takes back all that is left of it (18).

    Append-only. ``allocations`` are the points taken per line position of the award.
    """

    award = models.ForeignKey(Award, models.PROTECT, related_name="reversals")
    purchase_return = models.ForeignKey(
        "purchases.Return", models.PROTECT, null=True, related_name="reversals"
    )
    purchase_version = models.ForeignKey(
        "purchases.PurchaseVersion",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="reversals",
        verbose_name=_("amendment"),
    )
    reversed_points = models.BigIntegerField(_("reversed"))
    pending_points = models.BigIntegerField(_("from its own pending"), default=0)
    own_lot_points = models.BigIntegerField(_("from its own lot"), default=0)
    lapsed_points = models.BigIntegerField(_("already expired"), default=0)
    other_lots_points = models.BigIntegerField(_("from other points"), default=0)
    owed_points = models.BigIntegerField(_("owed"), default=0)
    allocations = ArrayField(models.BigIntegerField(), default=list)
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        constraints = [
            models.UniqueConstraint(
                fields=["award", "purchase_return"], name="reversal_once_per_award_and_return"
            ),
            models.UniqueConstraint(
                fields=["award"],
                condition=Q(purchase_version__isnull=False),
                name="reversal_by_one_amendment",
            ),
            models.CheckConstraint(
                condition=Q(
                    reversed_points=F("pending_points")
                    + F("own_lot_points")
                    + F("lapsed_points")
                    + F("other_lots_points")
                    + F("owed_points")
                ),
                name="reversal_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(purchase_return__isnull=False, purchase_version__isnull=True)
                | Q(purchase_return__isnull=True, purchase_version__isnull=False),
                name="reversal_has_one_cause",
            ),
        ]

    def __str__(self):
        return f"−{self.reversed_points}"
