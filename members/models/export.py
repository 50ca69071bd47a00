from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import ExportState
from members.models.member import Member


def get_private_storage():
    return storages["private"]


class DataExportQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=ExportState.WAITING)

    def of_member(self, member):
        """Newest first, along ``export_of_member``."""
        return self.filter(member=member).order_by("-id")

    def past(self, now):
        """Ready ones whose day is over: the file must go."""
        return self.filter(state=ExportState.READY, expires_at__lte=now)

    def for_list(self):
        return self.select_related("member", "requested_by")


class DataExport(models.Model):
    """A download of everything that the club holds of one member.

    Requested here, made by a task that claims the row, open for a day, then the file is deleted
    and the row stays as a trace. Written by ``members.services.exports``.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="exports", db_index=False, verbose_name=_("member")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=ExportState, default=ExportState.WAITING
    )
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    locale = models.CharField(_("language"), max_length=12, default="", db_default="", blank=True)
    attempt_count = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    due_at = models.DateTimeField(_("due at"), help_text=_("When the next attempt may begin."))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    file = models.FileField(
        _("file"),
        storage=get_private_storage,
        upload_to="exports/%Y/%m/",
        max_length=255,
        blank=True,
    )
    row_count = models.PositiveIntegerField(_("entries"), default=0, db_default=0)
    download_count = models.PositiveIntegerField(_("downloads"), default=0, db_default=0)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("download of data")
        verbose_name_plural = _("downloads of data")
        indexes = [
            models.Index(fields=["member", "-id"], name="export_of_member"),
            models.Index(
                fields=["due_at"], condition=Q(state=ExportState.WAITING), name="export_waiting"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state=ExportState.WAITING),
                name="export_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ExportState.values), name="export_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=ExportState.READY) | (Q(expires_at__isnull=False) & ~Q(file="")),
                name="export_ready_has_file",
            ),
        ]

    def __str__(self):
        return _("Download %(id)s") % {"id": self.pk}

    def can_be_downloaded(self, now):
        return self.state == ExportState.READY and now < self.expires_at
