"""The channel "sms": any gateway that ``SMS_BACKEND`` names."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from campaigns.channels.base import (
    AnswerLost,
    ConnectionLost,
    Outcome,
    Outgoing,
    Rendered,
    Result,
    Session,
)
from campaigns.channels.sms.counting import count_segments
from campaigns.channels.sms.rules import RulesNotMet, dress_text
from campaigns.selectors.sms_prices import find_price
from members import sms
from members.enums import Channel

_USUAL_SEGMENTS = 2  # of a text that isn't written yet


class SmsAdapter:
    code = Channel.SMS

    @contextmanager
    def open(self) -> Iterator[Session]:
        yield _Gateway(import_string(settings.SMS_BACKEND)())

    def estimate_cost(self, rendered: Rendered | None, address: str) -> Decimal | None:
        """Segments times the owner's price for the country; None where there is no price."""
        price = find_price(address)
        if price is None:
            return None
        return price * (
            count_segments(rendered.text).segment_count if rendered else _USUAL_SEGMENTS
        )


class _Gateway:
    def __init__(self, backend: Any):
        self._backend = backend

    def send(self, outgoing: Outgoing) -> Outcome:
        """Raises ConnectionLost, AnswerLost."""
        extras = outgoing.rendered.extras
        try:
            text = dress_text(
                outgoing.rendered.text,
                address=outgoing.address,
                is_marketing=outgoing.is_marketing,
                extras=extras,
            )
        except RulesNotMet as refusal:
            return Outcome(Result.REFUSED, detail=str(refusal)[:200])
        price = find_price(outgoing.address)
        cost = None if price is None else price * count_segments(text).segment_count
        try:
            provider_id = self._hand_over(outgoing, text)
        except sms.SmsRefused as error:
            result = Result.DEAD if error.is_dead else Result.REFUSED
            return Outcome(result, detail=str(error)[:200])
        except sms.SmsBusy as error:
            return Outcome(Result.RETRY, detail=str(error)[:200], retry_after=error.retry_after)
        except sms.SmsUnreachable as error:
            raise ConnectionLost(str(error)) from error
        except sms.SmsUnanswered as error:
            raise AnswerLost(str(error)) from error
        return Outcome(Result.SENT, provider_id[:120], cost=cost)

    def _hand_over(self, outgoing: Outgoing, text: str) -> str:
        """A gateway that tells what became of a message takes its id along."""
        hand_over = getattr(self._backend, "hand_over", None)
        if hand_over is None:
            self._backend.send(outgoing.address, text)
            return ""
        return str(
            hand_over(
                outgoing.address,
                text,
                reference=str(outgoing.message_id),
                extras=outgoing.rendered.extras,
            )
            or ""
        )
