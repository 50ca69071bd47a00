"""How often and when the club writes: a budget that all of its ways to members share."""

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import Channel

QUIET_FROM, QUIET_UNTIL = dt.time(21), dt.time(8)


def list_quiet_channels() -> list[str]:
    """Those that ring or light up at somebody's bedside."""
    return [Channel.SMS, Channel.LINE, Channel.WECHAT]


class ContactPolicy(models.Model):
    """Quiet hours: one row. From ``quiet_from`` to ``quiet_until`` where the member lives, what is
    no service waits on these channels; two equal times are no quiet at all.
    """

    quiet_from = models.TimeField(_("quiet from"), default=QUIET_FROM)
    quiet_until = models.TimeField(_("quiet until"), default=QUIET_UNTIL)
    quiet_channels = ArrayField(
        models.CharField(max_length=8, choices=Channel),
        verbose_name=_("quiet channels"),
        default=list_quiet_channels,
        blank=True,
        help_text=_("E-mail disturbs nobody's sleep unless the club thinks so."),
    )

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="contact_policy_is_one_row"),
            models.CheckConstraint(
                condition=Q(quiet_channels__contained_by=Channel.values),
                name="contact_policy_channels_are_known",
            ),
        ]

    def __str__(self):
        return f"{self.quiet_from:%H:%M}-{self.quiet_until:%H:%M}"


class ContactCap(models.Model):
    """At most ``most`` messages in any ``days`` days to one member by one channel, or by all of
    them together (``Channel.ANY``): of what needs consent. What they asked for, or must know, is
    neither counted nor stopped; nor is what merely lies on the club's own pages, by all together.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    most = models.PositiveSmallIntegerField(_("messages at most"))
    days = models.PositiveSmallIntegerField(_("in so many days"))

    class Meta:
        verbose_name = _("cap on messages")
        verbose_name_plural = _("caps on messages")
        ordering = ["channel", "days"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "days"], name="contact_cap_once"),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="contact_cap_channel_is_known"
            ),
            models.CheckConstraint(
                condition=Q(days__range=(1, 366)), name="contact_cap_days_are_sane"
            ),
            models.CheckConstraint(condition=Q(most__gte=1), name="contact_cap_lets_some_through"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()}: {self.most} / {self.days}"

    def covers(self, channel: str) -> bool:
        """Whether a message by this channel counts."""
        if self.channel == Channel.ANY:
            return channel != Channel.ON_SITE
        return channel == self.channel
