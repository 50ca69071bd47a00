"""The Monday digest: who wants it, and that it was sent."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DigestChoice(models.Model):
    """What a manager chose about their digest; without a row they get it in the club's language."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="digest_choice",
        verbose_name=_("staff"),
    )
    is_wanted = models.BooleanField(_("send it to me"), default=True)
    locale = models.CharField(_("language"), max_length=12, blank=True, default="")

    class Meta:
        verbose_name = _("choice about the digest")
        verbose_name_plural = _("choices about the digest")

    def __str__(self):
        return str(self.user)


class DigestMail(models.Model):
    """One digest to one person: the row is made before the mail leaves, so that two schedulers,
    or one that comes back, send it once.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("staff")
    )
    week_on = models.DateField(_("Monday"))
    recorded_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        constraints = [
            models.UniqueConstraint(fields=["user", "week_on"], name="digest_once_a_week"),
        ]

    def __str__(self):
        return f"{self.week_on} {self.user_id}"
