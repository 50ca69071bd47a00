"""What messengers have in common: how long words may be, and one connection that stays open."""

import hmac
import re
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from campaigns.channels.base import Rendered
from core.errors import DomainError
from members.enums import Channel

TIMEOUT = (5, 15)  # seconds: to connect, to answer
BUBBLE = 5_000  # UTF-16 units of one text at LINE
MOST_BUBBLES = 5
WECHAT_BYTES = 2_048
TEMPLATE_ID, TEMPLATE_FIELDS = "template_id", "template_fields"  # in the extras of the words
URL = re.compile(r"https?://[^\s<>()（）「」]+")


class WordsTooLong(DomainError):
    """Words that the messenger would not take: too many, or none for a field of its template."""

    code = "words_too_long"


def split_bubbles(text: str) -> list[str]:
    """The texts that one message at LINE is made of: cut between paragraphs, else lines, else
    anywhere. Raises WordsTooLong.

    https://developers.line.biz/en/reference/messaging-api/#text-message (5,000 characters, counted
    in UTF-16), #send-push-message (five messages).
    """
    rest, bubbles = text.strip(), []
    while count_utf16(rest) > BUBBLE:
        head = _take_utf16(rest, BUBBLE)
        for mark in ("\n\n", "\n"):
            if (place := head.rfind(mark)) > 0:
                head = head[:place]
                break
        bubbles.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    bubbles.append(rest)
    if len(bubbles) > MOST_BUBBLES:
        raise WordsTooLong(
            _("LINE takes %(most)s characters at most; these are %(count)s.")
            % {"most": BUBBLE * MOST_BUBBLES, "count": count_utf16(text.strip())}
        )
    return bubbles


def check_wechat_size(text: str) -> None:
    """Raises WordsTooLong.

    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
    """
    size = len(text.strip().encode())
    if size > WECHAT_BYTES:
        raise WordsTooLong(
            _("WeChat takes %(most)s bytes at most; these are %(count)s.")
            % {"most": WECHAT_BYTES, "count": size}
        )


def find_excess(channel: str, rendered: Rendered) -> str:
    """A sentence where a messenger would not take these words; else ""."""
    try:
        if channel == Channel.LINE:
            split_bubbles(rendered.text)
        elif channel == Channel.WECHAT and is_template(rendered.extras):
            check_template(rendered)
        elif channel == Channel.WECHAT:
            check_wechat_size(rendered.text)
    except WordsTooLong as refusal:
        return str(refusal)
    return ""


def list_bubbles(channel: str, rendered: Rendered | None) -> list[str]:
    """The words as a messenger shows them, one text after the other; none where it isn't one, or
    would not take them.
    """
    if channel not in (Channel.LINE, Channel.WECHAT) or rendered is None:
        return []
    if find_excess(channel, rendered):
        return []
    return split_bubbles(rendered.text) if channel == Channel.LINE else [rendered.text.strip()]


def is_template(extras: Any) -> bool:
    """Whether words go out as an approved template of WeChat's."""
    return bool(str((extras or {}).get(TEMPLATE_ID) or "").strip())


def list_template_fields(rendered: Rendered) -> list[tuple[str, str]]:
    """(field of the template, what stands there): each line of the words fills the next field. A
    line with an address is where the message leads, and no field.
    """
    names, lines = _list_names(rendered.extras), _list_lines(rendered.text)
    return list(zip(names, lines, strict=False))


def check_template(rendered: Rendered) -> None:
    """Each field has a line, and each line a field. Raises WordsTooLong."""
    names, lines = _list_names(rendered.extras), _list_lines(rendered.text)
    if len(names) != len(lines):
        raise WordsTooLong(
            _("Fields of the template: %(fields)s. Lines of the words for them: %(lines)s.")
            % {"fields": len(names), "lines": len(lines)}
        )


def _list_names(extras: Any) -> list[str]:
    told = str((extras or {}).get(TEMPLATE_FIELDS) or "")
    return [name for name in re.split(r"[\s,，、;]+", told) if name]


def _list_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not URL.search(line)]


def count_utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _take_utf16(text: str, units: int) -> str:
    """The longest beginning of so many units; no character is cut in two."""
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore")


def derive_key(purpose: str, message_id: int, address: str) -> bytes:
    """16 bytes that are the same for a message whenever it leaves, and no other's."""
    told = f"{purpose}:{message_id}:{address}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), told, "sha256")[:16]


class Api:
    """One connection to a provider's HTTP API, kept open; not shared between threads.

    What is raised and logged never holds an address that was asked: WeChat's tokens stand in it.
    """

    def __init__(self, base_url: str):
        self._base_url = base_url.rstrip("/")
        self.session = requests.Session()

    def close(self) -> None:
        self.session.close()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Raises Unreachable where nothing can have arrived, Unanswered where it may have."""
        try:
            return self.session.request(
                method,
                self._base_url + path,
                timeout=TIMEOUT,
                allow_redirects=False,  # whoever redirects an API isn't told our token
                **options,
            )
        except requests.RequestException as error:
            name = type(error).__name__
            if _is_unsent(error):
                raise Unreachable(name) from None
            raise Unanswered(name) from None


class Unreachable(Exception):
    """No connection came about: the other side has nothing."""


class Unanswered(Exception):
    """The question left, and no answer came."""


def _is_unsent(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))
