"""Points and store credit as part of a bill (mission E7, G7)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from purchases.models import Purchase, Source
from rewards.enums import PaymentKind, PaymentState


class PointsRate(models.Model):
    """What points are worth at the till, from an instant on. Never edited: a change is a new row.

    ``rate_points`` points pay ``rate_amount``; a bill takes at least ``minimum_points``, in steps
    of ``step_points``, and at most ``largest_percent`` of its amount.
    """

    starts_at = models.DateTimeField(_("from"), unique=True)
    is_open = models.BooleanField(_("points pay"), default=True)
    rate_points = models.PositiveIntegerField(_("points"), default=100)
    rate_amount = models.PositiveIntegerField(_("pay"), default=100)
    minimum_points = models.PositiveIntegerField(_("at least"), default=100)
    step_points = models.PositiveIntegerField(_("in steps of"), default=100)
    largest_percent = models.PositiveSmallIntegerField(
        _("largest share of a bill in percent"), default=50
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("value of points")
        verbose_name_plural = _("values of points")
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_points__gte=1, rate_amount__gte=1, step_points__gte=1),
                name="points_rate_pays",
            ),
            models.CheckConstraint(
                condition=Q(largest_percent__range=(1, 100)), name="points_rate_share_is_percent"
            ),
        ]

    def __str__(self):
        return f"{self.rate_points}:{self.rate_amount}"


class PaymentQuerySet(models.QuerySet):
    def overdue(self, now):
        return self.filter(state=PaymentState.RESERVED, lapses_at__lte=now)


class Payment(models.Model):
    """A part of a bill that a member paid with points or store credit.

    reserved → captured (→ refunded, in parts) or released. Its entries in the ledger are those
    of the cause ("payment", id). Written by ``rewards.services.payments``.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="payments",
        db_index=False,
        verbose_name=_("member"),
    )
    kind = models.CharField(_("paid with"), max_length=8, choices=PaymentKind)
    state = models.CharField(_("state"), max_length=10, choices=PaymentState)
    amount = models.PositiveBigIntegerField(_("amount"))
    points = models.PositiveBigIntegerField(_("points"), default=0)
    refunded_amount = models.PositiveBigIntegerField(_("refunded"), default=0)
    refunded_points = models.PositiveBigIntegerField(_("points given back"), default=0)
    bill_amount = models.PositiveBigIntegerField(_("bill"))

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="+", db_index=False, verbose_name=_("source")
    )
    external_id = models.CharField(
        _("receipt"), max_length=200, help_text=_("The purchase's id at its source.")
    )
    purchase = models.ForeignKey(
        Purchase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("purchase"),
    )
    key = models.CharField(_("key"), max_length=80)
    reserved_at = models.DateTimeField(_("reserved at"))
    lapses_at = models.DateTimeField(_("reserved until"))
    captured_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    released_at = models.DateTimeField(_("let go at"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment with points or credit")
        verbose_name_plural = _("payments with points or credit")
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="payment_once_per_key"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, refunded_amount__lte=F("amount")),
                name="payment_refund_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded_points__lte=F("points")), name="payment_refund_within_points"
            ),
            models.CheckConstraint(
                condition=Q(kind=PaymentKind.POINTS, points__gt=0)
                | Q(kind=PaymentKind.CREDIT, points=0),
                name="payment_kind_fits_points",
            ),
            models.CheckConstraint(
                condition=Q(state=PaymentState.RESERVED, captured_at=None, released_at=None)
                | Q(state=PaymentState.CAPTURED, captured_at__isnull=False, released_at=None)
                | Q(state=PaymentState.RELEASED, captured_at=None, released_at__isnull=False),
                name="payment_state_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="payment_of_member"),
            models.Index(fields=["source", "external_id"], name="payment_of_receipt"),
            models.Index(
                fields=["lapses_at"],
                condition=Q(state=PaymentState.RESERVED),
                name="payment_lets_go",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.amount}"

    @property
    def cause(self):
        return ("payment", self.pk)
