"""The caught messages, as files: one .eml per message, and one text file per text message."""

import email
import email.policy
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

KEPT_MESSAGES = 2000
_numbers = itertools.count()


@dataclass(frozen=True)
class Entry:
    key: str
    caught_at: datetime
    sender: str
    recipients: str
    subject: str


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = KEPT_MESSAGES
        folder.mkdir(parents=True, exist_ok=True)
        self.size = sum(1 for _ in folder.glob("*.eml"))

    def save(self, content: bytes, *, sender: str, recipients: list[str]) -> str:
        """Stores a message under a key that sorts by time; drops the oldest beyond the limit."""
        # The process id keeps keys apart when the catcher starts again within a microsecond.
        key = f"{time.time_ns() // 1000:016d}-{os.getpid()}-{next(_numbers) % 10_000:04d}"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
        part = self.folder / f".{key}"
        part.write_bytes(envelope.encode("utf-8", "replace") + content)
        part.rename(self.folder / f"{key}.eml")
        self.size += 1
        if self.size > self.kept * 1.1:
            self.prune()
        return key

    def prune(self) -> None:
        keys = self.list_keys()
        for key in keys[self.kept :]:
            (self.folder / f"{key}.eml").unlink(missing_ok=True)
        self.size = min(len(keys), self.kept)

    def list_keys(self) -> list[str]:
        """Newest first."""
        return sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)

    def list_entries(self, *, offset: int = 0, limit: int = 100) -> Iterator[Entry]:
        for key in self.list_keys()[offset : offset + limit]:
            message = self.get(key)
            if message is not None:
                yield Entry(
                    key,
                    caught_at(key),
                    str(message.get("From", message.get("X-Envelope-From", ""))),
                    str(message.get("To", message.get("X-Envelope-To", ""))),
                    str(message.get("Subject", "")) or "(no subject)",
                )

    def get(self, key: str) -> EmailMessage | None:
        # The key comes from an address: only a name that the folder lists is opened.
        if not key.replace("-", "").isdigit():
            return None
        try:
            with (self.folder / f"{key}.eml").open("rb") as file:
                return email.message_from_binary_file(file, policy=email.policy.default)
        except FileNotFoundError:
            return None


def caught_at(key: str) -> datetime:
    return datetime.fromtimestamp(int(key.split("-", 1)[0]) / 1_000_000, tz=UTC)


def list_text_messages(folder: Path, *, limit: int = 50) -> list[tuple[datetime, str, str]]:
    """What the file backend for text messages wrote: (when, file name, text), newest first."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [
        (
            datetime.fromtimestamp(path.stat().st_mtime, tz=UTC),
            path.stem,
            path.read_text(errors="replace")[:5000],
        )
        for path in paths[:limit]
        if path.is_file() and not path.name.startswith(".")
    ]
