"""What a member got back for goods that they brought back (mission G7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from purchases.models import Return
from rewards.enums import LateReason, RefundKind


class ReturnRefund(models.Model):
    """How one return was settled: in money, in store credit, and in what had paid for it.

    Written once, in the transaction of the return, by ``rewards.services.returns``. A part that
    points or credit had paid goes back to these; ``other_amount`` is what other means had paid.
    """

    purchase_return = models.OneToOneField(
        Return, models.PROTECT, primary_key=True, related_name="refund", verbose_name=_("return")
    )
    kind = models.CharField(_("settled by"), max_length=8, choices=RefundKind)
    money_amount = models.PositiveBigIntegerField(_("refunded"), default=0)
    credit_amount = models.PositiveBigIntegerField(_("as store credit"), default=0)
    points_amount = models.PositiveBigIntegerField(_("paid with points before"), default=0)
    points_back_points = models.PositiveBigIntegerField(_("points given back"), default=0)
    credit_back_amount = models.PositiveBigIntegerField(_("paid with credit before"), default=0)
    other_amount = models.PositiveBigIntegerField(_("paid by other means before"), default=0)

    late_days = models.PositiveIntegerField(_("days late"), default=0)
    late_reason = models.CharField(
        _("reason of the exception"), max_length=12, choices=LateReason, blank=True, default=""
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled at"))

    class Meta:
        verbose_name = _("refund of a return")
        verbose_name_plural = _("refunds of returns")
        constraints = [
            models.CheckConstraint(
                condition=Q(late_days=0, late_reason="")
                | (Q(late_days__gt=0) & ~Q(late_reason="")),
                name="return_refund_late_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind=RefundKind.MONEY, credit_amount=0)
                | Q(kind=RefundKind.CREDIT, money_amount=0),
                name="return_refund_one_kind",
            ),
        ]

    def __str__(self):
        return f"{self.purchase_return_id} {self.kind}"
