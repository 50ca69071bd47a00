"""Addresses that the club doesn't write to, whoever they belong to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import SuppressionReason
from members.enums import Channel


class SuppressionQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("added_by")


class Suppression(models.Model):
    """One address of a channel, by its hash (``campaigns.addresses``): the list can be asked about
    an address, but not read. Written by ``campaigns.services.suppression``.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    address_key = models.UUIDField(_("hash of the address"))
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason)
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    added_at = models.DateTimeField(_("added at"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
        help_text=_("Empty where a provider told it."),
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_key"], name="suppression_once_per_address"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[c for c in Channel.values if c != Channel.ANY]),
                name="suppression_channel_is_known",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=SuppressionReason.values),
                name="suppression_reason_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_channel_display()}: {self.get_reason_display()}"
