"""Redemptions by the service beside the statements that their rows take; races for the last."""

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
REDEMPTIONS = int(os.environ.get("BENCH_REDEMPTIONS", "1200"))
WARM_UP = 20
TINY = {
    "redemptions": 64, "warm_up": 8, "attempts": 24, "stock": 5, "clerks": 6, "tabs": 8,
    "connections": 4, "crowd": 8,
}  # fmt: skip
MAIL = "@bench.example"
REFUSALS = ("SoldOut", "CodeUsed", "BalanceTooLow")
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
POINTS = 1000  # of each member, in two lots
PRICE = 30
SHELVES = 8  # at several connections, members want different rewards, as they do

# Which of a table's rows belong to one redemption, and of updated rows what changed.
_ROWS = {
    "rewards_reward": "SELECT reward_id FROM rewards_redemption WHERE id = %(id)s",
    "rewards_redemption": "SELECT * FROM {} WHERE id = %(id)s",
    "rewards_redemptionevent": "SELECT * FROM {} WHERE redemption_id = %(id)s ORDER BY id",
    "rewards_transfer": (
        "SELECT * FROM {} WHERE cause_type = 'redemption' AND cause_id = %(id)s ORDER BY id"
    ),
    "rewards_lotmove": "SELECT * FROM {} WHERE transfer_id = ANY(%(transfers)s) ORDER BY id",
    "members_activitybatch": "SELECT * FROM {} WHERE id = %(batch)s",
    "members_activity": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "members_workitem": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "rewards_account": (
        "SELECT id, balance FROM {} WHERE id IN"
        " (SELECT debit_account_id FROM rewards_transfer WHERE id = ANY(%(transfers)s))"
    ),
    "rewards_lot": (
        "SELECT id, available FROM {} WHERE id IN"
        " (SELECT lot_id FROM rewards_lotmove WHERE transfer_id = ANY(%(transfers)s)) ORDER BY id"
    ),
    "rewards_standing": "SELECT member_id, settled_on FROM {} WHERE member_id = %(member)s",
}


