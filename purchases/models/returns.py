"""What came back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchases.models.places import Source
from purchases.models.purchase import Line, Purchase


class Return(models.Model):
    """Goods of one purchase brought back, once per (source, external id).

    Written by intake alone, under a lock on the purchase: all returns of a line together
    never pass its quantity or its amount. Where the order is amended afterwards, what came back
    is divided over its lines anew.
    """

    source = models.ForeignKey(
        Source, models.PROTECT, db_index=False, related_name="returns", verbose_name=_("source")
    )
    external_id = models.CharField(_("external id"), max_length=200)
    content_hash = models.BinaryField(_("content hash"), max_length=32, editable=False)
    purchase = models.ForeignKey(
        Purchase, models.PROTECT, related_name="returns", verbose_name=_("purchase")
    )
    returned_at = models.DateTimeField(_("returned at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    total_amount = models.BigIntegerField(_("total"))

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="return_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(total_amount__gte=0), name="return_amount_not_negative"
            ),
        ]

    def __str__(self):
        return self.external_id


class ReturnLine(models.Model):
    """How much of one line came back with one return."""

    of_return = models.ForeignKey(
        Return, models.CASCADE, db_index=False, related_name="lines", verbose_name=_("return")
    )
    line = models.ForeignKey(
        Line, models.PROTECT, related_name="returned", verbose_name=_("purchase line")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("returned line")
        verbose_name_plural = _("returned lines")
        constraints = [
            models.UniqueConstraint(fields=["of_return", "line"], name="return_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, amount__gte=0) & (Q(quantity__gt=0) | Q(amount__gt=0)),
                name="return_line_returns_something",
            ),
        ]

    def __str__(self):
        return f"{self.of_return_id}/{self.line_id}"
