"""`bin/make-upgrade-fixture`: a small club as one release left it, which later ones must upgrade.

    bin/make-upgrade-fixture VERSION

Plain SQL, compressed, in tests/upgrade/VERSION.sql.gz: a dump's own format is bound to a version of
PostgreSQL. Made of the demonstration, so nobody in it lives.
"""

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from loyalty_site.embedded.binaries import find_clients
from loyalty_site.embedded.client import attach
from loyalty_site.embedded.layout import REPOSITORY, ServiceError
from loyalty_site.restore_drill import libpq_environment

FOLDER = Path(__file__).resolve().parent
MEMBERS = 6


def run_client(name: str, *words: str, url: str, stdin: bytes = b"") -> bytes:
    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10_000
    done = subprocess.run(
        [str(find_clients(major) / name), *words],
        env=libpq_environment(url),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr.decode()[:1500]}")
    return done.stdout


def dump(url: str, *words: str) -> bytes:
    text = run_client("pg_dump", "--no-owner", "--no-privileges", *words, url=url)
    # A word of its own in each dump, against mischief in restored text; it would hide that two
    # dumps are equal.
    return re.sub(rb"(?m)^\\(un)?restrict .*\n", b"", text)


def load(url: str, text: bytes) -> None:
    run_client("psql", "--quiet", "--set=ON_ERROR_STOP=1", url=url, stdin=text)


def write_fixture(url: str, path: Path) -> None:
    """The same database gives the same bytes."""
    path.write_bytes(gzip.compress(dump(url), mtime=0))


def read_fixture(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def manage(url: str, *words: str, **environment: str) -> str:
    """A command of the club on that database; raises with what it said where it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": url, "OUTGOING": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(words)}:\n{done.stdout}{done.stderr}"[-4000:])
    return done.stdout


def make(version: str) -> Path:
    path = FOLDER / f"{version}.sql.gz"
    folder = Path(tempfile.mkdtemp(prefix="club-fixture-"))
    folder.chmod(0o711)  # servers that run as another user must be able to pass through
    try:
        needed = ("database", "broker")
        with attach(folder / "var", needed=needed, durable=False) as services:
            url = services.environment["DATABASE_URL"]
            manage(url, "migrate", "-v0", **services.environment)
            manage(url, "seed_demo", f"--members={MEMBERS}", "-v0", **services.environment)
            write_fixture(url, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/make-upgrade-fixture",
        description="Keeps a small club as this code leaves it, for later code to upgrade.",
    )
    parser.add_argument("version", help="of the release, as in CHANGELOG.md: 0.1.0")
    version = parser.parse_args().version
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)+", version):
        parser.error("a version reads 0.1.0")
    try:
        path = make(version)
    except (RuntimeError, ServiceError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    size = path.stat().st_size / 1024
    print(f"{path.relative_to(REPOSITORY)} ({size:.0f} kB). Commit it with the release.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
