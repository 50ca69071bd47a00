"""What addresses, households, duplicates and merges tell the registries."""

from allauth.account.models import EmailAddress
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from members import registry
from members.models import (
    Address,
    DuplicatePair,
    HouseholdInvitation,
    MemberMerge,
)
from members.personal_data import rows_of
from members.registry import NoticeText, PersonalData
from members.services import addresses, household_invitations, households
from members.services.merging import MERGED_NOTICE


def register() -> None:
    for entry in _ENTRIES:
        registry.register_personal_data(entry)
    registry.register_viewed("admin:members_membermerge_into", "members.Member")
    registry.register_viewed("admin:members_membermerge_change", "members.MemberMerge")
    registry.register_viewed("admin:members_duplicatepair_change", "members.DuplicatePair")
    registry.register_notice_text(
        NoticeText(
            household_invitations.INVITED,
            lambda params: _("You are invited to a household."),
            build_url=lambda params: "/household/",
        )
    )
    registry.register_notice_text(
        NoticeText(
            MERGED_NOTICE,
            lambda params: (
                _(
                    "Two records of yours became one. Everything is here, and the number %(number)s"
                    " still works."
                )
                % {"number": params["number"]}
            ),
        )
    )


def _count_addresses(member):
    return [(_("Addresses"), member.addresses.count())]


def _list_household(member):
    for place in member.household_places.order_by("pk"):
        yield {
            "household": place.household_id,
            "is_head": place.is_head,
            "joined_at": place.joined_at,
            "agreed_at": place.agreed_at,
            "left_at": place.left_at,
        }


def _list_invitations(member):
    sent = HouseholdInvitation.objects.filter(invited_by_member=member).order_by("pk")
    return list(sent.values("email", "created_at", "answered_at", "is_accepted"))


def _erase_invitations(member, now):
    """The addresses that they wrote to, and their own in what others sent to them; an invitation
    that nobody could answer any more ends.
    """
    emails = EmailAddress.objects.filter(user=member.user_id, verified=True)
    own = [email.lower() for email in emails.values_list("email", flat=True)]
    theirs = Q(invited_by_member=member) | Q(member=member) | Q(email__in=own)
    HouseholdInvitation.objects.exclude(email="").filter(theirs).update(
        email="", answered_at=Coalesce("answered_at", Value(now))
    )


def _delete_pairs(member, now):
    DuplicatePair.objects.about(member).delete()


_ENTRIES = (
    PersonalData(
        "members.Address",
        export=rows_of(
            Address, "purpose", "label", "is_default", "country", "postal_code", "region", "city",
            "district", "street", "building", "recipient", "phone", "created_at", "updated_at",
        ),
        erase=lambda member, now: member.addresses.all().delete(),
        merge=addresses.merge_addresses,
        undo=addresses.undo_merge,
        facts=_count_addresses,
    ),
    PersonalData(
        "members.HouseholdMember",
        export=_list_household,
        erase=lambda member, now: households.end_places(member, now=now),
        merge=households.merge_places,
        undo=households.undo_merge,
        why_kept="Who shared points with whom and when; ids and dates, which name nobody.",
        labels=(("household", _("household")),),
    ),
    PersonalData(
        "members.HouseholdInvitation",
        export=_list_invitations,
        erase=_erase_invitations,
        count=lambda member: (
            HouseholdInvitation.objects.filter(invited_by_member=member).count()
        ),
        why_kept="That somebody was invited; addresses go, ids and dates stay.",
    ),
    PersonalData(
        "members.DuplicatePair",
        erase=_delete_pairs,
        count=lambda member: DuplicatePair.objects.about(member).count(),
        why_kept="A merge decides the pair; the club's own question is no data of the member's.",
    ),
    PersonalData(
        "members.MemberMerge",
        export=lambda member: list(
            MemberMerge.objects.filter(target=member)
            .order_by("pk")
            .values("merged_at", "source__number")
        ),
        count=lambda member: MemberMerge.objects.filter(target=member).count(),
        why_kept="Which records became one, and what moved; ids and counts, which name nobody.",
        labels=(("source__number", _("membership number")),),
    ),
)  # fmt: skip
