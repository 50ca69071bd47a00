"""Which of a few members a definition holds for, now."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from campaigns.selectors.segments import limited, read_definition
from campaigns.selectors.segments.compiling import compile_among
from campaigns.selectors.segments.counting import fetch

_MS = 30_000


def find_matching(definition: Any, member_ids: Collection[int], *, now: dt.datetime) -> set[int]:
    """Raises BadDefinition where the registries have changed since, CrossJoin, TooSlow."""
    if not member_ids:
        return set()
    compiled = compile_among(read_definition(definition), sorted(member_ids), now=now)
    with limited(_MS):
        return {pk for (pk,) in fetch(compiled.select_ids())}
