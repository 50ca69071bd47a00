from campaigns.selectors.reports.attribution import Result, add_results, list_results
from campaigns.selectors.reports.breakdowns import (
    BY_CHANNEL,
    BY_DOMAIN,
    BY_VARIANT,
    Breakdown,
    by_segment,
)
from campaigns.selectors.reports.cost import count_cost, to_minor
from campaigns.selectors.reports.funnel import (
    Funnel,
    get_funnel,
    list_funnels,
    list_funnels_by_variant,
    list_hours,
    list_reasons,
)
from campaigns.selectors.reports.lift import Group, Lift, compare, get_lift, list_groups

__all__ = [
    "BY_CHANNEL",
    "BY_DOMAIN",
    "BY_VARIANT",
    "Breakdown",
    "Funnel",
    "Group",
    "Lift",
    "Result",
    "add_results",
    "by_segment",
    "compare",
    "count_cost",
    "get_funnel",
    "get_lift",
    "list_funnels",
    "list_funnels_by_variant",
    "list_groups",
    "list_hours",
    "list_reasons",
    "list_results",
    "to_minor",
]
