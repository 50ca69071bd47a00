"""What may be won or given: the description of a prize, and what members have of it."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import EntitlementEnd, PrizeKind, SpinSource
from rewards.models.catalogue import Reward
from rewards.models.redemption import Redemption
from rewards.models.wheel import Wheel

_BY_KIND: dict[str, dict[str, object]] = {
    PrizeKind.NOTHING: {},
    PrizeKind.REWARD: {"prize_reward__isnull": False},
    PrizeKind.POINTS: {"prize_points__gt": 0},
    PrizeKind.CREDIT: {"prize_amount__gt": 0},
    PrizeKind.SPINS: {"prize_spin_count__gt": 0, "prize_wheel__isnull": False},
}
_EMPTY = {
    "prize_reward__isnull": True, "prize_points": 0, "prize_amount": 0, "prize_spin_count": 0,
    "prize_wheel__isnull": True,
}  # fmt: skip


def build_prize_condition():
    """A prize names what its kind needs, and nothing of other kinds."""
    condition = Q()
    for kind, wanted in _BY_KIND.items():
        named = {name.removesuffix("__gt").removesuffix("__isnull") for name in wanted}
        empty = {
            name: value
            for name, value in _EMPTY.items()
            if name.removesuffix("__isnull") not in named
        }
        condition |= Q(prize_kind=kind, **wanted, **empty)
    return condition


class PrizeFields(models.Model):
    """A prize as a slice of a wheel, a stamp card or a surprise describes it.

    Abstract. ``prize_days`` is how long it may be taken or used once it was won: points have the
    programme's own life without it, all else has no end. ``services.prizes`` hands it out.
    """

    prize_kind = models.CharField(
        _("prize"), max_length=8, choices=PrizeKind, default=PrizeKind.NOTHING
    )
    prize_reward = models.ForeignKey(
        Reward, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reward")
    )
    prize_points = models.PositiveIntegerField(_("points"), default=0)
    prize_amount = models.PositiveBigIntegerField(_("store credit"), default=0)
    prize_spin_count = models.PositiveSmallIntegerField(
        pgettext_lazy("how many", "spins"), default=0
    )
    prize_wheel = models.ForeignKey(
        Wheel, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("wheel")
    )
    prize_days = models.PositiveSmallIntegerField(
        _("good for days"),
        null=True,
        blank=True,
        help_text=_("Empty: points live as always, all else has no last day."),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=build_prize_condition(), name="%(class)s_prize_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(prize_days__isnull=True) | Q(prize_days__gt=0),
                name="%(class)s_prize_lives",
            ),
        ]


class EntitlementQuerySet(models.QuerySet):
    def open(self):
        """Not taken yet, not over. One past its last day waits for the sweep: see ``usable``."""
        return self.filter(redemption__isnull=True, closed_at__isnull=True)

    def usable(self, today):
        """The claim in ``services.redemption`` asks the same."""
        return self.open().filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today))

    def for_list(self):
        return self.select_related("reward", "redemption")


class Entitlement(models.Model):
    """A member's right to one reward at no charge, until it is taken or over.

    Won or given, by the cause ``(cause_type, cause_id)``; ``key`` keeps it from being given
    twice. Taken by ``redeem_reward``: then ``redemption`` says by which. ``is_set_aside`` means
    that one of the reward's stock was put away for it beforehand.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="entitlements",
        db_index=False,
        verbose_name=_("member"),
    )
    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="entitlements", verbose_name=_("reward")
    )
    cause_type = models.CharField(_("cause"), max_length=20)
    cause_id = models.BigIntegerField(_("number of the cause"))
    key = models.CharField(_("key"), max_length=100, unique=True)
    is_set_aside = models.BooleanField(_("set aside"), default=False)
    given_at = models.DateTimeField(_("given at"))
    expires_on = models.DateField(_("last usable day"), null=True, blank=True)
    redemption = models.OneToOneField(
        Redemption,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entitlement",
        verbose_name=_("redemption"),
    )
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(
        _("why it ended"), max_length=10, choices=EntitlementEnd, blank=True, default=""
    )

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward to take")
        verbose_name_plural = _("rewards to take")
        constraints = [
            models.CheckConstraint(
                condition=Q(redemption__isnull=True) | Q(closed_at__isnull=True),
                name="entitlement_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, end_reason="")
                | (Q(closed_at__isnull=False) & ~Q(end_reason="")),
                name="entitlement_end_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "-given_at", "-id"],
                condition=Q(redemption__isnull=True, closed_at__isnull=True),
                name="entitlement_open_of_member",
            ),
            models.Index(
                fields=["expires_on"],
                condition=Q(redemption__isnull=True, closed_at__isnull=True),
                name="entitlement_ends",
            ),
            models.Index(fields=["cause_type", "cause_id"], name="entitlement_of_cause"),
        ]

    def __str__(self):
        return f"{self.reward_id} {self.key}"

    def get_absolute_url(self):
        return reverse("entitlement_take", args=[self.pk])

    def is_usable(self, today):
        """The same rule in SQL: ``EntitlementQuerySet.usable``."""
        return (
            self.redemption_id is None
            and self.closed_at is None
            and (self.expires_on is None or self.expires_on >= today)
        )


class SpinGrant(models.Model):
    """Free spins of one wheel that a member was given, beside those of each day.

    ``used_count`` moves with spins alone.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="spin_grants",
        db_index=False,
        verbose_name=_("member"),
    )
    wheel = models.ForeignKey(
        Wheel, models.PROTECT, related_name="spin_grants", verbose_name=_("wheel")
    )
    source = models.CharField(pgettext_lazy("origin", "from"), max_length=10, choices=SpinSource)
    cause_type = models.CharField(_("cause"), max_length=20, blank=True, default="")
    cause_id = models.BigIntegerField(_("number of the cause"), null=True, blank=True)
    key = models.CharField(_("key"), max_length=100, unique=True)
    spin_count = models.PositiveSmallIntegerField(pgettext_lazy("how many", "spins"))
    used_count = models.PositiveSmallIntegerField(_("used"), default=0)
    given_at = models.DateTimeField(_("given at"))
    expires_on = models.DateField(_("last usable day"), null=True, blank=True)

    class Meta:
        verbose_name = _("free spins")
        verbose_name_plural = _("free spins")
        constraints = [
            models.CheckConstraint(
                condition=Q(used_count__lte=models.F("spin_count"), spin_count__gt=0),
                name="spin_grant_used_within_count",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "wheel", "expires_on"],
                condition=Q(used_count__lt=models.F("spin_count")),
                name="spin_grant_open_of_member",
            ),
        ]

    def __str__(self):
        return f"{self.used_count}/{self.spin_count} {self.key}"
