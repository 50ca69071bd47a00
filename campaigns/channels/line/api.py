"""LINE's Messaging API: what the club asks of it.

https://developers.line.biz/en/reference/messaging-api/
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.auth import AuthBase

from campaigns.channels.chat import Api, Unanswered, Unreachable
from core.errors import DomainError

logger = logging.getLogger(__name__)


class LineUnavailable(DomainError):
    code = "line_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class Quota:
    """Messages of this month; ``limit`` is None where the plan has none."""

    used: int
    limit: int | None = None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)


class _Bearer(AuthBase):
    """An ``auth`` of its own: a .netrc of the machine would take the header's place."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {settings.LINE_CHANNEL_ACCESS_TOKEN}"
        return request


@contextmanager
def open_api() -> Iterator[Api]:
    api = Api(settings.LINE_API_URL)
    api.session.auth = _Bearer()
    try:
        yield api
    finally:
        api.close()


def read_quota() -> Quota:
    """What is left of this month's plan; waits for LINE. Raises LineUnavailable.

    https://developers.line.biz/en/reference/messaging-api/#get-quota, #get-consumption
    """
    with open_api() as api:
        quota = _get(api, "/v2/bot/message/quota")
        used = _get(api, "/v2/bot/message/quota/consumption")
    limit = quota.get("value") if quota.get("type") == "limited" else None
    return Quota(int(used.get("totalUsage", 0)), None if limit is None else int(limit))


def send_reply(reply_token: str, text: str) -> bool:
    """Answer what somebody just wrote; costs nothing, once for each token, within a minute of it.
    False where LINE would not.

    https://developers.line.biz/en/reference/messaging-api/#send-reply-message
    """
    body = {"replyToken": reply_token, "messages": [{"type": "text", "text": text}]}
    with open_api() as api:
        try:
            response = api.ask("POST", "/v2/bot/message/reply", json=body)
        except (Unreachable, Unanswered) as error:
            logger.warning("LINE was not answered: %s", error)
            return False
    if response.status_code != 200:
        logger.warning("LINE did not take an answer: %s", describe(response))
    return response.status_code == 200


def describe(response: requests.Response) -> str:
    """Status and LINE's own words, in one line."""
    return f"{response.status_code} {read_body(response).get('message', '')}".strip()[:200]


def read_body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _get(api: Api, path: str) -> dict[str, Any]:
    try:
        response = api.ask("GET", path)
    except (Unreachable, Unanswered) as error:
        raise LineUnavailable(_("LINE doesn't answer.")) from error
    if response.status_code != 200:
        raise LineUnavailable(_("LINE says: %(answer)s").replace("%(answer)s", describe(response)))
    return read_body(response)
