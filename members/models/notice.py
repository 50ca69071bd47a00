from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class NoticeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at__isnull=True)

    def of_member(self, member):
        """Newest first, along ``notice_of_member``."""
        return self.filter(member=member).order_by("-effective_at", "-id")


class Notice(models.Model):
    """A line for one member on their own pages: a code and its facts.

    The text is made when it is shown, from the wording registered for ``code``. ``key`` makes
    a repeat silent. Written by ``members.services.notices``.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="notices", db_index=False, verbose_name=_("member")
    )
    code = models.CharField(_("code"), max_length=60)
    params = models.JSONField(_("facts"), default=dict)
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    key = models.CharField(_("key"), max_length=120)
    is_followed = models.BooleanField(
        _("followed"),
        default=False,
        db_default=False,
        help_text=_("Whether automations have seen it."),
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["member", "-effective_at", "-id"], name="notice_of_member"),
            models.Index(fields=["id"], condition=Q(is_followed=False), name="notice_not_followed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="notice_once_per_key"),
            models.CheckConstraint(condition=~Q(key=""), name="notice_has_key"),
        ]

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"
