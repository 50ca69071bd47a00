"""Receipts that found their member later."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models import Member
from purchases.models.purchase import Purchase


class ReceiptClaimQuerySet(models.QuerySet):
    def failed(self):
        return self.exclude(refusal="")


class ReceiptClaim(models.Model):
    """A try to give a purchase without a member to one; counted, so that nobody guesses.

    ``refusal`` is the code of the refusal, empty where it succeeded: once per purchase. Written
    by ``purchases.services.claiming``.
    """

    member = models.ForeignKey(
        Member,
        models.PROTECT,
        related_name="receipt_claims",
        verbose_name=_("member"),
    )
    tried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("The member's own login, or staff at the counter."),
    )
    purchase = models.ForeignKey(
        Purchase,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="claims",
        verbose_name=_("purchase"),
    )
    attempted_at = models.DateTimeField(_("tried at"))
    refusal = models.CharField(_("refused because"), max_length=40, blank=True, default="")

    objects = ReceiptClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim of a receipt")
        verbose_name_plural = _("claims of receipts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(refusal="") | Q(purchase__isnull=False),
                name="receipt_claim_names_purchase",
            ),
            models.UniqueConstraint(
                fields=["purchase"], condition=Q(refusal=""), name="receipt_claimed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["tried_by", "-attempted_at"], name="receipt_claim_by"),
            models.Index(fields=["purchase", "-attempted_at"], name="receipt_claim_of"),
        ]

    def __str__(self):
        return f"{self.member_id}:{self.purchase_id or ''}"
