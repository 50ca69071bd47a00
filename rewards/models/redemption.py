"""A reward on its way to a member."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import DeliveryState, Place, RedemptionState
from rewards.models.catalogue import Reward
from rewards.models.stock import RewardSession


class RedemptionQuerySet(models.QuerySet):
    def of(self, member):
        return self.filter(member=member)

    def newest_first(self):
        """Along ``redemption_of_member``."""
        return self.order_by("-reserved_at", "-id")

    def open(self):
        """Promised and not yet with the member, used up or given up."""
        return self.filter(state__in=RedemptionState.open_states())

    def counting(self):
        """What counts towards a member's limit; ``services.redemption`` asks the same in SQL."""
        return self.exclude(state=RedemptionState.CANCELLED).exclude(
            state=RedemptionState.EXPIRED, confirmed_at__isnull=True
        )

    def overdue(self, now):
        """Reservations that should have let go. The same rule in Python: ``has_lapsed``."""
        return self.filter(state=RedemptionState.RESERVED, lapses_at__lte=now)

    def for_list(self):
        return self.select_related("reward", "session", "pool_code", "delivery")


class Redemption(models.Model):
    """One reward that one member asked for: a state machine with history.

    reserved → confirmed → fulfilled → used, or cancelled, or expired; each step is a
    ``RedemptionEvent``. Only ``rewards.services`` moves it, under a lock on its row. Its points
    are the ledger entries of the cause ("redemption", id). ``code`` is unguessable: who shows it
    may have what it stands for, once.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="redemptions",
        db_index=False,
        verbose_name=_("member"),
    )
    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="redemptions", verbose_name=_("reward")
    )
    session = models.ForeignKey(
        RewardSession,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="redemptions",
        verbose_name=_("session"),
    )
    state = models.CharField(_("state"), max_length=10, choices=RedemptionState)
    code = models.CharField(_("code"), max_length=16, unique=True)
    key = models.CharField(_("key"), max_length=80)

    # As it was agreed
    price_points = models.PositiveBigIntegerField(_("points"))
    price_amount = models.PositiveBigIntegerField(_("money"), default=0)
    value_amount = models.PositiveBigIntegerField(_("worth"), default=0)
    cost_amount = models.PositiveBigIntegerField(_("cost to the club"), default=0)
    place = models.CharField(_("asked for"), max_length=8, choices=Place, default=Place.SITE)
    is_from_stock = models.BooleanField(
        _("took from the stock"),
        default=False,
        help_text=_("The stock was counted when it was asked for: a cancellation gives one back."),
    )

    # When
    reserved_at = models.DateTimeField(_("asked for at"))
    lapses_at = models.DateTimeField(_("reserved until"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    fulfilled_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_on = models.DateField(_("last usable day"), null=True, blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        permissions = [
            ("use_redemption", "Can take payment for redemptions, hand over and mark as used"),
            ("cancel_redemption", "Can cancel redemptions for the club"),
            ("send_redemption", "Can pack and send redemptions"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="redemption_once_per_key"),
            models.CheckConstraint(
                condition=Q(state__in=RedemptionState.values), name="redemption_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=RedemptionState.RESERVED) | Q(lapses_at__isnull=False),
                name="redemption_reserved_has_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RedemptionState.CONFIRMED, RedemptionState.FULFILLED])
                | Q(confirmed_at__isnull=False),
                name="redemption_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=RedemptionState.USED, used_at__isnull=False)
                | (~Q(state=RedemptionState.USED) & Q(used_at__isnull=True)),
                name="redemption_used_has_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[RedemptionState.CANCELLED, RedemptionState.EXPIRED],
                    closed_at__isnull=False,
                )
                | (
                    ~Q(state__in=[RedemptionState.CANCELLED, RedemptionState.EXPIRED])
                    & Q(closed_at__isnull=True)
                ),
                name="redemption_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-reserved_at", "-id"], name="redemption_of_member"),
            models.Index(fields=["-reserved_at", "-id"], name="redemption_newest"),
            models.Index(
                fields=["lapses_at"],
                condition=Q(state=RedemptionState.RESERVED),
                name="redemption_lets_go",
            ),
            models.Index(
                fields=["expires_on"],
                condition=Q(state__in=[RedemptionState.CONFIRMED, RedemptionState.FULFILLED]),
                name="redemption_ends",
            ),
        ]

    def __str__(self):
        return f"{self.reward_id} {self.pk}"

    def get_absolute_url(self):
        return reverse("redemption_detail", args=[self.pk])

    @property
    def cause(self):
        return ("redemption", self.pk)

    @property
    def is_open(self):
        """The same rule in SQL: ``RedemptionQuerySet.open``."""
        return self.state in RedemptionState.open_states()

    def has_lapsed(self, now):
        """A reservation whose time is over, whether or not the sweep has been there."""
        return self.state == RedemptionState.RESERVED and self.lapses_at <= now

    def is_past_validity(self, today):
        """Its last usable day is over, whether or not the sweep has been there."""
        return (
            self.state in (RedemptionState.CONFIRMED, RedemptionState.FULFILLED)
            and self.expires_on is not None
            and self.expires_on < today
        )

    @property
    def shown_code(self):
        """What the member shows or types: the pool's code where there is one. A reservation that
        isn't paid yet shows its own, so that its part in money can be paid; the pool's stays
        unseen, and may go to somebody else.
        """
        pool_code = getattr(self, "pool_code", None)
        if pool_code is not None and self.confirmed_at is not None:
            return pool_code.code
        return write_code(self.code)


def write_code(code):
    """A code in groups of four, as a person reads it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


