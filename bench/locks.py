"""Waits for locks as PostgreSQL itself sees them, apart from waits for a processor or a connection.

``pg_locks.waitstart`` says since when a process waits for a lock that it wasn't granted. Who holds
the lock grants it to the next on release, so the time that the woken process then waits for a
processor is not in it; neither is the wait for a connection, which comes before any statement.
"""

import statistics
import threading
import time

from bench.databases import connect

_EVERY_SECONDS = 0.002
_WAITING = """
    SELECT l.pid, l.waitstart, extract(epoch FROM clock_timestamp() - l.waitstart)
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.datname = %s
"""
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = %s"


class LockWatch:
    """While it is open, every wait for a lock in a database is looked at every two milliseconds.

    A wait's length is that of its last sight. Waits between two looks are not seen: those seen
    are the longer ones, so their 99th percentile is no better than the true one.
    """

    def __init__(self, database: str):
        self.database = database
        self.deadlock_count = 0
        self._waits: dict[tuple, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "LockWatch":
        self._connection = connect("postgres", autocommit=True)
        self._before = self._count_deadlocks()
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._thread.join()
        time.sleep(1)  # a session tells its deadlocks to the statistics when it goes idle
        self.deadlock_count = self._count_deadlocks() - self._before
        self._connection.close()

    @property
    def waits(self) -> list[float]:
        return sorted(self._waits.values())

    @property
    def p99(self) -> float:
        """Seconds below which 99 of 100 waits stay; 0 where none was seen."""
        waits = self.waits
        if len(waits) < 2:
            return waits[0] if waits else 0.0
        return statistics.quantiles(waits, n=100, method="inclusive")[98]

    def _watch(self) -> None:
        while not self._is_over.is_set():
            for pid, since, seconds in self._connection.execute(_WAITING, [self.database]):
                self._waits[pid, since] = float(seconds)
            time.sleep(_EVERY_SECONDS)

    def _count_deadlocks(self) -> int:
        self._connection.execute("SELECT pg_stat_clear_snapshot()")
        return self._connection.execute(_DEADLOCKS, [self.database]).fetchone()[0]
