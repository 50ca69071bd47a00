"""Points, status credits and money: two accounts, one append-only row (docs/points.md 1-4)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import AccountKind, MoveKind, Reason, Unit


class Account(models.Model):
    """A place where amounts of one unit stand.

    Member accounts keep a balance that can't fall below zero (``owed`` counts debits minus
    credits, all others credits minus debits). Programme and charity accounts keep none: theirs is
    a sum, or else every earning would wait for one row. Only ``rewards.services.ledger`` writes
    here.
    """

    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    charity = models.ForeignKey(
        "rewards.Charity", models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=AccountKind)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    balance = models.BigIntegerField(_("balance"), null=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "kind", "unit"], name="account_once_per_member_and_kind"
            ),
            models.UniqueConstraint(
                fields=["kind", "unit"],
                condition=Q(member__isnull=True, charity__isnull=True),
                name="account_once_per_programme_kind",
            ),
            models.UniqueConstraint(fields=["charity", "unit"], name="account_once_per_charity"),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.CHARITY, charity__isnull=False, member__isnull=True)
                | (~Q(kind=AccountKind.CHARITY) & Q(charity__isnull=True)),
                name="account_of_charity_names_it",
            ),
            # The target of the composite key that keeps a transfer within one unit.
            models.UniqueConstraint(fields=["id", "unit"], name="account_has_one_unit"),
            models.CheckConstraint(
                condition=Q(member__isnull=False, balance__isnull=False, balance__gte=0)
                | Q(member__isnull=True, balance__isnull=True),
                name="account_balance_not_below_zero",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.get_unit_display()})"


class TransferQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("debit_account", "credit_account", "award", "reversal")

    def of_member(self, member):
        return self.filter(member=member)


class Transfer(models.Model):
    """An amount of one unit that moved from the debited to the credited account.

    Append-only: a trigger refuses change, a correction is a transfer back. ``key`` makes a
    repeat silent. ``effective_at`` is the event's own time, ``recorded_at`` ours.
    """

    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    debit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="debits", db_index=False, db_constraint=False
    )
    credit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="credits", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        null=True,
        related_name="transfers",
        db_index=False,
        verbose_name=_("member"),
    )
    award = models.ForeignKey("rewards.Award", models.PROTECT, null=True, db_index=False)
    reversal = models.ForeignKey("rewards.Reversal", models.PROTECT, null=True, db_index=False)
    is_late = models.BooleanField(_("arrived late"), default=False)
    cause_type = models.CharField(
        _("is about"),
        max_length=16,
        default="",
        db_default="",
        help_text=_("What the entry is about, where that is no purchase: a redemption, a payment."),
    )
    cause_id = models.BigIntegerField(_("number of what it is about"), null=True)
    effective_at = models.DateTimeField(_("effective at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    key = models.CharField(_("key"), max_length=160, unique=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_above_zero"),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")),
                name="transfer_between_two_accounts",
            ),
            models.CheckConstraint(
                condition=Q(cause_type="", cause_id=None)
                | (~Q(cause_type="") & Q(cause_id__isnull=False)),
                name="transfer_cause_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-effective_at", "-id"], name="transfer_statement"),
            models.Index(
                fields=["cause_type", "cause_id"],
                condition=~Q(cause_type=""),
                name="transfer_of_cause",
            ),
            # Rows arrive nearly in the order of their time: a small index finds a day's rows.
            BrinIndex(fields=["effective_at"], name="transfer_by_time", pages_per_range=32),
        ]

    def __str__(self):
        return f"{self.get_reason_display()} {self.amount}"


class LotQuerySet(models.QuerySet):
    def open(self):
        return self.filter(Q(pending__gt=0) | Q(available__gt=0) | Q(held__gt=0))


class Lot(models.Model):
    """One earning's points (or status credits), from the day they are promised to the last one.

    The three amounts say where the lot's points stand now; they are a cache of its moves, and
    the sum over a member's lots is the balance of the account of that name. A status lot's
    ``available`` is what counts towards the tier on ``counts_on``.
    """

    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="lots", db_index=False
    )
    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    award = models.OneToOneField(
        "rewards.Award", models.PROTECT, null=True, blank=True, related_name="lot"
    )
    opened_at = models.DateTimeField(_("opened at"))
    release_on = models.DateField(_("available from"), null=True)
    expires_on = models.DateField(_("last usable day"), null=True)
    expires_after_days = models.PositiveSmallIntegerField(
        _("short life in days"), null=True, help_text=_("Campaign points with a life of their own.")
    )
    counts_on = models.DateField(_("counts on"), null=True)
    original = models.BigIntegerField(_("opened with"))
    pending = models.BigIntegerField(_("pending"), default=0)
    available = models.BigIntegerField(_("available"), default=0)
    held = models.BigIntegerField(_("held"), default=0)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(pending__gte=0, available__gte=0, held__gte=0, original__gt=0),
                name="lot_amounts_not_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(pending=0) | Q(release_on__isnull=False),
                name="lot_pending_has_release_day",
            ),
            models.CheckConstraint(
                condition=~Q(unit=Unit.STATUS) | Q(counts_on__isnull=False),
                name="lot_status_has_counting_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "release_on"],
                condition=Q(pending__gt=0),
                name="lot_pending_of_member",
            ),
            models.Index(
                fields=["member", "expires_on", "opened_at"],
                condition=Q(unit=Unit.POINTS, available__gt=0),
                name="lot_available_of_member",
            ),
            models.Index(fields=["member"], condition=Q(held__gt=0), name="lot_held_of_member"),
            models.Index(
                fields=["member", "counts_on"],
                include=["available"],
                condition=Q(unit=Unit.STATUS),
                name="lot_status_of_member",
            ),
            models.Index(
                fields=["release_on", "member"], condition=Q(pending__gt=0), name="lot_due_release"
            ),
            models.Index(
                fields=["expires_on", "member"],
                condition=Q(unit=Unit.POINTS, available__gt=0),
                name="lot_due_expiry",
            ),
        ]

    def __str__(self):
        return f"{self.original} {self.get_unit_display()}"


class LotMove(models.Model):
    """One change of one lot, tied to the transfer or the decision that caused it.

    Append-only. ``source`` and ``target`` are the lot's own places (pending, available, held)
    or empty for the outside. A re-dating moves nothing and names the new day.
    """

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="moves")
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, null=True, related_name="lot_moves", db_index=False
    )
    decision = models.ForeignKey(
        "core.AuditEntry", models.PROTECT, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=MoveKind)
    amount = models.BigIntegerField(_("amount"))
    source = models.CharField(pgettext_lazy("account", "from"), max_length=10, blank=True)
    target = models.CharField(_("to"), max_length=10, blank=True)
    expires_on = models.DateField(_("new last usable day"), null=True)

    class Meta:
        verbose_name = _("lot move")
        verbose_name_plural = _("lot moves")
        constraints = [
            models.CheckConstraint(
                condition=Q(transfer__isnull=False) | Q(decision__isnull=False),
                name="lot_move_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(kind=MoveKind.REDATED, amount=0) | Q(amount__gt=0),
                name="lot_move_moves_something",
            ),
        ]
        indexes = [
            # What a redemption or a payment took and gave back; earning adds nothing to it.
            models.Index(
                fields=["transfer"],
                condition=Q(kind__in=[MoveKind.HELD, MoveKind.TAKEN, MoveKind.RESTORED]),
                name="lot_move_of_spending",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.amount}"
