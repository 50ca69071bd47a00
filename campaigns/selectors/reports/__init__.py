from campaigns.selectors.reports.attribution import Result, add_results, list_results
from campaigns.selectors.reports.funnel import (
    Funnel,
    get_funnel,
    list_funnels_by_channel,
    list_funnels_by_domain,
    list_funnels_by_segment,
    list_funnels_by_variant,
    list_hours,
    list_reasons,
)
from campaigns.selectors.reports.lift import Group, Lift, compare, get_lift, list_groups

__all__ = [
    "Funnel",
    "Group",
    "Lift",
    "Result",
    "add_results",
    "compare",
    "get_funnel",
    "get_lift",
    "list_funnels_by_channel",
    "list_funnels_by_domain",
    "list_funnels_by_segment",
    "list_funnels_by_variant",
    "list_groups",
    "list_hours",
    "list_reasons",
    "list_results",
]
