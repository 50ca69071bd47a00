"""This code upgrades the club of an earlier release, and checks it.

Fixtures are the databases that releases left (`bin/make-upgrade-fixture`). While there is no
release, the same way is gone with a fixture of this very code, and what that can't show, that a
migration bears rows, by taking each app a step back and forward again.
"""

import os
import re
import secrets
import subprocess
import sys

import psycopg
import pytest

from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.restore_drill import describe_locale, with_name
from tests.upgrade.fixture import (
    FOLDER,
    dump,
    load,
    manage,
    read_fixture,
    write_fixture,
)

# The database of the tests is made for tests that may use it; here it is only read.
pytestmark = pytest.mark.django_db

FIXTURES = sorted(FOLDER.glob("*.sql.gz"))
# Only ever added to: an upgrade that loses one of these rows is none.
KEPT = (
    "members_member",
    "members_activity",
    "purchases_purchase",
    "purchases_line",
    "rewards_transfer",
    "rewards_lotmove",
    "core_auditentry",
)


def list_releases():
    """Versions of CHANGELOG.md, newest first."""
    text = (REPOSITORY / "CHANGELOG.md").read_text()
    return re.findall(r"^## \[([0-9][^]]*)\]", text, re.MULTILINE)


@pytest.fixture(scope="module")
def fresh(django_db_setup, django_db_blocker):
    """The database that the migrations of this code make for the tests; only read here."""
    from django.db import connection

    return with_name(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])


@pytest.fixture(scope="module")
def make_database(fresh):
    """Databases beside it, dropped at the end."""
    names = []

    def make():
        names.append(f"upgrade_{secrets.token_hex(4)}")
        with psycopg.connect(fresh, autocommit=True) as connection:
            locale = describe_locale(connection).as_string()
            connection.execute(f"CREATE DATABASE {names[-1]} {locale}")
        return with_name(fresh, names[-1])

    yield make
    with psycopg.connect(fresh, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def club(migrated, make_database):
    """A small club as this code leaves it."""
    url = make_database()
    load(url, migrated)
    manage(url, "seed_demo", "--members=6", "-v0")
    return url


@pytest.fixture(scope="module")
def read_schema(make_database):
    """Every definition, in an order of its own: that of columns depends on when each was added.

    Read from a copy, since PostgreSQL words an expression a little differently once it was dumped
    and loaded.
    """
    tables = re.compile(r"^CREATE (?:UNLOGGED )?TABLE .*?^\);", re.MULTILINE | re.DOTALL)

    def sort_columns(match):
        first, *lines, last = match[0].splitlines()
        return "\n".join([first, *sorted(line.rstrip(",") for line in lines), last])

    def read(url):
        copy = make_database()
        load(copy, dump(url, "--schema-only"))
        text = tables.sub(sort_columns, dump(copy, "--schema-only").decode())
        blocks = (block.strip() for block in text.split("\n\n"))
        return sorted(block for block in blocks if not block.startswith("--"))

    return read


@pytest.fixture(scope="module")
def schema(read_schema, fresh):
    return read_schema(fresh)


def list_tables(url):
    with psycopg.connect(url) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return [name for (name,) in connection.execute(query)]


def count(url, tables):
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables
        }


@pytest.fixture
def upgrade(make_database, read_schema, schema):
    """Loads a fixture, upgrades it as an operator does, and checks what holds of every club."""

    def check(path):
        url = make_database()
        load(url, read_fixture(path))
        before = count(url, KEPT)
        assert min(before.values()) > 0
        manage(url, "migrate", "--no-input", "-v0")
        manage(url, "sync_roles")
        assert "The ledger is true." in manage(url, "verify_ledger")
        assert read_schema(url) == schema
        after = count(url, KEPT)
        assert [table for table in KEPT if after[table] < before[table]] == []

    return check


def test_newest_release_left_its_database():
    """Made with the release: `bin/make-upgrade-fixture VERSION`."""
    missing = [name for name in list_releases()[:1] if not (FOLDER / f"{name}.sql.gz").exists()]
    assert missing == []


def test_stored_databases_are_small():
    assert [path.name for path in FIXTURES if path.stat().st_size > 1_000_000] == []


def write_now(club, folder):
    """The database of this very code as a fixture; written twice, it is the same file."""
    path, again = folder / "now.sql.gz", folder / "again.sql.gz"
    write_fixture(club, path)
    write_fixture(club, again)
    assert path.read_bytes() == again.read_bytes()
    return path


@pytest.mark.parametrize("path", [*FIXTURES, None], ids=lambda path: path.name if path else "now")
def test_database_upgrades(path, club, upgrade, tmp_path):
    upgrade(path or write_now(club, tmp_path))


def test_newest_migrations_bear_rows(club, make_database, read_schema, schema):
    """Tables that the step back takes away come back empty, so the ledger isn't asked here."""
    url = make_database()
    load(url, dump(club))
    everything = list_tables(url)
    before = count(url, everything)
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrade.walk"],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    survivors = set(done.stdout.split()) - {"django_migrations"}
    after = count(url, everything)
    lost = {
        table: (before[table], after[table])
        for table in survivors & before.keys()
        if after[table] != before[table]
    }
    assert lost == {}
    assert read_schema(url) == schema
