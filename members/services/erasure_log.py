"""The log of erasures outside of the database: what a restored backup doesn't know yet.

One JSON line per erasure, and per request that was cancelled, appended after the commit. Lines
that are missing (a full disk, a kill) are written by the next sweep; a line that stands there
twice does no harm.
"""

import datetime as dt
import fcntl
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from members.enums import ErasureState
from members.models import Erasure, ErasureRequest

logger = logging.getLogger(__name__)

_LONGEST_LINE = 1024 * 1024


def log_on_commit() -> None:
    """Append what is missing as soon as this transaction has ended; else a sweep does."""
    transaction.on_commit(_try_to_write, robust=True)


def _try_to_write():
    try:
        write_log(now=timezone.now())
    except OSError:
        logger.exception("The log of erasures can't be written; it is tried again")
        current_app.send_task("members.tasks.sweep_erasures")


@transaction.atomic
def write_log(*, now: dt.datetime, path: Path | None = None, whole: bool = False) -> int:
    """Append every erasure and cancellation that the log lacks; returns how many lines.

    With ``whole`` all of them, to start a new log (at ``path``) from this database.
    """
    erasures = Erasure.objects.order_by("pk")
    cancelled = ErasureRequest.objects.filter(state=ErasureState.CANCELLED).order_by("pk")
    if not whole:
        erasures = erasures.unlogged().select_for_update(skip_locked=True)
        cancelled = cancelled.filter(logged_at=None).select_for_update(skip_locked=True)
    lines = [*map(_write_erasure, erasures), *map(_write_cancelled, cancelled)]
    if not lines:
        return 0
    _append(path or settings.ERASURE_LOG, lines)
    Erasure.objects.filter(pk__in=[row.pk for row in erasures]).update(logged_at=now)
    ErasureRequest.objects.filter(pk__in=[row.pk for row in cancelled]).update(logged_at=now)
    return len(lines)


def _write_erasure(erasure: Erasure) -> dict[str, Any]:
    return {
        "erased": str(erasure.uid),
        "at": erasure.erased_at.isoformat(),
        "members": erasure.members,
        "keys": list(erasure.keys.order_by("pk").values_list("kind", "key_id", "key_hash")),
    }


def _write_cancelled(request: ErasureRequest) -> dict[str, Any]:
    closed_at = request.closed_at.isoformat() if request.closed_at else ""
    return {"cancelled": str(request.uid), "at": closed_at}


def _append(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb+") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        _drop_cut_off_line(log)
        log.write(text.encode())
        log.flush()
        os.fsync(log.fileno())


def _drop_cut_off_line(log) -> None:
    """A power cut may leave half a line; its row still counts as unlogged, and comes again."""
    size = log.seek(0, os.SEEK_END)
    start = max(size - _LONGEST_LINE, 0)
    log.seek(start)
    tail = log.read()
    whole = start + tail.rfind(b"\n") + 1
    log.truncate(whole)
    log.seek(whole)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log. A last line that was cut off is left out; an unreadable one elsewhere
    raises ValueError: whoever restores must know.
    """
    with open(path, encoding="utf-8") as log:
        *rows, _cut_off = log.read().split("\n")
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            line = json.loads(row)
            if not {"erased", "cancelled"} & line.keys():
                raise ValueError("neither an erasure nor a cancellation")
        except (ValueError, AttributeError) as error:
            raise ValueError(f"Line {number} of the log of erasures can't be read.") from error
        found.append(line)
    return found
