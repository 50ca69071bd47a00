"""Round trips as the wire sees them: a proxy between the client and the server's socket.

A client waits for the server once per Sync, Query or Flush message of PostgreSQL's protocol (a
pipeline of many statements ends in one Sync; a Flush right behind it asks for nothing more), so
these are counted. The proxy serves to count alone; nothing is timed through it.
"""

import contextlib
import os
import socket
import tempfile
import threading
from pathlib import Path

PORT = 5432
_WAITING = {b"S", b"Q", b"H"}


class CountingProxy:
    """While it is open, ``folder`` holds a socket under the server's usual name."""

    def __init__(self):
        self.trips = 0
        self._folder = tempfile.TemporaryDirectory(prefix="club-wire-")
        self.folder = self._folder.name
        self._listener = socket.socket(socket.AF_UNIX)
        name = f".s.PGSQL.{PORT}"
        self._listener.bind(str(Path(self.folder) / name))
        self._listener.listen()
        self._target = str(Path(os.environ["PGHOST"]) / name)
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "CountingProxy":
        return self

    def __exit__(self, *_) -> None:
        for each in (self._listener, *self._sockets):
            each.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._sockets += [client, server]
            for work in ((self._forward, client, server), (self._pass_back, server, client)):
                threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Client to server, message by message; the first one (startup) carries no type."""
        waiting, is_started, last = b"", False, b""
        while data := _receive(client):
            waiting += data
            while True:
                header = 5 if is_started else 4
                if len(waiting) < header:
                    break
                length = int.from_bytes(waiting[header - 4 : header]) + header - 4
                if len(waiting) < length:
                    break
                if is_started:
                    kind = waiting[:1]
                    self.trips += kind in _WAITING and (last, kind) != (b"S", b"H")
                    last = kind
                is_started = is_started or not _is_request_for_encryption(waiting)
                waiting = waiting[length:]
            _send(server, data)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        while data := _receive(server):
            _send(client, data)


def _is_request_for_encryption(message: bytes) -> bool:
    """SSLRequest and GSSENCRequest come before the startup message and look like it."""
    return len(message) >= 8 and int.from_bytes(message[4:8]) in (80877103, 80877104)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(1 << 16)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the other side has gone; recv says so next
        target.sendall(data)
