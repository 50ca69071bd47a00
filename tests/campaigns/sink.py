"""A small SMTP server that keeps what it takes: in a thread of a test, or a process of its own
(``python -m tests.campaigns.sink PORT FILE``) that may be killed, and that takes its time as long
as there is a file of that name with ``.slow`` behind it.

What it says depends on the name of the recipient: ``full`` (452), ``gone`` (550 5.1.1),
``banned`` (554), ``drop`` (hangs up before the mail), ``mute`` (takes it and hangs up),
``late-full`` (452 after the mail).
"""

import socket
import socketserver
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    recipient: str
    mail: bytes

    @property
    def message_id(self) -> str:
        return self.mail.partition(b"Message-ID: <")[2].partition(b">")[0].decode()

    @property
    def message(self) -> int:
        """The id of the outbox's row."""
        return int(self.message_id.partition(".")[0])


SLOW_SECONDS = 0.01  # a mail


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0, file: Path | None = None, extensions=("PIPELINING",)):
        super().__init__(("127.0.0.1", port), _Conversation)
        self.taken: list[Taken] = []
        self.connections = 0
        self.extensions = extensions
        self._file = file.open("ab", buffering=0) if file else None
        self._slow = Path(f"{file}.slow") if file else None
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def keep(self, taken: Taken) -> None:
        if self._slow and self._slow.exists():
            time.sleep(SLOW_SECONDS)
        with self._lock:
            if self._file:
                self._file.write(f"{taken.message}\n".encode())
            else:
                self.taken.append(taken)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections += 1

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 sink")
        recipient, is_taken = "", False
        try:
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    for name in self.server.extensions:
                        self.say(f"250-{name}")
                    self.say("250 8BITMIME")
                elif verb == b"MAIL":
                    is_taken = False
                    self.say("250 ok")
                elif verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    is_taken = self._answer_recipient(recipient.partition("@")[0])
                elif verb == b"DATA":
                    if not is_taken:
                        self.say("503 nobody to send to")
                        continue
                    if not self._take(recipient):
                        return
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")
        except OSError:
            return

    def _answer_recipient(self, name: str) -> bool:
        if name == "full":
            self.say("452 4.2.2 mailbox full, come again")
        elif name == "gone":
            self.say("550 5.1.1 no such user here")
        elif name == "banned":
            self.say("554 5.7.1 not from you")
        else:
            self.say("250 ok")
            return True
        return False

    def _take(self, recipient: str) -> bool:
        name = recipient.partition("@")[0]
        if name == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # cut off: it was never a mail
            lines.append(line[1:] if line.startswith(b"..") else line)
        if name == "late-full":
            self.say("452 4.3.1 no room left")
            return True
        self.server.keep(Taken(recipient, b"".join(lines)))
        if name == "mute":
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self.say("250 2.0.0 taken")
        return True


if __name__ == "__main__":
    with Sink(int(sys.argv[1]), Path(sys.argv[2])) as sink:
        print(sink.port, flush=True)  # noqa: T201  (whoever started it waits for it)
        threading.Event().wait()
