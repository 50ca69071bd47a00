from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import format_money
from members.selectors.club import get_club
from rewards.enums import AdjustmentReason, AdjustmentState
from rewards.models.control import Approval

_ON_THE_BOOKS = [AdjustmentState.POSTED, AdjustmentState.APPROVED]


class AdjustmentQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("member", "asked_by", "approval__decided_by")


class Adjustment(models.Model):
    """Points that staff gave (above zero) or took (below zero) by hand, or store credit that they
    gave; or want to.

    Its ledger entries carry the cause ("adjustment", id). ``note`` is for staff and blanked by an
    erasure; members read ``reason``. Written by ``rewards.services.adjustments`` and
    ``credit_by_hand``.
    """

    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="adjustments", verbose_name=_("member")
    )
    points = models.BigIntegerField(_("points"), default=0)
    credit_amount = models.PositiveBigIntegerField(_("store credit"), default=0, db_default=0)
    reason = models.CharField(_("reason"), max_length=12, choices=AdjustmentReason)
    note = models.TextField(_("note"), blank=True, default="")
    expires_on = models.DateField(
        _("last usable day"), null=True, blank=True, help_text=_("Empty: as the programme says.")
    )
    owes_missing = models.BooleanField(
        _("what is missing is owed"),
        default=False,
        help_text=_("Else it is refused where the member has fewer points."),
    )
    state = models.CharField(_("state"), max_length=10, choices=AdjustmentState)
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked at"))
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    key = models.CharField(_("key"), max_length=80, unique=True)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        constraints = [
            models.CheckConstraint(
                condition=(~Q(points=0) & Q(credit_amount=0)) | Q(points=0, credit_amount__gt=0),
                name="adjustment_moves_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(points__gt=0, owes_missing=False)
                | Q(points__lt=0, expires_on__isnull=True)
                | Q(points=0, owes_missing=False, expires_on__isnull=True),
                name="adjustment_terms_fit_its_way",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_ON_THE_BOOKS, posted_at__isnull=False)
                | (~Q(state__in=_ON_THE_BOOKS) & Q(posted_at__isnull=True)),
                name="adjustment_posted_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=AdjustmentState.POSTED, approval__isnull=True)
                | (~Q(state=AdjustmentState.POSTED) & Q(approval__isnull=False)),
                name="adjustment_waited_for_an_approval",
            ),
        ]

    def __str__(self):
        if self.credit_amount:
            return f"+{format_money(self.credit_amount, get_club().currency)}"
        return f"{self.points:+,}".replace("-", "−")

    @property
    def is_waiting(self):
        return self.state == AdjustmentState.WAITING
