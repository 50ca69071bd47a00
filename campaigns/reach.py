"""What a channel knows a member by, as SQL: the same for counting, planning and sending.

An expression over ``m`` (members_member) that yields text, or NULL where the member can't be
reached. Each channel registers its own.
"""

from collections.abc import Callable

from members.enums import Channel
from members.registry import Registry

addresses: Registry[str] = Registry("address of a channel")
_connected: dict[str, Callable[[], bool]] = {}


def register_address(
    channel: str, sql: str, *, is_connected: Callable[[], bool] | None = None
) -> None:
    """``is_connected`` tells whether the club has such an account at all."""
    addresses.add(channel, sql)
    if is_connected is not None:
        _connected[channel] = is_connected


def list_offered() -> list[str]:
    """Channels that a new mailing may choose: those that lead anywhere here."""
    return [code for code in addresses.codes() if _connected.get(code, lambda: True)()]


def get_address_sql(channel: str) -> str:
    """Raises KeyError for a channel that nothing leads to."""
    return addresses[channel]


def register() -> None:
    """Those that are columns of the record itself."""
    register_address(Channel.EMAIL, "m.email")
    register_address(Channel.SMS, "m.phone")
    register_address(Channel.ON_SITE, "CASE WHEN m.user_id IS NOT NULL THEN m.number END")
