"""The catcher's web pages: a list, a message, its HTML in a sandbox. For the own machine only."""

import html
import re
from email.message import EmailMessage, Message, MIMEPart
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .mailbox import Mailbox, caught_at, list_text_messages

PAGE_SIZE = 100
LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
a { color: light-dark(#0b57a4, #8ec5ff); }
a:focus-visible { outline: 2px solid; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-block-end: 1px solid #8886; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
iframe { width: 100%; height: 40rem; border: 1px solid #8886; background: #fff;
  color-scheme: light; }
.quiet { opacity: .75; }
"""
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
# A message may not run scripts, send forms or fetch anything; its links open a new window.
MESSAGE_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:"
)
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


class Pages(BaseHTTPRequestHandler):
    mailbox: Mailbox
    text_folder: Path

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").lower()
        if re.sub(r":\d+$", "", host) not in LOCAL_HOSTS:
            # A foreign name that resolves here would let a web page read the mail.
            return self.answer(403, "Open this page as localhost.", kind="text/plain")
        address = urlsplit(self.path)
        parts = [part for part in address.path.split("/") if part]
        match parts:
            case []:
                page = parse_qs(address.query).get("page", ["1"])[0]
                return self.answer(200, self.index(int(page) if page.isdigit() else 1))
            case ["messages", key, *rest]:
                message = self.mailbox.get(key)
                if message is not None:
                    return self.show(key, message, rest)
        return self.answer(404, build_document("Not found", "<h1>Not found</h1>"))

    def show(self, key: str, message: EmailMessage, rest: list[str]) -> None:
        match rest:
            case []:
                return self.answer(200, build_message_page(key, message))
            case ["html"]:
                body = message.get_body(("html",))
                if body:
                    text = own_images(key, body_text(body))
                    base = '<base target="_blank">'
                    return self.answer(200, base + text, policy=MESSAGE_POLICY)
            case ["cid", name]:
                for part in message.walk():
                    if part.get("Content-ID", "").strip("<> ") == name:
                        if part.get_content_maintype() != "image":
                            break
                        kind = part.get_content_type()
                        return self.answer(200, raw_content(part), kind=kind, policy=MESSAGE_POLICY)
            case ["source"]:
                return self.answer(200, message.as_bytes(), kind="text/plain")
        return self.answer(404, build_document("Not found", "<h1>Not found</h1>"))

    def index(self, page: int) -> str:
        offset = (max(page, 1) - 1) * PAGE_SIZE
        entries = list(self.mailbox.list_entries(offset=offset, limit=PAGE_SIZE + 1))
        rows = "".join(
            f"<tr><td>{entry.caught_at:%Y-%m-%d %H:%M:%S}</td><td>{escape(entry.recipients)}</td>"
            f'<td><a href="/messages/{entry.key}">{escape(entry.subject)}</a></td></tr>'
            for entry in entries[:PAGE_SIZE]
        )
        body = "<h1>Caught mail</h1><p class=quiet>Nothing here has left this machine.</p>"
        if rows:
            head = "<tr><th scope=col>Time (UTC)<th scope=col>To<th scope=col>Subject</tr>"
            body += f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        else:
            body += "<p>No message yet.</p>"
        if len(entries) > PAGE_SIZE:
            body += f'<p><a href="/?page={max(page, 1) + 1}">Older messages</a></p>'
        if texts := list_text_messages(self.text_folder):
            items = "".join(
                f"<tr><td>{at:%Y-%m-%d %H:%M:%S}</td><td><pre>{linked(text)}</pre></td></tr>"
                for at, _, text in texts
            )
            body += f"<h2>Text messages</h2><table><tbody>{items}</tbody></table>"
        return build_document("Caught mail", body)

    def answer(
        self,
        status: int,
        content: str | bytes,
        *,
        kind: str = "text/html",
        policy: str = PAGE_POLICY,
    ) -> None:
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        self.send_response(status)
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        self.send_header("Content-Type", kind + charset)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args) -> None:
        pass  # a page view is no news


def build_message_page(key: str, message: EmailMessage) -> str:
    subject = str(message.get("Subject", "")) or "(no subject)"
    body = f"<p><a href='/'>All messages</a></p><h1>{escape(subject)}</h1>"
    summary = [(name, str(message.get(name, ""))) for name in ("From", "To")]
    summary.append(("Caught at", f"{caught_at(key):%Y-%m-%d %H:%M:%S} UTC"))
    body += build_table(summary)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    if rich:
        body += (
            f'<h2>HTML</h2><iframe title="The message as HTML" src="/messages/{key}/html" '
            'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
        )
    if plain:
        body += f"<h2>Text</h2><pre>{linked(body_text(plain))}</pre>"
    files = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    if files:
        items = "".join(f"<li>{escape(name)}</li>" for name in files)
        body += f"<h2>Attachments</h2><ul>{items}</ul>"
    headers = build_table([(name, str(value)) for name, value in message.items()])
    body += f"<h2>Headers</h2><details><summary>All headers</summary>{headers}</details>"
    body += f'<p><a href="/messages/{key}/source">Source</a></p>'
    return build_document(subject, body)


def build_table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table><tbody>{cells}</tbody></table>"


def body_text(part: MIMEPart) -> str:
    try:
        return part.get_content()
    except (LookupError, UnicodeError):
        # An unknown character set is no reason to hide the rest.
        return raw_content(part).decode("utf-8", "replace")


def raw_content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def own_images(key: str, text: str) -> str:
    """Points `cid:` pictures at the message's own parts."""

    def find(match: re.Match) -> str:
        return f"/messages/{key}/cid/{match[1]}"

    return re.sub(r"cid:([\w.@+-]+)", find, text)


def linked(text: str) -> str:
    """Escaped text whose addresses can be followed: confirmation links are there to be tried."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        address = escape(match[0])
        parts += [escape(text[end : match.start()]), f'<a href="{address}">{address}</a>']
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def build_document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def escape(text: str) -> str:
    return html.escape(text, quote=True)
