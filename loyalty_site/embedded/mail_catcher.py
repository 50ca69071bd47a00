"""Catches all mail on the loopback address, so that a trial can never write to a real person.

A program of its own: `python -m loyalty_site.embedded.mail_catcher VAR SMTP_FD WEB_FD`. The
supervisor binds both sockets and passes them on: a restart keeps the ports that others know.
"""

import asyncio
import signal
import socket
import sys
import threading
from http.server import ThreadingHTTPServer

from aiosmtpd.smtp import SMTP

from .layout import Layout
from .mail_pages import Pages
from .mailbox import Mailbox

LARGEST_MESSAGE = 40 * 1024 * 1024


class Catcher:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mailbox.save(
            envelope.original_content or b"",
            sender=envelope.mail_from or "",
            recipients=envelope.rcpt_tos,
        )
        return "250 Message caught"


class WebServer(ThreadingHTTPServer):
    """The pages, on a socket that is already bound and listening."""

    daemon_threads = True

    def __init__(self, bound: socket.socket, mailbox: Mailbox, layout: Layout) -> None:
        handler = type(
            "BoundPages", (Pages,), {"mailbox": mailbox, "text_folder": layout.text_messages}
        )
        super().__init__(bound.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound


async def serve(layout: Layout, smtp: socket.socket, web: socket.socket) -> None:
    mailbox = Mailbox(layout.mail)
    pages = WebServer(web, mailbox, layout)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, done.set)
    server = await loop.create_server(
        lambda: SMTP(
            Catcher(mailbox),
            hostname="localhost",
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
        ),
        sock=smtp,
    )
    async with server:
        await done.wait()
    pages.shutdown()


def main() -> None:
    var, smtp_fd, web_fd = sys.argv[1:]
    smtp, web = socket.socket(fileno=int(smtp_fd)), socket.socket(fileno=int(web_fd))
    smtp.setblocking(False)
    asyncio.run(serve(Layout.of(var), smtp, web))


if __name__ == "__main__":
    main()
