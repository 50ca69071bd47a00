"""What staff do with members' points and money: within which limits, and with whose consent."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.roles import CLERK, MANAGER, MARKETER, OWNER
from rewards.enums import ApprovalState

ROLE_CHOICES = [
    (CLERK, _("clerk")),
    (MARKETER, _("marketer")),
    (MANAGER, _("manager")),
    (OWNER, _("owner")),
]


class ActLimit(models.Model):
    """How much of one kind of act one role may do alone, and how much it may approve.

    Empty means without a limit, 0 means never alone. A day is the last 24 hours. The defaults are
    reviewed data (``rewards.limits``); changed by ``rewards.services.control.change_limit``.
    """

    kind = models.CharField(_("act"), max_length=20)
    role = models.CharField(_("role"), max_length=20, choices=ROLE_CHOICES)
    per_act = models.PositiveBigIntegerField(_("one act"), null=True, blank=True)
    per_actor_day = models.PositiveBigIntegerField(
        _("all acts of one person in a day"), null=True, blank=True
    )
    per_member_day = models.PositiveBigIntegerField(
        _("all acts for one member in a day"), null=True, blank=True
    )
    per_pair_day = models.PositiveBigIntegerField(
        _("one person for one member in a day"), null=True, blank=True
    )
    approve_act = models.PositiveBigIntegerField(_("approves one act up to"), null=True, blank=True)
    approve_day = models.PositiveBigIntegerField(_("approves in a day"), null=True, blank=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = [
            models.UniqueConstraint(fields=["kind", "role"], name="act_limit_once_per_role"),
        ]

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"


class Approval(models.Model):
    """An act above somebody's limit, waiting for a second person; decided once.

    Generic over kinds of act: ``payload_id`` is the row that the kind of ``rewards.registry``
    acts on. ``amount`` counts what the kind's limits count. ``excess`` says which limits it is
    above. ``terms`` say what an act would do whose kind keeps no row of its own: its payload is
    the approval itself. Written by ``rewards.services.approvals``.
    """

    kind = models.CharField(_("act"), max_length=20)
    payload_id = models.BigIntegerField(_("number"))
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="approvals",
        verbose_name=_("member"),
        help_text=_("Empty where it is about many."),
    )
    amount = models.PositiveBigIntegerField(_("amount"))
    excess = models.JSONField(_("above which limits"), default=list)
    terms = models.JSONField(_("what it would do"), default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ApprovalState, default=ApprovalState.WAITING
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(fields=["kind", "payload_id"], name="approval_once_per_act"),
            models.CheckConstraint(
                condition=Q(
                    state=ApprovalState.WAITING, decided_at__isnull=True, decided_by__isnull=True
                )
                | (~Q(state=ApprovalState.WAITING) & Q(decided_at__isnull=False)),
                name="approval_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ApprovalState.APPROVED)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="approval_by_a_second_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(state=ApprovalState.WAITING),
                name="approval_waiting",
            ),
        ]

    def __str__(self):
        return _("Request %(number)s") % {"number": self.pk}

    @property
    def is_waiting(self):
        return self.state == ApprovalState.WAITING


class StaffAct(models.Model):
    """An act that was done and counts towards limits, by its kind's measure.

    What a second person approved counts for the member and for who approved, not for who asked.
    Written by ``rewards.services.control`` under the locks that its limits are checked under.
    """

    kind = models.CharField(_("act"), max_length=20)
    payload_id = models.BigIntegerField(_("number"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("approved by"),
    )
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("member"),
    )
    amount = models.PositiveBigIntegerField(_("amount"))
    acted_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("act of staff")
        verbose_name_plural = _("acts of staff")
        indexes = [
            models.Index(fields=["actor", "kind", "acted_at"], name="staff_act_of_actor"),
            models.Index(
                fields=["member", "kind", "acted_at"],
                condition=Q(member__isnull=False),
                name="staff_act_of_member",
            ),
            models.Index(
                fields=["approved_by", "kind", "acted_at"],
                condition=Q(approved_by__isnull=False),
                name="staff_act_of_approver",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("actor")),
                name="staff_act_approved_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.amount}"
