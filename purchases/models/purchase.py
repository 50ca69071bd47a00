"""What a member bought."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models import Member
from purchases.models.catalogue import Category, Product
from purchases.models.places import Channel, Source, Store


class PurchaseQuerySet(models.QuerySet):
    def of(self, member):
        return self.filter(member=member)

    def newest_first(self):
        return self.order_by("-purchased_at", "-id")

    def for_list(self):
        return self.select_related("store", "channel", "source")

    def with_lines(self):
        return self.prefetch_related(
            models.Prefetch(
                "lines",
                queryset=Line.objects.present()
                .select_related("product", "category")
                .order_by("position"),
            )
        )


class Purchase(models.Model):
    """One purchase, once per (source, external id).

    Written by intake alone, whole, with its lines. ``content_hash`` covers all that its
    source said, so that a repeat is silent and other content under the same id is refused.
    A purchase without a member is kept, and earns nothing. A connected shop may change its
    order later: ``purchases.services.amending`` then raises ``version``.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, db_index=False, related_name="purchases", verbose_name=_("source")
    )
    external_id = models.CharField(_("external id"), max_length=200)
    content_hash = models.BinaryField(_("content hash"), max_length=32, editable=False)

    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="purchases",
        verbose_name=_("member"),
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="purchases",
        verbose_name=_("store"),
    )
    channel = models.ForeignKey(
        Channel, models.PROTECT, db_index=False, related_name="purchases", verbose_name=_("channel")
    )
    purchased_at = models.DateTimeField(_("purchased at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    currency = models.CharField(_("currency"), max_length=3)
    total_amount = models.BigIntegerField(
        _("total"), help_text=_("Paid: after discount, tax included.")
    )
    discount_amount = models.BigIntegerField(_("discount"), default=0)
    line_count = models.PositiveIntegerField(_("lines"))
    version = models.PositiveSmallIntegerField(
        _("version"), default=1, db_default=1, help_text=_("How often its shop changed it, plus 1.")
    )

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="purchase_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(total_amount__gte=0, discount_amount__gte=0),
                name="purchase_amounts_not_negative",
            ),
            models.CheckConstraint(condition=Q(line_count__gte=1), name="purchase_has_lines"),
            models.CheckConstraint(condition=Q(version__gte=1), name="purchase_version_counts"),
        ]
        indexes = [
            # With the amount: what all members spent is summed without a look at the rows.
            models.Index(
                fields=["member", "-purchased_at"],
                include=["total_amount"],
                name="purchase_of_member",
            ),
            models.Index(fields=["-purchased_at", "-id"], name="purchase_newest"),
        ]

    def __str__(self):
        return self.external_id


class LineQuerySet(models.QuerySet):
    def present(self):
        """Without those that a shop took off the order later: they are left empty."""
        return self.exclude(purchase__version__gt=1, quantity=0, amount=0)


class Line(models.Model):
    """One row of the receipt, as it was; identical rows are separate lines.

    Only an amendment changes it, keeping what stood there in a ``PurchaseVersion``; the position
    stays the line's own. A line that its shop took off the order is left empty.
    """

    purchase = models.ForeignKey(
        Purchase, models.CASCADE, db_index=False, related_name="lines", verbose_name=_("purchase")
    )
    position = models.PositiveIntegerField(_("position"))
    external_id = models.CharField(_("line id"), max_length=100, blank=True)
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("product"),
    )
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("category"),
        help_text=_("At the time of the purchase."),
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    amount = models.BigIntegerField(_("amount"), help_text=_("Paid: after discount, tax included."))
    discount_amount = models.BigIntegerField(_("discount"), default=0)
    tax_amount = models.BigIntegerField(_("tax"), default=0)
    paid_otherwise_amount = models.BigIntegerField(
        _("paid with credit or points"), default=0, help_text=_("This part earns nothing.")
    )
    cost_amount = models.BigIntegerField(_("cost"), null=True, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase line")
        verbose_name_plural = _("purchase lines")
        constraints = [
            models.UniqueConstraint(fields=["purchase", "position"], name="line_once_per_position"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="line_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(
                    amount__gte=0,
                    discount_amount__gte=0,
                    tax_amount__gte=0,
                    tax_amount__lte=F("amount"),
                    paid_otherwise_amount__gte=0,
                    paid_otherwise_amount__lte=F("amount"),
                ),
                name="line_amounts_fit",
            ),
        ]

    def __str__(self):
        return f"{self.purchase_id}/{self.position}"
