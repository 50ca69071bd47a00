"""Service and floor at several connections; what is said of a crowd; the members it is made of."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.crowd import Crowd, run_crowd
from bench.databases import connect, copy_database, use_database
from bench.floors import run_piped
from bench.report import Report

WARM = 14  # of each worker: prepared at the sixth use, planned for good after five more
MAX_WAIT_SECONDS = 0.250


@dataclass(frozen=True, slots=True)
class Act:
    """What is done: ``noun`` as the report says it, each leaves one row of ``table``, and
    ``list_acts`` makes the calls of the service for some members.
    """

    noun: str
    table: str
    list_acts: Callable[[list[int]], list[Callable]]


def add_people(count: int, *, mail: str, now: dt.datetime) -> list:
    """New members with a login each, in order of their ids, in the database in use."""
    from members.models import Member, User
    from members.services.enrolment import MemberKey, ensure_members

    known = set(Member.objects.values_list("pk", flat=True))
    keys = [MemberKey(external_id=f"m{index}") for index in range(count)]
    ensure_members(keys, source="bench", now=now)
    members = list(Member.objects.exclude(pk__in=known).order_by("pk"))
    users = User.objects.bulk_create(
        User(email=f"m{each.pk}{mail}", password="!") for each in members
    )
    for member, user in zip(members, users, strict=True):
        member.user = user
    Member.objects.bulk_update(members, ["user"])
    return members


def compare_together(
    report: Report,
    act: Act,
    members: list[int],
    bound: Sequence,
    *,
    connections: int,
    max_ratio: float,
) -> None:
    """The same acts at several connections, by service and by floor (``bound``: its statements,
    member by member), each from a copy of ``bench_before``.
    """
    connections = min(connections, len(members))
    rates = {}
    for kind, worker in (("service", partial(_serve, act)), ("floor", _write_rows)):
        name = f"bench_{kind}"
        copy_database(name, "bench_before")
        use_database(name)
        workers = [
            partial(worker, name, members[number::connections], bound[number::connections])
            for number in range(connections)
        ]
        crowd = run_crowd(name, workers)
        rates[kind] = crowd.count / crowd.seconds
        report.values[f"{kind}_together"] = rates[kind]
        report.say(f"{kind:<8} {rates[kind]:9.0f} {act.noun}/s, {connections} connections")
        expect_calm(report, crowd, f"{kind} at {connections} connections")
    report.expect(
        _count_rows("bench_service", act.table) == _count_rows("bench_floor", act.table),
        f"as many {act.noun} by both",
    )
    ratio = rates["floor"] / rates["service"]
    report.values["ratio_together"] = ratio
    report.reach(
        ratio <= max_ratio,
        f"{ratio:.2f} times the floor at {connections} connections (at most {max_ratio:g})",
    )


def _serve(act: Act, database: str, members: list[int], bound) -> list[Callable]:
    use_database(database)
    acts = act.list_acts(members)
    for each in acts[:WARM]:
        each()
    return acts[WARM:]


def _write_rows(database: str, members: list[int], bound) -> list[Callable]:
    connection = connect(database)
    for statements in bound[:WARM]:
        run_piped(connection, statements)
    return [partial(run_piped, connection, statements) for statements in bound[WARM:]]


def _count_rows(database: str, table: str) -> int:
    with connect(database) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def expect_calm(report: Report, crowd: Crowd, what: str) -> None:
    failed = "".join(f"; {count} {name}" for name, count in sorted(crowd.errors.items()))
    report.expect(
        not crowd.errors and crowd.watch.deadlock_count == 0,
        f"{what}: no deadlock, no timeout, no error{failed}",
    )


def judge_race(report: Report, crowd: Crowd, kind: str) -> None:
    """What holds after every race: calm, a true ledger, short waits for locks."""
    expect_calm(report, crowd, "  of these")
    use_database("bench_service")
    from rewards.services.verification import verify_ledger

    report.expect(not verify_ledger()[1], "  the ledger is true")
    waits, p99 = crowd.watch.waits, crowd.watch.p99
    report.values[f"p99_{kind}"] = p99
    report.reach(
        p99 < MAX_WAIT_SECONDS,
        f"  99 % of {len(waits)} lock waits seen within {p99 * 1000:.0f} ms (at most"
        f" {MAX_WAIT_SECONDS * 1000:.0f}); the longest {max(waits, default=0) * 1000:.0f} ms",
    )
