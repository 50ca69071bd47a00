from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AlertQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_at__isnull=True)

    def urgent_first(self):
        return self.order_by("-threshold", "-opened_at", "-pk")


class Alert(models.Model):
    """Something is running low: told once per thing and threshold, closed when it recovers.

    ``check_code`` names a check of ``rewards.registry``, ``subject_id`` the thing it looked at,
    ``facts`` the numbers of that moment. Written by ``rewards.services.alerts``.
    """

    check_code = models.CharField(_("check"), max_length=30)
    subject_id = models.BigIntegerField(_("number"))
    threshold = models.PositiveSmallIntegerField(
        _("threshold"), help_text=_("How much of it is gone, in percent.")
    )
    facts = models.JSONField(_("facts"), default=dict)
    opened_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("recovered at"), null=True, blank=True)
    noted_at = models.DateTimeField(_("noted at"), null=True, blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("noted by"),
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["check_code", "subject_id", "threshold"],
                condition=Q(closed_at__isnull=True),
                name="alert_once_while_open",
            ),
            models.CheckConstraint(
                condition=Q(noted_at__isnull=True, noted_by__isnull=True)
                | Q(noted_at__isnull=False, noted_by__isnull=False),
                name="alert_noted_by_somebody",
            ),
        ]

    def __str__(self):
        return _("Alert %(number)s") % {"number": self.pk}
