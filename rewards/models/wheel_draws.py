"""Draws: the sealed seeds of days, who plays under which pseudonym, and every spin."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import SpinPay, WheelDayState
from rewards.models.prize import SpinGrant
from rewards.models.wheel import Wheel
from rewards.models.wheel_versions import Slice, WheelVersion


class WheelDayQuerySet(models.QuerySet):
    def kept(self):
        """One for each day: what a restored backup discarded was replaced, or its day is closed."""
        return self.filter(discarded_at__isnull=True)

    def to_reveal(self, now):
        """Over, and not shown yet."""
        return self.filter(revealed_at__isnull=True, ends_at__lte=now)


class WheelDay(models.Model):
    """The seed of one programme day, for all wheels (docs/wheel.md).

    Its hash is public before the day begins, the seed itself after it has ended; in between it
    lies here sealed with a key outside of the database. A trigger takes draws of sealed days
    alone: a seed that was revealed or discarded never draws again. ``starts_at`` and ``ends_at``
    are the day's first instants in the club's zone when the seed was made.
    """

    day_on = models.DateField(_("day"))
    starts_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))
    state = models.CharField(
        _("state"), max_length=10, choices=WheelDayState, default=WheelDayState.SEALED
    )
    seed_hash = models.CharField(_("hash of the seed"), max_length=64, unique=True)
    sealed_seed = models.BinaryField(_("sealed seed"), null=True)
    prepared_at = models.DateTimeField(_("hash published at"))
    discarded_at = models.DateTimeField(_("discarded at"), null=True, blank=True)
    revealed_at = models.DateTimeField(_("revealed at"), null=True, blank=True)
    revealed_seed = models.CharField(_("seed"), max_length=64, blank=True, default="")

    objects = WheelDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of the wheels")
        verbose_name_plural = _("days of the wheels")
        constraints = [
            models.UniqueConstraint(
                fields=["day_on"],
                condition=Q(discarded_at__isnull=True),
                name="wheel_day_has_one_seed",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="wheel_day_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(prepared_at__lt=F("starts_at")), name="wheel_day_hash_comes_before"
            ),
            models.CheckConstraint(
                condition=Q(revealed_at__isnull=True) | Q(revealed_at__gte=F("ends_at")),
                name="wheel_day_seed_comes_after",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=WheelDayState.REVEALED, revealed_at__isnull=False,
                    revealed_seed__regex=r"^[0-9a-f]{64}$", sealed_seed__isnull=True,
                )
                | (
                    ~Q(state=WheelDayState.REVEALED)
                    & Q(revealed_at__isnull=True, revealed_seed="", sealed_seed__isnull=False)
                ),
                name="wheel_day_seed_is_sealed_or_shown",
            ),
            models.CheckConstraint(
                condition=Q(state=WheelDayState.SEALED, discarded_at__isnull=True)
                | Q(state=WheelDayState.DISCARDED, discarded_at__isnull=False)
                | Q(state=WheelDayState.REVEALED),
                name="wheel_day_discarded_has_time",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["ends_at"],
                condition=Q(revealed_at__isnull=True),
                name="wheel_day_to_reveal",
            ),
        ]

    def __str__(self):
        return f"{self.day_on:%Y-%m-%d}"

    @property
    def is_revealed(self):
        return self.revealed_at is not None


class WheelPlayer(models.Model):
    """A member at one wheel. ``pseudonym`` is the hash of ``seed``, which the member may choose;
    draws and the public log know nothing else. ``spin_count`` is the last counter that was used.

    After a merge a member may have two at one wheel: ``is_current`` is the one that spins.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="wheel_players",
        db_index=False,
        verbose_name=_("member"),
    )
    wheel = models.ForeignKey(
        Wheel, models.PROTECT, related_name="players", verbose_name=_("wheel")
    )
    is_current = models.BooleanField(
        pgettext_lazy("wheel player", "spins"), default=True, db_default=True
    )
    seed = models.CharField(_("player's seed"), max_length=64, blank=True)
    pseudonym = models.CharField(_("pseudonym"), max_length=32)
    spin_count = models.PositiveIntegerField(_("spins so far"), default=0)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("player of a wheel")
        verbose_name_plural = _("players of wheels")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "wheel"],
                condition=Q(is_current=True),
                name="wheel_player_once_per_member",
            ),
        ]
        indexes = [models.Index(fields=["member", "wheel"], name="wheel_player_of_member")]

    def __str__(self):
        return self.pseudonym


