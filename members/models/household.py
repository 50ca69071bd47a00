from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class HouseholdQuerySet(models.QuerySet):
    def active(self):
        return self.filter(ended_at__isnull=True)


class Household(models.Model):
    """People who belong together; those of them who agreed use their points together.

    It ends when the last one leaves. Written by ``members.services.households``.
    """

    created_at = models.DateTimeField(_("created at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("created_at")),
                name="household_ends_after_beginning",
            ),
        ]

    def __str__(self):
        return _("Household %(id)s") % {"id": self.pk}


class HouseholdMemberQuerySet(models.QuerySet):
    def active(self):
        return self.filter(left_at__isnull=True)

    def agreed(self):
        return self.filter(agreed_at__isnull=False)

    def for_list(self):
        """The head first, then as they came."""
        return self.select_related("member").order_by("-is_head", "joined_at", "pk")


class HouseholdMember(models.Model):
    """One person's time in one household.

    ``agreed_at`` is since when their points are pooled; they may take it back at any time.
    A row stays when they leave. Written by ``members.services.households``.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="places", verbose_name=_("household")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="household_places", verbose_name=_("member")
    )
    is_head = models.BooleanField(_("head"), default=False)
    joined_at = models.DateTimeField(_("joined at"))
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)

    objects = HouseholdMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("household member")
        verbose_name_plural = _("household members")
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(left_at__isnull=True),
                name="household_one_per_member",
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(is_head=True, left_at__isnull=True),
                name="household_one_head",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="household_left_after_joining",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(agreed_at__isnull=True),
                name="household_agreement_ends_on_leaving",
            ),
        ]

    def __str__(self):
        return f"{self.household_id}:{self.member_id}"


class HouseholdInvitationQuerySet(models.QuerySet):
    def open(self, now):
        """The same rule in Python: ``HouseholdInvitation.is_open``."""
        return self.filter(answered_at__isnull=True, expires_at__gt=now)


class HouseholdInvitation(models.Model):
    """An invitation to one person: a member by number, an address, or whoever has the link.

    The link is signed, never stored. It ends with its answer, with its day, or when it is
    taken back. Written by ``members.services.household_invitations``.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="invitations", verbose_name=_("household")
    )
    invited_by_member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", verbose_name=_("invited by")
    )
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="household_invitations",
        verbose_name=_("member"),
        help_text=_("Who was invited by number, or who answered."),
    )
    email = models.EmailField(_("e-mail address"), blank=True, default="")
    is_for_anyone = models.BooleanField(_("for whoever has the link"), default=False)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    is_accepted = models.BooleanField(_("accepted"), default=False)

    objects = HouseholdInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("household invitation")
        verbose_name_plural = _("household invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(is_accepted=False) | Q(answered_at__isnull=False, member__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["household", "member"],
                condition=Q(answered_at__isnull=True, member__isnull=False),
                name="invitation_once_per_member",
            ),
        ]

    def __str__(self):
        return f"{self.household_id} {self.created_at:%Y-%m-%d}"

    def is_open(self, now):
        """The same rule in SQL: ``HouseholdInvitationQuerySet.open``."""
        return self.answered_at is None and self.expires_at > now
