"""Fixtures of messengers: the club's accounts, connected members, what the providers tell."""

import base64
import hmac
import json
from contextlib import contextmanager
from urllib.parse import urlencode

from django.test import Client

from campaigns.channels.wechat.webhook import sign
from campaigns.models import ChannelBinding
from tests.campaigns.doubles.messengers import (
    LINE_TOKEN,
    WECHAT_APP,
    WECHAT_SECRET,
    Line,
    Wechat,
    serve,
)

LINE_SECRET = "line-secret-of-tests"
WECHAT_WORD = "wechattokenoftests"
ANNA, BEN = "U" + "a" * 32, "U" + "b" * 32
OPEN_ID = "oKq1-sxGJm5oRdQ"


@contextmanager
def at_line(settings):
    with serve(Line()) as double:
        settings.LINE_CHANNEL_ACCESS_TOKEN = LINE_TOKEN
        settings.LINE_CHANNEL_SECRET = LINE_SECRET
        settings.LINE_ACCOUNT_ID = "@club"
        settings.LINE_API_URL = double.url
        yield double


@contextmanager
def at_wechat(settings):
    with serve(Wechat()) as double:
        settings.WECHAT_APP_ID = WECHAT_APP
        settings.WECHAT_APP_SECRET = WECHAT_SECRET
        settings.WECHAT_TOKEN = WECHAT_WORD
        settings.WECHAT_API_URL = double.url
        yield double


def bind(member, external_id, *, now, channel="line", **fields):
    return ChannelBinding.objects.create(
        **{"member": member, "channel": channel, "external_id": external_id,
           "state": "followed", "state_at": now, "bound_at": now} | fields
    )  # fmt: skip


def line_event(kind, user, *, at, number=1, text=None, **fields):
    told = {
        "type": kind, "mode": "active", "timestamp": int(at.timestamp() * 1000),
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01FZ74A0TDDPYRVKNK77XK{number:04d}",
        "deliveryContext": {"isRedelivery": False},
    }  # fmt: skip
    if kind != "unfollow":
        told["replyToken"] = f"reply-{number}"
    if text is not None:
        told["message"] = {"type": "text", "id": "1", "text": text}
    return told | fields


def tell_line(*events, secret=LINE_SECRET, body=None):
    body = json.dumps({"destination": "U0", "events": events}).encode() if body is None else body
    digest = hmac.digest(secret.encode(), body, "sha256")
    return Client().post(
        "/webhooks/line/", body, content_type="application/json",
        headers={"X-Line-Signature": base64.b64encode(digest).decode()},
    )  # fmt: skip


def wechat_xml(kind, *, at, event="", text="", key="", number=1, open_id=OPEN_ID):
    inner = f"<Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
    if kind == "text":
        inner = f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId>"
    return (
        f"<xml><ToUserName><![CDATA[gh_club]]></ToUserName><FromUserName><![CDATA[{open_id}]]>"
        f"</FromUserName><CreateTime>{int(at.timestamp())}</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>"
    ).encode()


def wechat_query(*, at, token=WECHAT_WORD, **more):
    stamp = str(int(at.timestamp()))
    return {
        "timestamp": stamp, "nonce": "486452656", "signature": sign(token, stamp, "486452656")
    } | more  # fmt: skip


def tell_wechat(body, *, at, query=None):
    told = urlencode(wechat_query(at=at) if query is None else query)
    return Client().post(f"/webhooks/wechat/?{told}", body, content_type="text/xml")
