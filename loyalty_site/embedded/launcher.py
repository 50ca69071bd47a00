"""`bin/run`: the services, then the web, the worker and the schedule, all supervised."""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from .client import Attachment, attach, list_missing_services
from .layout import REPOSITORY, Layout, ServiceError
from .process import Child, die_with_parent, end_leftovers

DEFAULT_PORT = 8000
WEB_PATIENCE_SECONDS = 90
LEFTOVER_SECONDS = 10


class Stop(Exception):
    """Ctrl-C or SIGTERM."""


class Launcher:
    def __init__(self, layout: Layout, arguments: argparse.Namespace) -> None:
        self.layout, self.arguments = layout, arguments
        self.services: Attachment | None = None
        self.children: list[Child] = []
        self.address, self.is_ready = "", False
        self.lock = layout.launcher_lock.open("a+")
        layout.own(layout.launcher_lock)

    # --- One launcher per data folder ----------------------------------------------------------

    def elect(self) -> dict | None:
        """Takes the lock and returns what an earlier launcher wrote; None where one is running."""
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return self.read_record()

    def read_record(self) -> dict:
        self.lock.seek(0)
        try:
            return json.loads(self.lock.read())
        except ValueError:
            return {}

    def remember(self) -> None:
        identities = [child.identity() for child in self.children]
        record = {
            "address": self.address,
            "ready": self.is_ready,
            "children": [found for found in identities if found],
        }
        self.lock.seek(0)
        self.lock.truncate()
        self.lock.write(json.dumps(record))
        self.lock.flush()

    # --- The course of a run -------------------------------------------------------------------

    def run(self) -> int:
        record = self.elect()
        if record is None:
            return self.report_running()
        try:
            # A killed launcher's children are on their way out; they may still hold the port.
            end_leftovers(record.get("children", []), seconds=LEFTOVER_SECONDS)
            self.start()
            self.tend()
        except Stop:
            say("\nStopping ...")
        finally:
            ignore_signals()
            self.stop()
        return 0

    def report_running(self) -> int:
        record: dict = {}
        for _ in range(100):  # the first one may be about to write it
            record = self.read_record()
            if record.get("address"):
                break
            time.sleep(0.05)
        address = record.get("address") or "an address that it has yet to choose"
        say(f"The club is already {'running' if record.get('ready') else 'starting'} at {address}")
        return 0

    def start(self) -> None:
        before = time.monotonic()
        say("Starting the services ...")
        self.attach()
        port = self.choose_port()
        host = self.arguments.host
        shown = "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host
        self.address = f"http://{shown}:{port}/"
        self.remember()
        environment = self.environment()
        environment.setdefault("SITE_URL", self.address.rstrip("/"))
        logins = self.prepare(environment)
        say("Starting the web, the worker and the schedule ...")
        self.children = self.make_children(environment, host, port)
        web, *others = self.children
        web.start()
        self.remember()
        # The page a person waits for comes first; three starts at once would slow each other.
        self.wait_for_web(port)
        for child in others:
            child.start()
        self.is_ready = True
        self.remember()
        self.report(environment, logins, seconds=time.monotonic() - before)

    def attach(self) -> None:
        needed = list_missing_services(os.environ)
        if needed:
            self.services = attach(self.layout.var, needed=needed)

    def environment(self) -> dict[str, str]:
        environment = {**os.environ, "CLUB_VAR": str(self.layout.var)}
        environment.setdefault("DJANGO_SETTINGS_MODULE", "loyalty_site.settings")
        return environment | (self.services.environment if self.services else {})

    def choose_port(self) -> int:
        asked = self.arguments.port
        for port in range(asked, asked + 100):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((self.arguments.host, port))
                except OSError:
                    continue
            if port != asked:
                say(f"Port {asked} is taken; using {port}.")
            return port
        raise ServiceError(f"No free port between {asked} and {asked + 99}.")

    def prepare(self, environment: dict[str, str]) -> str:
        """Returns the demonstration's logins, or how a first one is made, to be shown once there is
        something to log in to.
        """
        with tempfile.TemporaryFile() as logins:
            command = [sys.executable, "-m", f"{__package__}.prepare", str(logins.fileno())]
            if self.arguments.empty:
                command.append("--empty")
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=REPOSITORY,
                pass_fds=[logins.fileno()],
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
            try:
                status = process.wait()
            except Stop:
                process.terminate()
                process.wait()
                raise
            if status:
                raise ServiceError("The club could not be prepared; the lines above say why.")
            logins.seek(0)
            return logins.read().decode().rstrip()

    def make_children(self, environment: dict[str, str], host: str, port: int) -> list[Child]:
        processors = min(os.cpu_count() or 1, 4)
        celery = [sys.executable, "-m", "celery", "--app", "loyalty_site"]
        commands = {
            "web": [
                *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                *("--host", host, "--port", str(port), "--workers", str(processors)),
                *("--blocking-threads", "4", "--no-ws", "--respawn-failed-workers"),
                "loyalty_site.wsgi:application",
            ],
            "worker": [
                *celery,
                *("worker", "--concurrency", str(processors), "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle"),
            ],
            # The schedule is in code and its tasks bear repeating: nothing to keep on disk. Never
            # inside the worker, where a killed one could leave a second schedule ticking.
            "schedule": [
                *celery,
                *("beat", "--loglevel", "INFO", "--pidfile", ""),
            ],
        }
        # The web's processes add up their numbers in files, which belong to this run.
        numbers = self.layout.var / "metrics"
        shutil.rmtree(numbers, ignore_errors=True)
        own = {"web": {"METRICS_DIR": str(numbers)}}
        return [
            Child(
                name,
                command,
                log=self.layout.log(name),
                env=environment | own.get(name, {}),
                cwd=REPOSITORY,
            )
            for name, command in commands.items()
        ]

    def wait_for_web(self, port: int) -> None:
        host = "127.0.0.1" if self.arguments.host == "0.0.0.0" else self.arguments.host
        deadline = time.monotonic() + WEB_PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://{host}:{port}/", timeout=10).close()
                return
            except urllib.error.HTTPError:
                return  # it answers; what it says is the browser's to show
            except OSError:
                self.tend_once()
                time.sleep(0.05)
        say(f"The web does not answer yet; see {self.layout.log('web')}.")

    def report(self, environment: dict[str, str], logins: str, *, seconds: float) -> None:
        lines = [f"\nThe club is running ({seconds:.1f} s).", f"  Club         {self.address}"]
        lines.append(f"  Back office  {self.address}admin/")
        if catcher := environment.get("MAIL_CATCHER_URL"):
            lines.append(f"  Caught mail  {catcher}")
        lines.append(f"  Logs         {self.layout.var / 'log'}")
        say("\n".join(lines))
        if logins:
            say(f"\n{logins}")
        say("\nCtrl-C stops everything.")

    def tend(self) -> None:
        while True:
            time.sleep(0.5)
            self.tend_once()

    def tend_once(self) -> None:
        before = [child.process for child in self.children]
        for child in self.children:
            if happened := child.tend():
                say(f"{happened}. Its log: {child.log}")
        if self.services and self.services.is_lost:
            self.replace_services()
        if before != [child.process for child in self.children]:
            self.remember()

    def replace_services(self) -> None:
        """Their supervisor was killed: a new one takes over the data."""
        say("The services have ended; starting them again ...")
        old = self.services.environment if self.services else {}
        if self.services:
            self.services.close()
        self.attach()
        new = self.services.environment if self.services else {}
        if new != old:
            for child in self.children:
                child.env.update(new)
                child.stop()
                child.start()

    def stop(self) -> None:
        for child in self.children:
            child.request_stop()
        for child in self.children:
            child.stop()
        self.children, self.address, self.is_ready = [], "", False
        self.remember()
        if self.services:
            self.services.close(wait=True)


def ignore_signals() -> None:
    """A second Ctrl-C must not break the orderly end; SIGKILL remains."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)


def say(text: str) -> None:
    # A closed terminal is no reason to leave the services running.
    with contextlib.suppress(OSError):
        print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/run", description="Runs the club on this machine.")
    parser.add_argument("--empty", action="store_true", help="no demonstration")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    arguments = parser.parse_args()

    def request_stop(*_) -> None:
        raise Stop

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, request_stop)
    try:
        return Launcher(Layout.of(), arguments).run()
    except ServiceError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
