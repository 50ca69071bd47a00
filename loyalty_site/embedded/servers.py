"""PostgreSQL and Valkey as supervised children, reachable through sockets in one closed folder."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from .binaries import Postgres, find_postgres, find_valkey
from .layout import DATABASE_NAME, Layout, ServiceError
from .process import Child, end_leftovers

SERVER_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
SMALL_SHARED_MEMORY = 256 * 1024 * 1024
START_SECONDS = 600  # crash recovery after a long import takes its time
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # short queries lose more by compiling than long ones gain
    # A refused row and the statement that brought it hold members: the log says neither.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For checks alone: a power cut may lose them, nothing else changes.
FLEETING_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def database_url(layout: Layout) -> str:
    return f"postgres://{DATABASE_NAME}@/{DATABASE_NAME}?host={quote(str(layout.sockets))}"


def start_postgres(layout: Layout, *, durable: bool) -> Child:
    data = layout.services / "postgres"
    version = data / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else None
    postgres = find_postgres(layout.account, layout.services, major=major)
    if major is None:
        _make_cluster(layout, postgres, data, durable=durable)
    settings = POSTGRES_SETTINGS | ({} if durable else FLEETING_SETTINGS)
    settings["unix_socket_directories"] = str(layout.sockets)
    if _shared_memory_is_small():
        # Containers often have 64 MB there, and a parallel query then fails.
        settings["dynamic_shared_memory_type"] = "mmap"
    command: list[str | Path] = [postgres.program("postgres"), "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    child = Child(
        "PostgreSQL",
        command,
        log=layout.log("postgres"),
        env=SERVER_ENVIRONMENT,
        cwd=layout.services,
        stop_signal=signal.SIGINT,  # "fast": open transactions roll back, clients are told
        stop_seconds=60,
        before_start=lambda: _clear_pid_file(data),
        popen_arguments=layout.account.popen_arguments() if layout.account else {},
    )
    child.start()
    try:
        _wait_for_database(layout, child)
        _make_database(layout)
    except BaseException:
        child.stop()
        raise
    return child


def _make_cluster(layout: Layout, postgres: Postgres, data: Path, *, durable: bool) -> None:
    """Made beside its place and then moved, so that a half made one is never taken for whole."""
    part = layout.services / "postgres.part"
    shutil.rmtree(part, ignore_errors=True)
    locale = ["--locale=C.UTF-8"]
    if postgres.major >= 17:
        # With the plain C character type, trigrams would be blind to Chinese and Japanese.
        locale = [
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--lc-ctype=C.UTF-8",
        ]
    command = [postgres.program("initdb"), "-D", part, "-A", "trust", "-E", "UTF8"]
    command += ["-U", DATABASE_NAME, *locale, *([] if durable else ["--no-sync"])]
    made = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=SERVER_ENVIRONMENT,
        cwd=layout.services,
        **(layout.account.popen_arguments() if layout.account else {}),
    )
    if made.returncode:
        raise ServiceError(f"PostgreSQL could not make its data folder:\n{made.stderr.strip()}")
    if data.exists():
        raise ServiceError(f"{data} is in the way and holds no PostgreSQL data; move it away.")
    part.rename(data)


def _clear_pid_file(data: Path) -> None:
    """A pid file may outlive its server, and its number may meanwhile be somebody else's."""
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        if str(data) in process.cmdline():
            end_leftovers([[pid, process.create_time(), signal.SIGINT]], seconds=60)
    except (FileNotFoundError, ValueError, psutil.Error):
        pass
    path.unlink(missing_ok=True)


def _wait_for_database(layout: Layout, child: Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _connect(layout, "postgres").close()
            return
        except psycopg.OperationalError as error:
            if not child.is_running or time.monotonic() > deadline:
                tail = child.log.read_text(errors="replace")[-2000:].strip()
                raise ServiceError(f"PostgreSQL did not start. Its last words:\n{tail}") from error
        time.sleep(0.02)


def _make_database(layout: Layout) -> None:
    with _connect(layout, "postgres") as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(query, [DATABASE_NAME]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE_NAME}")


def _connect(layout: Layout, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(layout.sockets),
        user=DATABASE_NAME,
        dbname=database,
        autocommit=True,
        connect_timeout=5,
    )


def _shared_memory_is_small() -> bool:
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return False
    return found.f_frsize * found.f_blocks < SMALL_SHARED_MEMORY


def broker_url(layout: Layout) -> str:
    return f"redis+socket://{layout.sockets}/valkey?virtual_host=0"


def cache_url(layout: Layout) -> str:
    return f"unix://{layout.sockets}/valkey?db=1"


def start_valkey(layout: Layout) -> Child:
    """Nothing is kept on disk: rows in the database are the truth, a task only says "look now"."""
    socket = layout.sockets / "valkey"
    binary = find_valkey(layout.account, layout.services)
    child = Child(
        "Valkey",
        [
            binary,
            *("--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"),
            *("--dir", layout.services, "--save", "", "--appendonly", "no"),
            # Cache entries expire, tasks don't: only the former may be pushed out.
            *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"),
        ],
        log=layout.log("valkey"),
        env=SERVER_ENVIRONMENT,
        cwd=layout.services,
        popen_arguments=layout.account.popen_arguments() if layout.account else {},
    )
    child.start()
    deadline = time.monotonic() + 20
    while not socket.exists():
        if not child.is_running or time.monotonic() > deadline:
            tail = child.log.read_text(errors="replace")[-2000:].strip()
            raise ServiceError(f"Valkey did not start. Its last words:\n{tail}")
        time.sleep(0.01)
    return child
