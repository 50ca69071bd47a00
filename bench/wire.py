"""Round trips as the wire sees them: a proxy between the client and the server's socket.

A round trip is the client speaking again after it has heard the server. The proxy holds each
answer back for a moment, so that whatever a client sends without waiting (a pipeline) is seen
as one. It serves to count alone; nothing is timed through it.
"""

import contextlib
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

PORT = 5432
HELD_SECONDS = 0.01


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
        self._has_heard = True
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
            for work in ((self._forward, client, server), (self._answer, server, client)):
                threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        while data := _receive(client):
            if self._has_heard:
                self._has_heard = False
                self.trips += 1
            _send(server, data)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        while data := _receive(server):
            time.sleep(HELD_SECONDS)
            self._has_heard = True
            _send(client, data)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(1 << 18)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the other side has gone; recv says so next
        target.sendall(data)
