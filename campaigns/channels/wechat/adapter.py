"""The channel "wechat": an approved template at any time, or the club's own words within 48 hours
of what its reader last wrote.

https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

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
    TEMPLATE_ID,
    URL,
    Api,
    Unanswered,
    Unreachable,
    WordsTooLong,
    check_template,
    check_wechat_size,
    derive_key,
    is_template,
    list_template_fields,
)
from campaigns.channels.wechat.api import (
    TOKEN_CODES,
    UNREADABLE,
    WechatRefused,
    ask,
    describe,
    get_errcode,
    get_token,
    open_api,
)
from campaigns.selectors.chat import find_message_price, is_connected
from members.enums import Channel

_BUSY, _MINUTE, _USED_UP = {-1}, {45011}, {45009}
_LEFT = {43004, 50005}  # don't follow the account
_NOBODY = {40003}
_ACCOUNT = {40013, 40125, 40164, 48001, 50002}  # what the account may do, not what is in a message
_DAY_END = dt.timedelta(hours=6)


class WechatAdapter:
    code = Channel.WECHAT

    @contextmanager
    def open(self) -> Iterator[Session]:
        """With a token, or not at all. Raises ConnectionLost."""
        if not is_connected(Channel.WECHAT):
            raise ConnectionLost("the club has no account at WeChat")
        with open_api() as api:
            try:
                get_token(api)
            except (Unreachable, Unanswered, WechatRefused) as error:
                raise ConnectionLost(str(error)) from error
            yield _Account(api)

    def estimate_cost(self, rendered: Rendered | None, address: str) -> Decimal | None:
        return find_message_price(Channel.WECHAT)


class _Account:
    def __init__(self, api: Api):
        self._api = api

    def send(self, outgoing: Outgoing) -> Outcome:
        """Raises ConnectionLost; AnswerLost, since WeChat knows nothing again but templates, and
        those for ten minutes.
        """
        try:
            path, body = _build(outgoing)
        except WordsTooLong as refusal:
            return Outcome(Result.REFUSED, detail=str(refusal)[:200])
        try:
            answer = ask(self._api, path, body)
        except (Unreachable, WechatRefused) as error:
            raise ConnectionLost(str(error)) from error
        except Unanswered as error:
            raise AnswerLost(str(error)) from error
        return _read_answer(answer)


def _build(outgoing: Outgoing) -> tuple[str, dict[str, Any]]:
    """Path and body. Raises WordsTooLong."""
    rendered = outgoing.rendered
    if is_template(rendered.extras):
        check_template(rendered)
        return "/cgi-bin/message/template/send", _build_template(outgoing)
    check_wechat_size(rendered.text)
    body = {
        "touser": outgoing.address,
        "msgtype": "text",
        "text": {"content": rendered.text.strip()},
    }
    return "/cgi-bin/message/custom/send", body


def _build_template(outgoing: Outgoing) -> dict[str, Any]:
    """``client_msg_id``: two of the same within ten minutes are one."""
    rendered = outgoing.rendered
    body: dict[str, Any] = {
        "touser": outgoing.address,
        "template_id": str(rendered.extras[TEMPLATE_ID]).strip(),
        "client_msg_id": derive_key("wechat", outgoing.message_id, outgoing.address).hex(),
        "data": {name: {"value": value} for name, value in list_template_fields(rendered)},
    }
    if found := URL.search(rendered.text):
        body["url"] = found[0]
    return body


def _read_answer(answer: Mapping[str, Any]) -> Outcome:
    """https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html"""
    code, detail = get_errcode(answer), describe(answer)
    if code == 0:
        told = str(answer.get("msgid") or "")[:120]
        return Outcome(Result.SENT, told, cost=find_message_price(Channel.WECHAT))
    if code in TOKEN_CODES or code in _ACCOUNT:
        raise ConnectionLost(detail)
    if code == UNREADABLE:
        raise AnswerLost(detail)
    if code in _BUSY:
        return Outcome(Result.RETRY, detail=detail)
    if code in _MINUTE:
        return Outcome(Result.RETRY, detail=detail, retry_after=dt.timedelta(minutes=1))
    if code in _USED_UP:
        return Outcome(Result.RETRY, detail=detail, retry_after=_DAY_END)
    if code in _LEFT:
        return Outcome(Result.LEFT, detail=detail)
    if code in _NOBODY:
        return Outcome(Result.DEAD, detail=detail)
    # Among them 45015 (48 hours are over), 45047 (too many without an answer), 45002, 40037, 47003.
    return Outcome(Result.REFUSED, detail=detail)
