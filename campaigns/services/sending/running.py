"""A worker's round: a channel at a time, batch after batch, until nothing is due or time is up."""

import datetime as dt
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from campaigns.channels.base import ConnectionLost, adapters
from campaigns.services.rates import give_back_tokens, take_tokens
from campaigns.services.sending.claiming import BATCH, DueMailing, claim_batch, list_due
from campaigns.services.sending.handing_over import Line, hand_over

logger = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # then the worker looks whether something else waits
_LOCKS = 0x6D61696C  # the class of the advisory locks that stand for connections


@dataclass
class Round:
    """What a round did; ``has_more`` where time was up before the work was."""

    sent_count: int = 0
    claimed_count: int = 0
    has_more: bool = False


def send_waiting_messages(
    *,
    clock: Callable[[], dt.datetime],
    should_stop: Callable[[], bool] = lambda: False,
    on_busy: Callable[[], None] = lambda: None,
    seconds: float = ROUND_SECONDS,
) -> Round:
    """Send what is due on every channel; any number of workers may do so at once.

    ``on_busy`` is called once, after a whole batch: there is work for another worker. No channel
    is given more than ``SENDING_CONNECTIONS`` connections at a time.
    """
    deadline = time.monotonic() + seconds
    done = Round()

    def is_over() -> bool:
        return should_stop() or time.monotonic() > deadline

    for code in adapters.codes():
        if is_over():
            break
        if list_due(code, now=clock()):
            with _take_place(code) as is_free:
                if is_free:
                    _send_channel(code, done, clock, is_over, on_busy)
    done.has_more = not should_stop() and time.monotonic() > deadline
    return done


def _send_channel(code, done: Round, clock, is_over, on_busy) -> None:
    line = Line(adapters[code])
    try:
        line.open()
    except ConnectionLost as error:
        logger.warning("%s can't be reached: %s", code, error)
        return
    except Exception:
        # Its settings, say: no reason that the other channels wait.
        logger.exception("%s can't be opened", code)
        return
    worker = f"{socket.gethostname()}:{os.getpid()}"[:80]
    try:
        while not is_over():
            claimed, may_go_on = _send_turn(code, line, done, worker, clock, is_over)
            if not claimed or not may_go_on:
                return
            if claimed >= BATCH:
                on_busy()
                on_busy = _do_nothing
    finally:
        line.close()


def _send_turn(code, line: Line, done: Round, worker: str, clock, is_over) -> tuple[int, bool]:
    """A batch of each mailing of the first priority that has something to take."""
    due = list_due(code, now=clock())
    for _priority, group in groupby(due, key=lambda mailing: mailing.priority):
        claimed = 0
        for mailing in _rotate(list(group)):
            if is_over():
                return claimed, False
            count, may_go_on = _send_batch(mailing, code, line, done, worker, clock, is_over)
            claimed += count
            if not may_go_on:
                return claimed, False
        if claimed:
            return claimed, True
    return 0, True


def _send_batch(mailing: DueMailing, code, line, done: Round, worker, clock, is_over):
    """How many were looked at, and whether the connection may go on."""
    limit = take_tokens(code, {"": BATCH}, now=clock())[""]
    if limit <= 0:
        return 0, True
    try:
        claim = claim_batch(mailing, code, limit=limit, worker=worker, now=clock())
    except (OperationalError, InterfaceError):
        raise  # the database is away
    except Exception:
        # Whatever is wrong with one mailing, the others go on; nothing of it was taken.
        logger.exception("Mailing %s can't be claimed from", mailing.id)
        give_back_tokens(code, {"": limit}, now=clock())
        return 0, True
    done.claimed_count += claim.row_count
    handed = None
    if claim.load is not None:
        handed = hand_over(claim.load, line, clock=clock, should_stop=is_over)
        done.sent_count += handed.sent_count
    used = len(handed.settled) if handed else 0
    give_back_tokens(code, {"": limit - used}, now=clock())
    return claim.row_count, handed is None or handed.may_go_on


def _rotate(mailings: list[DueMailing]) -> list[DueMailing]:
    """Workers begin at different ones, so that they don't queue up behind each other."""
    start = os.getpid() % len(mailings)
    return mailings[start:] + mailings[:start]


def _do_nothing() -> None:
    pass


@contextmanager
def _take_place(code: str) -> Iterator[bool]:
    """One of the channel's places for a connection, while it lasts: a lock of the database's
    session, which ends with a worker however that ends. Not behind PgBouncer, which hands
    sessions around: there the number of workers is the limit.
    """
    if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:  # BEHIND_PGBOUNCER
        yield True
        return
    taken = next(
        (key for key in _list_places(code) if _ask("SELECT pg_try_advisory_lock(%s, %s)", key)),
        None,
    )
    try:
        yield taken is not None
    finally:
        if taken is not None and connection.is_usable():
            _ask("SELECT pg_advisory_unlock(%s, %s)", taken)


def _list_places(code: str) -> list[int]:
    first = adapters.codes().index(code) * 1000
    return list(range(first, first + settings.SENDING_CONNECTIONS))


def _ask(sql: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_LOCKS, key])
        return cursor.fetchone()[0]
