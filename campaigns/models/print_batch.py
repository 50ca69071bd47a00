"""Letters and cards that went to print together."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import PrintFormat
from campaigns.models.mailing import Mailing


def get_private_storage():
    return storages["private"]


class PrintBatchQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("mailing", "made_by", "posted_by", "cancelled_by")


class PrintBatch(models.Model):
    """One file for the printer and one list of addresses, for messages of one mailing.

    Its messages are being sent from when it was made, and sent once staff say that it was posted.
    One that won't be posted is cancelled, and loses its files. Made and marked by
    ``campaigns.services.print_batches``.
    """

    mailing = models.ForeignKey(
        Mailing, models.PROTECT, related_name="print_batches", verbose_name=_("mailing")
    )
    format = models.CharField(_("format"), max_length=10, choices=PrintFormat)
    message_ids = ArrayField(models.BigIntegerField(), verbose_name=_("messages"))
    file = models.FileField(
        _("file for the printer"),
        storage=get_private_storage,
        upload_to="print/%Y/%m/",
        max_length=255,
        blank=True,
    )
    addresses_file = models.FileField(
        _("list of addresses"),
        storage=get_private_storage,
        upload_to="print/%Y/%m/",
        max_length=255,
        blank=True,
    )
    page_count = models.PositiveIntegerField(_("pages"), default=0, db_default=0)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("posted by"),
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )

    objects = PrintBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch of letters")
        verbose_name_plural = _("batches of letters")
        constraints = [
            models.CheckConstraint(
                condition=Q(message_ids__len__gte=1), name="print_batch_has_messages"
            ),
            models.CheckConstraint(
                condition=Q(format__in=PrintFormat.values), name="print_batch_format_is_known"
            ),
            models.CheckConstraint(
                condition=Q(posted_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="print_batch_posted_or_cancelled",
            ),
        ]

    def __str__(self):
        return f"{self.mailing} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Made, and neither posted nor cancelled."""
        return self.posted_at is None and self.cancelled_at is None

    @property
    def message_count(self) -> int:
        return len(self.message_ids)
