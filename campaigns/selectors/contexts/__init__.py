"""What the words of messages are filled in with: plain data, loaded for many members at once."""

from campaigns.selectors.contexts.building import Context, build_contexts
from campaigns.selectors.contexts.figures import (
    needs_figures,
    restore_figures,
    take_figures,
    take_occasion,
)
from campaigns.selectors.contexts.rows import MessageRow

__all__ = [
    "Context",
    "MessageRow",
    "build_contexts",
    "needs_figures",
    "restore_figures",
    "take_figures",
    "take_occasion",
]
