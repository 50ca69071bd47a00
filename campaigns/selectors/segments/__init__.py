"""Segments read, counted, explained: a definition as a tree, as SQL, as a sentence."""

from campaigns.selectors.segments.compiling import Compiled, CrossJoin, compile_segment
from campaigns.selectors.segments.counting import (
    EXAMPLES,
    Count,
    TooSlow,
    check_plan,
    count_members,
    limited,
    list_examples,
)
from campaigns.selectors.segments.definition import (
    AttributeRule,
    AudienceRule,
    BadDefinition,
    BehaviourRule,
    Group,
    list_audience_slugs,
    read_definition,
    sort_by_need,
)
from campaigns.selectors.segments.reasons import Example, Reason, explain_members
from campaigns.selectors.segments.wording import Wording

__all__ = [
    "EXAMPLES",
    "AttributeRule",
    "AudienceRule",
    "BadDefinition",
    "BehaviourRule",
    "Compiled",
    "Count",
    "CrossJoin",
    "Example",
    "Group",
    "Reason",
    "TooSlow",
    "Wording",
    "check_plan",
    "compile_segment",
    "count_members",
    "explain_members",
    "limited",
    "list_audience_slugs",
    "list_examples",
    "read_definition",
    "sort_by_need",
]
