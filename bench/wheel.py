"""Spins of a wheel by the service beside the statements that their rows take; the last prize."""

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.crowd import run_crowd
from bench.databases import connect, copy_database, drop_database, list_differences, use_database
from bench.floors import bind_floor, run_piped
from bench.report import Report
from bench.together import Act, add_people, compare_together, judge_race
from bench.wire import CountingProxy

MAX_RATIO = 4.0  # a quarter of the floor's rate
MAX_TRIPS = 10
SPINS = int(os.environ.get("BENCH_SPINS", "1200"))
WARM_UP = 20
TINY = {"spins": 64, "warm_up": 8, "attempts": 24, "connections": 4, "crowd": 8}
MAIL = "@bench.example"
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
BEFORE = NOW - dt.timedelta(days=1)

# Which of a table's rows belong to one spin, and of updated rows what changed.
_ROWS = {
    "rewards_wheelplayer": "SELECT id, spin_count FROM {} WHERE id = %(player)s",
    "rewards_spin": "SELECT * FROM {} WHERE id = %(id)s",
    "rewards_transfer": (
        "SELECT * FROM {} WHERE cause_type = 'spin' AND cause_id = %(id)s ORDER BY id"
    ),
    "rewards_lot": "SELECT * FROM {} WHERE id = ANY(%(lots)s) ORDER BY id",
    "rewards_lotmove": "SELECT * FROM {} WHERE transfer_id = ANY(%(transfers)s) ORDER BY id",
    "members_activitybatch": "SELECT * FROM {} WHERE id = %(batch)s",
    "members_activity": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "members_workitem": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "rewards_account": (
        "SELECT id, balance FROM {} WHERE member_id = %(member)s AND kind = 'available'"
    ),
    "rewards_standing": "SELECT member_id, settled_on FROM {} WHERE member_id = %(member)s",
}
_DESCRIBE = """
    SELECT s.id, s.player_id, p.member_id,
           (SELECT array_agg(id ORDER BY id) FROM rewards_transfer
            WHERE cause_type = 'spin' AND cause_id = s.id),
           (SELECT array_agg(m.lot_id) FROM rewards_lotmove m JOIN rewards_transfer t
            ON t.id = m.transfer_id WHERE t.cause_type = 'spin' AND t.cause_id = s.id),
           (SELECT batch_id FROM members_activity
            WHERE subject_id = s.id AND subject_type = 'rewards.spin')
    FROM rewards_spin s JOIN rewards_wheelplayer p ON p.id = s.player_id WHERE s.id = %s
"""


