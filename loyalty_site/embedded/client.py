"""Attaching to the embedded services: find the supervisor or start one, and hold on to it."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .layout import REPOSITORY, Layout, ServiceError
from .supervisor import SERVICES

_started: list[tuple[Path, subprocess.Popen]] = []  # supervisors that this process began
# Each service, and the variable that replaces it.
REPLACED_BY = {"database": "DATABASE_URL", "broker": "CELERY_BROKER_URL", "mail": "SMTP_HOST"}


class Attachment:
    """While it is open, the services run. It closes by itself however this process ends."""

    def __init__(
        self, layout: Layout, connection: socket.socket, environment: dict[str, str]
    ) -> None:
        self.layout, self.connection, self.environment = layout, connection, environment

    @property
    def is_lost(self) -> bool:
        """The supervisor says nothing unasked: what can be read is its end."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable)

    def close(self, *, wait: bool = False) -> None:
        """Lets go. With `wait`, returns when this supervisor ends, if nobody else needs it."""
        if wait:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(90)
            with suppress(OSError):
                self.connection.recv(1)
        self.connection.close()
        if wait and not self.layout.control_socket.exists():
            for var, process in _started:
                if var == self.layout.var:
                    process.wait()

    def __enter__(self) -> "Attachment":
        return self

    def __exit__(self, *_) -> None:
        self.close(wait=True)


def attach(
    var: Path | str | None = None,
    *,
    needed: tuple[str, ...] = SERVICES,
    durable: bool = True,
) -> Attachment:
    """`durable=False` gives up safety from power cuts for speed, for checks."""
    layout = Layout.of(var)
    forget_ended()
    started: subprocess.Popen | None = None
    while True:
        connection = _connect(layout)
        if connection is not None:
            attachment = _request(layout, connection, needed)
            if attachment is not None:
                return attachment
        elif started is None:
            started = _start_supervisor(layout, durable=durable)
            _started.append((layout.var, started))
        elif (status := started.poll()) is not None:
            if status:
                log = layout.log("embedded").read_text(errors="replace")[-2000:].strip()
                raise ServiceError(f"The embedded services did not start:\n{log}")
            started = None  # another one was first: go and find it
        time.sleep(0.02)


def forget_ended() -> None:
    """Takes leave of the supervisors that this process began and that have ended."""
    _started[:] = [entry for entry in _started if entry[1].poll() is None]


def _connect(layout: Layout) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(layout.control_socket))
    except PermissionError as error:
        connection.close()
        raise ServiceError(
            f"The services of {layout.var} run for another user; use that user."
        ) from error
    except OSError:
        connection.close()
        return None
    return connection


def _request(
    layout: Layout, connection: socket.socket, needed: tuple[str, ...]
) -> Attachment | None:
    """None where the supervisor was about to stop: then there is a next one."""
    try:
        connection.sendall(json.dumps({"needed": list(needed)}).encode() + b"\n")
        answer = connection.makefile("rb").readline()
    except OSError:
        answer = b""
    if not answer:
        connection.close()
        return None
    reply = json.loads(answer)
    if "error" in reply:
        connection.close()
        raise ServiceError(reply["error"])
    return Attachment(layout, connection, reply["environment"])


def _start_supervisor(layout: Layout, *, durable: bool) -> subprocess.Popen:
    command = [sys.executable, "-m", f"{__package__}.supervisor", str(layout.var)]
    with layout.log("embedded").open("ab") as log:
        return subprocess.Popen(
            command if durable else [*command, "--fleeting"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            start_new_session=True,  # it ends when its clients have ended, not before
        )


def is_given(environ: Mapping[str, str], name: str) -> bool:
    """Whether the variable is set, or a file that holds it."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def list_missing_services(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in SERVICES if not is_given(environ, REPLACED_BY[name]))


@contextmanager
def services_for_command(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Gives a single command what it needs, where no DATABASE_URL says otherwise."""
    if is_given(environ, "DATABASE_URL") or environ.get("CLUB_EMBEDDED") == "0":
        yield
        return
    attachment = attach(needed=list_missing_services(environ))
    environ.update(attachment.environment)
    try:
        yield
    finally:
        attachment.close(wait=True)
