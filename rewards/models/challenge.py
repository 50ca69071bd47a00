"""What members are asked to do for a prize: challenges, shown as stamp cards."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.pictures.motifs import list_motifs
from core.words import Words
from members.models.gate import Gate
from rewards.enums import ChallengeMeasure, CountBy, DistinctOf
from rewards.models.prize import PrizeFields


def _ids(label):
    return ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        verbose_name=label,
        help_text=_("Empty: all of them."),
    )


class ChallengeQuerySet(models.QuerySet):
    def running(self, now):
        """Not ended; its newest version decides the rest."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now))


class Challenge(models.Model):
    """Something that members collect stamps for; what it asks and gives is in its versions.

    Written by ``rewards.services.challenges``. From ``ended_at`` on nothing counts any more;
    what was collected stays, and full cards keep their prizes.
    """

    slug = models.SlugField(_("code"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True, default="")
    motif = models.CharField(
        _("picture on the stamps"),
        max_length=20,
        choices=list_motifs,
        default="coffee",
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower stands first.")
    )
    i18n: Any = Words(fields=("name", "description"))
    name_i18n: str
    description_i18n: str
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        verbose_name = _("stamp card")
        verbose_name_plural = _("stamp cards")
        permissions = [("publish_challenge", "Can publish and end stamp cards")]

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return f"{reverse('stamps')}#{self.slug}"


class ChallengeVersion(PrizeFields):
    """What a challenge asks and gives from an instant on.

    Published by ``rewards.services.challenges`` and never edited. Of several, the newest that
    has begun by an activity's own time judges it. A card keeps the target and the prize of the
    version under which it got its first stamp.
    """

    challenge = models.ForeignKey(Challenge, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    # What counts
    activity_kind = models.CharField(_("what is done"), max_length=40, default="purchase")
    measure = models.CharField(
        _("counts"), max_length=8, choices=ChallengeMeasure, default=ChallengeMeasure.COUNT
    )
    count_by = models.CharField(
        _("a stamp for"), max_length=8, choices=CountBy, default=CountBy.PURCHASE
    )
    distinct_of = models.CharField(
        _("different"), max_length=8, choices=DistinctOf, blank=True, default=""
    )
    product_ids = _ids(_("products"))
    category_ids = _ids(_("categories"))
    channel_ids = _ids(_("channels"))
    store_ids = _ids(_("stores"))
    minimum_amount = models.PositiveBigIntegerField(
        _("minimum spend"), default=0, help_text=_("On the goods that count, in one purchase.")
    )
    day_limit = models.PositiveIntegerField(
        _("at most a day"), null=True, blank=True, help_text=_("Empty: no limit.")
    )

    # When a card is full
    target = models.PositiveBigIntegerField(
        _("full at"), help_text=_("Stamps; for money, the amount in minor units.")
    )
    round_limit = models.PositiveSmallIntegerField(
        _("cards per member"), null=True, blank=True, help_text=_("Empty: one after the other.")
    )

    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(PrizeFields.Meta):
        abstract = False
        verbose_name = _("version of a stamp card")
        verbose_name_plural = _("versions of stamp cards")
        constraints = [
            *PrizeFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["challenge", "number"], name="challenge_version_number_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="challenge_version_from_one"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="challenge_version_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(target__gte=1), name="challenge_version_asks_something"
            ),
            models.CheckConstraint(
                condition=Q(round_limit__isnull=True) | Q(round_limit__gte=1),
                name="challenge_version_has_a_card",
            ),
            models.CheckConstraint(
                condition=Q(day_limit__isnull=True) | Q(day_limit__gte=1),
                name="challenge_version_day_limit_lets_some",
            ),
            models.CheckConstraint(
                condition=(Q(measure=ChallengeMeasure.DISTINCT) & ~Q(distinct_of=""))
                | (~Q(measure=ChallengeMeasure.DISTINCT) & Q(distinct_of="")),
                name="challenge_version_distinct_says_of_what",
            ),
            models.CheckConstraint(
                condition=~Q(prize_kind="nothing"), name="challenge_version_gives_something"
            ),
        ]

    def __str__(self):
        return f"{self.challenge} ({self.number})"


class ChallengeGate(Gate):
    """Whose activities count, and of which time."""

    version = models.ForeignKey(
        ChallengeVersion, models.CASCADE, related_name="gates", verbose_name=_("version")
    )

    class Meta(Gate.Meta):
        abstract = False
        verbose_name = _("stamp card gate")
        verbose_name_plural = _("stamp card gates")
        constraints = [
            *Gate.Meta.constraints,
            models.UniqueConstraint(
                fields=["version", "audience", "opens_at"], name="challenge_gate_once"
            ),
        ]
