from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import DuplicateReason, DuplicateState
from members.models.member import Member


class DuplicatePairQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=DuplicateState.OPEN)

    def about(self, member):
        return self.filter(Q(first=member) | Q(second=member))

    def for_list(self):
        return self.select_related("first", "second", "decided_by")


class DuplicatePair(models.Model):
    """Two records that may be one person: why it seems so, and what staff said.

    ``first`` is the older record. What staff decided stays: the nightly search never asks
    again. Written by ``members.services.duplicates``.
    """

    first = models.ForeignKey(
        Member, models.PROTECT, db_index=False, related_name="+", verbose_name=_("older record")
    )
    second = models.ForeignKey(
        Member, models.PROTECT, related_name="+", verbose_name=_("newer record")
    )
    reasons = ArrayField(
        models.CharField(max_length=16, choices=DuplicateReason), verbose_name=_("reasons")
    )
    score = models.PositiveSmallIntegerField(_("likeness"), help_text=_("0 to 100"))
    state = models.CharField(
        _("state"), max_length=10, choices=DuplicateState, default=DuplicateState.OPEN
    )
    found_at = models.DateTimeField(_("found at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        indexes = [
            models.Index(
                fields=["-score", "-id"], condition=Q(state="open"), name="duplicate_to_look_at"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_once_per_pair"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_older_first"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DuplicateState.values), name="duplicate_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(score__range=(0, 100)), name="duplicate_score_is_percent"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="duplicate_decision_has_time",
            ),
        ]

    def __str__(self):
        return f"{self.first_id} / {self.second_id}"
