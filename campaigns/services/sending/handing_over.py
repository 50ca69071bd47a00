"""One message after the other through an open connection, each marked before it leaves."""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection

from campaigns.channels.base import (
    Adapter,
    AnswerLost,
    ConnectionLost,
    Outcome,
    Outgoing,
    Result,
    Session,
)
from campaigns.services.sending.claiming import Load
from campaigns.services.sending.settling import (
    UNKNOWN,
    UNTOUCHED,
    Settled,
    judge_outcome,
    settle_handover,
)

logger = logging.getLogger(__name__)

SURE_EVERY = 10  # places; what a power cut leaves in doubt, see ``recovery``
# No row: the mailing was stopped, or the lease was lost. The mailing costs no trip of its own.
_MARK = """
    UPDATE campaigns_handover h SET position = %s, beat_at = clock_timestamp(){note}
    FROM campaigns_mailing g WHERE h.id = %s AND g.id = %s AND g.state = 'running'
"""
# Committed for everybody to see, whatever becomes of this process, without waiting for the disk.
_IN_MEMORY = "AND set_config('synchronous_commit', 'off', true) IS NOT NULL"
_NOTE = ", outcomes = outcomes || %s::jsonb"
# Of a marker on the disk, and of one in memory.
_SURE, _QUICK = _MARK.format(note=""), _MARK.format(note="") + _IN_MEMORY
_PATIENCE_SECONDS = 0.5  # between two tries to settle while the database is away


class Line:
    """The connection to one channel's other side, opened again where it broke."""

    def __init__(self, adapter: Adapter):
        self._adapter = adapter
        self._opened: AbstractContextManager[Session] | None = None
        self._session: Session | None = None

    def open(self) -> Session:
        """Raises ConnectionLost."""
        if self._session is None:
            opened = self._adapter.open()
            self._session = opened.__enter__()
            self._opened = opened
        return self._session

    def close(self) -> None:
        opened, self._opened, self._session = self._opened, None, None
        if opened is not None:
            try:
                opened.__exit__(None, None, None)
            except Exception:
                logger.info("A connection that broke could not be closed", exc_info=True)


@dataclass
class HandedOver:
    """How a load ended: ``sent_count`` left; ``may_go_on`` is False where the connection is gone,
    or something failed that should be looked at first.
    """

    settled: dict[int, Settled] = field(default_factory=dict)
    may_go_on: bool = True
    is_lost: bool = False

    @property
    def sent_count(self) -> int:
        return sum(each.sent_at is not None for each in self.settled.values())


def hand_over(
    load: Load, line: Line, *, clock: Callable[[], dt.datetime], should_stop: Callable[[], bool]
) -> HandedOver:
    """Send a load and settle it. Between two messages it asks whether to stop; whoever was not
    reached waits again.
    """
    done = HandedOver()
    try:
        _send_all(load, line, done, clock, should_stop)
    except Error:
        # The database went away. What was sent is known here: it is settled once it is back.
        logger.warning("The database went away during a handover", exc_info=True)
        done.may_go_on = False
    if not done.is_lost:
        _settle(load, done, clock)
    return done


def _send_all(load, line, done, clock, should_stop) -> None:
    note: dict[str, dict] = {}  # what the next marker tells of the one before
    for place, outgoing in enumerate(load.outgoing, 1):
        if should_stop():
            return
        if not _mark(load, place, note):
            done.is_lost = not _holds(load.handover_id)
            return
        note = {}
        settled = _send(outgoing, load.attempts[outgoing.message_id], line, done, clock)
        if settled is not None:
            done.settled[outgoing.message_id] = settled
            if not settled.is_plain:
                note = {str(place): settled.as_note()}
        if not done.may_go_on:
            return


def is_sure(place: int) -> bool:
    """Whether the marker of this place is on the disk before its message leaves."""
    return place % SURE_EVERY == 1


def _mark(load: Load, place: int, note: dict) -> bool:
    """Committed when it returns: no transaction is open here."""
    sql = _SURE if is_sure(place) else _QUICK
    values: tuple[Any, ...] = (place, load.handover_id, load.mailing_id)
    if note:
        sql = _MARK.format(note=_NOTE) + ("" if is_sure(place) else _IN_MEMORY)
        values = (place, json.dumps(note), load.handover_id, load.mailing_id)
    # Django's own cursor would cost as much again as the statement.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute(sql, values, prepare=not note)
        return cursor.rowcount == 1


def _holds(handover_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM campaigns_handover WHERE id = %s", [handover_id])
        return cursor.fetchone() is not None


def _send(outgoing: Outgoing, attempts: int, line: Line, done: HandedOver, clock) -> Settled | None:
    """None where the other side can't be reached. A connection that breaks before it has the whole
    message is opened again once; where that breaks too, it may be this message's doing.
    """
    detail = ""
    for _try in range(2):
        try:
            session = line.open()
        except ConnectionLost:
            done.may_go_on = False
            return None
        try:
            outcome = session.send(outgoing)
        except ConnectionLost as error:
            line.close()
            detail = str(error)
        except AnswerLost:
            line.close()
            return UNKNOWN
        except Exception:
            # Not known whether it left; and whatever this is, the next one may meet it too.
            logger.exception("Message %s: the channel failed", outgoing.message_id)
            line.close()
            done.may_go_on = False
            return UNKNOWN
        else:
            return judge_outcome(outcome, attempts=attempts, at=clock())
    return judge_outcome(Outcome(Result.RETRY, detail=detail), attempts=attempts, at=clock())


def _settle(load: Load, done: HandedOver, clock) -> None:
    rows = [
        (each.message_id, done.settled.get(each.message_id, UNTOUCHED)) for each in load.outgoing
    ]
    deadline = time.monotonic() + settings.SENDING_LEASE_SECONDS
    while True:
        try:
            done.is_lost = not settle_handover(load.handover_id, rows, now=clock())
            return
        except (OperationalError, InterfaceError):  # away, or somebody was in the way
            connection.close()
            if time.monotonic() > deadline:
                raise  # recovery takes it from here
            time.sleep(_PATIENCE_SECONDS)
