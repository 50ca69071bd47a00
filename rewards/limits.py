"""How much staff may do alone, and approve, before a club says otherwise: reviewed data.

By kind of act and role; ``None`` is without a limit, 0 means never alone, and a role that is not
named has zeros. ``receivers.create_act_limits`` makes a row of each that is missing; from then on
the row counts, which an owner may change.
"""

from members.roles import CLERK, MANAGER, MARKETER, OWNER
from rewards.registry import Limits

# One act, one person's day, one member's day, one person for one member in a day; then what the
# role may approve at once and in a day.
_OWNER = Limits(None, None, None, None, None, None)

# Points given or taken by hand.
ADJUSTMENT = {
    CLERK: Limits(500, 2_000, 500, 500, 0, 0),
    MANAGER: Limits(5_000, 20_000, 5_000, 5_000, 10_000, 50_000),
    OWNER: Limits(50_000, 200_000, 50_000, 50_000, None, None),
}
# Store credit given by hand, in minor units.
CREDIT = {
    CLERK: Limits(1_000, 5_000, 1_000, 1_000, 0, 0),
    MANAGER: Limits(10_000, 50_000, 10_000, 10_000, 20_000, 100_000),
    OWNER: Limits(50_000, 200_000, 50_000, 50_000, None, None),
}
# A return after its window, by the money that goes back, in minor units.
LATE_RETURN = {
    CLERK: Limits(5_000, 20_000, 5_000, 5_000, 0, 0),
    MANAGER: Limits(50_000, 200_000, 50_000, 50_000, 100_000, 500_000),
    OWNER: _OWNER,
}
# A tier given or kept by hand, in members.
TIER = {
    MANAGER: Limits(1, 10, 1, 1, 1, 20),
    OWNER: Limits(1, 50, 1, 1, None, None),
}
# Acts for many. The member's day bounds what one head gets, so that a list of one is no way round.
BULK_GRANT = {
    MARKETER: Limits(0, 0, 0, 0, 0, 0),
    MANAGER: Limits(20_000, 20_000, 500, 500, 200_000, 500_000),
    OWNER: Limits(200_000, 500_000, 2_000, 2_000, None, None),
}
# Surprise gifts, each by what it gives: points, money (minor units), free spins.
GIFT_POINTS = {
    MANAGER: Limits(20_000, 20_000, 500, 500, 200_000, 500_000),
    OWNER: Limits(200_000, 500_000, 2_000, 2_000, None, None),
}
GIFT_MONEY = {
    MANAGER: Limits(20_000, 20_000, 2_000, 2_000, 200_000, 500_000),
    OWNER: Limits(200_000, 500_000, 10_000, 10_000, None, None),
}
GIFT_SPINS = {
    MANAGER: Limits(200, 200, 3, 3, 2_000, 5_000),
    OWNER: Limits(2_000, 5_000, 10, 10, None, None),
}
BULK_EXPIRY = {
    MANAGER: Limits(20_000, 20_000, None, None, 1_000_000, 2_000_000),
    OWNER: Limits(200_000, 500_000, None, None, None, None),
}
BULK_TIER = {
    MANAGER: Limits(20, 20, None, None, 10_000, 20_000),
    OWNER: Limits(100, 500, None, None, None, None),
}
# Stamps on cards, given or taken back by hand. A day's coffee is one; a whole card is a prize.
STAMPS = {
    CLERK: Limits(2, 20, 3, 3, 0, 0),
    MANAGER: Limits(10, 100, 20, 20, 50, 500),
    OWNER: Limits(50, 500, 100, 100, None, None),
}
