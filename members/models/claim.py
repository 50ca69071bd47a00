from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class ClaimCodeQuerySet(models.QuerySet):
    def usable(self, now):
        return self.filter(expires_at__gt=now)


class ClaimCode(models.Model):
    """A code read out at the counter that lets the person before it claim a membership.

    Kept as a keyed hash, short-lived, for one use: the claim deletes it. Written by
    ``members.services.claims``.
    """

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="claim_codes", db_index=False, verbose_name=_("member")
    )
    code_hash = models.CharField(_("hash of the code"), max_length=64)
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("issued by"),
    )
    expires_at = models.DateTimeField(_("expires at"))

    objects = ClaimCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim code")
        verbose_name_plural = _("claim codes")
        constraints = [
            models.UniqueConstraint(fields=["member"], name="claim_code_one_per_member"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="claim_code_expires_later"
            ),
        ]

    def __str__(self):
        return f"{self.member_id} {self.issued_at:%Y-%m-%d %H:%M}"


class ClaimAttempt(models.Model):
    """One try of a login to claim a membership; counted, so that nobody can guess on.

    Written by ``members.services.claims`` in its own transaction, whether or not it succeeds.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("login")
    )
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, related_name="claim_attempts", verbose_name=_("member")
    )
    attempted_at = models.DateTimeField(_("attempted at"))
    refusal = models.CharField(_("refusal"), max_length=40, default="", blank=True)

    class Meta:
        verbose_name = _("claim attempt")
        verbose_name_plural = _("claim attempts")
        indexes = [
            models.Index(fields=["user", "-attempted_at"], name="claim_attempt_of_user"),
        ]

    def __str__(self):
        return f"{self.user_id} {self.attempted_at:%Y-%m-%d %H:%M}"