class PlayerSeed(models.Model):
    """A seed that a player has or had, from the spin after ``spin_count`` on.

    A pseudonym belongs to one player of a wheel for ever. An erasure empties ``seed``.
    """

    wheel = models.ForeignKey(
        Wheel, models.PROTECT, related_name="+", db_index=False, verbose_name=_("wheel")
    )
    player = models.ForeignKey(
        WheelPlayer, models.PROTECT, related_name="seeds", verbose_name=_("player")
    )
    seed = models.CharField(_("player's seed"), max_length=64, blank=True)
    pseudonym = models.CharField(_("pseudonym"), max_length=32)
    spin_count = models.PositiveIntegerField(_("spins before"))
    chosen_at = models.DateTimeField(_("chosen at"))

    class Meta:
        verbose_name = _("seed of a player")
        verbose_name_plural = _("seeds of players")
        constraints = [
            models.UniqueConstraint(
                fields=["wheel", "pseudonym"], name="player_seed_belongs_to_one"
            ),
        ]

    def __str__(self):
        return self.pseudonym


class SpinQuerySet(models.QuerySet):
    def of_wheel(self, wheel):
        return self.filter(version__wheel=wheel)

    def of_member(self, member):
        """Also of records that were merged into this one."""
        return self.filter(player__member=member)

    def newest_first(self):
        return self.order_by("-pk")

    def for_list(self):
        return self.select_related(
            "version__wheel", "day", "slice__prize_reward", "slice__prize_wheel",
            "slice__substitute__prize_reward", "slice__substitute__prize_wheel",
        )  # fmt: skip


class Spin(models.Model):
    """One draw: who, by which seeds and counter, which slice, and what it paid.

    Append-only (a trigger). The order of ids is the order of the public log: along it counters
    of a player and ``hit_number`` of a slice rise by one. Its prize and its price are the ledger
    entries, rewards and free spins of the cause ("spin", id).
    """

    player = models.ForeignKey(
        WheelPlayer, models.PROTECT, related_name="spins", db_index=False, verbose_name=_("player")
    )
    counter = models.PositiveIntegerField(_("counter"))
    day = models.ForeignKey(
        WheelDay, models.PROTECT, related_name="spins", db_index=False, verbose_name=_("day")
    )
    version = models.ForeignKey(
        WheelVersion, models.PROTECT, related_name="spins", verbose_name=_("version of the wheel")
    )
    slice = models.ForeignKey(
        Slice, models.PROTECT, related_name="spins", db_index=False, verbose_name=_("slice")
    )
    pseudonym = models.CharField(_("pseudonym"), max_length=32)
    hit_number = models.PositiveIntegerField(
        _("number among the draws of its slice"),
        null=True,
        blank=True,
        help_text=_("Only where its prizes are counted."),
    )
    is_substitute = models.BooleanField(_("paid the substitute"), default=False)
    pay = models.CharField(_("paid by"), max_length=8, choices=SpinPay)
    price_points = models.PositiveIntegerField(_("price in points"), default=0)
    grant = models.ForeignKey(
        SpinGrant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="spins",
        db_index=False,
        verbose_name=_("free spins"),
    )
    drawn_at = models.DateTimeField(_("drawn at"))

    objects = SpinQuerySet.as_manager()

    class Meta:
        verbose_name = _("spin")
        verbose_name_plural = pgettext_lazy("draws", "spins")
        constraints = [
            models.UniqueConstraint(fields=["player", "counter"], name="spin_once_per_counter"),
            models.UniqueConstraint(
                fields=["slice", "hit_number"],
                condition=Q(hit_number__isnull=False),
                name="spin_once_per_hit",
            ),
            models.CheckConstraint(condition=Q(counter__gte=1), name="spin_counter_from_one"),
            models.CheckConstraint(
                condition=Q(pay=SpinPay.FREE, price_points=0, grant__isnull=True)
                | Q(pay=SpinPay.GRANT, price_points=0, grant__isnull=False)
                | Q(pay=SpinPay.POINTS, price_points__gt=0, grant__isnull=True),
                name="spin_pay_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(is_substitute=False) | Q(hit_number__isnull=False),
                name="spin_substitute_has_number",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "player"], name="spin_of_day"),
        ]

    def __str__(self):
        return f"{self.pseudonym} {self.counter}"

    def get_absolute_url(self):
        return reverse("wheel_spin", args=[self.pk])

    @property
    def cause(self):
        return ("spin", self.pk)
