"""A campaign under everything that goes wrong, with real servers and real kills.

A worker is killed twenty times in the middle of 5,000 messages; the mail server is killed, Redis
and PostgreSQL are stopped and started; two schedules tick; it is paused and resumed thrice. In the
end everybody has one message or one that is listed as unknown.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from loyalty_site.embedded.layout import DATABASE_NAME, REPOSITORY, Layout
from loyalty_site.embedded.process import die_with_parent
from loyalty_site.embedded.servers import (
    broker_url,
    cache_url,
    database_url,
    start_postgres,
    start_valkey,
)
from tests.upgrade.fixture import dump, load

MEMBERS = 5000
KILLS = 20
CONNECTIONS = 2
LEASE_SECONDS = 2
PATIENCE_SECONDS = 120


class Site:
    """The servers and processes of one installation, each of which can be killed."""

    def __init__(self, folder: Path):
        self.layout = Layout.of(folder)
        self.layout.make_runtime()
        self.postgres = start_postgres(self.layout, durable=True)
        self.valkey = start_valkey(self.layout)
        self.mails = folder / "mails"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.processes: dict[str, subprocess.Popen] = {}
        self.environment = {
            **{key: value for key, value in os.environ.items() if "COVERAGE" not in key},
            "CLUB_EMBEDDED": "1",
            "CLUB_VAR": str(folder),
            "DATABASE_URL": database_url(self.layout),
            "PGHOST": str(self.layout.sockets),
            "CELERY_BROKER_URL": broker_url(self.layout),
            "CACHE_URL": cache_url(self.layout),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.port),
            "SENDING_LEASE_SECONDS": str(LEASE_SECONDS),
            "SENDING_CONNECTIONS": str(CONNECTIONS),
            "DJANGO_SETTINGS_MODULE": "loyalty_site.settings",
        }

    def copy_schema(self, source: str) -> None:
        """From the database of the tests: migrating would take most of the test's time."""
        load(database_url(self.layout), dump(source, "--schema-only"))

    def act(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "tests.campaigns.faults_club", *words],
            cwd=REPOSITORY, env=self.environment, check=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip

    def start(self, name: str, *words: str) -> None:
        with self.layout.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def start_sink(self) -> None:
        self.start("sink", "tests.campaigns.sink", str(self.port), str(self.mails))

    def start_worker(self) -> None:
        self.start(
            "worker", "celery", "--app", "tests.campaigns.fast_celery", "worker",
            *("--concurrency", str(CONNECTIONS), "--without-gossip", "--without-mingle"),
            *("--loglevel", "INFO"),
        )  # fmt: skip

    def start_schedule(self, name: str) -> None:
        self.start(name, "celery", "--app", "tests.campaigns.fast_celery", "beat", "--pidfile", "")

    def kill(self, name: str) -> None:
        """The process and those that it made."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()

    def ask(self, sql: str) -> list[tuple]:
        url = f"postgres://{DATABASE_NAME}@/{DATABASE_NAME}?host={quote(str(self.layout.sockets))}"
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(sql).fetchall()

    def wait_for(self, sql: str, seconds: float = PATIENCE_SECONDS) -> list[tuple]:
        deadline = time.monotonic() + seconds
        while not (found := self.ask(sql)):
            if time.monotonic() > deadline:
                state = self.ask(
                    "SELECT state, reason, count(*) FROM campaigns_message GROUP BY 1, 2"
                )
                log = self.layout.log("worker").read_text(errors="replace")[-3000:]
                pytest.fail(f"{sql} found nothing in time; {state}\n{log}")
            time.sleep(0.01)
        return found

    def kill_sender(self) -> None:
        """A process of the worker that is in the middle of a handover."""
        known = {str(process.pid) for process in self.processes.values()}
        while True:
            rows = self.wait_for(
                "SELECT worker FROM campaigns_handover"
                " WHERE position BETWEEN 2 AND cardinality(message_ids) - 1"
                " AND beat_at > clock_timestamp() - interval '0.5 s'"
            )
            for (worker,) in rows:
                pid = worker.rpartition(":")[2]
                try:
                    if pid not in known:
                        os.kill(int(pid), signal.SIGKILL)
                        return
                except ProcessLookupError:
                    pass  # the one before it


@pytest.fixture
def site(transactional_db):
    folder = Path(tempfile.mkdtemp(prefix="club-faults-"))
    folder.chmod(0o711)
    made = Site(folder)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(made.layout.runtime, ignore_errors=True)


def test_campaign_survives_what_goes_wrong(site, settings):
    site.copy_schema(
        f"postgres://{DATABASE_NAME}@/{settings.DATABASES['default']['NAME']}"
        f"?host={quote(os.environ['PGHOST'])}"
    )
    site.act("plan", str(MEMBERS))
    # However quick the machine is, there is something left to kill.
    slow = site.mails.with_name("mails.slow")
    slow.touch()
    site.start_sink()
    site.start_worker()
    site.start_schedule("first schedule")
    site.start_schedule("second schedule")

    for kill in range(1, KILLS + 1):
        if kill == 10:  # the worker as a whole, with all that it holds
            site.wait_for("SELECT 1 FROM campaigns_handover WHERE position > 1")
            site.kill("worker")
            site.start_worker()
            continue
        site.kill_sender()
        if kill == 4:
            site.kill("sink")
            time.sleep(0.3)
            site.start_sink()
        elif kill == 8:
            site.act("resume")
        elif kill == 13:
            site.valkey.stop()
            time.sleep(0.5)
            site.valkey.start()
        elif kill == 16:
            site.postgres.stop()
            time.sleep(0.5)
            site.postgres = start_postgres(site.layout, durable=True)
    slow.unlink()
    site.wait_for(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM campaigns_handover) AND NOT EXISTS ("
        "  SELECT FROM campaigns_message WHERE state IN ('waiting', 'sending'))"
    )

    arrived = Counter(int(line) for line in site.mails.read_text().split())
    rows = site.ask("SELECT id, member_id, state, reason FROM campaigns_message")
    states = Counter((state, reason) for _id, _member, state, reason in rows)
    sent = {pk for pk, _member, state, _reason in rows if state == "sent"}
    unknown = {pk for pk, _member, state, _reason in rows if state == "unknown"}

    assert len(rows) == len({member for _id, member, _state, _reason in rows}) == MEMBERS
    assert set(states) <= {("sent", ""), ("unknown", "")}, states
    assert set(arrived.values()) == {1}, "somebody was written to twice"
    assert sent <= set(arrived), "somebody was not written to, and the ledger says they were"
    assert set(arrived) <= sent | unknown
    assert 1 <= len(unknown) <= KILLS * CONNECTIONS
