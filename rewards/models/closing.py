from django.db import models
from django.utils.translation import gettext_lazy as _


class DayClose(models.Model):
    """A programme day that is over and done, with what the club owed its members at its end.

    Written once, in order, by ``rewards.services.closing``; the amounts are a snapshot and are
    never rewritten when something arrives late.
    """

    day_on = models.DateField(_("day"), unique=True)
    closed_at = models.DateTimeField(_("closed at"))
    released_points = models.BigIntegerField(_("released"), default=0)
    expired_points = models.BigIntegerField(_("expired"), default=0)
    tier_up_count = models.IntegerField(_("moved up"), default=0)
    tier_down_count = models.IntegerField(_("moved down"), default=0)
    pending_points = models.BigIntegerField(_("pending"), default=0)
    available_points = models.BigIntegerField(_("available"), default=0)
    held_points = models.BigIntegerField(_("held"), default=0)
    owed_points = models.BigIntegerField(_("owed"), default=0)

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")

    def __str__(self):
        return str(self.day_on)
