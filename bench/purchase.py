"""One purchase through the service that the API calls, beside the statements that its rows take."""

import datetime as dt
import os
import statistics
import time
from pathlib import Path

from bench.databases import connect, copy_database, drop_database, list_differences, use_database
from bench.floors import bind_floor, run_piped
from bench.report import Report
from bench.wire import CountingProxy

MAX_RATIO = 4.0
MAX_TRIPS = 10
MEMBERS = int(os.environ.get("BENCH_PURCHASE_MEMBERS", "2000"))
PURCHASES = int(os.environ.get("BENCH_PURCHASES", "500"))
WARM_UP = 20
TINY = {"members": 20, "purchases": 12, "warm_up": 8}
HISTORY = 8  # earlier purchases of each member
CALLER, SOURCE = "token:1", "till"
# A Wednesday at noon in the club's zone, on which no rule of the demonstration is special.
NOW = dt.datetime(2026, 3, 11, 19, 0, tzinfo=dt.UTC)
_BATCH = 500

# Which of a table's rows belong to one purchase, and of updated rows what changed.
_ROWS = {
    "core_idempotencyrecord": "SELECT * FROM {} WHERE key = %(key)s",
    "purchases_purchase": "SELECT * FROM {} WHERE id = %(id)s",
    "purchases_line": "SELECT * FROM {} WHERE purchase_id = %(id)s ORDER BY id",
    "members_activitybatch": "SELECT * FROM {} WHERE id = %(batch)s",
    "members_activity": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "members_workitem": "SELECT * FROM {} WHERE batch_id = %(batch)s",
    "rewards_award": "SELECT * FROM {} WHERE purchase_id = %(id)s ORDER BY id",
    "rewards_transfer": "SELECT * FROM {} WHERE award_id = ANY(%(awards)s) ORDER BY id",
    "rewards_lot": "SELECT * FROM {} WHERE award_id = ANY(%(awards)s) ORDER BY id",
    "rewards_lotmove": (
        "SELECT * FROM {} WHERE transfer_id IN"
        " (SELECT id FROM rewards_transfer WHERE award_id = ANY(%(awards)s)) ORDER BY id"
    ),
    "rewards_account": (
        "SELECT id, balance FROM {} WHERE id IN"
        " (SELECT credit_account_id FROM rewards_transfer WHERE award_id = ANY(%(awards)s))"
        " ORDER BY id"
    ),
    "rewards_standing": "SELECT member_id, settled_on FROM {} WHERE member_id = %(member)s",
}


def run(
    work: Path, *, members: int = MEMBERS, purchases: int = PURCHASES, warm_up: int = WARM_UP
) -> Report:
    report = Report("purchase")
    purchases = min(purchases, members - warm_up)
    copy_database("bench_before")
    numbers = _fill_club(members)
    items = [_build_item(f"new-{index}", number) for index, number in enumerate(numbers)]
    items = items[: purchases + warm_up]
    bound = _list_floor_rows(items)
    service, floor = _take_turns(items, bound)
    differing = list_differences("bench_service", "bench_floor")
    report.expect(
        not differing,
        f"the floor left the same rows{'; different: ' if differing else ''}{', '.join(differing)}",
    )
    row_count = sum(statement.count("(%s") for statement, _ in bound[0])
    report.note(
        "rows",
        row_count,
        f"{purchases} purchases of {len(items[0]['lines'])} lines, {row_count} rows each",
    )
    report.compare(service[warm_up:], floor[warm_up:], MAX_RATIO, "ms")
    for title in ("service", "floor"):
        report.say(f"{title:<8} {1 / report.values[title]:9.0f} purchases/s over one connection")
    trips = _count_trips(items)
    report.values["trips"] = trips
    report.reach(trips <= MAX_TRIPS, f"{trips} round trips (at most {MAX_TRIPS})")
    for name in ("bench_before", "bench_service", "bench_floor"):
        drop_database(name)
    return report


