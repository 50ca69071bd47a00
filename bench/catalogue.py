"""The catalogue of 2,000 rewards beside one of 20, as a member opens it."""

import statistics
from contextlib import ExitStack
from pathlib import Path

from django.core.management import call_command

from bench.databases import copy_database, drop_database, use_database
from bench.population import run_script
from bench.report import Report
from bench.scale import PageProcess

SMALL, LARGE = 20, 2_000
TINY = {"large": 60, "requests": 3, "rounds": 1}
REQUESTS, ROUNDS = 40, 3
MAX_QUERIES, MAX_OF_SMALL = 10, 2.0
MEMBER = 1
# What members do: they open it, search, sort, ask for what they can have now, open a shelf.
PAGES = {
    "first page": "/rewards/",
    "second page": "/rewards/?page=2",
    "search": "/rewards/?q=cup",
    "fewest points first": "/rewards/?sort=cheapest",
    "what one can have now": "/rewards/?reach=on",
    "one shelf": "/rewards/?category=shelf-3",
    "one reward": "/rewards/reward-12/",
}


def run(
    work: Path, *, large: int = LARGE, requests: int = REQUESTS, rounds: int = ROUNDS
) -> Report:
    report = Report("catalogue")
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name files by content
    _build("bench_few", SMALL)
    _build("bench_many", large)
    with ExitStack() as stack:
        few = stack.enter_context(PageProcess("bench_few", 2))
        many = stack.enter_context(PageProcess("bench_many", 3))
        for title, address in PAGES.items():
            _compare(report, few, many, title, address, requests, rounds)
    for name in ("bench_few", "bench_many"):
        drop_database(name)
    return report


def _build(database: str, rewards: int) -> None:
    """A club of one member with points, and its rewards: kinds, gates, dates, codes, turns."""
    copy_database(database)
    use_database(database)
    import datetime as dt

    from members.services.audiences import ensure_everyone
    from members.services.enrolment import create_member
    from members.services.logins import create_login
    from members.services.profiles import attach_login
    from rewards.models import Tier
    from rewards.services.grants import grant_points

    now = dt.datetime.now(dt.UTC)
    member = create_member(now=now, source="bench")
    login = create_login(email=f"login{MEMBER}@example.com", by=None, now=now)
    attach_login(member, login, by=None, now=now)
    member.refresh_from_db()
    grant_points(member, 900, expires_on=None, note="", key="bench", by=None, now=now)
    run_script(
        database,
        "catalogue_club",
        {
            "rewards": rewards,
            "now": now,
            "everyone": ensure_everyone().pk,
            "tier": Tier.objects.order_by("-rank").first().audience_id,
            "member": member.pk,
        },
    )


def _compare(report, few, many, title, address, requests, rounds) -> None:
    """The same requests to both, in turn, so that what else the machine does is shared."""
    for pages in (few, many):
        pages.ask("get", address, MEMBER)
    medians, counts = [], set()
    for _ in range(rounds):
        small, large = [], []
        for _ in range(requests):
            for pages, times in ((few, small), (many, large)):
                milliseconds, queries = pages.ask("get", address, MEMBER)
                times.append(milliseconds)
                counts.add(queries)
        medians.append((statistics.median(small), statistics.median(large)))
    ratio = statistics.median(large / small for small, large in medians)
    one, other = (statistics.median(each) for each in zip(*medians, strict=True))
    report.values[title] = {"ratio": ratio, "queries": max(counts), "ms": other}
    report.expect(
        max(counts) <= MAX_QUERIES, f"{title}: {max(counts)} queries (at most {MAX_QUERIES})"
    )
    report.reach(
        ratio <= MAX_OF_SMALL,
        f"{title}: {other:.1f} ms, {ratio:.2f} times the {one:.1f} ms of {SMALL} rewards"
        f" (at most {MAX_OF_SMALL:g})",
    )
