"""How many a definition describes, ten of them, and whether PostgreSQL can be asked at all."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.selectors.segments.compiling import Compiled, CrossJoin, compile_segment
from campaigns.selectors.segments.definition import Group
from campaigns.selectors.segments.operators import Sql
from core.errors import DomainError

LIVE_MS = 8_000  # a page waits no longer
EXAMPLES = 10
# What a nested loop without a condition may multiply: small tables of terms beside members.
MOST_PAIRS = 100_000
MOST_COST = 1e10  # in the planner's own units; a million members cost about a million
_WORK_MEM = "128MB"
_SETTINGS = """
    SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true),
           set_config('jit', 'off', true)
"""


class TooSlow(DomainError):
    code = "segment_too_slow"
    message = _("Counting took longer than %(seconds)s seconds and was stopped.")


@dataclass(frozen=True, slots=True)
class Count:
    """``count`` members, found in ``took_ms`` milliseconds."""

    count: int
    took_ms: int


@contextmanager
def limited(milliseconds: int) -> Iterator[None]:
    """Statements in here stop after so long, and may hash what they group. Raises TooSlow."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS, [str(milliseconds), _WORK_MEM])
            yield
            with connection.cursor() as cursor:
                # Where this is part of a larger transaction, that goes on as it was.
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":  # query_canceled
            raise TooSlow(seconds=milliseconds // 1000) from error
        raise


def count_members(group: Group, *, now: dt.datetime, milliseconds: int = LIVE_MS) -> Count:
    """The live count. Raises CrossJoin, TooSlow."""
    compiled = compile_segment(group, now=now)
    with limited(milliseconds):
        check_plan(compiled)
        before = time.perf_counter()
        ((count,),) = fetch(compiled.count())
    return Count(count, round((time.perf_counter() - before) * 1000))


def list_examples(
    group: Group, *, now: dt.datetime, limit: int = EXAMPLES, milliseconds: int = LIVE_MS
) -> list[int]:
    """Ids of a few of them. Raises CrossJoin, TooSlow."""
    compiled = compile_segment(group, now=now)
    with limited(milliseconds):
        check_plan(compiled)
        return [pk for (pk,) in fetch(compiled.select(Sql("m.id"), tail=f" LIMIT {int(limit)}"))]


def fetch(sql: Sql) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        return cursor.fetchall()


def check_plan(compiled: Compiled) -> None:
    """PostgreSQL's own plan multiplies no table by another. Raises CrossJoin.

    The grammar can't ask for that; a fact that an app registers in plain SQL could.
    """
    count = compiled.count()
    ((answer,),) = fetch(Sql(f"EXPLAIN (FORMAT JSON) {count.text}", count.params))
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    if plan["Total Cost"] > MOST_COST or any(_multiplies(node) for node in _walk(plan)):
        raise CrossJoin


def _walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _walk(child)


def _multiplies(node: dict[str, Any]) -> bool:
    """A nested loop with no condition whose inner side doesn't look at the outer one."""
    if node["Node Type"] != "Nested Loop" or "Join Filter" in node:
        return False
    sides = [child for child in node["Plans"] if child["Parent Relationship"] != "InitPlan"]
    outer, inner = sides[:2]
    if outer["Plan Rows"] <= 1 or inner["Plan Rows"] <= 1:
        return False
    names = {each["Alias"] for each in _walk(outer) if "Alias" in each}
    conditions = " ".join(
        str(value)
        for each in _walk(inner)
        for key, value in each.items()
        if key.endswith(("Cond", "Filter", "Key", "Call"))
    )
    is_tied = any(f"{name}." in conditions for name in names)
    return not is_tied and outer["Plan Rows"] * inner["Plan Rows"] >= MOST_PAIRS
