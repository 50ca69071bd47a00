"""The live count of each ready segment, beside SQL that somebody wrote for it by hand."""

import datetime as dt
import os
import statistics
import time
from pathlib import Path

from bench.databases import copy_database, drop_database, use_database
from bench.population import run_script
from bench.report import Report

MAX_RATIO = 1.5
MEMBERS = int(os.environ.get("BENCH_SEGMENT_MEMBERS", "1000000"))
TINY = {"members": 300, "rounds": 1}
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
# Below this a count is too short to be compared: what is left is the statement's own way.
_LEAST_SECONDS = 0.02


def run(work: Path, *, members: int = MEMBERS, rounds: int = 3) -> Report:
    report = Report("segments")
    before = time.monotonic()
    copy_database("bench_before")
    use_database("bench_before")
    about = _find_values()
    run_script("bench_before", "segments_club", {**about, "members": members})
    seconds = time.monotonic() - before
    report.say(f"{members:,} members with their purchases and lots made in {seconds:.0f} s")
    use_database("bench_before")
    floors = _read_floors()
    _compare(report, floors, about, rounds)
    _build(report)
    use_database("postgres")
    drop_database("bench_before")
    return report


def _find_values() -> dict[str, object]:
    """What the statements of the club and the floor are told."""
    from core.time import add_months, day_of, start_of
    from members.selectors.club import get_club
    from purchases.models import Channel
    from purchases.services.sources import ensure_source
    from rewards.selectors.programme import get_ladder

    zone = get_club().zone
    today = day_of(NOW, zone)
    programme = get_ladder(zone).terms.programme_on(today)
    first = today.replace(day=1)
    return {
        "now": NOW,
        "today": today,
        "month": today.month,
        "month_start": start_of(first, zone),
        "month_end": start_of(add_months(first, 1), zone),
        "programme": programme.id,
        "first": programme.tier_period(today, today, None)[0],
        "source": ensure_source("bench").pk,
        "channel": Channel.objects.get(code="delivery").pk,
    }


def _read_floors() -> dict[str, str]:
    """By the code of the segment, which stands in the comment above."""
    text = (Path(__file__).parent / "floor" / "segments.sql").read_text()
    parts = (part.strip().partition("\n") for part in text.split(";\n"))
    return {head.removeprefix("-- "): sql.rstrip(";") for head, _, sql in parts if sql}


def _compare(report: Report, floors: dict[str, str], about, rounds: int) -> None:
    from campaigns.ready_segments import READY
    from campaigns.selectors.segments import compile_segment, limited, read_definition
    from campaigns.selectors.segments.operators import Sql

    ratios = {}
    for ready in READY:
        group = read_definition(ready.definition)
        floor = Sql(floors[ready.code], about)  # type: ignore[arg-type]  # names, not places
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds + 1):
            with limited(600_000):
                # Reading and compiling are part of what a page waits for.
                before = time.perf_counter()
                compiled = compile_segment(group, now=NOW).count()
                count = _ask(compiled)
                middle = time.perf_counter()
                wanted = _ask(floor)
                times[0].append(middle - before)
                times[1].append(time.perf_counter() - middle)
        own, other = (statistics.median(each[1:]) for each in times)
        with limited(600_000):
            buffers = [_read_buffers(each) for each in (compiled, floor)]
        ratio = own / other
        ratios[ready.code] = ratio
        report.expect(count == wanted, f"{ready.code}: {count:,} members, as by hand")
        text = (
            f"{own * 1000:,.0f} ms beside {other * 1000:,.0f} ms, {ratio:.2f} times (at most "
            f"{MAX_RATIO}); buffers {buffers[0]:,} beside {buffers[1]:,}"
        )
        if other < _LEAST_SECONDS:
            report.say(f"       {text}")
        else:
            report.reach(ratio <= MAX_RATIO, text)
    report.values["ratios"] = ratios


def _ask(sql) -> int:
    from campaigns.selectors.segments.counting import fetch

    ((count,),) = fetch(sql)
    return count


def _read_buffers(sql) -> int:
    """Pages of 8 kB that the statement looked at, in memory or not, and wrote aside."""
    import json

    from campaigns.selectors.segments.counting import fetch
    from campaigns.selectors.segments.operators import Sql

    text = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql.text}"
    ((answer,),) = fetch(Sql(text, sql.params))
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    kinds = ("Shared Hit Blocks", "Shared Read Blocks", "Temp Read Blocks", "Temp Written Blocks")
    return sum(plan.get(kind, 0) for kind in kinds)


def _build(report: Report) -> None:
    """All of them built, and once more where nothing has changed."""
    from campaigns.services.segments import build_segment, ensure_ready_segments

    for title in ("first build", "rebuild "):
        spent, rows = 0.0, 0
        for segment in ensure_ready_segments(by=None, now=NOW):
            before = time.perf_counter()
            build = build_segment(segment, by=None, now=NOW)
            spent += time.perf_counter() - before
            rows += build.added_count
        report.say(f"{title} of all twelve: {spent:.1f} s, {rows:,} rows written")
    report.values["rebuild_seconds"] = spent
    report.expect(rows == 0, "a rebuild where nothing has changed writes no row")
