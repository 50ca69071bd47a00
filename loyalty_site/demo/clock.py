"""When things happen: at hours at which shops are open and people are awake."""

import datetime as dt

from core.time import get_zone, resolve_local
from members.selectors.club import get_club

_OPENS, _CLOSES = 8 * 60, 21 * 60  # minutes of the day
_DAY = 24 * 60


def awake(moment: dt.datetime) -> dt.datetime:
    """The same local day, between eight and nine; whatever came first still comes first."""
    zone = get_club().zone
    local = moment.astimezone(get_zone(zone))
    minutes = _OPENS + (local.hour * 60 + local.minute) * (_CLOSES - _OPENS) // _DAY
    wall = dt.datetime.combine(local.date(), dt.time(*divmod(minutes, 60), local.second))
    return resolve_local(wall, zone)[0]
