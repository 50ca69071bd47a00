"""What a reward has only so many of, one by one: dates with seats, and codes."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.words import Words
from rewards.models.catalogue import Reward


class RewardSessionQuerySet(models.QuerySet):
    def upcoming(self, now):
        return self.filter(starts_at__gt=now, cancelled_at__isnull=True)

    def bookable(self, now):
        """The claim in ``services.redemption`` asks the same."""
        return self.upcoming(now).filter(
            Q(booking_closes_at__isnull=True) | Q(booking_closes_at__gt=now), seats_left__gt=0
        )


class RewardSession(models.Model):
    """A date of an experience, with seats. ``seats_left`` moves with redemptions alone."""

    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="sessions", verbose_name=_("reward")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    booking_closes_at = models.DateTimeField(_("booking closes at"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True, default="")
    i18n: Any = Words(fields=("place",))
    place_i18n: str
    seat_count = models.PositiveIntegerField(_("seats"))
    seats_left = models.PositiveIntegerField(_("seats left"))
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = RewardSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(seats_left__lte=F("seat_count")), name="session_seats_within_count"
            ),
        ]
        indexes = [models.Index(fields=["reward", "starts_at"], name="session_of_reward")]

    def __str__(self):
        return f"{self.reward_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def booked_count(self):
        return self.seat_count - self.seats_left


class RewardCodeQuerySet(models.QuerySet):
    def free(self):
        """Not handed out, not void."""
        return self.filter(redemption__isnull=True, voided_at__isnull=True)

    def usable(self, today):
        """Free and not past its last day; the claim in ``services.redemption`` asks the same."""
        return self.free().filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today))


class RewardCode(models.Model):
    """A code of a reward's pool, imported; handed out once, with a redemption.

    ``code`` is what the member sees, ``match_key`` what is compared: capitals and digits only.
    """

    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="codes", db_index=False, verbose_name=_("reward")
    )
    code = models.CharField(_("code"), max_length=80)
    match_key = models.CharField(max_length=80, editable=False)
    expires_on = models.DateField(_("last usable day"), null=True, blank=True)
    redemption = models.OneToOneField(
        "rewards.Redemption",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pool_code",
        verbose_name=_("redemption"),
    )
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True)
    imported_at = models.DateTimeField(_("imported at"))

    objects = RewardCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints = [
            models.UniqueConstraint(fields=["reward", "match_key"], name="reward_code_once"),
            models.CheckConstraint(condition=~Q(match_key=""), name="reward_code_has_key"),
        ]
        indexes = [
            models.Index(
                fields=["reward", "expires_on", "id"],
                condition=Q(redemption__isnull=True, voided_at__isnull=True),
                name="reward_code_free_by_end",
            ),
            models.Index(fields=["match_key"], name="reward_code_by_key"),
        ]

    def __str__(self):
        return self.code
