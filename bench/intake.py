"""Importing a file of purchases with earning and tiers, beside COPY of the rows that it writes."""

import csv
import gzip
import io
import itertools
import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from bench.databases import (
    PREPARED,
    connect,
    copy_database,
    database_url,
    drop_database,
    list_differences,
    list_tables,
    use_database,
)
from bench.floors import copy_in, read_floor
from bench.report import Report
from loyalty_site.embedded.layout import REPOSITORY

REAL_FILE = REPOSITORY.parent / "shared/data/complete-journey/transactions.csv.gz"
DEMO_FILE = REPOSITORY / "loyalty_site/demo/data/purchases.csv.gz"
ROUNDS = int(os.environ.get("BENCH_INTAKE_ROUNDS", "2"))
TINY = {"rounds": 1, "lines": 200}
MAX_RATIO = 4.0
MAX_MEGABYTES = 400
_AMOUNTS = ("sales_value", "amount")


def find_file() -> Path:
    named = os.environ.get("BENCH_INTAKE_FILE")
    if named:
        return Path(named).resolve()
    return REAL_FILE if REAL_FILE.exists() else DEMO_FILE


def run(work: Path, *, rounds: int = ROUNDS, lines: int | None = None) -> Report:
    """``lines`` takes the beginning of the demonstration's file alone."""
    report = Report("intake")
    file = _cut(DEMO_FILE, work, lines) if lines else find_file()
    line_count, amount = _read_totals(file)
    report.say(f"{file.name}: {line_count:,} lines, {amount:,} in sales")
    statements = read_floor("intake")
    service, floor = [], []
    for number in range(rounds):
        copy_database("bench_service")
        imported = _import("bench_service", file)
        service.append(imported["seconds"])
        row_count = _dump_new_rows("bench_service", statements, work)
        copy_database("bench_floor")
        floor.append(_copy("bench_floor", statements, work))
        report.say(f"round {number + 1}: {service[-1]:.1f} s, floor {floor[-1]:.1f} s")
    differing = list_differences("bench_service", "bench_floor")
    report.expect(not differing, f"the floor left the same rows{_list(differing)}")
    drop_database("bench_floor")
    report.note(
        "rows_per_line",
        row_count / line_count,
        f"{row_count:,} rows written, {row_count / line_count:.2f} per line",
    )
    report.compare(service, floor, MAX_RATIO)
    for title, seconds in (
        ("service", report.values["service"]),
        ("floor", report.values["floor"]),
    ):
        report.say(
            f"{title:<8} {line_count / seconds:9,.0f} lines/s, {row_count / seconds:,.0f} rows/s"
        )
    _check_totals(report, line_count, amount)
    _import_again(report, file)
    _measure_memory(report, file, work, imported["megabytes"])
    return report


