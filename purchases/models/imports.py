from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchases.enums import ImportState
from purchases.models.places import Source


def get_private_storage():
    return storages["private"]


class ImportJobQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=ImportState.WAITING)

    def drafts_before(self, moment):
        return self.filter(state=ImportState.DRAFT, created_at__lt=moment)

    def unfinished(self):
        return self.filter(state__in=[ImportState.WAITING, ImportState.RUNNING])

    def for_list(self):
        return self.select_related("source", "created_by")


class ImportJob(models.Model):
    """One file of purchases on its way in.

    The row is the truth: the task queue only says "look now". ``done_count`` moves in the
    transaction of each batch, so that a run which was cut off goes on where it stood. Its
    rows are staged in an unlogged table of its own, dropped at the end.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="imports", verbose_name=_("source")
    )
    file = models.FileField(
        _("file"),
        storage=get_private_storage,
        upload_to="imports/%Y/%m/",
        max_length=255,
        blank=True,
        help_text=_("Empty where the file was read in place by the command."),
    )
    file_name = models.CharField(_("file name"), max_length=255)
    mapping = models.JSONField(_("column mapping"), default=dict, blank=True)
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_("Encoding, currency, shift of dates.")
    )

    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.WAITING
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    seen_at = models.DateTimeField(
        _("last sign of life"), null=True, blank=True, help_text=_("Of the process that runs it.")
    )
    attempt_count = models.PositiveIntegerField(
        _("attempts"),
        default=0,
        help_text=_("A run that was overtaken by a later one writes nothing."),
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    failure = models.TextField(_("reason of failure"), blank=True)

    row_count = models.PositiveBigIntegerField(_("rows"), default=0)
    todo_count = models.PositiveBigIntegerField(_("purchases and returns to do"), default=0)
    done_count = models.PositiveBigIntegerField(_("purchases and returns done"), default=0)
    purchase_count = models.PositiveBigIntegerField(_("purchases"), default=0)
    line_count = models.PositiveBigIntegerField(_("lines"), default=0)
    member_count = models.PositiveBigIntegerField(_("members"), default=0)
    return_count = models.PositiveBigIntegerField(_("returns"), default=0)
    known_count = models.PositiveBigIntegerField(_("already known"), default=0)
    refused_count = models.PositiveBigIntegerField(_("refused"), default=0)
    shifted_count = models.PositiveBigIntegerField(
        _("times moved"), default=0, help_text=_("Times that the clock skipped, moved forward.")
    )
    total_amount = models.BigIntegerField(_("amount"), default=0)
    receipts = models.JSONField(_("receipts"), default=dict, blank=True)
    report = models.FileField(
        _("report of refused rows"),
        storage=get_private_storage,
        upload_to="imports/%Y/%m/",
        max_length=255,
        blank=True,
    )

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[ImportState.DONE, ImportState.FAILED], finished_at__isnull=False
                )
                | Q(
                    state__in=[ImportState.DRAFT, ImportState.WAITING, ImportState.RUNNING],
                    finished_at=None,
                ),
                name="import_finished_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=[ImportState.WAITING, ImportState.RUNNING]),
                name="import_unfinished",
            ),
        ]

    def __str__(self):
        return self.file_name

    @property
    def is_finished(self):
        return self.state in (ImportState.DONE, ImportState.FAILED)

    @property
    def progress_percent(self):
        if self.is_finished:
            return 100
        return 100 * self.done_count // self.todo_count if self.todo_count else 0
