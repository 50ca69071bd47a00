"""The channel "line": push messages, each under a key by which LINE knows it again.

https://developers.line.biz/en/reference/messaging-api/#send-push-message
https://developers.line.biz/en/docs/messaging-api/retrying-api-request/
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import requests
from django.core.cache import cache
from django.utils import timezone

from campaigns.channels.base import (
    AnswerLost,
    ConnectionLost,
    Outcome,
    Outgoing,
    Rendered,
    Result,
    Session,
)
from campaigns.channels.chat import (
    Api,
    Unanswered,
    Unreachable,
    WordsTooLong,
    derive_key,
    split_bubbles,
)
from campaigns.channels.line.api import describe, open_api, read_body
from campaigns.selectors.chat import find_message_price, is_connected
from members.enums import Channel

# LINE knows a key for 24 hours: what was in doubt before that isn't tried again by itself.
KEY_LIFE = dt.timedelta(hours=23)
_DOUBT_KEPT = dt.timedelta(days=60)
_MONTHLY = dt.timedelta(
    hours=6
)  # the plan is used up: until somebody books more, or the month ends


class LineAdapter:
    code = Channel.LINE

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Asks for the account's own name first: where LINE doesn't answer, or doesn't know the
        token, no message is touched. Raises ConnectionLost.
        """
        if not is_connected(Channel.LINE):
            raise ConnectionLost("the club has no account at LINE")
        with open_api() as api:
            try:
                response = api.ask("GET", "/v2/bot/info")
            except (Unreachable, Unanswered) as error:
                raise ConnectionLost(str(error)) from error
            if response.status_code != 200:
                raise ConnectionLost(describe(response))
            yield _Account(api)

    def estimate_cost(self, rendered: Rendered | None, address: str) -> Decimal | None:
        """A push to one person is one message, however many bubbles it has
        (https://developers.line.biz/en/docs/messaging-api/pricing/).
        """
        return find_message_price(Channel.LINE)


class _Account:
    def __init__(self, api: Api):
        self._api = api

    def send(self, outgoing: Outgoing) -> Outcome:
        """Where no answer came the message waits and goes again under the same key, as long as
        LINE knows that. Raises ConnectionLost, AnswerLost.
        """
        try:
            bubbles = split_bubbles(outgoing.rendered.text)
        except WordsTooLong as refusal:
            return Outcome(Result.REFUSED, detail=str(refusal)[:200])
        key = make_retry_key(outgoing)
        if _is_doubt_too_old(key):
            raise AnswerLost("LINE no longer knows the key of an earlier try")
        body = {
            "to": outgoing.address,
            "messages": [{"type": "text", "text": bubble} for bubble in bubbles],
        }
        try:
            response = self._api.ask(
                "POST", "/v2/bot/message/push", json=body, headers={"X-Line-Retry-Key": key}
            )
        except Unreachable as error:
            raise ConnectionLost(str(error)) from error
        except Unanswered as error:
            return _remember_doubt(key, str(error))
        return _read_answer(response, key)


def make_retry_key(outgoing: Outgoing) -> str:
    """A UUID, always the same for a message of the outbox."""
    return str(
        uuid.UUID(bytes=derive_key("line", outgoing.message_id, outgoing.address), version=4)
    )


def _read_answer(response: requests.Response, key: str) -> Outcome:
    status, detail = response.status_code, describe(response)
    if status in (200, 409):  # 409: an earlier try under this key was taken
        return Outcome(Result.SENT, _find_id(response)[:120], cost=find_message_price(Channel.LINE))
    if status == 429:
        is_used_up = "monthly limit" in detail.lower()
        return Outcome(Result.RETRY, detail=detail, retry_after=_MONTHLY if is_used_up else None)
    if status >= 500:
        return _remember_doubt(key, detail)
    if status in (401, 403):
        # The token's fault, not the message's: opened again, the line says so before the next one.
        raise ConnectionLost(detail)
    if status == 400 and _names_nobody(response):
        return Outcome(Result.DEAD, detail=detail)
    return Outcome(Result.REFUSED, detail=detail)


def _find_id(response: requests.Response) -> str:
    sent = read_body(response).get("sentMessages") or []
    if sent and isinstance(sent[0], dict) and sent[0].get("id"):
        return str(sent[0]["id"])
    accepted = response.headers.get("X-Line-Accepted-Request-Id")
    return accepted or response.headers.get("X-Line-Request-Id", "")


def _names_nobody(response: requests.Response) -> bool:
    """There is no such user id: https://developers.line.biz/en/reference/messaging-api/#error-responses

    Somebody who blocked the club is no error: LINE answers 200 and delivers nothing. That the
    webhook tells (``unfollow``).
    """
    body = read_body(response)
    details = body.get("details") or []
    told = [body.get("message"), *(each.get("property") for each in details)]
    return "Failed to send messages" in told or "to" in told


# --- Doubt ----------------------------------------------------------------------------------------


def _remember_doubt(key: str, detail: str) -> Outcome:
    """LINE may have it: the next try under the same key can't make it two."""
    cache.add(f"line-doubt:{key}", timezone.now().timestamp(), _DOUBT_KEPT.total_seconds())
    return Outcome(Result.RETRY, detail=detail)


def _is_doubt_too_old(key: str) -> bool:
    since = cache.get(f"line-doubt:{key}")
    return since is not None and timezone.now().timestamp() - since > KEY_LIFE.total_seconds()
