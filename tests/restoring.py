"""After a test with real commits the database is again as the migrations left it.

Django empties every table, writes content types and permissions anew and lets each app add its
base rows: in a schema of more than a hundred tables that takes longer than most tests. Here only
what a test has touched is taken away, and what was there before it comes back with the ids it had.
"""

from functools import cache

from django.db import connections
from psycopg import sql

_base: dict[str, tuple[str, bytes]] = {}  # of each table with rows at first: their hash, and they
_HASH = "SELECT md5(string_agg(each::text, '\n' ORDER BY each::text)) FROM {} AS each"


def remember_base(connection) -> None:
    """Called once, when the database has been migrated and nothing else has happened."""
    with connection.cursor() as cursor:
        tables = _list_tables()
        for table in sorted(_list_filled(cursor, tables)):
            with cursor.copy(_for_table("COPY {} TO STDOUT", table)) as copied:
                rows = b"".join(bytes(part) for part in copied)
            _base[table] = (_hash(cursor, table), rows)


def restore_base(connection) -> None:
    """Waits, as TRUNCATE would, for whoever still writes: a thread of a live server, say."""
    from django.db import transaction

    tables = _list_tables()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        names = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
        filled = _list_filled(cursor, tables)
        touched = filled - _base.keys() | {
            table for table, (known, _rows) in _base.items() if _hash(cursor, table) != known
        }
        if not touched:
            return
        # Neither keys between tables nor the guards of append-only ones stand in the way.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in touched & filled:
            cursor.execute(_for_table("DELETE FROM {}", table))
        for table in touched & _base.keys():
            with cursor.copy(_for_table("COPY {} FROM STDIN", table)) as copy:
                copy.write(_base[table][1])


@cache
def _list_tables() -> list[str]:
    return connections["default"].introspection.django_table_names(
        only_existing=False, include_views=False
    )


def _list_filled(cursor, tables) -> set[str]:
    question = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    each = [question.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    cursor.execute(sql.SQL(" UNION ALL ").join(each))
    return {name for (name,) in cursor.fetchall()}


def _hash(cursor, table) -> str:
    cursor.execute(_for_table(_HASH, table))
    return cursor.fetchone()[0]


def _for_table(text, table) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(table))
