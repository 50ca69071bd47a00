"""What has to hold before the club can serve: asked by ``/readyz``, counted by ``/metrics``.

Each check returns its facts or raises ``NotReady`` with a word that a stranger may read. What a
library says in an error stays here: it may name hosts and users.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from celery import current_app
from django.core.cache import cache as shared_cache
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core.services.heartbeat import get_silence
from members import registry

logger = logging.getLogger(__name__)

WORKER = "worker"
SILENT_AFTER = dt.timedelta(minutes=3)
PATIENCE_SECONDS = 2  # with each server
STATEMENT_MILLISECONDS = 3_000


class NotReady(Exception):
    """A check that failed; ``facts`` say more."""

    def __init__(self, reason: str, **facts):
        super().__init__(reason)
        self.facts = facts


def check_database(now: dt.datetime) -> dict[str, Any]:
    # Not through Django's cursor, which would wait for a connection as long as a page may.
    pool = connection.pool  # type: ignore[attr-defined]  # PostgreSQL's, by our settings
    pool.open()
    with pool.connection(timeout=PATIENCE_SECONDS) as own:
        own.execute("SELECT 1")
    return {}


def check_migrations(now: dt.datetime) -> dict[str, Any]:
    missing = list_missing_migrations()
    if missing:
        raise NotReady("run manage.py migrate", missing=missing)
    return {}


def check_cache(now: dt.datetime) -> dict[str, Any]:
    shared_cache.set("probe", now.timestamp(), 10)
    if shared_cache.get("probe") is None:
        raise NotReady("it keeps nothing")
    return {}


def check_broker(now: dt.datetime) -> dict[str, Any]:
    patience = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    options = {**current_app.conf.broker_transport_options, **patience}
    with current_app.connection_for_write(transport_options=options) as broker:
        broker.default_channel.client.ping()
    return {}


def check_worker(now: dt.datetime) -> dict[str, Any]:
    silence = get_silence(WORKER, now=now)
    if silence is None:
        raise NotReady("no sign of life yet")
    seconds = int(silence.total_seconds())
    if silence > SILENT_AFTER:
        raise NotReady("no sign of life of late", seconds=seconds)
    return {"seconds": seconds}


def check_waiting(now: dt.datetime) -> dict[str, Any]:
    ages, late = list_waiting_ages(now)
    if late:
        raise NotReady("rows have waited too long", late=late, oldest_seconds=ages)
    return {"oldest_seconds": ages}


CHECKS: dict[str, Callable[[dt.datetime], dict[str, Any]]] = {
    "database": check_database,
    "cache": check_cache,
    "broker": check_broker,
    "migrations": check_migrations,
    "worker": check_worker,
    "waiting": check_waiting,
}
_NEED_DATABASE = ("migrations", "worker", "waiting")


def list_results(now: dt.datetime) -> dict[str, dict[str, Any]]:
    """Every check by name: whether it is ``ok``, else the ``reason``, and what else it knows.

    What needs a database that is away isn't asked.
    """
    results: dict[str, dict[str, Any]] = {}
    for name, check in CHECKS.items():
        if name in _NEED_DATABASE and not results["database"]["ok"]:
            results[name] = {"ok": False, "reason": "not asked: no database"}
            continue
        results[name] = _run(name, check, now)
    return results


def _run(name, check, now):
    begun = time.perf_counter()
    try:
        if name in _NEED_DATABASE:
            result = {"ok": True, **_ask_briefly(check, now)}
        else:
            result = {"ok": True, **check(now)}
    except NotReady as error:
        result = {"ok": False, "reason": str(error), **error.facts}
    except Exception as error:
        # Whatever a server or its driver does, the probe must answer, and with a class name only.
        logger.warning("The check of the %s failed: %s", name, error)
        result = {"ok": False, "reason": f"no answer ({type(error).__name__})"}
    return {**result, "milliseconds": round((time.perf_counter() - begun) * 1000)}


def _ask_briefly(check, now):
    """A probe never waits behind a lock or a slow plan."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS}")
        return check(now)


def list_waiting_ages(now: dt.datetime) -> tuple[dict[str, int], list[str]]:
    """Seconds by ``queue`` or ``queue.kind``, and those of them that are late."""
    ages: dict[str, int] = {}
    late = []
    for queue in registry.waiting_queues:
        for kind, age in queue.list_oldest(now).items():
            code = f"{queue.code}.{kind}" if kind else queue.code
            ages[code] = int(age.total_seconds())
            if age > queue.late_after:
                late.append(code)
    return ages, late


def list_missing_migrations() -> list[str]:
    """Migrations of this code that the database hasn't seen. One that is ahead of us is no
    matter: during an upgrade the old code still serves.
    """
    known = _load_migrations()
    applied = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    for key, migration in known.items():
        if key in applied:
            applied.update(migration.replaces)
        elif migration.replaces and applied.issuperset(migration.replaces):
            applied.add(key)
    return sorted(f"{app}.{name}" for app, name in known.keys() - applied)


@cache
def _load_migrations():
    return MigrationLoader(None).disk_migrations
