"""Whom points can be given to: organisations, what they ask for, and who matches gifts."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.percent import format_percent
from core.photos import PhotoField
from core.pictures.addresses import cover_url, seed_of
from core.pictures.motifs import MOTIFS, list_motifs
from core.words import Words


def _motif_field():
    return models.CharField(
        _("picture"),
        max_length=20,
        choices=list_motifs,
        blank=True,
        default="",
        help_text=_("Drawn where there is no photograph. Empty: one that fits."),
    )


class _Pictured(models.Model):
    """What is drawn where there is no photograph: the motif chosen, else a word of the code."""

    motif: Any
    slug: Any

    class Meta:
        abstract = True

    @property
    def drawn_motif(self):
        words = [self.motif, *self.slug.split("-"), "charity"]
        return next(word for word in words if word in MOTIFS)

    @property
    def cover_url(self):
        return cover_url(self.drawn_motif, seed_of(self.slug))


class CharityQuerySet(models.QuerySet):
    def active(self):
        return self.filter(retired_at__isnull=True)


class Charity(_Pictured):
    """An organisation that members give points to.

    What it was given stands on its account in the ledger; the club pays it in money once a period
    is closed (``CharitySettlement``). ``hundred_amount`` is what a hundred points are worth from
    now on: each donation keeps the rate of its own time. One with an account is never deleted.
    """

    slug = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True, default="")
    story = models.TextField(_("story"), blank=True, default="")
    i18n: Any = Words(fields=("name", "summary", "story"))
    name_i18n: str
    summary_i18n: str
    story_i18n: str
    registration_number = models.CharField(_("registration number"), max_length=60)
    fundraising_permit = models.CharField(
        _("fundraising permit"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("Where the law asks for one, as in China and Taiwan: shown to members."),
    )
    country = models.CharField(_("country"), max_length=2)
    link = models.URLField(_("website"), blank=True, default="")
    motif = _motif_field()
    photo = PhotoField(_("photograph"), blank=True, default="")
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower stands first.")
    )
    hundred_amount = models.PositiveBigIntegerField(
        _("a hundred points are worth"),
        help_text=_("What the club pays out for a hundred points. Past donations keep their rate."),
    )
    grace_hours = models.PositiveSmallIntegerField(_("hours to take a donation back"), default=24)
    retired_at = models.DateTimeField(
        pgettext_lazy("charity", "withdrawn at"), null=True, blank=True
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = CharityQuerySet.as_manager()

    class Meta:
        verbose_name = _("charity")
        verbose_name_plural = _("charities")
        permissions = [("settle_charity", "Can close periods and mark charities as paid")]
        constraints = [
            models.CheckConstraint(
                condition=Q(hundred_amount__gt=0), name="charity_points_are_worth_something"
            ),
            models.CheckConstraint(
                condition=~Q(registration_number=""), name="charity_is_registered"
            ),
        ]

    def __str__(self):
        return self.name_i18n


class AppealQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__isnull=False)

    def open(self, now):
        """What can be given to. The same rule in Python: ``Appeal.is_open``."""
        return self.published().filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
            starts_at__lte=now,
            charity__retired_at__isnull=True,
        )

    def for_list(self):
        return self.select_related("charity")


class Appeal(_Pictured):
    """One thing that a charity asks for: a goal, a time, a story and what became of it."""

    charity = models.ForeignKey(
        Charity, models.PROTECT, related_name="appeals", verbose_name=_("charity")
    )
    slug = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True, default="")
    story = models.TextField(_("story"), blank=True, default="")
    impact = models.CharField(
        _("what a hundred points do"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("As it ends a sentence: “three warm meals”."),
    )
    i18n: Any = Words(fields=("name", "summary", "story", "impact"))
    name_i18n: str
    summary_i18n: str
    story_i18n: str
    impact_i18n: str
    goal_points = models.PositiveBigIntegerField(_("goal in points"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    motif = _motif_field()
    photo = PhotoField(_("photograph"), blank=True, default="")
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower stands first.")
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        permissions = [("publish_appeal", "Can publish and close appeals")]
        constraints = [
            models.CheckConstraint(condition=Q(goal_points__gt=0), name="appeal_has_goal"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="appeal_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["position", "id"], name="appeal_in_order")]

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return reverse("appeal_detail", args=[self.slug])

    def is_open(self, now):
        """The same rule in SQL: ``AppealQuerySet.open``."""
        return (
            self.published_at is not None
            and self.starts_at <= now
            and (self.ends_at is None or now < self.ends_at)
            and self.charity.retired_at is None
        )


class AppealUpdate(models.Model):
    """What became of the gifts, dated: members see it on the appeal's page."""

    appeal = models.ForeignKey(
        Appeal, models.CASCADE, related_name="updates", verbose_name=_("appeal")
    )
    day_on = models.DateField(_("day"))
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), blank=True, default="")
    i18n: Any = Words(fields=("title", "text"))
    title_i18n: str
    text_i18n: str
    photo = PhotoField(_("photograph"), blank=True, default="")

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        indexes = [models.Index(fields=["appeal", "-day_on", "-id"], name="appeal_update_newest")]

    def __str__(self):
        return self.title_i18n


class MatchOfferQuerySet(models.QuerySet):
    def running(self, now):
        """``services.giving.matching`` asks the same when it takes."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now, left_points__gt=0
        )


class MatchOffer(models.Model):
    """A brand adds to what members give to an appeal, until its budget is used up.

    ``left_points`` moves with donations alone, by a statement that asks for what is left.
    """

    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="matches", verbose_name=_("appeal")
    )
    brand = models.CharField(_("who matches"), max_length=120)
    i18n: Any = Words(fields=("brand",))
    brand_i18n: str
    rate_percent = models.PositiveSmallIntegerField(
        _("percent added"), default=100, help_text=_("100: each point given becomes two.")
    )
    gift_cap_points = models.PositiveIntegerField(
        _("at most for one gift"), null=True, blank=True, help_text=_("Empty: no cap.")
    )
    budget_points = models.PositiveBigIntegerField(_("budget in points"))
    left_points = models.PositiveBigIntegerField(_("left"), editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = MatchOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching offer")
        verbose_name_plural = _("matching offers")
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_percent__gte=1, rate_percent__lte=1000),
                name="match_offer_adds_something",
            ),
            models.CheckConstraint(
                condition=Q(left_points__lte=F("budget_points")),
                name="match_offer_left_within_budget",
            ),
            models.CheckConstraint(
                condition=Q(gift_cap_points__isnull=True) | Q(gift_cap_points__gt=0),
                name="match_offer_cap_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="match_offer_ends_after_it_starts",
            ),
        ]

    def __str__(self):
        return f"{self.brand_i18n} {format_percent(self.rate_percent)}"

    @property
    def used_points(self):
        return self.budget_points - self.left_points
