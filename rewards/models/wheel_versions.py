"""What a wheel offers: versions that are drafts first and never change once published."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.words import Words
from members.models.gate import Gate
from rewards.models.prize import PrizeFields
from rewards.models.wheel import Wheel


class WheelVersionQuerySet(models.QuerySet):
    def drafts(self):
        return self.filter(published_at__isnull=True)

    def published(self):
        return self.filter(published_at__isnull=False)

    def in_force(self, now):
        """The one that draws now, by wheel; ``rewards.services.wheel`` asks the same in SQL."""
        return self.published().filter(starts_at__lte=now).exclude(ends_at__lte=now)

    def holding_stock(self, now):
        """Over, with what was set aside for it not given back yet."""
        return self.published().filter(ends_at__lte=now, returned_at__isnull=True)


class WheelVersion(models.Model):
    """One edition of a wheel: who may spin when, for what, and by which weights.

    A draft may be edited; once published nothing in it moves (a trigger) but the instant at which
    it ends. ``number`` is given at publishing, ``starts_at`` is then when it came into force. Two
    published versions of one wheel never overlap.
    """

    wheel = models.ForeignKey(
        Wheel, models.PROTECT, related_name="versions", verbose_name=_("wheel")
    )
    number = models.PositiveIntegerField(_("version"), null=True, blank=True)
    starts_at = models.DateTimeField(
        _("from"), null=True, blank=True, help_text=_("Empty: as soon as it is published.")
    )
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until it is ended.")
    )
    rules_text = models.TextField(
        _("rules"), blank=True, default="", help_text=_("Members read them beside the wheel.")
    )
    i18n: Any = Words(fields=("rules_text",))
    rules_text_i18n: str

    # What a spin costs
    daily_spin_count = models.PositiveSmallIntegerField(
        _("free spins a day"), default=1, help_text=_("Tiers may have more, see below.")
    )
    has_price = models.BooleanField(
        _("further spins cost points"),
        default=False,
        help_text=_("A price may make a gambling game of it, which many countries forbid."),
    )
    price_points = models.PositiveIntegerField(_("price in points"), default=0)

    # What it may cost the club, and what the law asks
    budget_amount = models.PositiveBigIntegerField(
        _("budget"),
        null=True,
        blank=True,
        help_text=_("What all prizes may cost at the very most. Empty: no ceiling."),
    )
    country = models.CharField(
        _("law of"), max_length=2, blank=True, default="", help_text=_("Empty: the club's country.")
    )
    purchase_amount = models.PositiveBigIntegerField(
        _("purchase behind a spin"),
        default=0,
        help_text=_("The least that somebody buys who may spin; 0: nobody has to buy."),
    )
    expected_sales_amount = models.PositiveBigIntegerField(
        _("expected sales"), default=0, help_text=_("While it runs, of what the spins promote.")
    )
    is_law_confirmed = models.BooleanField(
        _("our lawyer has confirmed it"),
        default=False,
        help_text=_("For this country and edition."),
    )

    created_at = models.DateTimeField(_("created at"), db_default=Now())
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    returned_at = models.DateTimeField(
        _("stock given back at"), null=True, blank=True, editable=False
    )

    objects = WheelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a wheel")
        verbose_name_plural = _("versions of wheels")
        constraints = [
            models.UniqueConstraint(fields=["wheel", "number"], name="wheel_version_number_once"),
            models.UniqueConstraint(
                fields=["wheel"],
                condition=Q(published_at__isnull=True),
                name="wheel_version_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, number__isnull=True)
                | Q(published_at__isnull=False, number__isnull=False, starts_at__isnull=False),
                name="wheel_version_published_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gte=F("starts_at")),
                name="wheel_version_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(has_price=True, price_points__gt=0)
                | Q(has_price=False, price_points=0),
                name="wheel_version_price_is_switched_on",
            ),
        ]

    def __str__(self):
        return f"{self.wheel_id} {self.number or '–'}"

    @property
    def is_draft(self):
        return self.published_at is None

    def is_in_force(self, now):
        """The same rule in SQL: ``WheelVersionQuerySet.in_force``."""
        return (
            self.published_at is not None
            and self.starts_at <= now
            and (self.ends_at is None or now < self.ends_at)
        )


class WheelGate(Gate):
    """Who may spin when, within the version's own time."""

    version = models.ForeignKey(
        WheelVersion, models.CASCADE, related_name="gates", verbose_name=_("version of the wheel")
    )

    class Meta(Gate.Meta):
        abstract = False
        verbose_name = _("gate of a wheel")
        verbose_name_plural = _("gates of wheels")
        constraints = [
            *Gate.Meta.constraints,
            models.UniqueConstraint(
                fields=["version", "audience", "opens_at"], name="wheel_gate_once"
            ),
        ]


