"""Real servers in folders of their own; nothing here touches Django or the club's own var/."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyalty_site.embedded.client import Attachment, attach


@pytest.fixture(autouse=True)
def _loopback(socket_enabled, monkeypatch) -> None:
    """These tests speak to servers that they started themselves, which nobody measures."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)


@pytest.fixture
def var() -> Iterator[Path]:
    """A short path that the servers' user can reach, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="club-"))
    folder.chmod(0o711)
    yield folder / "var"
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
