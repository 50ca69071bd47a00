"""`bin/restore-drill`: proves that a backup becomes a club again, and changes nothing.

    bin/restore-drill [--dump FILE | --keep FILE] [--erasures FILE] [--scratch URL] [--jobs N]

Dumps the club's database (or takes a dump that is there), restores it into a scratch database,
brings that up to date, applies the log of erasures, discards the wheels' seeds, verifies the
ledger, and drops it. Exit status 0 only if every step held. No Django here: its commands run as
processes on the scratch database, where nothing leaves the machine.
"""

import argparse
import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from loyalty_site.embedded.binaries import find_clients
from loyalty_site.embedded.client import services_for_command
from loyalty_site.embedded.layout import REPOSITORY, ServiceError, default_var

PREFIX = "club_drill_"
# libpq takes these from the environment: a password never stands on a command line.
PG_VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER",
    "password": "PGPASSWORD", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
}  # fmt: skip


class DrillFailed(Exception):
    """A sentence for the person at the terminal."""


class Stopped(Exception):
    pass


# --- Databases and programs ----------------------------------------------------------------------


def find_database() -> str:
    url, path = os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_URL_FILE")
    if not (url or path):
        raise DrillFailed("DATABASE_URL is not set.")
    return url or Path(path or "").read_text().strip()


def with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def libpq_environment(url: str) -> dict[str, str]:
    found = conninfo_to_dict(url)
    unknown = found.keys() - PG_VARIABLES.keys()
    if unknown:
        raise DrillFailed(f"The address of the database has words unknown here: {sorted(unknown)}")
    own = {PG_VARIABLES[key]: str(value) for key, value in found.items() if value}
    return {**{key: value for key, value in os.environ.items() if not key.startswith("PG")}, **own}


def run_client(program: Path, *words: str, url: str) -> None:
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        [str(program), *words], env=libpq_environment(url), capture_output=True, text=True
    )
    if done.returncode:
        raise DrillFailed(f"{program.name} failed:\n{done.stderr.strip()[:1500]}")


def ask(connection: psycopg.Connection, query: str | sql.Composed) -> tuple:
    """The one row of an answer that has one."""
    found = connection.execute(query).fetchone()
    if found is None:
        raise DrillFailed("The database did not answer.")
    return found


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """The number of rows of each table, exactly."""
    tables = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        counts[f"{schema}.{table}"] = ask(connection, query)[0]
    return counts


def describe_locale(connection: psycopg.Connection) -> sql.Composed:
    """The words for CREATE DATABASE that give the scratch the locale of the original."""
    is_new = connection.info.server_version >= 170000
    column = "datlocale" if is_new else "daticulocale"
    provider, locale, collate, ctype, encoding = ask(
        connection,
        f"SELECT datlocprovider, {column}, datcollate, datctype, pg_encoding_to_char(encoding)"
        " FROM pg_database WHERE datname = current_database()",
    )
    words = [
        sql.SQL("TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
            sql.Literal(encoding), sql.Literal(collate), sql.Literal(ctype)
        )
    ]
    if provider == "b":
        words.append(
            sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(sql.Literal(locale))
        )
    elif provider == "i":
        words.append(sql.SQL("LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(locale)))
    return sql.SQL(" ").join(words)


@contextmanager
def scratch_database(url: str, locale: sql.Composed) -> Iterator[str]:
    """A database of this drill's own on the server of ``url``; it goes whatever happens."""
    name = f"{PREFIX}{time.strftime('%Y%m%d')}_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        drop_leftovers(connection)
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), locale)
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise DrillFailed(
                "This user may not make databases. Give it the right (ALTER ROLE ... CREATEDB), "
                "or name another server with --scratch."
            ) from error
    try:
        # Held all along, so that no other drill takes this database for a leftover.
        with psycopg.connect(with_name(url, name), autocommit=True):
            yield with_name(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            drop(connection, name)


def drop_leftovers(connection: psycopg.Connection) -> None:
    """A drill that was killed leaves its database; one that runs is connected to its own."""
    left = connection.execute(
        "SELECT datname FROM pg_database d WHERE datname ~ %s AND NOT EXISTS"
        " (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)",
        [f"^{PREFIX}[0-9]{{8}}_[0-9a-f]{{8}}$"],
    ).fetchall()
    for (name,) in left:
        say(f"Dropping {name}, which a drill that was cut off has left.")
        drop(connection, name)


def drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


# --- Commands on the scratch ---------------------------------------------------------------------


def build_environment(scratch: str, folder: Path) -> dict[str, str]:
    """Like the club's own, but nothing that the commands do reaches the club or its members."""
    own = {
        "DATABASE_URL": scratch,
        "CLUB_VAR": str(folder),  # its files stay where they are
        "ERASURE_LOG": str(folder / "erasures.jsonl"),
        "OUTGOING": "0",
        "CACHE_URL": "",
        "CELERY_BROKER_URL": f"redis+socket://{folder}/no-broker",
        "SENTRY_DSN": "",
        "METRICS_DIR": "",
        "LOG_LEVEL": "WARNING",
    }
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key.removesuffix("_FILE") not in own and not key.startswith("PG")
    }
    secret = default_var() / "secret_key"
    if not (os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE")) and secret.exists():
        own["SECRET_KEY"] = secret.read_text().strip()
    return inherited | own


def run_command(environment: dict[str, str], *words: str) -> str:
    """Runs a command of the club; returns the last line that it printed."""
    done = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "manage.py", *words],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        told = f"{done.stdout}\n{done.stderr}".strip()[-4000:]
        raise DrillFailed(f"manage.py {words[0]} failed:\n{told}")
    return (done.stdout.strip().splitlines() or [""])[-1]