class WheelAllowance(models.Model):
    """Free spins a day for a tier, instead of the version's own number."""

    version = models.ForeignKey(
        WheelVersion,
        models.CASCADE,
        related_name="allowances",
        verbose_name=_("version of the wheel"),
    )
    tier = models.ForeignKey(
        "rewards.Tier", models.PROTECT, related_name="+", verbose_name=_("tier")
    )
    daily_spin_count = models.PositiveSmallIntegerField(_("free spins a day"))

    class Meta:
        verbose_name = _("free spins of a tier")
        verbose_name_plural = _("free spins of tiers")
        constraints = [
            models.UniqueConstraint(fields=["version", "tier"], name="wheel_allowance_once"),
        ]

    def __str__(self):
        return f"{self.tier_id}: {self.daily_spin_count}"


class Slice(PrizeFields):
    """A slice of a version: what it says, how likely it is, what it pays.

    Of one with a ``stock_count`` only the first so many draws pay its prize; every draw raises
    ``hit_count``, which numbers them, and those beyond pay the ``Substitute``. What wasn't won
    goes back when the version is over: ``returned_count``.
    """

    version = models.ForeignKey(
        WheelVersion, models.CASCADE, related_name="slices", verbose_name=_("version of the wheel")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    label = models.CharField(_("label"), max_length=40)
    i18n: Any = Words(fields=("label",))
    label_i18n: str
    color = models.CharField(_("colour"), max_length=7, default="#c8553d")
    weight = models.PositiveIntegerField(
        _("weight"), help_text=_("Its share of the sum of all weights is its chance.")
    )
    stock_count = models.PositiveIntegerField(
        _("prizes set aside"),
        null=True,
        blank=True,
        help_text=_("Empty: as many as are drawn. Rewards with counted stock need a number."),
    )
    is_set_aside = models.BooleanField(
        _("taken from the catalogue's stock"), default=False, db_default=False, editable=False
    )
    hit_count = models.PositiveIntegerField(_("drawn"), default=0, editable=False)
    returned_count = models.PositiveIntegerField(
        _("given back"), null=True, blank=True, editable=False
    )

    class Meta(PrizeFields.Meta):
        abstract = False
        verbose_name = _("slice")
        verbose_name_plural = _("slices")
        constraints = [
            *PrizeFields.Meta.constraints,
            models.UniqueConstraint(fields=["version", "position"], name="slice_position_once"),
            models.CheckConstraint(
                condition=Q(color__regex=r"^#[0-9a-f]{6}$"), name="slice_color_is_hex"
            ),
            models.CheckConstraint(
                condition=Q(weight__lte=1_000_000), name="slice_weight_is_small"
            ),
            models.CheckConstraint(
                condition=Q(stock_count__isnull=True) | Q(stock_count__gt=0),
                name="slice_stock_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(returned_count__isnull=True)
                | Q(stock_count__isnull=False, returned_count__lte=F("stock_count")),
                name="slice_returns_what_it_had",
            ),
        ]

    def __str__(self):
        return self.label_i18n

    @property
    def left_count(self):
        """Prizes that can still be won; None where they aren't counted."""
        if self.stock_count is None:
            return None
        return max(self.stock_count - self.hit_count, 0)


class Substitute(PrizeFields):
    """What a slice pays once its own prize is gone; declared beforehand."""

    slice = models.OneToOneField(
        Slice,
        models.CASCADE,
        primary_key=True,
        related_name="substitute",
        verbose_name=_("slice"),
    )

    class Meta(PrizeFields.Meta):
        abstract = False
        verbose_name = _("substitute prize")
        verbose_name_plural = _("substitute prizes")

    def __str__(self):
        return str(self.slice_id)
