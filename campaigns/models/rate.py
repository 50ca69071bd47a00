"""How fast a channel may be used: buckets of tokens that fill with time."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import RatePeriod
from members.enums import Channel


class RateLimit(models.Model):
    """At most ``count`` messages in a ``period`` on a channel, to one domain or to all.

    ``tokens`` were left at ``refilled_at``; since then they fill up to ``count`` again. Several
    rows may hold at once: 14 a second and 10,000 an hour. Being rows they know, after a restart,
    what was used before. Tokens are taken by ``campaigns.services.rates``.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    domain = models.CharField(
        _("domain"),
        max_length=253,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of the receiving address, such as example.com. Empty: all together."),
    )
    count = models.PositiveIntegerField(_("messages at most"))
    period = models.CharField(pgettext_lazy("of a rate", "per"), max_length=6, choices=RatePeriod)
    tokens = models.FloatField(_("left"), default=0, db_default=0, editable=False)
    refilled_at = models.DateTimeField(_("counted at"), editable=False)

    class Meta:
        verbose_name = _("rate of sending")
        verbose_name_plural = _("rates of sending")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "domain", "period"], name="rate_limit_once_per_period"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="rate_limit_lets_some_through"),
            models.CheckConstraint(
                condition=Q(tokens__gte=0, tokens__lte=F("count")), name="rate_limit_tokens_fit"
            ),
            models.CheckConstraint(
                condition=Q(period__in=RatePeriod.values), name="rate_limit_period_is_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[c for c in Channel.values if c != Channel.ANY]),
                name="rate_limit_channel_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_channel_display()} {self.domain}".strip()