# --- The drill -----------------------------------------------------------------------------------


class Drill:
    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.arguments, self.folder = arguments, folder
        self.club = find_database()
        self.counts: dict[str, int] | None = None
        with psycopg.connect(self.club) as connection:
            self.locale = describe_locale(connection)
            major = connection.info.server_version // 10_000
        self.clients = find_clients(major)

    def run(self) -> None:
        dump = self.arguments.dump or self.step("Dump", self.make_dump)
        with scratch_database(self.arguments.scratch or self.club, self.locale) as scratch:
            environment = build_environment(scratch, self.folder)
            self.step("Restore", lambda: self.restore(dump, scratch))
            if self.counts is not None:
                self.step("Same rows as the club", lambda: self.compare(scratch))
            self.step("Migrate", lambda: run_command(environment, "migrate", "--no-input", "-v0"))
            self.step("Erase again", lambda: self.apply_erasures(environment))
            self.step("Discard seeds", lambda: run_command(environment, "discard_open_seeds"))
            self.step("Verify the ledger", lambda: run_command(environment, "verify_ledger"))

    def step(self, title: str, work: Callable):
        before = time.monotonic()
        result = work()
        shown = result.name if isinstance(result, Path) else (result or "")
        say(f"  {title:<22} {time.monotonic() - before:6.1f} s  {shown}".rstrip())
        return result

    def make_dump(self) -> Path:
        """The rows are counted in the very snapshot that is dumped."""
        path = self.arguments.keep or self.folder / "club.dump"
        if path.exists():
            raise DrillFailed(f"{path} exists already.")
        path.touch(mode=0o600)
        with psycopg.connect(self.club) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            (snapshot,) = ask(connection, "SELECT pg_export_snapshot()")
            run_client(
                self.clients / "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={path}",
                url=self.club,
            )
            self.counts = count_rows(connection)
        return path

    def restore(self, dump: Path, scratch: str) -> str:
        if not dump.exists():
            raise DrillFailed(f"There is no file {dump}.")
        run_client(
            self.clients / "pg_restore",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--jobs={self.arguments.jobs}",
            f"--dbname={urlsplit(scratch).path.lstrip('/')}",
            str(dump),
            url=scratch,
        )
        return f"{dump.stat().st_size / 1_000_000:,.1f} MB"

    def compare(self, scratch: str) -> str:
        with psycopg.connect(scratch) as connection:
            found = count_rows(connection)
        wanted = self.counts or {}
        wrong = sorted(
            f"{table}: {wanted.get(table)} in the club, {found.get(table)} restored"
            for table in wanted.keys() | found.keys()
            if wanted.get(table) != found.get(table)
        )
        if wrong:
            raise DrillFailed("\n".join(["The restored database differs:", *wrong]))
        return f"{sum(found.values()):,} rows in {len(found)} tables"

    def apply_erasures(self, environment: dict[str, str]) -> str:
        log = self.arguments.erasures or Path(
            os.environ.get("ERASURE_LOG") or default_var() / "erasures.jsonl"
        )
        if not log.exists():
            if self.arguments.erasures:
                raise DrillFailed(f"There is no file {log}.")
            return f"no log at {log}: nobody was erased yet"
        return run_command(environment, "apply_erasures", "--log", str(log.resolve()))


def say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, flush=True)  # noqa: T201 (it talks to a person)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/restore-drill",
        description="Proves that a backup becomes a club again, and changes nothing.",
    )
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--dump", type=Path, help="restore this file of pg_dump --format=custom")
    one.add_argument("--keep", type=Path, metavar="FILE", help="keep the dump that is made here")
    parser.add_argument("--erasures", type=Path, metavar="FILE", help="the log of erasures")
    parser.add_argument("--scratch", metavar="URL", help="a database of the server to restore on")
    parser.add_argument("--jobs", type=int, default=2, help="restore so many at once (%(default)s)")
    return parser.parse_args()


def main() -> int:
    arguments = read_arguments()

    def stop(*_) -> None:
        raise Stopped

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)
    before = time.monotonic()
    try:
        with services_for_command(), tempfile.TemporaryDirectory(prefix="club-drill-") as folder:
            say("Restore drill")
            Drill(arguments, Path(folder)).run()
    except (DrillFailed, ServiceError) as error:
        say(f"{error}\n\nFAILED: this backup does not make a club.")
        return 1
    except psycopg.OperationalError as error:
        # Without the address, which may hold a password.
        reason = re.sub(r"\S+://\S+", "", str(error)).strip()
        say(f"The database can't be reached: {reason}\n\nFAILED: nothing was tried.")
        return 1
    except Stopped:
        say("\nStopped; the scratch database is gone.")
        return 130
    say(f"PASSED: this backup makes a club ({time.monotonic() - before:.0f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
