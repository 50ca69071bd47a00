"""A million activities through the challenge engine, beside one statement of SQL."""

import datetime as dt
import os
import time
from pathlib import Path

from bench.databases import connect, copy_database, drop_database, list_differences, use_database
from bench.floors import read_floor
from bench.population import run_script
from bench.report import Report

MAX_RATIO = 4.0
MEMBERS = int(os.environ.get("BENCH_CHALLENGE_MEMBERS", "100000"))
TINY = {"members": 40, "rounds": 1}
PURCHASES = 10  # of each member; a card asks for more
TARGET = 12
BATCH = 1000
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
# Both hand out ids, in an order that nothing depends on.
_IDS = {
    "rewards_stampbook": ("id",),
    "rewards_stampcard": ("id", "book_id"),
    "rewards_stamp": ("id", "book_id"),
}


def run(work: Path, *, members: int = MEMBERS, rounds: int = 3) -> Report:
    report = Report("challenges")
    copy_database("bench_before")
    run_script(
        "bench_before", "challenges_club", {"now": NOW, "members": members, "purchases": PURCHASES}
    )
    values = _publish("bench_before")
    activities = members * PURCHASES
    report.say(f"{activities:,} activities of {members:,} members, in one batch")
    service, floor, progress = [], [], []
    for _ in range(rounds):
        copy_database("bench_service", "bench_before")
        service.append(_count_by_service("bench_service"))
        copy_database("bench_floor", "bench_before")
        progress.append(_count_by_floor("bench_floor", "challenges_progress", values))
        copy_database("bench_floor", "bench_before")
        floor.append(_count_by_floor("bench_floor", "challenges", values))
    differing = list_differences("bench_service", "bench_floor", _IDS)
    report.expect(
        not differing,
        f"the floor left the same rows{'; different: ' * bool(differing)}{', '.join(differing)}",
    )
    report.compare(service, floor, MAX_RATIO)
    for title in ("service", "floor"):
        report.say(f"{title:<8} {activities / report.values[title]:9,.0f} activities/s")
    alone = sorted(progress)[len(progress) // 2]
    report.note(
        "progress", alone,
        f"progress without stamps, which no return could be taken from: {alone:.2f} s,"
        f" {report.values['service'] / alone:.1f} times",
    )  # fmt: skip
    again = _count_by_service("bench_service")
    report.note("again", again, f"the same batch again, which changes nothing: {again:.2f} s")
    report.expect(_is_true("bench_service"), "cards say what their stamps say")
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def _publish(database: str) -> dict[str, object]:
    use_database(database)
    from members.models import Audience
    from rewards.services.challenges import create_challenge, publish_version

    begun = NOW - dt.timedelta(days=30)
    products = [1000 + number for number in range(1, 9)]
    challenge = create_challenge(slug="bench", name="Bench", by=None, now=begun)
    version = publish_version(
        challenge, starts_at=begun, audiences=[Audience.objects.get(slug="everyone")],
        target=TARGET, product_ids=products, prize_kind="points", prize_points=100, by=None,
        now=begun,
    )  # fmt: skip
    return {
        "batch": BATCH, "products": products, "challenge": challenge.pk, "version": version.pk,
        "target": TARGET, "now": NOW,
    }  # fmt: skip


def _count_by_service(database: str) -> float:
    use_database(database)
    from rewards.services.challenges import count_batch

    before = time.perf_counter()
    count_batch(BATCH, NOW)
    return time.perf_counter() - before


def _count_by_floor(database: str, name: str, values: dict[str, object]) -> float:
    (statement,) = read_floor(name)
    with connect(database) as connection, connection.cursor() as cursor:
        before = time.perf_counter()
        cursor.execute(statement, values)
        connection.commit()
        return time.perf_counter() - before


def _is_true(database: str) -> bool:
    use_database(database)
    from rewards.services.challenges.verification import find_faults

    return not find_faults()
