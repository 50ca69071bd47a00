"""Set-based reading and writing: one statement for many rows, one trip for many statements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus, TransactionStatus

# The sequence by its name in the text: looked up once for all uses of a prepared statement.
_RESERVE = """
    SELECT '{0}', ARRAY(SELECT nextval('{0}_id_seq') FROM generate_series(1, %s::int))
"""
type Values = Sequence | Mapping[str, Any]  # of a statement, by place or by name
COPY_FROM = 64  # rows from which COPY beats a single INSERT ... VALUES


def reserve_ids(**counts: int) -> dict[str, list[int]]:
    """Ids from the sequences of the named tables, in one round trip.

    ``reserve_ids(purchases_purchase=3)`` → ``{"purchases_purchase": [7, 8, 9]}``.
    """
    wanted = {table: count for table, count in counts.items() if count}
    result: dict[str, list[int]] = {table: [] for table in counts}
    if not wanted:
        return result
    (rows,) = read_together([build_reserve(**wanted)])
    result.update(dict(rows))
    return result


def build_reserve(**counts: int) -> tuple[str, Values]:
    """The statement of ``reserve_ids``, to travel with others; its rows are a table and its ids."""
    return " UNION ALL ".join(_RESERVE.format(table) for table in counts), list(counts.values())


def read_together(
    statements: Sequence[tuple[str, Values]],
) -> list[list[tuple]]:
    """Run several statements in one network round trip and return the rows of each.

    They run in order, each with its own snapshot (so a lock taken by the first is held when
    the second reads). Uses libpq's pipeline mode; must be inside a transaction. Where it is the
    first, its BEGIN travels along and psycopg's own ``autocommit`` stays on until Django ends it.
    """
    connection.ensure_connection()
    raw = connection.connection
    # psycopg would wait for its own BEGIN. Django's commit and rollback end ours just as well.
    begins = not raw.autocommit and raw.info.transaction_status == TransactionStatus.IDLE
    if begins:
        raw.autocommit = True
    cursors = []
    with connection.wrap_database_errors, raw.pipeline():
        if begins:
            psycopg.Cursor(raw).execute("BEGIN")
        for sql, params in statements:
            cursor = psycopg.Cursor(raw)
            cursor.execute(sql, params)
            cursors.append(cursor)
    return [cursor.fetchall() if _has_rows(cursor) else [] for cursor in cursors]


def write_array(values: Iterable[Any]) -> str:
    """PostgreSQL's text of an array of numbers, or of values quoted already. Handed a list,
    psycopg would look at each of them twice.
    """
    return "{" + ",".join(map(str, values)) + "}"


def _has_rows(cursor) -> bool:
    # ``cursor.description`` would build an object per column.
    return cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK


class RowWriter:
    """Collects rows per table and writes them in foreign-key order, the order of ``add``.

    Few rows travel as one pipelined round trip; many travel by COPY. ``answers`` holds, after
    ``flush``, the rows that each statement of ``claim`` returned.
    """

    def __init__(self):
        self._tables: dict[tuple[str, tuple[str, ...]], list[tuple]] = {}
        self._claims: list[tuple[str, Values]] = []
        self._statements: list[tuple[str, Values]] = []
        self.answers: list[list[tuple]] = []

    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple]) -> None:
        self._tables.setdefault((table, tuple(columns)), []).extend(rows)

    def claim(self, sql: str, params: Values) -> None:
        """A statement to run before the inserts, in their round trip: it takes what is scarce as
        late as can be. The caller looks at ``answers`` and raises where it came away empty.
        """
        self._claims.append((sql, params))

    def execute(self, sql: str, params: Values) -> None:
        """A statement to run after the inserts (an UPDATE ... FROM unnest, say)."""
        self._statements.append((sql, params))

    def flush(self) -> int:
        """Write everything; returns the number of rows inserted."""
        written = sum(len(rows) for rows in self._tables.values())
        inserts: list[tuple[str, Values]] = []
        claims = self._claims
        if claims and written >= COPY_FROM:
            self.answers, claims = read_together(claims), []
        for (table, columns), rows in self._tables.items():
            if len(rows) >= COPY_FROM:
                if inserts:
                    read_together(inserts)
                    inserts = []
                _copy(table, columns, rows)
            elif rows:
                inserts.append(_insert(table, columns, rows))
        if claims or inserts or self._statements:
            answers = read_together([*claims, *inserts, *self._statements])
            if claims:
                self.answers = answers[: len(claims)]
        self._claims.clear()
        self._tables.clear()
        self._statements.clear()
        return written


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple]) -> tuple[str, list]:
    one = "(" + ", ".join(["%s"] * len(columns)) + ")"
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * len(rows))}"
    return sql, [value for row in rows for value in row]


def _copy(table: str, columns: Sequence[str], rows: Sequence[tuple]) -> None:
    connection.ensure_connection()
    raw = connection.connection
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(raw) as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)
