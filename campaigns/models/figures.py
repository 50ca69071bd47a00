"""The figures of a campaign as they were last counted: what lists and letters show."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class CampaignFigures(models.Model):
    """Counted anew while people still answer (``services.campaigns.counting``), so that no list
    adds up a million messages. Money in minor units; of the lift, per member.
    """

    campaign = models.OneToOneField(
        Campaign,
        models.CASCADE,
        primary_key=True,
        related_name="figures",
        verbose_name=_("campaign"),
    )
    counted_at = models.DateTimeField(_("counted at"))
    sent_count = models.PositiveIntegerField(_("sent"), default=0)
    opened_count = models.PositiveIntegerField(_("opened"), default=0)
    clicked_count = models.PositiveIntegerField(_("clicked"), default=0)
    unknown_count = models.PositiveIntegerField(_("unknown"), default=0)
    revenue_amount = models.BigIntegerField(_("revenue that followed"), default=0)
    cost_amount = models.PositiveBigIntegerField(_("cost"), default=0)
    lift_amount = models.BigIntegerField(_("lift"), null=True, blank=True)
    lift_low = models.BigIntegerField(_("lift, at least"), null=True, blank=True)
    lift_high = models.BigIntegerField(_("lift, at most"), null=True, blank=True)

    class Meta:
        verbose_name = _("figures of a campaign")
        verbose_name_plural = _("figures of campaigns")
        constraints = [
            models.CheckConstraint(
                condition=Q(lift_amount__isnull=True, lift_low__isnull=True, lift_high__isnull=True)
                | Q(lift_amount__isnull=False, lift_low__isnull=False, lift_high__isnull=False),
                name="campaign_figures_lift_has_its_interval",
            ),
        ]

    def __str__(self):
        return str(self.campaign_id)