def _import(database: str, file: Path) -> dict:
    environment = os.environ | {"DATABASE_URL": database_url(database)}
    done = subprocess.run(
        [sys.executable, "-m", "bench.importing", str(file)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"The import failed:\n{done.stdout}{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1]) | {"output": done.stdout}


def _dump_new_rows(database: str, statements: list[str], work: Path) -> int:
    """Write what the import added to a file per table, in the order in which it lies."""
    count = 0
    with connect(database) as connection, connect(PREPARED) as before:
        for statement in statements:
            table = statement.split()[1]
            key, columns = _describe(connection, table)
            (base,) = before.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()
            query = f"COPY (SELECT {columns} FROM {table} WHERE {key} > {base}) TO STDOUT"
            with (work / table).open("wb") as file, connection.cursor() as cursor:
                with cursor.copy(query) as copy:
                    for chunk in copy:
                        file.write(chunk)
                count += cursor.rowcount
    return count


def _describe(connection, table: str) -> tuple[str, str]:
    """The primary key, and the columns that COPY FROM takes (generated ones it doesn't)."""
    rows = connection.execute(
        "SELECT attname, attnum = ANY(coalesce((SELECT conkey FROM pg_constraint"
        " WHERE conrelid = attrelid AND contype = 'p'), '{}')) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        " ORDER BY attnum",
        [table],
    ).fetchall()
    key = next(name for name, is_key in rows if is_key)
    return key, ", ".join(name for name, _ in rows)


def _copy(database: str, statements: list[str], work: Path) -> float:
    with connect(database) as connection:
        before = time.perf_counter()
        copy_in(connection, statements, work)
        return time.perf_counter() - before


def _check_totals(report: Report, line_count: int, amount: Decimal) -> None:
    with connect("bench_service") as connection:
        lines, total = connection.execute(
            "SELECT (SELECT count(*) FROM purchases_line),"
            " (SELECT coalesce(sum(total_amount), 0) FROM purchases_purchase)"
        ).fetchone()
    found = Decimal(total) / 100
    report.expect(
        (lines, found) == (line_count, amount), f"totals to the cent: {lines:,} lines, {found:,}"
    )
    use_database("bench_service")
    from rewards.services.verification import verify_ledger

    counts, findings = verify_ledger()
    report.expect(not findings, f"the ledger is true ({counts['entries']:,} entries)")


def _import_again(report: Report, file: Path) -> None:
    before = _count_rows("bench_service")
    again = _import("bench_service", file)
    after = _count_rows("bench_service")
    report.values["again"] = again["seconds"]
    report.reach(
        again["seconds"] < report.values["service"] / 2,
        f"the second import took {again['seconds']:.1f} s (less than half)",
    )
    changed = [table for table in before if before[table] != after[table]]
    allowed = {"purchases_importjob", "core_auditentry"}
    report.expect(set(changed) <= allowed, "the second import added no row but its own record")


def _count_rows(database: str) -> dict[str, int]:
    with connect(database) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in list_tables(connection)
        }


def _measure_memory(report: Report, file: Path, work: Path, megabytes: float) -> None:
    doubled = work / f"doubled-{file.name}"
    _double(file, doubled)
    copy_database("bench_service")
    twice = _import("bench_service", doubled)["megabytes"]
    drop_database("bench_service")
    report.values |= {"megabytes": megabytes, "megabytes_doubled": twice}
    report.reach(
        max(megabytes, twice) < MAX_MEGABYTES,
        f"peak memory {megabytes:.0f} MB, of a file twice as long {twice:.0f} MB"
        f" (under {MAX_MEGABYTES})",
    )


def _read_totals(file: Path) -> tuple[int, Decimal]:
    with gzip.open(file, "rt", newline="") as text:
        rows = csv.reader(text)
        header = next(rows)
        place = next(header.index(name) for name in _AMOUNTS if name in header)
        count, cents = 0, 0
        for row in rows:
            count += 1
            cents += round(Decimal(row[place]) * 100)
    return count, Decimal(cents) / 100


def _cut(file: Path, work: Path, lines: int) -> Path:
    target = work / file.name
    with gzip.open(file, "rb") as source, gzip.open(target, "wb") as out:
        out.writelines(itertools.islice(source, lines + 1))
    return target


def _double(file: Path, target: Path) -> None:
    """The same purchases twice, the second time under other ids."""
    with gzip.open(file, "rt", newline="") as text:
        header = next(csv.reader(text))
    place = next(header.index(name) for name in ("external_id", "basket_id") if name in header)
    with gzip.open(target, "wt", newline="", compresslevel=1) as out:
        writer = csv.writer(out)
        writer.writerow(header)
        for prefix in ("", "again-"):
            with gzip.open(file, "rt", newline="") as text:
                rows = csv.reader(io.TextIOWrapper(text.buffer, newline=""))
                next(rows)
                for row in rows:
                    row[place] = prefix + row[place]
                    writer.writerow(row)


def _list(differing: list[str]) -> str:
    return "; different: " + ", ".join(differing) if differing else ""
