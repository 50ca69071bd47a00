"""A million members and ten million entries, beside a club of a thousand."""

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from django.core.management import call_command

from bench.databases import copy_database, database_url, drop_database, use_database
from bench.population import run_script
from bench.report import Report
from loyalty_site.embedded.layout import REPOSITORY

MEMBERS = int(os.environ.get("BENCH_SCALE_MEMBERS", "1000000"))
SMALL = 1_000
HEAVY = 5_000  # purchases of one member, two entries each
TINY = {"members": 60, "small": 30, "heavy": 20, "requests": 5, "rounds": 1}
REQUESTS, ROUNDS = 200, 3
MAX_QUERIES = 10
MAX_OF_SMALL, MAX_OF_EMPTY = 1.5, 3.0
MAX_SEARCH_MS = 50
HOME, EMPTY = "/home/", "/bench/empty/"

_SEARCHES = {
    "two Chinese characters": "王芳",
    "Chinese given name": "小明",
    "Japanese family name": "佐藤",
    "Japanese given name": "美咲",
    "kana of a reading": "すずき",
    "beginning of a Latin name": "Nguy",
    "a common Latin name": "Smith",
    "both parts of a name": "Emma Wilson",
    "a name that nobody has": "Zyxwv",
}


class PageProcess:
    """``bench.pages`` on one database."""

    def __init__(self, database: str, cache: int):
        environment = os.environ | {"DATABASE_URL": database_url(database)}
        # Sessions and caches of two clubs must not meet.
        environment["CACHE_URL"] = os.environ["CACHE_URL"].replace("db=1", f"db={cache}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.pages"],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "PageProcess":
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait()

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The page process ended at {words}")
        return json.loads(answer)


def run(
    work: Path,
    *,
    members: int = MEMBERS,
    small: int = SMALL,
    heavy: int = HEAVY,
    requests: int = REQUESTS,
    rounds: int = ROUNDS,
) -> Report:
    report = Report("scale")
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name files by content
    _build(report, "bench_small", small, 1, lambda text: None)
    entries = _build(report, "bench_large", members, heavy, report.say)
    _prove(report)
    with ExitStack() as stack:
        little = stack.enter_context(PageProcess("bench_small", 2))
        large = stack.enter_context(PageProcess("bench_large", 3))
        _compare_homes(report, little, large, min(small, requests), members, rounds, requests)
        _open_heavy_home(report, large, members + 1, 2 * heavy)
        _open_lists(report, large, entries)
        _search(report, large, members)
    for name in ("bench_small", "bench_large"):
        drop_database(name)
    return report


def _build(report: Report, database: str, members: int, heavy: int, say) -> int:
    before = time.monotonic()
    copy_database(database)
    use_database(database)
    from core.time import day_of
    from members.selectors.club import get_club
    from purchases.models import Channel
    from purchases.services.sources import ensure_source
    from rewards.models import EarningRuleVersion

    now, zone = dt.datetime.now(dt.UTC), get_club().zone

    def rule(code: str) -> int:
        return EarningRuleVersion.objects.get(rule__code=code, ends_at=None).pk

    parameters = {
        "members": members,
        "heavy": heavy,
        "now": now,
        "today": day_of(now, zone),
        "zone": zone,
        "source": ensure_source("bench").pk,
        "channel": Channel.objects.get(code="delivery").pk,
        "base_rule": rule("base"),
        "status_rule": rule("status"),
        **_read_names(),
    }
    run_script(database, "scale_club", parameters, say=lambda text: say(f"making {text} ..."))
    entries = 10 * members + 2 * heavy
    seconds = time.monotonic() - before
    say(f"{members:,} members and {entries:,} entries made in {seconds:.0f} s")
    report.values["build_seconds"] = seconds
    return entries


def _read_names() -> dict[str, list[str]]:
    lines = (Path(__file__).parent / "names.txt").read_text().splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {name: values.split() for name, _, values in pairs}


def _prove(report: Report) -> None:
    from rewards.services.verification import verify_ledger

    counts, findings = verify_ledger()
    report.expect(
        not findings, f"the ledger is true ({counts['entries']:,} entries) {findings!s:.300}"
    )


