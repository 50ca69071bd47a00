"""`bin/run` as a person meets it: it starts, it starts again, it is killed, it stops."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.embedded.supervisor import listen

GIVEN = ("DATABASE_URL", "PGHOST", "CELERY_BROKER_URL", "CACHE_URL", "SMTP_HOST", "SMTP_PORT")


class Run:
    """A running launcher and what it prints."""

    def __init__(self, var: Path, port: int) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in GIVEN}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loyalty_site.embedded.launcher", "--empty", f"--port={port}"],
            env=environment | {"CLUB_VAR": str(var)},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, words: str) -> str:
        while words not in self.output:
            line = self.process.stdout.readline()
            assert line, self.output
            self.output += line
        return self.output

    @property
    def address(self) -> str:
        return re.search(r"Club +(http://\S+)", self.output)[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def processes_of(var: Path) -> list[str]:
    """Everything that was started for this data folder, by its environment or its words."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(var) in words or process.environ().get("CLUB_VAR") == str(var):
                found.append(words)
        except psutil.Error:
            continue
    return [words for words in found if words]


@pytest.fixture
def port() -> int:
    with listen(18000) as bound:
        return bound.getsockname()[1]


def test_run_starts_survives_a_kill_and_stops(var, port):
    first = Run(var, port)
    first.read_until("Ctrl-C stops everything")
    assert "manage.py createsuperuser" in first.output  # nobody could log in yet
    assert answers(first.address)

    second = Run(var, port)
    assert f"The club is already running at {first.address}" in second.process.communicate()[0]
    assert second.process.returncode == 0

    first.kill()
    third = Run(var, port)
    third.read_until("Ctrl-C stops everything")
    assert third.address == first.address
    assert answers(third.address)

    third.process.send_signal(signal.SIGINT)
    third.process.communicate(timeout=60)
    assert third.process.returncode == 0
    deadline = time.monotonic() + 10
    while (left := processes_of(var.resolve())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def test_run_stopped_while_it_prepares_leaves_nothing(var, port):
    run = Run(var, port)
    run.read_until("Bringing the database up to date")
    run.process.send_signal(signal.SIGTERM)
    run.process.communicate(timeout=60)
    assert run.process.returncode == 0
    assert processes_of(var.resolve()) == []


def test_taken_port_gives_way_to_the_next_free_one(port):
    with listen(port) as taken, listen(port) as other:
        assert other.getsockname()[1] > taken.getsockname()[1]
