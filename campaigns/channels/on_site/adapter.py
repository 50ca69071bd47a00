"""The channel "on_site": a message is there once it is due; its words are read from the edition."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from campaigns.channels.base import Outcome, Outgoing, Rendered, Result, Session
from members.enums import Channel


class OnSiteAdapter:
    code = Channel.ON_SITE

    @contextmanager
    def open(self) -> Iterator[Session]:
        yield _Shelf()

    def estimate_cost(self, rendered: Rendered | None, address: str) -> Decimal | None:
        return None


class _Shelf:
    def send(self, outgoing: Outgoing) -> Outcome:
        return Outcome(Result.SENT)
