"""Four members in mid-story. Their purchases tell three stories; the fourth may need a gift."""

import datetime as dt

from django.db.models import Sum

from core.time import day_of
from loyalty_site.demo.data import read_stories, read_words
from members.models import Member
from rewards.enums import Unit
from rewards.models import Lot
from rewards.services.grants import grant_points

NEAR_GOLD = "near_gold"
EXPIRING = "points_expiring_friday"
ASLEEP = "long_asleep"
_ENOUGH = 50  # points on that Friday that are worth a story
_GIFT = 150
_FRIDAY = 4


def tell_stories(members: dict[str, Member], *, zone: str, now: dt.datetime) -> None:
    """Make true what the purchases alone don't: points that expire on the coming Friday."""
    code = dict(read_stories())[EXPIRING]
    if code not in members:
        return
    friday = find_friday(day_of(now, zone))
    lots = Lot.objects.filter(member=members[code], unit=Unit.POINTS, expires_on=friday)
    if (lots.aggregate(left=Sum("available"))["left"] or 0) < _ENOUGH:
        grant_points(
            members[code],
            _GIFT,
            expires_on=friday,
            note=read_words()["melon"],
            key="demo:melon",
            by=None,
            now=now,
        )


def find_friday(today: dt.date) -> dt.date:
    """The next Friday after today."""
    return today + dt.timedelta(days=(_FRIDAY - today.weekday() - 1) % 7 + 1)
