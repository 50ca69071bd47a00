"""The drill run for real: on a club that is right, on an old backup, and on broken books."""

import os
import secrets
import subprocess
import sys

import psycopg
import pytest

from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.restore_drill import (
    PREFIX,
    DrillFailed,
    describe_locale,
    libpq_environment,
    with_name,
)
from tests.upgrade.fixture import load, manage

ERASE = """
from django.utils import timezone
from members.models import Member
from members.services.erasing import erase_member
from members.services.erasure_log import write_log
member = Member.objects.filter(status="active").order_by("pk").first()
erase_member(member, by=None, now=timezone.now())
write_log(now=timezone.now())
"""
BREAK = """
SET session_replication_role = replica;
UPDATE rewards_account SET balance = balance + 1 WHERE id = (
    SELECT id FROM rewards_account WHERE kind = 'available' AND balance > 0 LIMIT 1);
"""
pytestmark = pytest.mark.django_db


@pytest.fixture
def club(migrated):
    """The address of a small club's database, beside that of the tests."""
    from django.db import connection

    fresh = with_name(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    name = f"drilled_{secrets.token_hex(4)}"
    with psycopg.connect(fresh, autocommit=True) as own:
        own.execute(f"CREATE DATABASE {name} {describe_locale(own).as_string()}")
    url = with_name(fresh, name)
    load(url, migrated)
    manage(url, "seed_demo", "--members=4", "-v0")
    yield url
    with psycopg.connect(fresh, autocommit=True) as own:
        own.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def run(club, tmp_path):
    """Runs a command for that club, with files and a secret of its own."""

    def run_command(*words):
        environment = {"DATABASE_URL": club, "CLUB_VAR": str(tmp_path / "var")}
        return subprocess.run(
            [sys.executable, *words],
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )

    run_command.url = club
    return run_command


def drill(run, *words):
    done = run("-m", "loyalty_site.restore_drill", *words)
    with psycopg.connect(run.url) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"]
        ).fetchall()
    assert left == []
    return done


def test_drill_passes_for_a_true_club_and_fails_for_a_broken_one(run, tmp_path):
    backup, log = tmp_path / "before.dump", tmp_path / "var" / "erasures.jsonl"
    done = drill(run, f"--keep={backup}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rows in" in done.stdout
    assert "nobody was erased yet" in done.stdout
    assert "The ledger is true." in done.stdout
    assert "PASSED: this backup makes a club" in done.stdout
    assert backup.stat().st_mode & 0o777 == 0o600

    # Who was erased after the backup is erased again where it is restored.
    assert run("manage.py", "shell", "-c", ERASE).returncode == 0
    written = log.read_text()
    done = drill(run, f"--dump={backup}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Erased 1 records again" in done.stdout
    assert log.read_text() == written

    with psycopg.connect(run.url, autocommit=True) as connection:
        connection.execute(BREAK)
    done = drill(run)
    assert done.returncode == 1
    assert "balances equal their entries" in done.stdout
    assert "FAILED: this backup does not make a club." in done.stdout

    cut = tmp_path / "cut.dump"
    cut.write_bytes(backup.read_bytes()[:20_000])
    done = drill(run, f"--dump={cut}")
    assert done.returncode == 1
    assert "pg_restore failed" in done.stdout
    assert "FAILED" in drill(run, "--dump=nowhere.dump").stdout


def test_drill_without_a_database_says_so():
    done = subprocess.run(
        [sys.executable, "-m", "loyalty_site.restore_drill"],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": "postgres://club:s3cret@127.0.0.1:1/club"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "FAILED: nothing was tried." in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_password_travels_in_the_environment():
    found = libpq_environment("postgres://club:p%40ss@db:5433/club?sslmode=require")
    assert {key: found[key] for key in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")} == {
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGUSER": "club",
        "PGPASSWORD": "p@ss",
    }
    assert found["PGSSLMODE"] == "require"
    with pytest.raises(DrillFailed, match="application_name"):
        libpq_environment("postgres://club@db/club?application_name=x")
