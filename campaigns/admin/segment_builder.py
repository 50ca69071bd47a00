"""The builder of rules, which holds a whole definition in its form: of a segment, of a step."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from campaigns.admin.segment_tree import TreeView, list_abouts
from campaigns.models import Segment
from campaigns.selectors.segments import (
    BadDefinition,
    Group,
    Wording,
    count_members,
    explain_members,
    list_examples,
    read_definition,
)
from core.errors import DomainError


@dataclass
class Preview:
    """What a definition means now; ``problem`` where it can't be said."""

    sentence: str = ""
    count: int | None = None
    took_ms: int = 0
    examples: Any = ()
    problem: str = ""


def build_context(
    tree: dict[str, Any], *, segment: Segment | None = None, unfinished: str, now: dt.datetime
) -> dict[str, Any]:
    """What ``segment_rules.html`` shows of a definition, whole or not; ``unfinished`` is said where
    it can't be read yet.
    """
    mistakes = defaultdict(list)
    preview = Preview()
    try:
        group = read_definition(tree, segment=segment)
    except BadDefinition as error:
        for place, text in error.mistakes:
            mistakes[place].append(text)
        preview.problem = unfinished
    else:
        preview = preview_group(group, now)
    view = TreeView(mistakes, segment.audience_id if segment else None)
    return {"root": view.build(tree), "abouts": list_abouts(), "preview": preview}


def preview_group(group: Group, now: dt.datetime, *, with_count: bool = True) -> Preview:
    wording = Wording()
    preview = Preview(wording.say_sentence(group))
    try:
        if with_count:
            counted = count_members(group, now=now)
            preview.count, preview.took_ms = counted.count, counted.took_ms
        ids = list_examples(group, now=now)
        preview.examples = explain_members(group, ids, now=now, wording=wording)
    except DomainError as error:
        preview.problem = str(error)
    return preview