def run(
    work: Path,
    *,
    spins: int = SPINS,
    warm_up: int = WARM_UP,
    attempts: int = 200,
    connections: int = 8,
    crowd: int = 16,
) -> Report:
    report = Report("wheel")
    copy_database("bench_before")
    members = _fill_club(max(spins + warm_up, attempts + crowd))
    bound = _list_floor_rows(members)
    _compare_alone(report, members, bound, warm_up)
    _count_trips(report, members)
    act = Act("spins", "rewards_spin", _list_acts)
    compare_together(report, act, members, bound, connections=connections, max_ratio=MAX_RATIO)
    _race(report, attempts, crowd)
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def _fill_club(count: int) -> list[int]:
    """Members with points and a player at both wheels: one that gives points to everybody, by
    slices without a limit, and one with a single great prize on its only likely slice.
    """
    use_database("bench_before")
    from members.services.audiences import ensure_everyone
    from rewards.enums import PrizeKind
    from rewards.services.catalogue import GateTerms
    from rewards.services.grants import grant_points
    from rewards.services.prizes import Prize
    from rewards.services.wheel import (
        SliceTerms,
        change_draft,
        create_wheel,
        ensure_player,
        prepare_days,
        publish_version,
    )

    members = add_people(count, mail=MAIL, now=BEFORE)
    prepare_days(now=BEFORE - dt.timedelta(days=1))
    prepare_days(now=BEFORE)
    for slug, great in (("bench", None), ("bench-last", 1)):
        wheel = create_wheel(slug=slug, name="Bench", by=None, now=BEFORE)
        slices = [
            SliceTerms(
                "Great", 1_000_000 if great else 1, Prize(PrizeKind.POINTS, points=500),
                stock_count=great,
                substitute=Prize(PrizeKind.POINTS, points=1) if great else None,
            ),
            *(
                SliceTerms(f"Points {number}", 1, Prize(PrizeKind.POINTS, points=number))
                for number in range(1, 8)
            ),
        ]  # fmt: skip
        draft = change_draft(
            wheel.versions.get(), slices=slices, gates=[GateTerms(ensure_everyone(), BEFORE)],
            rules_text="Spin.", is_law_confirmed=True, by=None, now=BEFORE,
        )  # fmt: skip
        publish_version(draft, by=None, now=BEFORE)
        for member in members:
            ensure_player(member, wheel, now=BEFORE)
    for member in members:
        grant_points(member, 100, expires_on=None, note="", key=f"{member.pk}", by=None, now=BEFORE)
    # Each has spun once the day before: a table that was never filled has no honest plans.
    for act in _list_acts([each.pk for each in members], counter=1, now=BEFORE):
        act()
    with connect("bench_before", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return [each.pk for each in members]


# --- One connection ------------------------------------------------------------------------------


def _list_acts(
    members: list[int], slug: str = "bench", *, counter: int = 2, now: dt.datetime = NOW
) -> list[Callable]:
    """A spin of each member, as the page would press it: the ``counter``-th."""
    from members.models import Member
    from rewards.models import Wheel
    from rewards.services.wheel import spin_wheel
    from rewards.spin_keys import SpinKey, write_spin_key

    people = Member.objects.select_related("user").in_bulk(members)
    wheel = Wheel.objects.get(slug=slug)
    return [
        partial(
            spin_wheel, people[pk], wheel, write_spin_key(SpinKey(pk, wheel.pk, counter)),
            by=people[pk].user, now=now,
        )
        for pk in members
    ]  # fmt: skip


def _list_floor_rows(members: list[int]) -> list[list[tuple[str, list]]]:
    """A first run on a copy tells what each spin writes."""
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    made = [act().pk for act in _list_acts(members)]
    with connect("bench_service") as connection:
        return [bind_floor(connection, "wheel", _ROWS, _describe(connection, pk)) for pk in made]


def _describe(connection, pk: int) -> dict:
    row = connection.execute(_DESCRIBE, [pk]).fetchone()
    return dict(zip(("id", "player", "member", "transfers", "lots", "batch"), row, strict=True))


def _compare_alone(report: Report, members: list[int], bound, warm_up: int) -> None:
    """Service and floor, spin by spin, each on a copy of its own."""
    copy_database("bench_service", "bench_before")
    copy_database("bench_floor", "bench_before")
    use_database("bench_service")
    acts = _list_acts(members)
    service, floor = [], []
    with connect("bench_floor") as connection:
        for act, statements in zip(acts, bound, strict=True):
            before = time.perf_counter()
            act()
            between = time.perf_counter()
            run_piped(connection, statements)
            after = time.perf_counter()
            service.append(between - before)
            floor.append(after - between)
    differing = list_differences("bench_service", "bench_floor")
    report.expect(
        not differing,
        f"the floor left the same rows{'; different: ' if differing else ''}{', '.join(differing)}",
    )
    report.compare(service[warm_up:], floor[warm_up:], MAX_RATIO, "ms")
    for title in ("service", "floor"):
        report.say(f"{title:<8} {1 / report.values[title]:9.0f} spins/s, one connection")


def _count_trips(report: Report, members: list[int]) -> None:
    copy_database("bench_floor", "bench_before")
    counts = {}
    with CountingProxy() as proxy:
        use_database("bench_floor", proxy.folder)
        for slug, counter in (("bench", 2), ("bench-last", 1)):
            found = []
            for act in _list_acts(members[:WARM_UP], slug, counter=counter):
                before = proxy.trips
                act()
                found.append(proxy.trips - before)
            # The first ones prepare their statements, which takes trips of its own.
            counts[slug] = statistics.mode(found[-5:])
        use_database("bench_service")
    trips = max(counts.values())
    report.values["trips"] = trips
    report.reach(
        trips <= MAX_TRIPS,
        f"{counts['bench']} round trips, {trips} where the prize is counted (at most {MAX_TRIPS})",
    )


# --- The last prize ------------------------------------------------------------------------------


def _race(report: Report, attempts: int, connections: int) -> None:
    """``attempts`` members at once over the connections; one of them wins the one prize."""
    connections = min(connections, attempts)
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    from rewards.models import Wheel, WheelPlayer

    wheel = Wheel.objects.get(slug="bench-last")
    players = WheelPlayer.objects.filter(wheel=wheel).order_by("pk")
    members = list(players.values_list("member_id", flat=True)[: attempts + connections])
    workers = [partial(_attempt, members[number::connections]) for number in range(connections)]
    crowd = run_crowd("bench_service", workers)
    with connect("bench_service") as connection:
        prizes, hits = connection.execute(
            "SELECT count(*) FILTER (WHERE NOT is_substitute), count(*) FROM rewards_spin"
            " WHERE hit_number IS NOT NULL"
        ).fetchone()
    report.expect(
        prizes == 1 and crowd.count == attempts,
        f"{attempts} attempts on the last prize: one wins it ({prizes} did, of {hits} who drew it)",
    )
    judge_race(report, crowd, "last")


def _attempt(members: list[int]) -> list[Callable]:
    """Warm by a spin of the other wheel, so that nobody has the great prize before the start."""
    use_database("bench_service")
    for act in _list_acts(members[:1]):
        act()
    return _list_acts(members[1:], "bench-last", counter=1)
