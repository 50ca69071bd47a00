"""Donations by the service: how fast, in how many trips; the race for a matching budget."""

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.crowd import run_crowd
from bench.databases import connect, copy_database, drop_database, use_database
from bench.report import Report
from bench.together import judge_race
from bench.wire import CountingProxy

MAX_TRIPS = 10
DONATIONS = int(os.environ.get("BENCH_DONATIONS", "400"))
TINY = {"donations": 48, "attempts": 24, "budget": 90, "crowd": 8}
WARM_UP = 20
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
POINTS = 1000
GIFT = 30
MAIL = "@charity.example"


def run(
    work: Path,
    *,
    donations: int = DONATIONS,
    attempts: int = 200,
    budget: int = 1510,
    crowd: int = 16,
) -> Report:
    report = Report("charity")
    copy_database("bench_before")
    members = _fill_club(max(donations, attempts) + WARM_UP)
    _time(report, members[:donations])
    _count_trips(report, members[:WARM_UP])
    _race(report, attempts, budget, crowd)
    for name in ("bench_before", "bench_service"):
        drop_database(name)
    return report


def _fill_club(count: int) -> list[int]:
    """Members with points in two lots each, and an appeal that a brand matches."""
    use_database("bench_before")
    from members.models import Member, User
    from members.services.enrolment import MemberKey, ensure_members
    from rewards.models import Appeal, Charity, MatchOffer
    from rewards.services.giving import save_charity, save_match
    from rewards.services.grants import grant_points

    before = NOW - dt.timedelta(days=90)
    known = set(Member.objects.values_list("pk", flat=True))
    ensure_members(
        [MemberKey(external_id=f"c{index}") for index in range(count)], source="bench", now=before
    )
    members = list(Member.objects.exclude(pk__in=known).order_by("pk"))
    users = User.objects.bulk_create(User(email=f"m{each.pk}{MAIL}") for each in members)
    for member, user in zip(members, users, strict=True):
        member.user = user
    Member.objects.bulk_update(members, ["user"])
    for member in members:
        for lot in range(2):
            grant_points(
                member, POINTS // 2, expires_on=None, note="", key=f"{member.pk}-{lot}", by=None,
                now=before + dt.timedelta(days=lot),
            )  # fmt: skip
    charity = save_charity(
        Charity(slug="bench", name="Bench", registration_number="1", country="US",
                hundred_amount=100),
        by=None, now=before,
    )  # fmt: skip
    appeal = Appeal.objects.create(
        charity=charity, slug="bench", name="Bench", goal_points=10**6, starts_at=before,
        published_at=before,
    )  # fmt: skip
    save_match(
        MatchOffer(appeal=appeal, brand="Bench", budget_points=10**9, starts_at=before), by=None,
        now=before,
    )  # fmt: skip
    with connect("bench_before", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return [each.pk for each in members]


def _list_acts(members: list[int]) -> list[Callable]:
    from members.models import Member
    from rewards.models import Appeal
    from rewards.services.giving import donate_points

    people = Member.objects.select_related("user").in_bulk(members)
    appeal = Appeal.objects.get(slug="bench")
    return [
        partial(donate_points, people[pk], appeal, GIFT, key="bench", by=people[pk].user, now=NOW)
        for pk in members
    ]


def _time(report: Report, members: list[int]) -> None:
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    spent = []
    for act in _list_acts(members):
        before = time.perf_counter()
        act()
        spent.append(time.perf_counter() - before)
    median = statistics.median(spent[WARM_UP:])
    report.values["service"] = median
    report.say(f"service  {1 / median:9.0f} donations/s with a match, one connection")


def _count_trips(report: Report, members: list[int]) -> None:
    copy_database("bench_service", "bench_before")
    counts = []
    with CountingProxy() as proxy:
        use_database("bench_service", proxy.folder)
        for act in _list_acts(members):
            before = proxy.trips
            act()
            counts.append(proxy.trips - before)
        use_database("bench_service")
    trips = statistics.mode(counts[-5:])  # the first ones prepare their statements
    report.values["trips"] = trips
    report.reach(trips <= MAX_TRIPS, f"{trips} round trips (at most {MAX_TRIPS})")


def _race(report: Report, attempts: int, budget: int, connections: int) -> None:
    """All give at once; the budget goes to the last point, and no further."""
    connections = min(connections, attempts)
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    from rewards.models import Donation, MatchOffer

    MatchOffer.objects.update(budget_points=budget, left_points=budget)
    workers: list[Any] = [
        partial(_attempt, range(number, attempts, connections), number)
        for number in range(connections)
    ]
    crowd = run_crowd("bench_service", workers)
    use_database("bench_service")
    matched = list(Donation.objects.values_list("match_points", flat=True))
    wanted = min(budget, attempts * GIFT)
    report.expect(
        crowd.count == attempts and sum(matched) == wanted
        and MatchOffer.objects.get().left_points == budget - wanted,
        f"{attempts} donations on the last {budget} points of a budget: {sum(matched)} matched",
    )  # fmt: skip
    judge_race(report, crowd, "match")


def _attempt(share: range, number: int) -> list[Callable]:
    use_database("bench_service")
    from members.models import Member

    people = Member.objects.filter(user__email__endswith=MAIL).order_by("pk")
    chosen = list(people.values_list("pk", flat=True))
    return _list_acts([chosen[index] for index in share])
