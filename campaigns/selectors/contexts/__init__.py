"""What the words of messages are filled in with: plain data, loaded for many members at once."""

from campaigns.selectors.contexts.building import Context, MessageRow, build_contexts

__all__ = ["Context", "MessageRow", "build_contexts"]
