"""What WeChat tells the club, how it is known to be WeChat, and how the club answers.

https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

FRESH = dt.timedelta(minutes=5)
_BLOCK_BITS = 32 * 8  # WeChat fills up to 32 bytes, not to AES's own 16


class NotFromWechat(Exception):
    """No signature of WeChat's, an old one, or something that can't be read."""


@dataclass(frozen=True, slots=True)
class WechatEvent:
    """Fields as WeChat names them, flat."""

    fields: Mapping[str, str]

    @property
    def open_id(self) -> str:
        return self.fields.get("FromUserName", "")[:64]

    @property
    def at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self.fields.get("CreateTime") or 0), dt.UTC)

    @property
    def kind(self) -> str:
        """``text`` and the like; of events their own name: ``subscribe``, ``SCAN``."""
        kind = self.fields.get("MsgType", "")
        return self.fields.get("Event", "") if kind == "event" else kind

    @property
    def event_id(self) -> str:
        """As WeChat's documents advise: messages have a number, events a sender and a time."""
        told = self.fields.get("MsgId") or f"{self.open_id}-{self.fields.get('CreateTime', '')}"
        return f"{told}-{self.kind}"[:160]

    @property
    def scene(self) -> str:
        """What the QR code said, where one was scanned."""
        if self.kind not in ("subscribe", "SCAN"):
            return ""
        return self.fields.get("EventKey", "").removeprefix("qrscene_")


def check_handshake(query: Mapping[str, str], *, now: dt.datetime) -> str:
    """The word that WeChat waits for when the address is entered. Raises NotFromWechat."""
    _check_signature(query, now=now)
    return query.get("echostr", "")


def read_event(query: Mapping[str, str], body: bytes, *, now: dt.datetime) -> WechatEvent:
    """Where the club has a key, nothing is read but what is encrypted with it. Raises
    NotFromWechat.
    """
    fields = parse_flat_xml(body) if not settings.WECHAT_AES_KEY else {}
    if not settings.WECHAT_AES_KEY:
        _check_signature(query, now=now)
        if "Encrypt" in fields and "FromUserName" not in fields:
            raise NotFromWechat("encrypted, and the club has no key")
    else:
        _check_age(query, now=now)
        encrypted = _parse_encrypted(query, body)
        fields = parse_flat_xml(decrypt(encrypted))
    event = WechatEvent(fields)
    try:
        _ = event.at
    except (ValueError, OverflowError, OSError) as error:
        raise NotFromWechat("no time") from error
    return event


def build_answer(event: WechatEvent, text: str, *, now: dt.datetime) -> bytes:
    """The body that shows ``text`` to whoever wrote; ``b"success"`` for nothing."""
    if not text:
        return b"success"
    stamp = int(now.timestamp())
    xml = (
        f"<xml><ToUserName>{_cdata(event.open_id)}</ToUserName>"
        f"<FromUserName>{_cdata(event.fields.get('ToUserName', ''))}</FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType>{_cdata('text')}</MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    ).encode()
    if not settings.WECHAT_AES_KEY:
        return xml
    encrypted, nonce = encrypt(xml), secrets.token_hex(8)
    signature = sign(settings.WECHAT_TOKEN, str(stamp), nonce, encrypted)
    return (
        f"<xml><Encrypt>{_cdata(encrypted)}</Encrypt><MsgSignature>{_cdata(signature)}"
        f"</MsgSignature><TimeStamp>{stamp}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    ).encode()


# --- Signatures -----------------------------------------------------------------------------------


def sign(*parts: str) -> str:
    """SHA-1 of the parts in the order of the alphabet, which is all that WeChat offers."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _check_signature(query: Mapping[str, str], *, now: dt.datetime) -> None:
    _check_age(query, now=now)
    wanted = sign(settings.WECHAT_TOKEN, query.get("timestamp", ""), query.get("nonce", ""))
    if not hmac.compare_digest(wanted.encode(), query.get("signature", "").encode()):
        raise NotFromWechat("signature")


def _check_age(query: Mapping[str, str], *, now: dt.datetime) -> None:
    """Who heard one question can't ask it again tomorrow."""
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise NotFromWechat("no time")
    if abs(now.timestamp() - int(stamp)) > FRESH.total_seconds():
        raise NotFromWechat("too old")


def _parse_encrypted(query: Mapping[str, str], body: bytes) -> str:
    """This signature is over what was encrypted too."""
    encrypted = parse_flat_xml(body).get("Encrypt", "")
    wanted = sign(
        settings.WECHAT_TOKEN, query.get("timestamp", ""), query.get("nonce", ""), encrypted
    )
    told = query.get("msg_signature", "")
    if not encrypted or not hmac.compare_digest(wanted.encode(), told.encode()):
        raise NotFromWechat("signature")
    return encrypted


# --- AES: 安全模式 --------------------------------------------------------------------------------


def decrypt(encrypted: str) -> bytes:
    """Raises NotFromWechat for what wasn't encrypted with the club's key, for its account."""
    try:
        data = base64.b64decode(encrypted, validate=True)
        decryptor = _cipher().decryptor()
        padded = decryptor.update(data) + decryptor.finalize()
        unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
        plain = unpadder.update(padded) + unpadder.finalize()
        (length,) = struct.unpack(">I", plain[16:20])
    except (ValueError, binascii.Error, struct.error) as error:
        raise NotFromWechat("can't be decrypted") from error
    message, account = plain[20 : 20 + length], plain[20 + length :]
    if not hmac.compare_digest(account, settings.WECHAT_APP_ID.encode()):
        raise NotFromWechat("for another account")
    return message


def encrypt(message: bytes) -> str:
    account = settings.WECHAT_APP_ID.encode()
    plain = secrets.token_bytes(16) + struct.pack(">I", len(message)) + message + account
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = _cipher().encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def _cipher() -> Cipher:
    key = base64.b64decode(settings.WECHAT_AES_KEY + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


# --- XML ------------------------------------------------------------------------------------------


def parse_flat_xml(body: bytes) -> dict[str, str]:
    """{element: text} of one level. A document type, which is how XML is made to grow or to fetch,
    is refused. Raises NotFromWechat.
    """
    fields: dict[str, str] = {}
    path: list[str] = []

    def begin(name: str, _attributes: object) -> None:
        path.append(name)
        if len(path) > 4:
            raise NotFromWechat("too deep")

    def read(text: str) -> None:
        if len(path) == 2:
            fields[path[1]] = fields.get(path[1], "") + text

    def refuse(*_told: object) -> None:
        raise NotFromWechat("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = read
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotFromWechat("no XML") from error
    return fields


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
