"""Why somebody is in a segment, or not: every rule, and what the member has of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.selectors.segments.compiling import compile_reasons
from campaigns.selectors.segments.counting import LIVE_MS, fetch, limited
from campaigns.selectors.segments.definition import Group, Place
from campaigns.selectors.segments.operators import Sql
from campaigns.selectors.segments.wording import Wording
from members.models import Member


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule for one member. ``helps`` is False where the rule stands under a "none of"."""

    place: Place
    rule: str
    value: str
    holds: bool
    is_denied: bool

    @property
    def helps(self) -> bool:
        return self.holds != self.is_denied


@dataclass(frozen=True, slots=True)
class Example:
    """``is_in``: whether the definition holds for the member as a whole, and they are active."""

    member: Member
    is_in: bool
    reasons: tuple[Reason, ...]


def explain_members(
    group: Group,
    member_ids: Sequence[int],
    *,
    now: dt.datetime,
    wording: Wording | None = None,
    milliseconds: int = LIVE_MS,
) -> list[Example]:
    """Each of these members with the reasons, in the order of the ids; two queries and those of
    the choices' names. Raises CrossJoin, TooSlow.
    """
    if not member_ids:
        return []
    wording = wording or Wording()
    compiled = compile_reasons(group, member_ids, now=now)
    columns = [Sql("m.id")]
    for leaf in compiled.leaves:
        columns.append(leaf.condition.wrap("(", ") IS TRUE"))
        columns.append(leaf.value or Sql("NULL"))
    with limited(milliseconds):
        rows = {row[0]: row[1:] for row in fetch(compiled.select(*columns))}
    members = Member.objects.for_list().in_bulk(list(member_ids))
    denied = _find_denied(group)
    found = []
    for pk in member_ids:
        if pk not in rows or pk not in members:
            continue
        answers = {}
        reasons = []
        for index, leaf in enumerate(compiled.leaves):
            holds, value = rows[pk][2 * index : 2 * index + 2]
            place = leaf.rule.place
            answers[place] = holds
            reasons.append(
                Reason(
                    place,
                    wording.say_rule(leaf.rule),
                    wording.say_value(leaf.rule, value, holds),
                    holds,
                    place in denied,
                )
            )
        is_in = members[pk].is_active and _holds(group, answers)
        found.append(Example(members[pk], is_in, tuple(reasons)))
    return found


def _holds(node, answers) -> bool:
    """The tree over what PostgreSQL said of each rule. The same in SQL: ``compile_segment``."""
    if not isinstance(node, Group):
        return answers[node.place]
    results = [_holds(each, answers) for each in node.nodes]
    match node.kind:
        case "all":
            return all(results)
        case "any":
            return any(results)
    return not any(results)


def _find_denied(group: Group, is_denied: bool = False) -> set[Place]:
    is_denied = is_denied != (group.kind == "none")
    found: set[Place] = set()
    for node in group.nodes:
        if isinstance(node, Group):
            found |= _find_denied(node, is_denied)
        elif is_denied:
            found.add(node.place)
    return found