class RedemptionEvent(models.Model):
    """One step of a redemption. Append-only: a trigger refuses change; codes, never words."""

    redemption = models.ForeignKey(
        Redemption, models.PROTECT, related_name="events", verbose_name=_("redemption")
    )
    from_state = models.CharField(
        pgettext_lazy("state", "from"),
        max_length=10,
        choices=RedemptionState,
        blank=True,
        default="",
    )
    to_state = models.CharField(
        pgettext_lazy("state", "to"), max_length=10, choices=RedemptionState
    )
    cause = models.CharField(_("why"), max_length=20, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("by"),
    )
    effective_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a redemption")
        verbose_name_plural = _("steps of redemptions")

    def __str__(self):
        return f"{self.from_state} → {self.to_state}"


class RedemptionShare(models.Model):
    """The points that one member of a household gave to a redemption of another."""

    redemption = models.ForeignKey(Redemption, models.PROTECT, related_name="shares")
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="redemption_shares", verbose_name=_("member")
    )
    share_points = models.PositiveBigIntegerField(_("points"))

    class Meta:
        verbose_name = _("share of a redemption")
        verbose_name_plural = _("shares of redemptions")
        constraints = [
            models.UniqueConstraint(fields=["redemption", "member"], name="share_once_per_member"),
            models.CheckConstraint(condition=Q(share_points__gt=0), name="share_gives_something"),
        ]

    def __str__(self):
        return f"{self.redemption_id}:{self.member_id}"


class DeliveryQuerySet(models.QuerySet):
    def to_pack(self):
        return self.filter(
            state=DeliveryState.TO_PACK, redemption__state=RedemptionState.CONFIRMED
        ).order_by("redemption__confirmed_at", "redemption_id")


class Delivery(models.Model):
    """Where goods go and how far they are. Erasable: it holds a name and an address."""

    redemption = models.OneToOneField(
        Redemption, models.CASCADE, primary_key=True, related_name="delivery"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState, default=DeliveryState.TO_PACK
    )
    recipient = models.CharField(_("recipient"), max_length=160)
    phone = models.CharField(_("phone number"), max_length=40, blank=True, default="")
    country = models.CharField(_("country"), max_length=2)
    address_text = models.TextField(
        _("address"), help_text=_("As it is written on the parcel, line by line.")
    )
    carrier = models.CharField(_("carrier"), max_length=80, blank=True, default="")
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True, default="")
    packed_at = models.DateTimeField(_("packed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[DeliveryState.SENT, DeliveryState.DELIVERED])
                | Q(sent_at__isnull=False),
                name="delivery_sent_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["redemption"],
                condition=Q(state=DeliveryState.TO_PACK),
                name="delivery_to_pack",
            ),
        ]

    def __str__(self):
        return f"{self.redemption_id} {self.state}"
