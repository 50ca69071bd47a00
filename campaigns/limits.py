"""How large a campaign may be without a second person, before a club says otherwise: reviewed data
(see ``rewards.limits``).
"""

from members.roles import MANAGER, MARKETER, OWNER
from rewards.registry import Limits

# In members who are written to: one campaign, one's day; then what the role approves.
REACH = {
    MARKETER: Limits(10_000, 20_000, None, None, 0, 0),
    MANAGER: Limits(100_000, 200_000, None, None, 1_000_000, 2_000_000),
    OWNER: Limits(None, None, None, None, None, None),
}
# In the club's money, minor units: what the channels take, and print, and prizes.
COST = {
    MARKETER: Limits(20_000, 50_000, None, None, 0, 0),
    MANAGER: Limits(200_000, 500_000, None, None, 2_000_000, 5_000_000),
    OWNER: Limits(None, None, None, None, None, None),
}
