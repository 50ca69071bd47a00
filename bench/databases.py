"""The private server, and databases on it that are copies of one another."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from loyalty_site.embedded.binaries import find_clients
from loyalty_site.embedded.client import attach
from loyalty_site.embedded.layout import DATABASE_NAME, REPOSITORY, Layout

PREPARED = DATABASE_NAME  # migrated, with the demonstration's programme, rules and tiers
_UNCOMPARED = ("django_", "auth_", "account_", "mfa_", "socialaccount_", "usersessions_")


@contextmanager
def private_server(folder: Path | None = None, *, durable: bool = True) -> Iterator[Path]:
    """Servers of this run alone. Below ``var/`` by default: /tmp may be memory, without fsync."""
    parent = folder or REPOSITORY / "var"
    parent.mkdir(parents=True, exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
    var.chmod(0o711)  # servers that run as another user must be able to pass through
    services = None
    try:
        with attach(var, needed=("database", "broker"), durable=durable) as attachment:
            os.environ.update(attachment.environment)
            os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty_site.settings"
            services = Layout.of(var).services
            yield var
            close_django()
    finally:
        for path in (services, var):
            if path is not None:
                shutil.rmtree(path, ignore_errors=True)


def database_url(name: str) -> str:
    return f"postgres://{DATABASE_NAME}@/{name}?host={quote(os.environ['PGHOST'])}"


def connect(name: str, **options) -> psycopg.Connection:
    """A plain connection as Django's own is: psycopg, UTC, statements prepared when repeated."""
    return psycopg.connect(host=os.environ["PGHOST"], user=DATABASE_NAME, dbname=name, **options)


def copy_database(name: str, template: str = PREPARED) -> str:
    """A new database that is a copy of another, file by file, and a checkpoint: service and
    floor begin with the same pages on disk.
    """
    close_django()
    with connect("postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        connection.execute("CHECKPOINT")
    return name


def drop_database(name: str) -> None:
    close_django()
    with connect("postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def checkpoint() -> None:
    with connect("postgres", autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def use_database(name: str, host: str = "") -> None:
    """Point this process's Django at another database (or, by ``host``, at a proxy of it)."""
    from django.db import connection

    from members.selectors.club import forget_club

    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    connection.settings_dict["HOST"] = host or os.environ["PGHOST"]
    forget_club()


def close_django() -> None:
    """Let go of the database: one in use can't be copied."""
    from django.apps import apps

    if apps.ready:
        from django.db import connection

        connection.close()
        connection.close_pool()


def prepare(schema: Path | None = None) -> None:
    """Django, the schema and the demonstration's terms, in the database of ``DATABASE_URL``.

    ``schema`` is a plain dump of a database that has been migrated, which is quicker to load.
    """
    import django
    from django.core.management import call_command

    django.setup()
    if schema is None:
        call_command("migrate", verbosity=0)
    else:
        _load(schema)
    call_command("seed_demo", members=0, verbosity=0)
    with connect(PREPARED, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _load(dump: Path) -> None:
    with connect(PREPARED) as connection:
        major = connection.info.server_version // 10_000
    words = ["--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--file={dump}"]
    psql = find_clients(major) / "psql"
    subprocess.run([psql, f"--username={DATABASE_NAME}", *words, PREPARED], check=True)


def list_tables(connection: psycopg.Connection) -> list[str]:
    """The product's own tables; whoever logs in leaves rows that no floor is about."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " ORDER BY relname"
    )
    return [name for (name,) in rows if not name.startswith(_UNCOMPARED)]


def digest(name: str, without: dict[str, tuple[str, ...]] | None = None) -> dict[str, tuple]:
    """Per table its number of rows and a sum of their hashes; ``without`` leaves columns out."""
    with connect(name, autocommit=True) as connection:
        return {
            table: connection.execute(
                "SELECT count(*), coalesce(sum(hashtextextended(row_text, 0)::numeric), 0) FROM ("
                f"SELECT {_row_text((without or {}).get(table, ()))} AS row_text FROM {table} AS r"
                ") AS each"
            ).fetchone()
            for table in list_tables(connection)
        }


def _row_text(left_out: tuple[str, ...]) -> str:
    if not left_out:
        return "r::text"
    names = ", ".join(f"'{column}'" for column in left_out)
    return f"(to_jsonb(r) - ARRAY[{names}])::text"


def list_differences(left: str, right: str, without=None) -> list[str]:
    """Tables in which two databases differ; empty where the floor left what the service left."""
    first, second = digest(left, without), digest(right, without)
    return sorted(
        f"{table} ({first.get(table, (0,))[0]} and {second.get(table, (0,))[0]} rows)"
        for table in first.keys() | second.keys()
        if first.get(table) != second.get(table)
    )
