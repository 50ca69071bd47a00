"""The club's official account at LINE, by the Messaging API."""

from campaigns.channels.line.adapter import LineAdapter

__all__ = ["LineAdapter"]