def _fill_club(members: int) -> list[str]:
    """Members with a year of purchases behind them, through intake; returns their numbers."""
    use_database("bench_before")
    from members.models import Member
    from members.services.enrolment import MemberKey, ensure_members
    from purchases.incoming import IncomingLine, IncomingPurchase
    from purchases.services.intake import take_in
    from purchases.services.sources import ensure_source

    keys = [MemberKey(external_id=f"member-{index}") for index in range(members)]
    joined_at = NOW - dt.timedelta(days=400)
    ensure_members(keys, source=SOURCE, now=joined_at)
    source = ensure_source(SOURCE)
    past = [
        IncomingPurchase(
            f"old-{visit}-{index}",
            NOW - dt.timedelta(days=360 - 45 * visit, minutes=index % 600),
            [
                IncomingLine(1, 399, f"product-{(index + part) % 300}", _category(part))
                for part in range(3)
            ],
            key,
            store="main",
        )
        for visit in range(HISTORY)
        for index, key in enumerate(keys)
    ]
    for start in range(0, len(past), _BATCH):
        take_in(source, past[start : start + _BATCH], now=NOW - dt.timedelta(days=1))
    with connect("bench_before", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return list(Member.objects.order_by("pk").values_list("number", flat=True))


def _category(part: int) -> str:
    """One line in three earns by its category as well."""
    from loyalty_site.demo.data import read_categories

    return read_categories()["fruit"] if part == 0 else ""


def _build_item(external_id: str, number: str) -> dict:
    """What a till would send; the prices end in the middle of a point."""
    index = int(external_id.partition("-")[2])
    return {
        "external_id": external_id,
        "purchased_at": (NOW - dt.timedelta(minutes=index % 300)).isoformat(),
        "store": "main",
        "member": {"number": number},
        "lines": [
            {
                "product": f"product-{(index + part) % 300}",
                "category": _category(part),
                "quantity": "2",
                "amount": f"{4 + part}.49",
                "discount": "0.50",
            }
            for part in range(3)
        ],
    }


def _receive(item: dict) -> None:
    from purchases.services.receiving import receive

    status, answer, _ = receive(
        "purchase", _receive.source, [item], single=True, key=item["external_id"], caller=CALLER,
        now=NOW,
    )  # fmt: skip
    if status != 201:
        raise RuntimeError(f"The service answered {status}: {answer}")


def _use_copy(name: str, host: str = "") -> None:
    from purchases.models import Source

    use_database(name, host)
    # The API's token brings its source along, loaded with it.
    _receive.source = Source.objects.select_related("default_store").get(code=SOURCE)


def _list_floor_rows(items: list[dict]) -> list[list[tuple[str, list]]]:
    """A first run on a copy tells what each purchase writes; ids repeat on the next copy."""
    copy_database("bench_service", "bench_before")
    _use_copy("bench_service")
    for item in items:
        _receive(item)
    with connect("bench_service") as connection:
        return [
            bind_floor(connection, "purchase", _ROWS, _describe(connection, item)) for item in items
        ]


def _describe(connection, item: dict) -> dict:
    row = connection.execute(
        "SELECT p.id, p.member_id, (SELECT array_agg(id ORDER BY id) FROM rewards_award"
        " WHERE purchase_id = p.id), (SELECT batch_id FROM members_activity"
        " WHERE member_id = p.member_id AND subject_id = p.id AND kind = 'purchase')"
        " FROM purchases_purchase AS p WHERE external_id = %s",
        [item["external_id"]],
    ).fetchone()
    names = ("id", "member", "awards", "batch")
    return dict(zip(names, row, strict=True)) | {"key": item["external_id"]}


def _take_turns(items, bound) -> tuple[list[float], list[float]]:
    """Service and floor, purchase by purchase, each on a copy of its own."""
    copy_database("bench_service", "bench_before")
    copy_database("bench_floor", "bench_before")
    _use_copy("bench_service")
    service, floor = [], []
    with connect("bench_floor") as connection:
        for item, statements in zip(items, bound, strict=True):
            before = time.perf_counter()
            _receive(item)
            between = time.perf_counter()
            run_piped(connection, statements)
            after = time.perf_counter()
            service.append(between - before)
            floor.append(after - between)
    return service, floor


def _count_trips(items) -> int:
    """The usual number of round trips of one purchase, counted on the wire."""
    copy_database("bench_floor", "bench_before")
    counts = []
    with CountingProxy() as proxy:
        _use_copy("bench_floor", proxy.folder)
        for item in items[:WARM_UP]:
            before = proxy.trips
            _receive(item)
            counts.append(proxy.trips - before)
        use_database("bench_service")
    # The first ones prepare their statements, which takes trips of its own.
    return statistics.mode(counts[-5:])
