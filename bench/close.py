"""Closing a day on which one lot in ten expires, beside set-based SQL that leaves the same rows."""

import datetime as dt
import os
import time
from pathlib import Path

from bench.databases import connect, copy_database, drop_database, list_differences, use_database
from bench.floors import read_floor
from bench.population import run_script
from bench.report import Report

MAX_RATIO = 3.0
MEMBERS = int(os.environ.get("BENCH_CLOSE_MEMBERS", "100000"))
TINY = {"members": 40, "rounds": 1}
LOTS = 10  # of each member; the first one expires
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
# Both hand out ids, in an order that nothing depends on; verify_ledger proves what hangs on them.
_IDS = {
    "rewards_transfer": ("id",),
    "rewards_lotmove": ("id", "transfer_id"),
    "rewards_dayclose": ("id",),
}


def run(work: Path, *, members: int = MEMBERS, lots: int = LOTS, rounds: int = 3) -> Report:
    report = Report("close")
    copy_database("bench_before")
    moments = find_moments("bench_before")
    run_script("bench_before", "close_club", moments | {"members": members, "lots": lots})
    report.say(f"{members * lots:,} lots, of which {members:,} expire")
    statements = read_floor("close")
    service, floor = [], []
    for _ in range(rounds):
        copy_database("bench_service", "bench_before")
        service.append(_close_by_service("bench_service"))
        copy_database("bench_floor", "bench_before")
        floor.append(_close_by_floor("bench_floor", statements, moments))
    differing = list_differences("bench_service", "bench_floor", _IDS)
    report.expect(
        not differing,
        f"the floor left the same rows{'; different: ' * bool(differing)}{', '.join(differing)}",
    )
    report.compare(service, floor, MAX_RATIO)
    for title in ("service", "floor"):
        report.say(f"{title:<8} {members / report.values[title]:9,.0f} expired lots/s")
    for name in ("bench_service", "bench_floor"):
        report.expect(_is_true(name), f"the ledger of {name.partition('_')[2]} is true")
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def find_moments(database: str) -> dict[str, object]:
    use_database(database)
    from core.time import day_of, start_of
    from members.selectors.club import get_club

    until = day_of(NOW, get_club().zone)
    return {"now": NOW, "until": until, "at": start_of(until, get_club().zone)}


def _close_by_service(database: str) -> float:
    use_database(database)
    from rewards.services.closing import close_days

    before = time.perf_counter()
    closed = close_days(now=NOW)
    seconds = time.perf_counter() - before
    if len(closed) != 1:
        raise RuntimeError(f"{len(closed)} days were closed instead of one")
    return seconds


def _close_by_floor(database: str, statements: list[str], moments: dict[str, object]) -> float:
    with connect(database) as connection, connection.cursor() as cursor:
        before = time.perf_counter()
        for statement in statements:
            cursor.execute(statement, moments)
        connection.commit()
        return time.perf_counter() - before


def _is_true(database: str) -> bool:
    use_database(database)
    from rewards.services.verification import verify_ledger

    return not verify_ledger()[1]
