"""How a worker that is asked to end tells what it is doing: finish the message, settle, leave."""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery.signals import worker_shutting_down

# Made before a worker divides into processes, which then all see it set.
_is_ending = multiprocessing.get_context("fork").Event()


@worker_shutting_down.connect
def _end(**_signal):
    _is_ending.set()


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Yields whether to stop: the worker was told to, or this very process of it was (by
    whoever ends a whole group of them), which then ends here.
    """
    if threading.current_thread() is not threading.main_thread():
        yield _is_ending.is_set
        return
    own = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: own.set())
    try:
        yield lambda: own.is_set() or _is_ending.is_set()
    finally:
        signal.signal(signal.SIGTERM, before)
    if own.is_set():
        sys.exit(0)
