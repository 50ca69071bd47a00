"""The embedded services live while somebody needs them, and survive every kind of end."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from loyalty_site.embedded.client import services_for_command
from loyalty_site.embedded.layout import REPOSITORY, Account, Layout, is_reachable
from tests.workshop.conftest import supervisors, wait_until

ATTACH = (
    "import sys; from loyalty_site.embedded.client import attach; "
    "a = attach(sys.argv[1], needed=('database',), durable=False); "
    "print(a.environment['DATABASE_URL'], flush=True); sys.stdin.read()"
)


def connect(attachment) -> psycopg.Connection:
    return psycopg.connect(attachment.environment["DATABASE_URL"], autocommit=True)


def left_alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Who still works after a while; one that ended but was not yet waited for does not."""
    deadline = time.monotonic() + 10
    while alive := [process for process in processes if is_alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return alive


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_services_answer_and_end_with_the_last_client(var, services):
    first = services()
    second = services()
    (supervisor,) = supervisors(var)
    servers = supervisor.children()

    first.close(wait=True)
    with connect(second) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("club",)
    assert redis.Redis.from_url(second.environment["CACHE_URL"]).ping() is True
    assert len(servers) == 3

    second.close(wait=True)
    assert left_alive([supervisor, *servers]) == []


def test_database_knows_chinese_and_japanese_trigrams(services):
    with connect(services(needed=("database",))) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        found = connection.execute("SELECT similarity('小林', '小林') = 1").fetchone()
    assert found == (True,)


def test_log_of_the_database_repeats_no_row(var, services):
    with connect(services(needed=("database",))) as connection:
        connection.execute("CREATE TABLE people (email text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('mei@example.com')")
        with pytest.raises(psycopg.errors.UniqueViolation, match="people_email_key"):
            connection.execute("INSERT INTO people VALUES ('mei@example.com')")
    log = Layout.of(var).log("postgres").read_text()
    assert "people_email_key" in log
    assert "mei@example.com" not in log


def test_killed_supervisor_takes_its_servers_along_and_loses_no_committed_row(var, services):
    first = services()
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    (supervisor,) = supervisors(var)
    servers = supervisor.children()

    supervisor.kill()
    second = services()

    assert left_alive(servers) == []
    assert first.is_lost is True
    assert second.environment == first.environment
    with connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_killed_client_leaves_no_services_behind(var):
    client = subprocess.Popen(
        [sys.executable, "-c", ATTACH, str(var)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    with client:
        assert client.stdout.readline().startswith(b"postgres://")
        (supervisor,) = supervisors(var)
        servers = supervisor.children()
        client.kill()
    assert left_alive([supervisor, *servers]) == []


def test_starts_at_once_elect_one_supervisor(var):
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", ATTACH, str(var)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        for _ in range(5)
    ]
    try:
        urls = [client.stdout.readline().decode().strip() for client in clients]
        started = set()
        for url in urls:
            with psycopg.connect(url) as connection:
                started |= {connection.execute("SELECT pg_postmaster_start_time()").fetchone()}
        assert len(started) == 1
        wait_until(lambda: len(supervisors(var)) == 1)
    finally:
        for client in clients:
            client.communicate()
    wait_until(lambda: supervisors(var) == [])


def test_clients_that_come_and_go_quickly_are_all_served(services):
    def visit(_) -> bool:
        attachment = services(needed=("broker",))
        answered = redis.Redis.from_url(attachment.environment["CACHE_URL"]).ping()
        attachment.close()
        return answered

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(visit, range(12))) == [True] * 12


def test_crashed_server_starts_again(var, services):
    attachment = services(needed=("broker",))
    (supervisor,) = supervisors(var)
    (server,) = supervisor.children()
    server.kill()

    def answers() -> bool:
        try:
            return redis.Redis.from_url(attachment.environment["CACHE_URL"]).ping()
        except redis.ConnectionError:
            return False

    wait_until(answers)


def test_stale_pid_file_of_a_living_stranger_does_not_stop_the_start(var, services):
    services(needed=("database",)).close(wait=True)
    layout = Layout.of(var)
    (layout.services / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\nnonsense\n")
    record = {"children": [[os.getpid(), 1.0, signal.SIGKILL]]}
    layout.children_record.write_text(json.dumps(record))

    with connect(services(needed=("database",))) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_half_made_database_is_made_anew(var, services):
    part = Layout.of(var).services / "postgres.part"
    part.mkdir()
    (part / "PG_VERSION").write_text("18\n")
    with connect(services(needed=("database",))) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_long_path_moves_the_sockets_to_a_short_closed_folder(var, services):
    long = var / ("long-" * 20) / ("folder-" * 10)
    attachment = services(long)
    layout = Layout.of(long)
    assert layout.runtime.parent == Path("/tmp")
    assert layout.sockets.stat().st_mode & 0o777 == 0o700
    with connect(attachment) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    attachment.close(wait=True)
    assert not layout.runtime.exists()


def test_folder_below_a_closed_one_is_out_of_the_servers_reach(tmp_path):
    closed = tmp_path / "closed"
    (closed / "var").mkdir(parents=True)
    closed.chmod(0o700)
    assert is_reachable(closed / "var", None) is True
    assert is_reachable(closed / "var", Account(os.geteuid() + 1, os.getegid() + 1)) is False


@pytest.mark.parametrize("setting", ["DATABASE_URL", "CLUB_EMBEDDED"])
def test_command_with_its_own_database_starts_nothing(var, setting):
    environment = {setting: "0", "CLUB_VAR": str(var)}
    with services_for_command(environment):
        assert supervisors(var) == []
    assert environment == {setting: "0", "CLUB_VAR": str(var)}


def test_command_without_a_database_gets_the_embedded_one(var, monkeypatch):
    monkeypatch.setenv("CLUB_VAR", str(var))
    environment = {"CELERY_BROKER_URL": "redis://elsewhere/0"}
    with services_for_command(environment):
        assert environment["DATABASE_URL"].startswith("postgres://club@/club?host=")
        assert environment["CLUB_EMBEDDED"] == "1"
        assert environment["CELERY_BROKER_URL"] == "redis://elsewhere/0"
    wait_until(lambda: supervisors(var) == [])
