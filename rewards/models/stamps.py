"""What members have collected: books, cards, stamps."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rewards.enums import AdjustmentReason, AdjustmentState
from rewards.models.challenge import Challenge, ChallengeVersion
from rewards.models.control import Approval

CARD_CAUSE = "stamp_card"  # what prizes of a full card name as their cause


class StampBook(models.Model):
    """All that one member has of one challenge.

    ``total`` is the sum of its stamps (of different ones, how many there are), together with
    those of books that a merge put into this one (``merged_into``). It may fall below zero: then
    the next stamps make up for it first. Written under the lock on the member's standing.
    """

    challenge = models.ForeignKey(
        Challenge, models.PROTECT, related_name="books", db_index=False, verbose_name=_("card")
    )
    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="stamp_books",
        db_index=False,
        verbose_name=_("member"),
    )
    total = models.BigIntegerField(_("stamps"), default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_books"
    )

    class Meta:
        verbose_name = _("collected stamps")
        verbose_name_plural = _("collected stamps")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "challenge"], name="stamp_book_once_per_member"
            ),
        ]
        indexes = [models.Index(fields=["challenge", "id"], name="stamp_book_of_challenge")]

    def __str__(self):
        return f"{self.challenge_id}/{self.member_id}"


class StampCard(models.Model):
    """One round of a challenge: it fills up to its target, then the next one begins.

    Cards fill in the order of their rounds, and lose stamps from the last one back. ``is_paid``
    says that its prize was given and stands; a card that lost stamps after its prize was used
    stays so, and fills again without another. ``prize_count`` is how often one was given.
    """

    book = models.ForeignKey(
        StampBook, models.PROTECT, related_name="cards", db_index=False, verbose_name=_("book")
    )
    round = models.PositiveIntegerField(_("round"))
    version = models.ForeignKey(
        ChallengeVersion, models.PROTECT, related_name="cards", verbose_name=_("version")
    )
    target = models.PositiveBigIntegerField(_("full at"))
    stamp_count = models.PositiveBigIntegerField(_("stamps"))
    begun_at = models.DateTimeField(_("begun at"))
    filled_at = models.DateTimeField(_("full since"), null=True, blank=True)
    is_paid = models.BooleanField(_("prize given"), default=False)
    prize_count = models.PositiveSmallIntegerField(_("prizes given"), default=0)

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        constraints = [
            models.UniqueConstraint(fields=["book", "round"], name="stamp_card_once_per_round"),
            models.CheckConstraint(
                condition=Q(filled_at__isnull=False, stamp_count=models.F("target"))
                | (Q(filled_at__isnull=True) & Q(stamp_count__lt=models.F("target"))),
                name="stamp_card_full_has_time",
            ),
            models.CheckConstraint(
                condition=Q(is_paid=False) | Q(prize_count__gte=1), name="stamp_card_paid_once"
            ),
        ]

    def __str__(self):
        return f"{self.book_id}/{self.round}"


class StampGrantQuerySet(models.QuerySet):
    def annotate_measure(self):
        """How each one's card counts, which no later version changes: as ``measure``."""
        versions = ChallengeVersion.objects.filter(challenge=models.OuterRef("book__challenge"))
        return self.annotate(measure=models.Subquery(versions.values("measure")[:1]))


class StampGrant(models.Model):
    """Stamps that staff gave (above zero) or took back (below zero) by hand, or want to.

    ``note`` is for staff and blanked by an erasure; members read ``reason``. Written by
    ``rewards.services.challenges``.
    """

    book = models.ForeignKey(
        StampBook, models.PROTECT, related_name="grants", verbose_name=_("book")
    )
    stamp_count = models.BigIntegerField(_("stamps"))
    happened_at = models.DateTimeField(_("for the time of"))
    reason = models.CharField(_("reason"), max_length=12, choices=AdjustmentReason)
    note = models.TextField(_("note"), blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=AdjustmentState)
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"))
    key = models.CharField(_("key"), max_length=80, unique=True)

    objects = StampGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("stamps by hand")
        verbose_name_plural = _("stamps by hand")
        constraints = [
            models.CheckConstraint(condition=~Q(stamp_count=0), name="stamp_grant_moves_some"),
            models.CheckConstraint(
                condition=Q(state=AdjustmentState.POSTED, approval__isnull=True)
                | (~Q(state=AdjustmentState.POSTED) & Q(approval__isnull=False)),
                name="stamp_grant_waited_for_an_approval",
            ),
        ]

    def __str__(self):
        return f"{self.stamp_count:+}".replace("-", "−")


class Stamp(models.Model):
    """What one activity gave, or what was taken back of it.

    Append-only. A gain names the activity, and the purchase with its version and the lines that
    counted (``positions``); ``key`` says of which product, category, store or day it is where
    different ones are counted. A reversal has the gain in ``reverses``. What staff gave or took
    has its ``grant``. Activities are named by their number alone: retention may drop them.
    """

    book = models.ForeignKey(
        StampBook, models.PROTECT, related_name="stamps", verbose_name=_("book")
    )
    # Versions can't be deleted, and are read in the transaction that stamps: no key to check.
    version = models.ForeignKey(
        ChallengeVersion, models.PROTECT, related_name="stamps", db_index=False,
        db_constraint=False, verbose_name=_("version"),
    )  # fmt: skip
    amount = models.BigIntegerField(_("stamps"))
    activity_id = models.BigIntegerField(_("activity"), null=True)
    purchase_id = models.BigIntegerField(_("purchase"), null=True)
    purchase_version = models.PositiveSmallIntegerField(_("version of the purchase"), null=True)
    positions = ArrayField(models.IntegerField(), default=list)
    key = models.CharField(_("of which"), max_length=40, default="", db_default="")
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False,
        verbose_name=_("takes back"),
    )  # fmt: skip
    grant = models.ForeignKey(
        StampGrant, models.PROTECT, null=True, related_name="stamps", db_index=False,
        verbose_name=_("by hand"),
    )  # fmt: skip
    effective_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("stamp")
        verbose_name_plural = _("stamps")
        constraints = [
            models.CheckConstraint(
                condition=Q(grant__isnull=False, activity_id__isnull=True, purchase_id__isnull=True)
                | Q(grant__isnull=True, activity_id__isnull=False),
                name="stamp_has_one_cause",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0)
                | Q(reverses__isnull=False, amount__lt=0)
                | (Q(grant__isnull=False) & ~Q(amount=0)),
                name="stamp_reversal_takes",
            ),
            models.UniqueConstraint(
                fields=["activity_id", "book", "key"],
                condition=Q(purchase_id__isnull=True, activity_id__isnull=False, reverses=None),
                name="stamp_once_per_activity",
            ),
            models.UniqueConstraint(
                fields=["grant"], condition=Q(grant__isnull=False), name="stamp_once_per_grant"
            ),
        ]
        indexes = [
            models.Index(
                fields=["purchase_id"],
                condition=Q(purchase_id__isnull=False),
                name="stamp_of_purchase",
            ),
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="stamp_reversed"
            ),
        ]

    def __str__(self):
        return f"{self.amount:+}".replace("-", "−")