def run(
    work: Path,
    *,
    redemptions: int = REDEMPTIONS,
    warm_up: int = WARM_UP,
    attempts: int = 500,
    stock: int = 50,
    clerks: int = 50,
    tabs: int = 40,
    connections: int = 8,
    crowd: int = 16,
) -> Report:
    report = Report("redemption")
    copy_database("bench_before")
    members = _fill_club(redemptions + warm_up)
    bound = _list_floor_rows(members)
    _compare_alone(report, members, bound, warm_up)
    _count_trips(report, members)
    act = Act("redemptions", "rewards_redemption", _list_acts)
    compare_together(report, act, members, bound, connections=connections, max_ratio=MAX_RATIO)
    _race(
        report, "last", f"{attempts} attempts for the last {stock}: {stock} succeed",
        attempts=attempts, stock=stock, connections=crowd,
    )  # fmt: skip
    _race(report, "voucher", f"{clerks} clerks and one voucher: one uses it", attempts=clerks,
          stock=1, connections=crowd)  # fmt: skip
    _race(report, "tabs", f"one balance in {tabs} tabs: 3 can pay", attempts=tabs, stock=3,
          connections=crowd)  # fmt: skip
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def _fill_club(count: int) -> list[int]:
    """Members with points in four lots each, and rewards with counted stock."""
    use_database("bench_before")
    from members.services.audiences import ensure_everyone
    from rewards.models import Reward, RewardGate
    from rewards.services.grants import grant_points

    before = NOW - dt.timedelta(days=90)
    members = add_people(count, mail=MAIL, now=before)
    for member in members:
        for lot in range(2):
            grant_points(
                member, POINTS // 2, expires_on=None, note="", key=f"{member.pk}-{lot}", by=None,
                now=before + dt.timedelta(days=lot),
            )  # fmt: skip
    for number in range(SHELVES):
        reward = Reward.objects.create(
            slug=f"bench-{number}", name="Bench", kind="voucher", price_points=PRICE,
            stock_left=1_000_000, published_at=before,
        )  # fmt: skip
        RewardGate.objects.create(reward=reward, audience=ensure_everyone(), opens_at=before)
    with connect("bench_before", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return [each.pk for each in members]


# --- One connection ------------------------------------------------------------------------------


def _list_acts(members: list[int]) -> list[Callable]:
    """One redemption for each member, shelf after shelf, as a page would ask for it."""
    from members.models import Member
    from rewards.models import Reward
    from rewards.services.redemption import redeem_reward

    people = Member.objects.select_related("user").in_bulk(members)
    shelves = list(Reward.objects.filter(slug__startswith="bench-").order_by("slug"))
    return [
        partial(
            redeem_reward, people[pk], shelves[pk % SHELVES], key="bench", by=people[pk].user,
            seen_points=PRICE, now=NOW,
        )
        for pk in members
    ]  # fmt: skip


def _list_floor_rows(members: list[int]) -> list[list[tuple[str, list]]]:
    """A first run on a copy tells what each redemption writes."""
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    made = [act().pk for act in _list_acts(members)]
    with connect("bench_service") as connection:
        return [
            bind_floor(connection, "redemption", _ROWS, _describe(connection, pk)) for pk in made
        ]


def _describe(connection, pk: int) -> dict:
    row = connection.execute(
        "SELECT r.id, r.member_id, (SELECT array_agg(id ORDER BY id) FROM rewards_transfer"
        " WHERE cause_type = 'redemption' AND cause_id = r.id), (SELECT batch_id FROM"
        " members_activity WHERE subject_id = r.id AND subject_type = 'rewards.redemption')"
        " FROM rewards_redemption r WHERE r.id = %s",
        [pk],
    ).fetchone()
    return dict(zip(("id", "member", "transfers", "batch"), row, strict=True))


def _compare_alone(report: Report, members: list[int], bound, warm_up: int) -> None:
    """Service and floor, redemption by redemption, each on a copy of its own."""
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
    # A code is random: the first run's stands in the floor's rows.
    random = {"rewards_redemption": ("code",)}
    differing = list_differences("bench_service", "bench_floor", random)
    report.expect(
        not differing,
        f"the floor left the same rows{'; different: ' if differing else ''}{', '.join(differing)}",
    )
    report.compare(service[warm_up:], floor[warm_up:], MAX_RATIO, "ms")
    for title in ("service", "floor"):
        report.say(f"{title:<8} {1 / report.values[title]:9.0f} redemptions/s, one connection")


def _count_trips(report: Report, members: list[int]) -> None:
    copy_database("bench_floor", "bench_before")
    counts = []
    with CountingProxy() as proxy:
        use_database("bench_floor", proxy.folder)
        for act in _list_acts(members[:WARM_UP]):
            before = proxy.trips
            act()
            counts.append(proxy.trips - before)
        use_database("bench_service")
    # The first ones prepare their statements, which takes trips of its own.
    trips = statistics.mode(counts[-5:])
    report.values["trips"] = trips
    report.reach(trips <= MAX_TRIPS, f"{trips} round trips (at most {MAX_TRIPS})")


# --- Races ---------------------------------------------------------------------------------------


def _race(
    report: Report, kind: str, text: str, *, attempts: int, stock: int, connections: int
) -> None:
    """``attempts`` at once over the connections; ``stock`` of them succeed, the rest is refused."""
    connections = min(connections, attempts)
    copy_database("bench_service", "bench_before")
    use_database("bench_service")
    shown = _prepare_race(kind, stock)
    workers = [
        partial(_attempt, kind, shown, range(number, attempts, connections), number)
        for number in range(connections)
    ]
    crowd = run_crowd("bench_service", workers, refusals=REFUSALS)
    report.expect(
        crowd.count == stock and sum(crowd.refused.values()) == attempts - stock,
        f"{text} ({crowd.count} did)",
    )
    judge_race(report, crowd, kind)


def _prepare_race(kind: str, stock: int) -> int | None:
    from members.models import Member
    from rewards.models import Reward
    from rewards.services.redemption import redeem_reward

    reward = Reward.objects.filter(slug="bench-0")
    if kind == "last":
        reward.update(stock_left=stock)
    elif kind == "tabs":
        reward.update(price_points=POINTS // stock)
    else:
        member = Member.objects.filter(user__email__endswith=MAIL).first()
        return redeem_reward(member, reward.get(), key="shown", by=None, now=NOW).pk
    return None


def _attempt(kind: str, shown: int | None, share: range, number: int) -> list[Callable]:
    use_database("bench_service")
    from members.models import Member
    from rewards.models import Redemption, Reward
    from rewards.services.redemption import redeem_reward, use_redemption

    people = list(Member.objects.filter(user__email__endswith=MAIL).order_by("pk"))
    reward, other = Reward.objects.get(slug="bench-0"), Reward.objects.get(slug="bench-1")
    # Not by whoever races for their own balance.
    warm_up = [
        partial(redeem_reward, people[-1 - number % 4], other, key=f"warm-{number}-{index}",
                by=None, now=NOW)
        for index in range(2)
    ]  # fmt: skip
    for act in warm_up:
        act()
    if kind == "voucher":
        voucher = Redemption.objects.get(pk=shown)
        return [partial(use_redemption, voucher, by=None, now=NOW) for _ in share]
    return [
        partial(
            redeem_reward, people[0] if kind == "tabs" else people[index % len(people)], reward,
            key=f"race-{index}", by=None, now=NOW,
        )
        for index in share
    ]  # fmt: skip
