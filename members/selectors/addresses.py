"""Where a member lives and has things delivered."""

from members.enums import AddressPurpose
from members.models import Address, Member


def list_addresses(member: Member) -> list[Address]:
    """Home first, the usual one of each purpose before others. One query."""
    addresses = list(Address.objects.filter(member=member).sorted())
    for address in addresses:
        address.member = member  # written out with the name, without asking for it
    return addresses


def get_usual_address(member: Member, purpose: str = AddressPurpose.DELIVERY) -> Address | None:
    """The usual address of that purpose; without one, the usual one of any other."""
    addresses = list_addresses(member)
    usual = [each for each in addresses if each.is_default]
    wanted = [each for each in usual if each.purpose == purpose]
    return next(iter(wanted or usual or addresses), None)
