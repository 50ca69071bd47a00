"""WeChat's API for official accounts: its token, and questions asked with it.

https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from campaigns.channels.chat import Api, Unanswered, Unreachable
from core.errors import DomainError

logger = logging.getLogger(__name__)

# 40001 wrong, 40014 malformed, 42001 expired: nothing was done with what came with it.
TOKEN_CODES = {40001, 40014, 42001}
_EARLY = 120  # seconds before its end a token isn't used any more
_LOCK_SECONDS = 20
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.1


class WechatRefused(DomainError):
    """WeChat would not: ``errcode`` says why, None where it could not be asked."""

    code = "wechat_refused"
    status = 503

    def __init__(self, message: str, *, errcode: int | None = None):
        super().__init__(message)
        self.errcode = errcode


@contextmanager
def open_api() -> Iterator[Api]:
    api = Api(settings.WECHAT_API_URL)
    try:
        yield api
    finally:
        api.close()


def get_token(api: Api, *, instead_of: str = "") -> str:
    """The account's access token: kept until it ends, fetched by one process while the others
    wait. ``instead_of`` names one that WeChat refused. Raises WechatRefused, Unreachable,
    Unanswered.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        token = cache.get(_key("token"))
        if token and token != instead_of:
            return str(token)
        if cache.add(_key("lock"), 1, _LOCK_SECONDS):
            try:
                return _fetch_token(api, instead_of)
            finally:
                cache.delete(_key("lock"))
        if time.monotonic() > deadline:
            raise Unreachable("somebody else fetches the token, and doesn't get it")
        time.sleep(_POLL_SECONDS)


def _fetch_token(api: Api, instead_of: str) -> str:
    """The plain way first, which leaves a token of another program as it is; by force where it
    yields the one that was refused (twenty times a day at most).
    """
    token = cache.get(_key("token"))  # between the look and the lock somebody may have been here
    if token and token != instead_of:
        return str(token)
    for is_forced in (False, True):
        body = {
            "grant_type": "client_credential",
            "appid": settings.WECHAT_APP_ID,
            "secret": settings.WECHAT_APP_SECRET,
            "force_refresh": is_forced,
        }
        answer = _read(api.ask("POST", "/cgi-bin/stable_token", json=body))
        token = str(answer.get("access_token") or "")
        if not token:
            raise refuse(answer)
        if token != instead_of:
            break
    cache.set(_key("token"), token, max(int(answer.get("expires_in", 0)) - _EARLY, 1))
    return token


def ask(api: Api, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """WeChat's answer, whose ``errcode`` is 0 or missing where it did it. A token that it refuses
    is fetched anew, once. Raises Unreachable, Unanswered; WechatRefused where there is no token.
    """
    token = ""
    answer: dict[str, Any] = {}
    for _try in range(2):
        token = get_token(api, instead_of=token)
        # As it is written: WeChat shows \u escapes as they stand.
        data = json.dumps(body, ensure_ascii=False).encode()
        response = api.ask(
            "POST",
            path,
            params={"access_token": token},
            data=data,
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        if response.status_code >= 500:
            raise Unanswered(str(response.status_code))
        answer = _read(response)
        if get_errcode(answer) not in TOKEN_CODES:
            break
    return answer


def make_scene(scene: str, *, seconds: int) -> str:
    """What the QR code of a scene says, for so long. Waits for WeChat. Raises WechatRefused.

    https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
    """
    body = {
        "expire_seconds": seconds,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    url = str(_ask_once("/cgi-bin/qrcode/create", body).get("url") or "")
    if not url.startswith(("http://weixin.qq.com/", "https://weixin.qq.com/")):
        raise WechatRefused(_("WeChat's answer can't be read."))
    return url


def read_daily_quota() -> tuple[int, int]:
    """(used today, allowed a day) of messages in the club's own words. Waits for WeChat.
    Raises WechatRefused.

    https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html
    """
    answer = _ask_once("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/message/custom/send"})
    quota = answer.get("quota") or {}
    return int(quota.get("used", 0)), int(quota.get("daily_limit", 0))


def _ask_once(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    with open_api() as api:
        try:
            answer = ask(api, path, body)
        except (Unreachable, Unanswered) as error:
            raise WechatRefused(_("WeChat doesn't answer.")) from error
    if get_errcode(answer):
        raise refuse(answer)
    return answer


def refuse(answer: Mapping[str, Any]) -> WechatRefused:
    text = _("WeChat says: %(answer)s").replace("%(answer)s", describe(answer))
    return WechatRefused(text, errcode=get_errcode(answer))


def describe(answer: Mapping[str, Any]) -> str:
    return f"{get_errcode(answer)} {answer.get('errmsg', '')}".strip()[:200]


def get_errcode(answer: Mapping[str, Any]) -> int:
    """0 for a yes. An answer that can't be read has one of its own."""
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else UNREADABLE


UNREADABLE = -99


def _read(response: Any) -> dict[str, Any]:
    try:
        body = json.loads(response.content.decode())
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"errcode": UNREADABLE, "errmsg": "no JSON"}


def _key(name: str) -> str:
    return f"wechat-{name}:{settings.WECHAT_APP_ID}"
