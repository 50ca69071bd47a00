"""The one process per data folder that owns the servers.

`python -m loyalty_site.embedded.supervisor VAR [--fleeting]`. The lock on the data folder elects
it. Whoever needs a server connects to the control socket, says what is needed, and keeps the
connection open: the kernel closes it however that process ends, and when none is left the servers
stop. If the supervisor itself is killed, its children die with it, and the next one recovers.
"""

import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from . import servers
from .layout import REPOSITORY, Layout, ServiceError
from .process import Child, end_leftovers

SERVICES = ("database", "broker", "mail")
FIRST_CLIENT_SECONDS = 5.0  # who started it may have found another in the meantime
TEND_SECONDS = 0.5
LOCK_POLL_SECONDS = 0.02
SMTP_PORT, MAIL_PAGE_PORT = 8026, 8025


class Supervisor:
    def __init__(self, layout: Layout, *, durable: bool) -> None:
        self.layout, self.durable = layout, durable
        self.children: dict[str, Child] = {}
        self.smtp: socket.socket | None = None
        self.mail_page: socket.socket | None = None
        self.clients: set[socket.socket] = set()
        self.last_client: socket.socket | None = None
        self.selector = selectors.DefaultSelector()
        self.stopping = False
        self.ports = self.recover()

    def recover(self) -> dict:
        """Ends what a killed supervisor left, and returns the ports that it had."""
        try:
            record = json.loads(self.layout.children_record.read_text())
        except (FileNotFoundError, ValueError):
            record = {}
        end_leftovers(record.get("children", []), seconds=60)
        self.layout.make_runtime()
        for path in self.layout.sockets.iterdir():
            path.unlink()
        self.layout.control_socket.unlink(missing_ok=True)
        return record.get("ports", {})

    def remember(self) -> None:
        identities = [child.identity() for child in self.children.values()]
        record = {"children": [found for found in identities if found], "ports": self.ports}
        part = self.layout.children_record.with_suffix(".part")
        part.write_text(json.dumps(record))
        part.rename(self.layout.children_record)
        self.layout.own(self.layout.children_record)

    # --- Servers -------------------------------------------------------------------------------

    def provide(self, needed: list[str]) -> dict[str, str]:
        """Starts what is needed and not yet there; returns the environment that reaches it."""
        environment = {"CLUB_EMBEDDED": "1", "CLUB_VAR": str(self.layout.var)}
        for name in SERVICES:
            if name not in needed:
                continue
            if name not in self.children:
                self.children[name] = getattr(self, f"start_{name}")()
                self.remember()
            environment |= getattr(self, f"{name}_environment")()
        return environment

    def start_database(self) -> Child:
        return servers.start_postgres(self.layout, durable=self.durable)

    def database_environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": servers.database_url(self.layout),
            # For psql, pg_dump and any library that leaves the address to libpq.
            "PGHOST": str(self.layout.sockets),
        }

    def start_broker(self) -> Child:
        return servers.start_valkey(self.layout)

    def broker_environment(self) -> dict[str, str]:
        return {
            "CELERY_BROKER_URL": servers.broker_url(self.layout),
            "CACHE_URL": servers.cache_url(self.layout),
        }

    def start_mail(self) -> Child:
        self.smtp = listen(self.ports.get("smtp", SMTP_PORT))
        self.mail_page = listen(self.ports.get("mail_page", MAIL_PAGE_PORT))
        self.ports = {
            "smtp": self.smtp.getsockname()[1],
            "mail_page": self.mail_page.getsockname()[1],
        }
        sockets = (self.smtp.fileno(), self.mail_page.fileno())
        module = f"{__package__}.mail_catcher"
        child = Child(
            "The mail catcher",
            [sys.executable, "-m", module, self.layout.var, *map(str, sockets)],
            log=self.layout.log("mail"),
            env=dict(os.environ),
            cwd=REPOSITORY,
            popen_arguments={"pass_fds": sockets},
        )
        self.layout.folder(self.layout.mail)
        child.start()
        return child

    def mail_environment(self) -> dict[str, str]:
        return {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.ports["smtp"]),
            "MAIL_CATCHER_URL": f"http://localhost:{self.ports['mail_page']}/",
        }

    # --- Clients -------------------------------------------------------------------------------

    def run(self) -> None:
        control = socket.socket(socket.AF_UNIX)
        control.bind(str(self.layout.control_socket))
        self.layout.control_socket.chmod(0o600)
        self.layout.own(self.layout.control_socket)
        control.listen(64)
        self.selector.register(control, selectors.EVENT_READ, partial(self.accept, control))
        patience = time.monotonic() + FIRST_CLIENT_SECONDS
        try:
            while not self.stopping and (self.clients or time.monotonic() < patience):
                for key, _ in self.selector.select(TEND_SECONDS):
                    key.data()
                if self.last_client:
                    patience = 0.0
                self.tend()
        finally:
            # Whoever comes from here on starts the next supervisor, which waits for the lock.
            self.layout.control_socket.unlink(missing_ok=True)
            control.close()
            self.stop()

    def accept(self, control: socket.socket) -> None:
        client, _ = control.accept()
        if self.last_client:
            self.last_client.close()
            self.last_client = None
        self.clients.add(client)
        self.selector.register(client, selectors.EVENT_READ, partial(self.answer, client))

    def answer(self, client: socket.socket) -> None:
        """Answers one request, or notices that the client has gone."""
        try:
            line = client.recv(4096)
            if line:
                client.sendall(json.dumps(self.reply(line)).encode() + b"\n")
                return
        except OSError:
            pass
        self.selector.unregister(client)
        self.clients.discard(client)
        if self.clients:
            client.close()
        else:
            self.last_client = client  # it may wait for the end: closed when all has stopped

    def reply(self, line: bytes) -> dict:
        try:
            return {"environment": self.provide(json.loads(line)["needed"])}
        except ServiceError as error:
            return {"error": str(error)}
        except Exception as error:
            # The servers of the other clients must outlive one failed request.
            say(f"A request failed: {error!r}")
            return {"error": f"{type(error).__name__}: {error}"}

    def tend(self) -> None:
        for child in self.children.values():
            before = child.process
            if happened := child.tend():
                say(happened)
            if child.process is not before:
                self.remember()

    def stop(self) -> None:
        for name in reversed(SERVICES):
            if child := self.children.pop(name, None):
                child.stop()
        self.remember()
        if self.layout.runtime.parent != self.layout.var:
            shutil.rmtree(self.layout.runtime)
        # Last, since a client may be waiting for the end.
        for client in [*self.clients, *([self.last_client] if self.last_client else [])]:
            client.close()


def listen(port: int) -> socket.socket:
    """Listens on the port, or on the next free one."""
    for candidate in [*range(port, port + 200), 0]:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", candidate))
            bound.listen(128)
            return bound
        except OSError:
            bound.close()
    raise ServiceError("No free port was found on the loopback address.")


def elect(layout: Layout) -> int | None:
    """The lock's file descriptor, or None where another supervisor already serves."""
    lock = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    layout.own(layout.lock)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if is_serving(layout.control_socket):
                return None
            time.sleep(LOCK_POLL_SECONDS)  # it is starting, or stopping


def is_serving(control: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(control))
        except OSError:
            return False
    return True


def say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", flush=True)


def main() -> int:
    layout = Layout.of(sys.argv[1])
    if elect(layout) is None:
        return 0
    supervisor = Supervisor(layout, durable="--fleeting" not in sys.argv)

    def request_stop(*_) -> None:
        supervisor.stopping = True

    signal.signal(signal.SIGTERM, request_stop)
    signal.signal(signal.SIGINT, request_stop)
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
