from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rewards.enums import TierReason
from rewards.models.programme import Tier


class Standing(models.Model):
    """Where a member stands in the programme; the one row locked before their points move.

    Made at the first need. ``settled_on`` is the programme day up to whose start every due
    release, expiry and review is written. Written by ``rewards.services.ledger`` alone.
    """

    member = models.OneToOneField(
        "members.Member", models.PROTECT, primary_key=True, related_name="standing"
    )
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="standings", verbose_name=_("tier"))
    tier_since_on = models.DateField(_("in this tier since"), null=True)
    review_on = models.DateField(_("tier reviewed on"), null=True)
    grace_since_on = models.DateField(_("grace since"), null=True)
    grace_until_on = models.DateField(_("grace until"), null=True)
    kept_tiers = models.JSONField(
        _("tiers promised"),
        default=list,
        db_default=[],
        help_text=_("Pairs of a tier and a day: up to it no review takes them below that tier."),
    )
    points_expire_on = models.DateField(
        _("points expire on"),
        null=True,
        help_text=_("Used where points live as long as the member is active."),
    )
    settled_on = models.DateField(_("settled up to"), null=True)
    has_purchased = models.BooleanField(_("has purchased"), default=False)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [
            models.CheckConstraint(
                condition=Q(grace_since_on__isnull=True, grace_until_on__isnull=True)
                | Q(
                    grace_since_on__isnull=False,
                    grace_until_on__isnull=False,
                    grace_since_on__lte=F("grace_until_on"),
                ),
                name="standing_grace_is_a_span",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review_on"], condition=Q(review_on__isnull=False), name="standing_review"
            ),
            models.Index(
                fields=["points_expire_on"],
                condition=Q(points_expire_on__isnull=False),
                name="standing_sliding_expiry",
            ),
        ]

    def __str__(self):
        return str(self.tier)

    @property
    def in_grace(self):
        return self.grace_until_on is not None


class TierChange(models.Model):
    """A step up or down, with the status credits that decided it. Append-only."""

    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="tier_changes", db_index=False
    )
    from_tier = models.ForeignKey(Tier, models.PROTECT, related_name="+", db_index=False)
    to_tier = models.ForeignKey(Tier, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=10, choices=TierReason)
    status_credits = models.BigIntegerField(_("status credits"))
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_tier=F("to_tier")), name="tier_change_changes_tier"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-effective_at", "-id"], name="tier_change_history")
        ]

    def __str__(self):
        return f"{self.from_tier_id} → {self.to_tier_id}"
