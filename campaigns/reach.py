"""What a channel knows a member by, as SQL: the same for counting, planning and sending.

An expression over ``m`` (members_member) that yields text, or NULL where the member can't be
reached. Each channel registers its own.
"""

from members.enums import Channel
from members.registry import Registry

addresses: Registry[str] = Registry("address of a channel")


def register_address(channel: str, sql: str) -> None:
    addresses.add(channel, sql)


def get_address_sql(channel: str) -> str:
    """Raises KeyError for a channel that nothing leads to."""
    return addresses[channel]


def register() -> None:
    """Those that are columns of the record itself."""
    register_address(Channel.EMAIL, "m.email")
    register_address(Channel.SMS, "m.phone")
    register_address(Channel.ON_SITE, "m.number")
