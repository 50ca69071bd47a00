"""Points that members gave, shares that they promised, and what charities were paid."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards.enums import DonationSource
from rewards.models.charity import Appeal, Charity, MatchOffer


class StandingDonation(models.Model):
    """A share of what a member earns, given as it becomes available, until they end it.

    ``rewards.engine.giving`` posts it; rows are history: a change ends one and begins another.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="standing_donations",
        db_index=False,
        verbose_name=_("member"),
    )
    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="standing_donations", verbose_name=_("appeal")
    )
    share_percent = models.PositiveSmallIntegerField(_("share in percent"))
    is_named = models.BooleanField(_("named on the thank-you wall"), default=False)
    started_at = models.DateTimeField(pgettext_lazy("standing donation", "since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing donation")
        verbose_name_plural = _("standing donations")
        constraints = [
            models.CheckConstraint(
                condition=Q(share_percent__gte=1, share_percent__lte=100),
                name="standing_donation_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="standing_donation_ends_after_it_starts",
            ),
            # Also what every earning reads: only those that stand.
            models.UniqueConstraint(
                fields=["member", "appeal"],
                condition=Q(ended_at__isnull=True),
                name="standing_donation_once_per_appeal",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-started_at"], name="standing_donation_of_member")
        ]

    def __str__(self):
        return f"{self.share_percent}% {self.appeal_id}"


class CharitySettlement(models.Model):
    """A closed period of one charity: what members gave, in money, rounded once.

    The sum is exact in hundredths of the smallest unit (points times the money for a hundred of
    them); what rounding leaves is carried to the next settlement.
    """

    charity = models.ForeignKey(
        Charity, models.PROTECT, related_name="settlements", verbose_name=_("charity")
    )
    period = models.CharField(_("period"), max_length=7, help_text=_("As 2026-Q3 or 2026-09."))
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    donation_count = models.PositiveIntegerField(_("donations"))
    points = models.PositiveBigIntegerField(_("points given"))
    match_points = models.PositiveBigIntegerField(_("points matched"))
    hundredths = models.PositiveBigIntegerField(
        _("worth"), help_text=_("In hundredths of the smallest unit of money.")
    )
    carried_in = models.PositiveSmallIntegerField(_("carried from before"), default=0)
    amount = models.PositiveBigIntegerField(_("to be paid"))
    carried_out = models.PositiveSmallIntegerField(_("carried on"), default=0)
    closed_at = models.DateTimeField(pgettext_lazy("settlement", "closed at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    payout_reference = models.CharField(
        _("reference of the payment"), max_length=80, blank=True, default=""
    )
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(fields=["charity", "period"], name="settlement_once_a_period"),
            models.CheckConstraint(
                condition=Q(first_on__lte=F("last_on")), name="settlement_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(hundredths=F("amount") * 100 + F("carried_out") - F("carried_in"))
                & Q(carried_in__lt=100, carried_out__lt=100),
                name="settlement_rounds_once",
            ),
            models.CheckConstraint(
                condition=Q(paid_on__isnull=True, payout_reference="")
                | (Q(paid_on__isnull=False) & ~Q(payout_reference="")),
                name="settlement_paid_has_reference",
            ),
        ]

    def __str__(self):
        return self.period


class DonationQuerySet(models.QuerySet):
    def standing(self):
        """Given and not taken back."""
        return self.filter(undone_at__isnull=True)

    def of(self, member):
        return self.filter(member=member)

    def for_list(self):
        return self.select_related("charity", "appeal", "settlement")


class Donation(models.Model):
    """Points that one member gave to a charity: a transfer to its account (``cause``).

    ``hundred_amount`` is the charity's rate at that moment. It can be taken back until
    ``final_at``; then a settlement takes it up, once. Written by ``rewards.services.giving``, and
    by ``rewards.services.ledger`` for shares of what is earned.
    """

    member = models.ForeignKey(
        "members.Member",
        models.PROTECT,
        related_name="donations",
        db_index=False,
        verbose_name=_("member"),
    )
    charity = models.ForeignKey(
        Charity, models.PROTECT, related_name="donations", db_index=False, verbose_name=_("charity")
    )
    appeal = models.ForeignKey(
        Appeal, models.PROTECT, related_name="donations", db_index=False, verbose_name=_("appeal")
    )
    source = models.CharField(_("how"), max_length=8, choices=DonationSource)
    key = models.CharField(_("key"), max_length=80)
    points = models.PositiveBigIntegerField(_("points"))
    match = models.ForeignKey(
        MatchOffer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="donations",
        verbose_name=_("matched by"),
    )
    match_points = models.PositiveBigIntegerField(_("points matched"), default=0)
    hundred_amount = models.PositiveBigIntegerField(_("a hundred points are worth"))
    is_named = models.BooleanField(_("named on the thank-you wall"), default=False)
    standing_donation = models.ForeignKey(
        StandingDonation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="donations",
        verbose_name=_("standing donation"),
    )
    donated_at = models.DateTimeField(pgettext_lazy("donation", "given at"))
    final_at = models.DateTimeField(_("final at"))
    undone_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    settlement = models.ForeignKey(
        CharitySettlement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="donations",
        verbose_name=_("settlement"),
    )

    objects = DonationQuerySet.as_manager()

    class Meta:
        verbose_name = _("donation")
        verbose_name_plural = _("donations")
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="donation_once_per_key"),
            models.CheckConstraint(condition=Q(points__gt=0), name="donation_gives_something"),
            models.CheckConstraint(
                condition=Q(match__isnull=False, match_points__gt=0)
                | Q(match__isnull=True, match_points=0),
                name="donation_match_has_offer",
            ),
            models.CheckConstraint(
                condition=Q(final_at__gte=F("donated_at")), name="donation_final_after_given"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(settlement__isnull=True),
                name="donation_undone_is_not_settled",
            ),
            models.CheckConstraint(
                condition=Q(source=DonationSource.STANDING, standing_donation__isnull=False)
                | (~Q(source=DonationSource.STANDING) & Q(standing_donation__isnull=True)),
                name="donation_share_names_its_promise",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-donated_at", "-id"], name="donation_of_member"),
            # The public sums, without a look at the rows.
            models.Index(
                fields=["appeal", "charity"],
                include=["points", "match_points"],
                condition=Q(undone_at__isnull=True),
                name="donation_that_stands",
            ),
            models.Index(
                fields=["charity", "donated_at"],
                condition=Q(undone_at__isnull=True, settlement__isnull=True),
                name="donation_to_settle",
            ),
            models.Index(
                fields=["appeal", "-donated_at"],
                condition=Q(undone_at__isnull=True, is_named=True),
                name="donation_on_the_wall",
            ),
        ]

    def __str__(self):
        return f"{self.points} {self.charity_id}"

    @property
    def cause(self):
        return ("donation", self.pk)

    @property
    def total_points(self):
        return self.points + self.match_points

    def can_be_undone(self, now):
        """The claim in ``services.giving.undoing`` asks the same."""
        return (
            self.undone_at is None
            and self.settlement_id is None
            and self.source != DonationSource.PRIZE
            and now < self.final_at
        )
