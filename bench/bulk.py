"""Acts for a hundred thousand members: a gift, a later expiry, a tier for everybody.

There is no floor in SQL beside it: what is asked is minutes, not hours, and true books.
"""

import datetime as dt
import os
import time
from pathlib import Path

from bench.close import NOW, find_moments
from bench.databases import copy_database, drop_database, use_database
from bench.population import run_script
from bench.report import Report

MEMBERS = int(os.environ.get("BENCH_BULK_MEMBERS", "100000"))
TINY = {"members": 40}
LOTS = 10  # of each member; the first one expires tomorrow
MAX_SECONDS = 120
DATABASE = "bench_bulk"


def run(work: Path, *, members: int = MEMBERS, lots: int = LOTS) -> Report:
    report = Report("bulk")
    copy_database(DATABASE)
    run_script(DATABASE, "close_club", find_moments(DATABASE) | {"members": members, "lots": lots})
    report.say(f"{members:,} members with {lots} lots each")
    use_database(DATABASE)
    for kind, title, terms in (
        ("grant", "gift", {"points": 10}),
        ("expiry", "later expiry", {"until_on": NOW.date() + dt.timedelta(days=200)}),
        ("tier", "tier for all", {"until_on": NOW.date() + dt.timedelta(days=200)}),
    ):
        looked, confirmed, ran = _do(kind, terms, members)
        report.note(
            kind, ran,
            f"{title:<13} preview {looked:5.1f} s, confirmed {confirmed:5.1f} s, ran {ran:6.1f} s,"
            f" {members / ran:7,.0f} members/s",
        )  # fmt: skip
        report.reach(ran <= MAX_SECONDS, f"{title} within {MAX_SECONDS} s")
    report.expect(_is_true(), "the ledger is true")
    drop_database(DATABASE)
    return report


def _do(kind: str, terms: dict, members: int) -> tuple[float, float, float]:
    from members.models import Audience, User
    from rewards.models import ActLimit, Tier
    from rewards.services.bulk import confirm_bulk, draft_bulk
    from rewards.services.bulk_preview import preview_bulk
    from rewards.services.bulk_running import run_bulk_act

    by, _made = User.objects.get_or_create(
        email="bench@example.com", defaults={"is_staff": True, "is_superuser": True}
    )
    limits = ("per_act", "per_actor_day", "per_member_day", "per_pair_day")
    ActLimit.objects.filter(role="owner").update(**dict.fromkeys(limits))
    if kind == "tier":
        terms = {**terms, "tier": Tier.objects.order_by("rank")[1]}
    act = draft_bulk(
        kind, Audience.objects.get(slug="everyone"), public_reason="Bench", by=by, now=NOW, **terms
    )
    before = time.perf_counter()
    preview_bulk(act, left_out=set(), now=NOW)
    looked = time.perf_counter()
    confirm_bulk(act, by=by, now=NOW)
    confirmed = time.perf_counter()
    run_bulk_act(act.pk, now=NOW)
    ran = time.perf_counter()
    act.refresh_from_db()
    if (act.state, act.done_count) != ("done", members):
        raise RuntimeError(f"{kind}: {act.state}, {act.done_count} of {members}")
    return looked - before, confirmed - looked, ran - confirmed


def _is_true() -> bool:
    from rewards.services.verification import verify_ledger

    return not verify_ledger()[1]
