"""Who belongs together, and whose points may be used together."""

import datetime as dt
from dataclasses import dataclass, field

from core.models import AuditEntry
from members.models import HouseholdInvitation, HouseholdMember, Member


def list_point_sharers(member: Member) -> list[Member]:
    """The others of the member's household who agreed that their points are pooled.

    Empty where the member did not agree, or belongs to none. One query.
    """
    own = HouseholdMember.objects.active().agreed().filter(member=member)
    return list(
        Member.objects.active()
        .filter(
            household_places__left_at__isnull=True,
            household_places__agreed_at__isnull=False,
            household_places__household__in=own.values("household"),
        )
        .exclude(pk=member.pk)
        .order_by("pk")
    )


@dataclass(frozen=True, slots=True)
class ShownHousehold:
    """A household as one of its people sees it."""

    own: HouseholdMember
    places: list[HouseholdMember]
    invitations: list[HouseholdInvitation] = field(default_factory=list)


def get_household(member: Member, *, now: dt.datetime) -> ShownHousehold | None:
    """The member's household with its people and open invitations; three queries."""
    own = HouseholdMember.objects.active().filter(member=member).select_related("household").first()
    if own is None:
        return None
    places = list(own.household.places.active().for_list())
    waiting = own.household.invitations.open(now).select_related("member").order_by("pk")
    return ShownHousehold(own, places, list(waiting))


def list_invitations(member: Member, *, now: dt.datetime) -> list[HouseholdInvitation]:
    """Invitations by number that wait for this member's answer."""
    waiting = HouseholdInvitation.objects.open(now).filter(
        member=member, household__ended_at__isnull=True
    )
    return list(waiting.select_related("invited_by_member").order_by("pk"))


def list_household_acts(member: Member, *, limit: int = 20) -> list[AuditEntry]:
    """What happened in the member's present household, newest first."""
    own = HouseholdMember.objects.active().filter(member=member)
    place = own.select_related("household").first()
    if place is None:
        return []
    entries = AuditEntry.objects.about(place.household)
    return list(entries.for_list().order_by("-id")[:limit])
