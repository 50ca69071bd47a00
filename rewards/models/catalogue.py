"""What points can be turned into."""

from typing import Any

from django.core.files.storage import storages
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.photos import PhotoField
from core.pictures.addresses import cover_url, seed_of
from core.pictures.motifs import MOTIFS, list_motifs
from core.words import Words
from members.models.gate import Gate
from rewards.enums import Period, RewardKind

# A code or a link that was seen, credit, a tier and a file stay with whoever has them.
_KEPT_KINDS = (
    RewardKind.POOL, RewardKind.PARTNER, RewardKind.CREDIT, RewardKind.TIER, RewardKind.DOWNLOAD
)  # fmt: skip

# What is drawn where nobody chose: a word of the code that is a motif itself, else by kind.
_DRAWN_FOR: dict[str, str] = {
    RewardKind.POOL: "ticket", RewardKind.VOUCHER: "ticket", RewardKind.CREDIT: "card",
    RewardKind.TIER: "medal", RewardKind.PARTNER: "gift", RewardKind.DOWNLOAD: "download",
    RewardKind.GOODS: "gift", RewardKind.EXPERIENCE: "workshop",
    RewardKind.DONATION: "charity",
}  # fmt: skip


def get_private_storage():
    return storages["private"]


class RewardCategory(models.Model):
    """A shelf of the catalogue."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    i18n: Any = Words(fields=("name",))
    name_i18n: str

    class Meta:
        verbose_name = _("reward category")
        verbose_name_plural = _("reward categories")

    def __str__(self):
        return self.name_i18n


class Rotation(models.Model):
    """Rewards that take turns: ``slot_count`` of them are on show for ``turn_days`` at a time.

    Which ones is a function of the day (``rewards.selectors.rotation``): nothing has to run.
    """

    name = models.CharField(_("name"), max_length=80)
    starts_on = models.DateField(_("first turn begins on"))
    turn_days = models.PositiveSmallIntegerField(_("days of a turn"), default=7)
    slot_count = models.PositiveSmallIntegerField(_("rewards on show"), default=3)

    class Meta:
        verbose_name = _("rotation")
        verbose_name_plural = _("rotations")
        constraints = [
            models.CheckConstraint(
                condition=Q(turn_days__gte=1, slot_count__gte=1), name="rotation_turns"
            ),
        ]

    def __str__(self):
        return self.name


class RewardQuerySet(models.QuerySet):
    def published(self):
        """Released and not withdrawn; gates and rotation decide who sees it when."""
        return self.filter(published_at__isnull=False, retired_at__isnull=True)

    def for_list(self):
        return self.select_related("category", "rotation", "tier")

    def with_wishes(self, member):
        return self.annotate(
            is_wished=Exists(Wish.objects.filter(reward=OuterRef("pk"), member=member))
        )


class Reward(models.Model):
    """Something that members get for points, or for points and money.

    Written by ``rewards.services.catalogue``; ``stock_left`` moves with redemptions alone. Who
    may have it when is said by its gates: without one it is closed to everybody.
    """

    slug = models.SlugField(_("code"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=RewardKind)

    # In words
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="")
    how_to_use = models.TextField(_("how to use it"), blank=True, default="")
    fine_print = models.TextField(_("conditions"), blank=True, default="")
    partner = models.CharField(_("partner"), max_length=120, blank=True, default="")
    i18n: Any = Words(
        fields=("name", "summary", "description", "how_to_use", "fine_print", "partner")
    )
    name_i18n: str
    summary_i18n: str
    description_i18n: str
    how_to_use_i18n: str
    fine_print_i18n: str
    partner_i18n: str
    category = models.ForeignKey(
        RewardCategory,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="rewards",
        verbose_name=_("category"),
    )
    related = models.ManyToManyField("self", blank=True, verbose_name=_("goes well with"))
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Lower stands first.")
    )

    # To look at
    motif = models.CharField(
        _("picture"),
        max_length=20,
        choices=list_motifs,
        blank=True,
        default="",
        db_default="",
        help_text=_("Drawn where there is no photograph. Empty: one that fits."),
    )
    photo = PhotoField(_("photograph"), blank=True, default="", db_default="")

    # Price and worth
    price_points = models.PositiveBigIntegerField(_("price in points"))
    price_amount = models.PositiveBigIntegerField(
        _("price in money"), default=0, help_text=_("Paid at the counter or in the shop.")
    )
    value_amount = models.PositiveBigIntegerField(
        _("worth"), default=0, help_text=_("For store credit, what the member gets.")
    )
    cost_amount = models.PositiveBigIntegerField(
        _("cost to the club"), default=0, help_text=_("Only staff see it.")
    )

    # How many
    stock_left = models.PositiveIntegerField(
        _("stock left"), null=True, blank=True, help_text=_("Empty: as many as are asked for.")
    )
    low_stock_count = models.PositiveIntegerField(
        _("warn at"), null=True, blank=True, help_text=_("Staff are told when so few are left.")
    )
    limit_count = models.PositiveSmallIntegerField(
        _("limit per member"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    limit_period = models.CharField(
        _("limit counts"), max_length=8, choices=Period, default=Period.LIFETIME
    )

    # How long
    hold_minutes = models.PositiveSmallIntegerField(
        _("reservation in minutes"),
        default=30,
        help_text=_("An unpaid reservation lets go after so long."),
    )
    valid_days = models.PositiveSmallIntegerField(
        _("valid for days"), null=True, blank=True, help_text=_("Empty: no last day.")
    )
    is_cancellable = models.BooleanField(
        _("members may cancel"), default=True, help_text=_("Until it is handed over or used.")
    )
    rotation = models.ForeignKey(
        Rotation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="rewards",
        verbose_name=_("rotation"),
    )
    rotation_position = models.PositiveSmallIntegerField(_("turn"), default=0)

    # What some kinds need
    tier = models.ForeignKey(
        "rewards.Tier",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tier"),
    )
    tier_days = models.PositiveSmallIntegerField(_("days in the tier"), null=True, blank=True)
    appeal = models.ForeignKey(
        "rewards.Appeal",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rewards",
        verbose_name=_("appeal"),
        help_text=_("For donations: what the points go to."),
    )
    download = models.FileField(
        _("file"),
        storage=get_private_storage,
        upload_to="downloads/",
        max_length=255,
        blank=True,
    )
    link = models.URLField(_("where to use it"), blank=True, default="")
    has_codes = models.BooleanField(
        _("gives a code"),
        default=True,
        db_default=True,
        help_text=_("Of a pool. Else members get the link alone."),
    )

    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        permissions = [("publish_reward", "Can publish and withdraw rewards")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=RewardKind.values), name="reward_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(limit_count__isnull=True) | Q(limit_count__gte=1),
                name="reward_limit_at_least_one",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RewardKind.CREDIT) | Q(value_amount__gt=0),
                name="reward_credit_is_worth_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RewardKind.TIER) | Q(tier__isnull=False, tier_days__gte=1),
                name="reward_tier_names_tier_and_days",
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=1), name="reward_hold_at_least_a_minute"
            ),
            models.CheckConstraint(
                condition=Q(has_codes=True) | (Q(kind=RewardKind.PARTNER) & ~Q(link="")),
                name="reward_without_codes_has_link",
            ),
        ]
        indexes = [
            models.Index(
                fields=["position", "id"],
                condition=Q(published_at__isnull=False, retired_at__isnull=True),
                name="reward_on_show",
            ),
        ]

    def __str__(self):
        return self.name_i18n

    def get_absolute_url(self):
        return reverse("reward_detail", args=[self.slug])

    @property
    def drawn_motif(self):
        words = [self.motif, *self.slug.split("-"), _DRAWN_FOR.get(self.kind, "pattern")]
        return next((word for word in words if word in MOTIFS), "pattern")

    @property
    def cover_url(self):
        """Where its drawing is, the same on every page."""
        return cover_url(self.drawn_motif, seed_of(self.slug))

    @property
    def is_published(self):
        """The same rule in SQL: ``RewardQuerySet.published``."""
        return self.published_at is not None and self.retired_at is None

    @property
    def has_sessions(self):
        return self.kind == RewardKind.EXPERIENCE

    @property
    def has_pool(self):
        """The same rule in SQL: ``rewards.selectors.catalogue.POOLED``."""
        return self.kind in (RewardKind.POOL, RewardKind.PARTNER) and self.has_codes

    @property
    def can_be_given_back(self):
        """By members themselves, once they have it: not what was shown to them, or is in use."""
        return self.is_cancellable and self.kind not in _KEPT_KINDS

    @property
    def is_delivered(self):
        """Sent to an address."""
        return self.kind == RewardKind.GOODS


class RewardGate(Gate):
    """Who may have a reward when, and at which price where it differs; the lowest open wins."""

    reward = models.ForeignKey(
        Reward, models.CASCADE, related_name="gates", verbose_name=_("reward")
    )
    price_points = models.PositiveBigIntegerField(
        _("price in points"), null=True, blank=True, help_text=_("Empty: the reward's own.")
    )
    price_amount = models.PositiveBigIntegerField(
        _("price in money"), null=True, blank=True, help_text=_("Empty: the reward's own.")
    )

    class Meta(Gate.Meta):
        abstract = False
        verbose_name = _("reward gate")
        verbose_name_plural = _("reward gates")
        constraints = [
            *Gate.Meta.constraints,
            models.UniqueConstraint(
                fields=["reward", "audience", "opens_at"], name="reward_gate_once"
            ),
        ]


class Wish(models.Model):
    """A reward that a member would like to have."""

    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="wishes", verbose_name=_("member")
    )
    reward = models.ForeignKey(
        Reward, models.CASCADE, related_name="wishes", verbose_name=_("reward")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [models.UniqueConstraint(fields=["member", "reward"], name="wish_once")]

    def __str__(self):
        return f"{self.member_id}:{self.reward_id}"
