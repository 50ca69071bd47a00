"""What LINE tells the club, and how it is known to be LINE.

https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

import base64
import datetime as dt
import hmac
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class LineEvent:
    """``kind`` is LINE's word for it; ``reply_token`` is "" where nothing may be answered."""

    kind: str
    user_id: str
    at: dt.datetime
    event_id: str
    reply_token: str = ""
    text: str = ""


def is_signed(body: bytes, signature: str) -> bool:
    """Whether LINE sent these very bytes."""
    digest = hmac.digest(settings.LINE_CHANNEL_SECRET.encode(), body, "sha256")
    return hmac.compare_digest(base64.b64encode(digest).decode(), signature)


def read_events(body: bytes) -> list[LineEvent]:
    """Those of single people, in LINE's order. Raises ValueError for what is no webhook of LINE's.

    A check of the address has no events at all.
    """
    told = json.loads(body)
    events = told.get("events") if isinstance(told, dict) else None
    if not isinstance(events, list):
        raise ValueError("no events")
    read = [_read(each) for each in events[:MOST_EVENTS] if isinstance(each, dict)]
    return [each for each in read if each is not None]


def _read(told: dict[str, Any]) -> LineEvent | None:
    source, message = told.get("source") or {}, told.get("message") or {}
    if source.get("type") != "user":
        return None  # groups and rooms are none of the club's members
    # In standby another program answers this account.
    answers = told.get("mode", "active") == "active"
    is_text = told.get("type") == "message" and message.get("type") == "text"
    return LineEvent(
        kind=str(told.get("type", "")),
        user_id=str(source.get("userId") or "")[:64],
        at=dt.datetime.fromtimestamp(int(told.get("timestamp", 0)) / 1000, dt.UTC),
        event_id=str(told.get("webhookEventId") or "")[:64],
        reply_token=str(told.get("replyToken") or "") if answers else "",
        text=str(message.get("text") or "")[:5_000] if is_text else "",
    )
