"""Waking workers: a task that waits in the queue sees whatever is committed before it begins, so
one message is enough until then.

The mark lies in the shared cache. The task takes it away before it looks. A message that is lost
holds others back for a few seconds, and what it was sent for waits for the schedule at most.
"""

from contextlib import suppress

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

_LONGEST = 5  # seconds that a message which got lost can hold back others


def send_once_committed(task: str, *arguments: int | str) -> None:
    """Have a worker run the task, once the present transaction is committed.

    By its name, since tasks stand above services. The message only says "look now": losing it
    loses nothing.
    """
    transaction.on_commit(lambda: current_app.send_task(task, arguments), robust=True)


def wake_once_committed(task: str) -> None:
    """As ``send_once_committed``, of a task that many wake at once, and that calls ``note_awake``:
    while a message waits, no other is sent.
    """
    transaction.on_commit(lambda: _wake(task), robust=True)


def note_awake(task: str) -> None:
    """Called by the task before it looks: whoever commits from now on wakes another."""
    if settings.IS_CACHE_SHARED:
        with suppress(Exception):  # the mark goes by itself
            cache.delete(_name_mark(task))


def _wake(task: str) -> None:
    if _is_first(task):
        current_app.send_task(task)


def _is_first(task: str) -> bool:
    if not settings.IS_CACHE_SHARED:
        return True
    try:
        return cache.add(_name_mark(task), 1, timeout=_LONGEST)
    except Exception:  # whatever a cache raises: one message too many is none too few
        return True


def _name_mark(task: str) -> str:
    return f"wake:{connection.settings_dict['NAME']}:{task}"