def _compare_homes(report, little, large, small, members, rounds, requests) -> None:
    """The same number of requests to each, in turn, every one by another member."""
    places = [(1 + index % small, 1 + index * (members // requests)) for index in range(requests)]
    counts = set()
    for one, other in places:  # log in, and fill what a running club has filled
        counts.add((little.ask("get", HOME, one)[1], large.ask("get", HOME, other)[1]))
        large.ask("get", EMPTY, other)
    medians = []
    for _ in range(rounds):
        times: tuple[list[float], list[float], list[float]] = ([], [], [])
        counts = set()
        for one, other in places:
            first, second = little.ask("get", HOME, one), large.ask("get", HOME, other)
            times[0].append(first[0])
            times[1].append(second[0])
            times[2].append(large.ask("get", EMPTY, other)[0])
            counts.add((first[1], second[1]))
        medians.append([statistics.median(each) for each in times])
    # The club's name is read again every half minute.
    fewest, most = min(min(pair) for pair in counts), max(max(pair) for pair in counts)
    report.values["queries"] = fewest
    report.expect(
        most <= MAX_QUERIES and most - fewest <= 1,
        f"member home: {fewest} queries in both clubs (at most {MAX_QUERIES})",
    )
    for title, place in (("small club", 0), ("large club", 1), ("empty page", 2)):
        shown = ", ".join(f"{median[place]:.2f}" for median in medians)
        report.say(f"{title}  median of {requests} requests in {rounds} rounds: {shown} ms")
    to_small = statistics.median(median[1] / median[0] for median in medians)
    to_empty = statistics.median(median[1] / median[2] for median in medians)
    report.values |= {"to_small": to_small, "to_empty": to_empty}
    report.reach(to_small < MAX_OF_SMALL, f"{to_small:.2f} times the small club (under 1.5)")
    report.reach(to_empty < MAX_OF_EMPTY, f"{to_empty:.2f} times the empty page (under 3)")


def _open_heavy_home(report, large, member_id: int, entries: int) -> None:
    large.ask("get", HOME, member_id)
    found = [large.ask("get", HOME, member_id) for _ in range(21)]
    median, queries = statistics.median(ms for ms, _ in found), min(count for _, count in found)
    report.values |= {"heavy_ms": median, "heavy_queries": queries}
    report.expect(
        queries == report.values["queries"],
        f"member home with {entries:,} entries: {queries} queries, {median:.2f} ms",
    )


def _open_lists(report, large, entries: int) -> None:
    """Every list of the back office over the club's own tables."""
    use_database("bench_large")
    from django.contrib import admin
    from django.urls import reverse

    found = {}
    for model in admin.site._registry:
        if model._meta.app_label in ("core", "members", "purchases", "rewards"):
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            large.ask("admin", address)
            found[model._meta.label] = large.ask("admin", address)
    found["the first page"] = large.ask("admin", reverse("admin:index"))
    counting = {label: sql for label, (_, _, sql) in found.items() if sql}
    slowest = sorted(found, key=lambda label: -found[label][0])[:3]
    report.values["lists_ms"] = {label: each[0] for label, each in found.items()}
    report.expect(not counting, f"{len(found)} lists of the back office make no exact count")
    for label, sql in counting.items():
        report.say(f"{label} counts: {sql[0][:160]}")
    report.say(f"slowest: {', '.join(f'{label} {found[label][0]:.0f} ms' for label in slowest)}")


def _search(report, large, members: int) -> None:
    use_database("bench_large")
    from members.models import Member

    one = Member.objects.get(pk=members // 2 + 1)
    searches = {"number": one.number, "e-mail": one.email, "phone": one.phone} | _SEARCHES
    medians = {}
    for title, text in searches.items():
        times = [large.ask("search", text) for _ in range(11)]
        medians[title] = statistics.median(ms for ms, _ in times)
        report.say(f"search {title:<26} {text:<16} {medians[title]:6.1f} ms, {times[0][1]} found")
    report.values["search_ms"] = medians
    report.reach(max(medians.values()) < MAX_SEARCH_MS, f"every search under {MAX_SEARCH_MS} ms")
