"""The inbox on these pages: nothing leaves the house."""

from campaigns.channels.on_site.adapter import OnSiteAdapter

__all__ = ["OnSiteAdapter"]
