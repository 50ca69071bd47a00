"""What a campaign took, in minor units of the club's currency."""

from decimal import ROUND_UP, Decimal

from campaigns.models import Campaign
from campaigns.selectors.reports.funnel import Funnel
from core.money import get_exponent
from members.selectors.club import get_club


def count_cost(campaign: Campaign, funnel: Funnel) -> int:
    """What providers took for its messages, rounded up, and its other costs."""
    return campaign.budget_amount + to_minor(funnel.cost)


def to_minor(cost: Decimal) -> int:
    exponent = get_exponent(get_club().currency)
    return int(cost.scaleb(exponent).to_integral_value(ROUND_UP))
