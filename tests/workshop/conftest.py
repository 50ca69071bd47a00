"""Real servers in folders of their own; nothing here touches Django or the club's own var/."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from loyalty_site.embedded.client import Attachment, attach, forget_ended


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch) -> None:
    """The servers that these tests start themselves are nothing to measure."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)


def supervisors(var: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "loyalty_site.embedded.supervisor" in (process.info["cmdline"] or [])
        and str(var.resolve()) in process.info["cmdline"]
    ]


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def var() -> Iterator[Path]:
    """A short path that the servers' user can reach, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="club-"))
    folder.chmod(0o711)
    yield folder / "var"
    wait_until(lambda: supervisors(folder / "var") == [], seconds=20)
    forget_ended()
    shutil.rmtree(folder)


@pytest.fixture
def services(var) -> Iterator[Callable[..., Attachment]]:
    """Attaches to the folder's services, as often as asked."""
    opened: list[Attachment] = []

    def open_one(folder: Path = var, **options) -> Attachment:
        opened.append(attach(folder, durable=False, **options))
        return opened[-1]

    yield open_one
    for attachment in opened:
        if attachment.connection.fileno() >= 0:
            attachment.close(wait=True)
