"""Presents that nobody was told of: what is in them, for whom they are, who opened theirs."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.words import Words
from rewards.enums import Measure, PrizeKind, SurprisePick
from rewards.models.bulk import BulkAct
from rewards.models.prize import PrizeFields

_MEASURES = {PrizeKind.POINTS: Measure.POINTS, PrizeKind.SPINS: Measure.SPINS}


class SurpriseQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related(
            "act__audience", "act__asked_by", "act__approval__decided_by", "prize_reward",
            "prize_wheel",
        )  # fmt: skip


class Surprise(PrizeFields):
    """What an act for many of the kind "gift" gives, to whom of the audience, and at most for how
    much (docs/gifts.md).

    ``worth`` is what one present costs at most, in what its prize is measured in: points, minor
    units of money, or spins; ``budget``, ``planned_worth`` and ``given_worth`` count the same.
    ``stock_held`` are rewards set aside from the catalogue and not yet given. The title of a
    present is its act's public reason. Written by ``rewards.services.surprises``.
    """

    act = models.OneToOneField(
        BulkAct,
        models.PROTECT,
        primary_key=True,
        related_name="surprise",
        verbose_name=_("act for many"),
    )
    message = models.TextField(
        _("words of the club"),
        max_length=600,
        help_text=_("Members read them when they have opened the present."),
    )
    i18n: Any = Words(fields=("message",))
    message_i18n: str

    # Who
    pick = models.CharField(_("who gets one"), max_length=8, choices=SurprisePick)
    draw_count = models.PositiveIntegerField(_("how many are drawn"), null=True, blank=True)
    draw_seed = models.CharField(_("seed of the draw"), max_length=64, blank=True, default="")
    pool_count = models.PositiveIntegerField(_("drawn from"), default=0)

    # How much
    budget = models.PositiveBigIntegerField(_("budget"))
    worth = models.PositiveBigIntegerField(_("cost of each"), default=0)
    planned_worth = models.PositiveBigIntegerField(_("cost of all"), default=0)
    given_worth = models.PositiveBigIntegerField(_("cost of what was given"), default=0)
    stock_held = models.PositiveIntegerField(_("set aside"), default=0)

    objects = SurpriseQuerySet.as_manager()

    class Meta(PrizeFields.Meta):
        abstract = False
        verbose_name = _("surprise gift")
        verbose_name_plural = _("surprise gifts")
        constraints = [
            *PrizeFields.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(prize_kind=PrizeKind.NOTHING), name="surprise_holds_something"
            ),
            models.CheckConstraint(condition=~Q(message=""), name="surprise_has_words"),
            models.CheckConstraint(
                condition=Q(pick=SurprisePick.ALL, draw_count__isnull=True, draw_seed="")
                | Q(pick=SurprisePick.RANDOM, draw_count__isnull=False, draw_count__gte=1),
                name="surprise_draw_has_its_count",
            ),
            models.CheckConstraint(
                condition=Q(planned_worth__lte=F("budget")), name="surprise_within_budget"
            ),
            models.CheckConstraint(
                condition=Q(given_worth__lte=F("planned_worth")), name="surprise_gives_as_planned"
            ),
        ]

    def __str__(self):
        return self.act.public_reason_i18n

    def get_absolute_url(self):
        return reverse("admin:rewards_surprise_change", args=[self.pk])

    @property
    def measure(self) -> str:
        """What ``worth`` and ``budget`` count."""
        return _MEASURES.get(PrizeKind(self.prize_kind), Measure.MONEY)


class SurpriseGiftQuerySet(models.QuerySet):
    def wrapped(self):
        return self.filter(opened_at__isnull=True)

    def for_list(self):
        return self.select_related("surprise__act", "surprise__prize_reward", "member")


class SurpriseGift(models.Model):
    """One member's present: theirs from ``given_at`` on, seen from ``opened_at`` on.

    What is in it is in the ledger, or among their rewards and spins, from the first: opening
    shows it. The cause ``("surprise", id)`` of those rows leads here. One for each member and
    surprise, whoever runs it how often, and for whatever records were merged.
    """

    surprise = models.ForeignKey(
        Surprise, models.PROTECT, related_name="gifts", verbose_name=_("surprise gift")
    )
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="surprise_gifts",
        db_index=False,
        verbose_name=_("member"),
    )
    given_at = models.DateTimeField(pgettext_lazy("surprise", "given at"))
    opened_at = models.DateTimeField(pgettext_lazy("surprise", "opened at"), null=True, blank=True)

    objects = SurpriseGiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("present of a member")
        verbose_name_plural = _("presents of members")
        constraints = [
            # The member first: this serves as the index of the key to them, too.
            models.UniqueConstraint(
                fields=["member", "surprise"], name="surprise_gift_once_per_member"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True) | Q(opened_at__gte=F("given_at")),
                name="surprise_gift_opens_after_it_was_given",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "-given_at", "-id"],
                condition=Q(opened_at__isnull=True),
                name="surprise_gift_wrapped",
            ),
        ]

    def __str__(self):
        return f"{self.surprise_id}:{self.member_id}"

    def get_absolute_url(self):
        return reverse("gift_detail", args=[self.pk])

    @property
    def is_wrapped(self):
        return self.opened_at is None
