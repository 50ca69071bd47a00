"""What the addresses of the member record's pages need, for the access matrix."""

from members.models import DuplicatePair
from members.services.addresses import save_address
from members.services.enrolment import create_member
from members.services.household_invitations import (
    accept_invitation,
    build_invitation_token,
    invite_to_household,
)
from members.services.households import (
    open_household,
)
from members.services.merging import merge_members

STREET = {"street": "1 Main St", "city": "San Francisco", "region": "CA", "postal_code": "94110"}


def record_arguments(mei, now):
    """Mei has an address and leads a household; two others are alike, two were merged."""
    address = save_address(mei, STREET, country="US", by=None, now=now)
    open_household(mei, by=None, now=now)
    lodger = create_member(now=now, source="test")
    invitation = invite_to_household(mei, number=lodger.number, by=None, now=now)
    place = accept_invitation(invitation, lodger, by=None, now=now)
    link = invite_to_household(mei, by=None, now=now)
    first, second = (create_member(now=now, source="test") for _ in range(2))
    pair = DuplicatePair.objects.create(
        first=first, second=second, reasons=["phone"], score=50, found_at=now
    )
    absorbed, survivor = (create_member(now=now, source="test") for _ in range(2))
    merge = merge_members(absorbed, survivor, by=None, reason="Same card", now=now)
    token = build_invitation_token(link)
    return {
        "address_edit": [address.pk],
        "address_removal": [address.pk],
        "household_removal": [place.pk],
        "household_cancellation": [link.pk],
        "household_invitation": [token],
        "household_answer": [token],
        "admin:members_member_address_edit": [mei.pk, address.pk],
        "admin:members_member_address_removal": [mei.pk, address.pk],
        "admin:members_membermerge_into": [mei.pk],
        "admin:members_membermerge_undo": [merge.pk],
        "admin:members_duplicatepair_apart": [pair.pk],
        "admin:members_duplicatepair_reopen": [pair.pk],
    }
