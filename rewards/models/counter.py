"""The counter: devices that serve members, and bills that wait for their money."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchases.models import Purchase, Store
from rewards.enums import BillState


class RegisterQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def for_list(self):
        return self.select_related("store__channel")


class Register(models.Model):
    """A device at a counter. It stays logged in; the person at it says who they are by PIN."""

    name = models.CharField(_("name"), max_length=60)
    store = models.ForeignKey(
        Store, models.PROTECT, related_name="registers", verbose_name=_("store")
    )
    asks_for_pin = models.BooleanField(
        _("shared by several people"),
        default=True,
        help_text=_("Each says by a PIN who they are. Off: whoever is logged in acts."),
    )
    idle_minutes = models.PositiveSmallIntegerField(
        _("locks after minutes"), default=3, help_text=_("Without a touch; then it asks for a PIN.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("register")
        verbose_name_plural = _("registers")
        permissions = [("use_counter", "Can serve members at the counter")]
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="register_once_per_store"),
            models.CheckConstraint(
                condition=Q(idle_minutes__range=(1, 60)), name="register_locks_within_an_hour"
            ),
        ]

    def __str__(self):
        return self.name


class BillQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=BillState.OPEN)

    def for_list(self):
        return self.select_related("member", "register__store", "purchase")


class Bill(models.Model):
    """A bill at the counter of which points or store credit pay a part, until the rest is paid.

    Its reserved payments carry ``number`` as their receipt; paid, it becomes the purchase of that
    number. Bills without such a part become purchases at once and have no row here. ``lines``
    holds ``[product id or null, quantity, amount, discount]``, amounts paid in minor units.
    Written by ``rewards.services.counter``.
    """

    number = models.CharField(_("receipt"), max_length=20, unique=True)
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="bills", verbose_name=_("register")
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="bills", verbose_name=_("member")
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opened by"),
    )
    state = models.CharField(_("state"), max_length=9, choices=BillState, default=BillState.OPEN)
    lines = models.JSONField(_("lines"), default=list)
    total_amount = models.PositiveBigIntegerField(_("total"))
    purchase = models.OneToOneField(
        Purchase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bill",
        verbose_name=_("purchase"),
    )
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = BillQuerySet.as_manager()

    class Meta:
        verbose_name = _("bill at the counter")
        verbose_name_plural = _("bills at the counter")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=BillState.PAID, purchase__isnull=False)
                | (~Q(state=BillState.PAID) & Q(purchase__isnull=True)),
                name="bill_paid_has_purchase",
            ),
            models.CheckConstraint(
                condition=Q(state=BillState.OPEN, closed_at__isnull=True)
                | (~Q(state=BillState.OPEN) & Q(closed_at__isnull=False)),
                name="bill_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["register", "-opened_at"],
                condition=Q(state=BillState.OPEN),
                name="bill_waits_at_register",
            ),
        ]

    def __str__(self):
        return self.number
