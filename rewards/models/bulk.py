"""One act for a whole audience, with a reason that its members read."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.words import Words
from rewards.enums import BulkKind, BulkOutcome, BulkState
from rewards.models.control import Approval


class BulkActQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("audience", "tier", "asked_by", "approval__decided_by")

    def silent(self, since):
        """Running ones whose last sign of life is older, or that never gave one."""
        return self.filter(state=BulkState.RUNNING).filter(
            Q(seen_at__isnull=True) | Q(seen_at__lt=since)
        )


class BulkAct(models.Model):
    """Points, later expiry, kept tiers or a surprise for members of an audience.

    Who is meant is written down as rows when it is confirmed: that many, these members, that
    liability, and nobody else whatever becomes of the audience. Then it waits for a second person
    or runs, in batches that commit as they go. Written by ``rewards.services.bulk``.
    """

    kind = models.CharField(_("act"), max_length=8, choices=BulkKind)
    audience = models.ForeignKey(
        "members.Audience", models.PROTECT, related_name="+", verbose_name=_("audience")
    )
    public_reason = models.CharField(
        _("public reason"),
        max_length=300,
        help_text=_("Members read it in their notice and in their statement."),
    )
    i18n: Any = Words(fields=("public_reason",))
    public_reason_i18n: str
    note = models.TextField(_("note for staff"), blank=True, default="")

    # Terms
    points = models.PositiveBigIntegerField(_("points for each"), null=True, blank=True)
    until_on = models.DateField(
        pgettext_lazy("good", "until"),
        null=True,
        blank=True,
        help_text=_("The last usable day of points, or of the tier. That day counts."),
    )
    tier = models.ForeignKey(
        "rewards.Tier",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tier"),
        help_text=_("Empty: each keeps the tier they have."),
    )

    # Consent
    state = models.CharField(_("state"), max_length=10, choices=BulkState, default=BulkState.DRAFT)
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    created_at = models.DateTimeField(_("created at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    # Progress
    decision = models.ForeignKey(
        "core.AuditEntry", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    member_count = models.PositiveIntegerField(_("members"), default=0)
    done_count = models.PositiveIntegerField(_("done"), default=0)
    skipped_count = models.PositiveIntegerField(_("left out"), default=0)
    planned_points = models.PositiveBigIntegerField(_("points meant"), default=0)
    moved_points = models.PositiveBigIntegerField(_("points moved"), default=0)
    seen_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = BulkActQuerySet.as_manager()

    class Meta:
        verbose_name = _("act for many")
        verbose_name_plural = _("acts for many")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind=BulkKind.GRANT, points__isnull=False, points__gte=1, tier__isnull=True
                )
                | Q(kind=BulkKind.EXPIRY, points=None, until_on__isnull=False, tier__isnull=True)
                | Q(kind=BulkKind.TIER, points=None, until_on__isnull=False)
                # What a gift holds is said by its ``Surprise``.
                | Q(kind=BulkKind.GIFT, points=None, until_on=None, tier__isnull=True),
                name="bulk_act_terms_fit_its_kind",
            ),
            models.CheckConstraint(condition=~Q(public_reason=""), name="bulk_act_has_reason"),
            models.CheckConstraint(
                condition=Q(state=BulkState.DRAFT, confirmed_at__isnull=True)
                | Q(state=BulkState.CANCELLED)
                | Q(confirmed_at__isnull=False),
                name="bulk_act_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BulkState.RUNNING, BulkState.DONE])
                | Q(decision__isnull=False, started_at__isnull=False),
                name="bulk_act_runs_by_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=F("member_count") - F("skipped_count")),
                name="bulk_act_counts_add_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["seen_at"], condition=Q(state=BulkState.RUNNING), name="bulk_act_running"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"

    def get_absolute_url(self):
        noun = "surprise" if self.kind == BulkKind.GIFT else "bulkact"
        return reverse(f"admin:rewards_{noun}_change", args=[self.pk])

    @property
    def is_finished(self):
        return self.state in (BulkState.DONE, BulkState.CANCELLED)

    @property
    def progress_percent(self):
        if not self.member_count:
            return 0
        return 100 * (self.done_count + self.skipped_count) // self.member_count


class BulkActMember(models.Model):
    """One member in one bulk act: what came of it, and with how many points.

    The key makes it once per member, whoever runs it how often.
    """

    act = models.ForeignKey(
        BulkAct, models.CASCADE, related_name="rows", db_index=False, verbose_name=_("act")
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="bulk_rows", verbose_name=_("member")
    )
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=BulkOutcome, default=BulkOutcome.WAITING,
        db_default=BulkOutcome.WAITING,
    )  # fmt: skip
    points = models.PositiveBigIntegerField(_("points"), default=0, db_default=0)

    class Meta:
        verbose_name = _("member of an act for many")
        verbose_name_plural = _("members of an act for many")
        constraints = [
            models.UniqueConstraint(fields=["act", "member"], name="bulk_act_once_per_member"),
        ]
        indexes = [
            models.Index(
                fields=["act", "member"],
                condition=Q(outcome=BulkOutcome.WAITING),
                name="bulk_act_waiting",
            ),
        ]

    def __str__(self):
        return f"{self.act_id}:{self.member_id}"
