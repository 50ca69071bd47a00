from django.db import models
from django.db.models import F, Q
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


class DayFigures(models.Model):
    """What the first page of the back office tells of a closed day, counted once.

    Counting members takes longer the more there are, so no page does it: it reads these rows.
    ``visit_count`` are the days on which members bought 90 days before, ``followed_count`` those
    after which they bought again by now; their share over some days is the repurchase rate.
    ``waiting_count`` was read from the queues of that moment: a day counted late has none.
    Written by ``rewards.services.figures``.
    """

    close = models.OneToOneField(
        DayClose, models.CASCADE, primary_key=True, related_name="figures", verbose_name=_("day")
    )
    counted_at = models.DateTimeField(_("counted at"))
    active_count = models.PositiveIntegerField(_("active members"))
    visit_count = models.PositiveIntegerField(_("purchase days 90 days before"))
    followed_count = models.PositiveIntegerField(_("followed by another"))
    issued_points = models.BigIntegerField(_("points issued"))
    spent_points = models.BigIntegerField(_("points spent"))
    waiting_count = models.PositiveIntegerField(_("work waiting"), null=True)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures of days")
        constraints = [
            models.CheckConstraint(
                condition=Q(followed_count__lte=F("visit_count")),
                name="day_figures_follow_what_was",
            ),
        ]

    def __str__(self):
        return str(self.close_id)
