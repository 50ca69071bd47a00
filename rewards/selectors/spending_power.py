"""What a member can spend, for the pages that show prices."""

import datetime as dt

from members.models import Member
from members.selectors.households import list_point_sharers
from rewards.selectors.balances import get_balances


def count_points(member: Member | None, now: dt.datetime) -> tuple[int | None, int]:
    """What a member can spend now, and how much of that is the household's."""
    if member is None:
        return None, 0
    own = get_balances(member, now=now).available
    pooled = sum(get_balances(each, now=now).available for each in list_point_sharers(member))
    return own + pooled, pooled
