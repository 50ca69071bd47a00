"""Messengers: whether the club has an account there, and what a message costs."""

from decimal import Decimal

from django.conf import settings
from django.db.models import Count

from campaigns.models import ChannelBinding, ChannelPrice
from core.kept import Kept
from members.enums import Channel

kept = Kept()
# What an account can't do without (docs/channels.md).
NEEDED = {
    Channel.LINE: ("LINE_CHANNEL_ACCESS_TOKEN", "LINE_CHANNEL_SECRET", "LINE_ACCOUNT_ID"),
    Channel.WECHAT: ("WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_TOKEN"),
}


def is_connected(channel: str) -> bool:
    """Whether the environment holds all that the club's account there needs."""
    return all(getattr(settings, name) for name in NEEDED[Channel(channel)])


def list_connected() -> list[Channel]:
    return [channel for channel in NEEDED if is_connected(channel)]


def find_message_price(channel: str) -> Decimal | None:
    """For one message, in the club's currency; None where the owner gave no price."""
    prices = kept.get("prices")
    if prices is None:
        prices = dict(ChannelPrice.objects.values_list("channel", "price"))
        kept.put("prices", prices)
    return prices.get(channel)


def count_bindings() -> dict[str, dict[str, int]]:
    """By channel: how many members are connected (``followed``), and how many of them left."""
    rows = ChannelBinding.objects.active().values_list("channel", "state")
    found: dict[str, dict[str, int]] = {}
    for channel, state, count in rows.annotate(count=Count("pk")).order_by():
        found.setdefault(channel, {})[state] = count
    return found
