"""What a shop said of an order, each time it said something else."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchases.models.purchase import Purchase


class PurchaseVersion(models.Model):
    """A purchase as its shop described it from one moment on (docs/points.md 18).

    Append-only, written by ``purchases.services.amending``. The highest number equals
    ``Purchase.version`` and the rows of its lines; earlier ones are kept as they were.
    Purchases that no shop amends (a till's, a file's) have none. ``lines`` holds
    ``[position, line id, product, category, quantity, amount, discount, tax, otherwise]``.
    """

    purchase = models.ForeignKey(
        Purchase,
        models.PROTECT,
        db_index=False,
        related_name="versions",
        verbose_name=_("purchase"),
    )
    number = models.PositiveSmallIntegerField(_("version"))
    said_at = models.DateTimeField(
        _("changed in the shop at"), null=True, help_text=_("The shop's own time of the change.")
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    is_void = models.BooleanField(_("cancelled"), default=False)
    total_amount = models.BigIntegerField(_("total"))
    discount_amount = models.BigIntegerField(_("discount"), default=0)
    zone = models.CharField(
        _("time zone"), max_length=64, help_text=_("By which its weekday and hour were judged.")
    )
    return_window_days = models.PositiveSmallIntegerField(_("return window in days"))
    lines = models.JSONField(_("lines"), default=list)

    class Meta:
        verbose_name = _("version of a purchase")
        verbose_name_plural = _("versions of purchases")
        constraints = [
            models.UniqueConstraint(
                fields=["purchase", "number"], name="purchase_version_number_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="purchase_version_from_one"),
            models.CheckConstraint(
                condition=Q(total_amount__gte=0, discount_amount__gte=0),
                name="purchase_version_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(is_void=False) | Q(total_amount=0),
                name="purchase_version_void_is_empty",
            ),
        ]

    def __str__(self):
        return f"{self.purchase_id}/{self.number}"
