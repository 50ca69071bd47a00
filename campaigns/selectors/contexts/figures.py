"""The figures of the day a message was sent, for letters that are drawn again when they are read.

Only what the words of the message ask for is kept, so that a row stays small: points, tier, and
whether the member was in an audience. Names, rewards and the club are read as they are today.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from campaigns.variables import HAPPENINGS, VARIABLES

_GROUPS = ("points", "tier", "audiences")
_TIER_CODE = "member.tier"
_NAMES = ("tier.name", "tier.next_name")  # in the language of who was written to
_DAYS = {path for path, each in VARIABLES.items() if isinstance(each.example, dt.date)}
_MOST_AUDIENCES = 20


def needs_figures(variables: frozenset[str]) -> bool:
    return any(path == _TIER_CODE or path.partition(".")[0] in _GROUPS for path in variables)


def take_figures(
    context: Mapping[str, Any], variables: frozenset[str], locale: str
) -> dict[str, Any] | None:
    """As JSON, by path; None where the words ask for none."""
    if not needs_figures(variables):
        return None
    return {"locale": locale, **_take(context, _list_paths(variables))}


def take_occasion(context: Mapping[str, Any], variables: frozenset[str]) -> dict[str, Any]:
    """What the words of a trial ask of the occasion that it hasn't, for ``restore_figures``."""
    paths = {
        path
        for path in VARIABLES
        if path.partition(".")[0] in HAPPENINGS and variables & {path, path.partition(".")[0]}
    }
    return _take(context, paths)


def _take(context: Mapping[str, Any], paths: set[str]) -> dict[str, Any]:
    found = {}
    for path in sorted(paths):
        group, _dot, name = path.partition(".")
        values = context.get(group)
        if isinstance(values, Mapping) and name in values:
            value = values[name]
            found[path] = value.isoformat() if isinstance(value, dt.date) else value
    return found


def restore_figures(context: dict[str, Any], figures: Mapping[str, Any], locale: str) -> None:
    """Put them over what holds today. A tier that is still theirs is named in the language of who
    reads, any other as it was told them.
    """
    today = context.get("member", {}).get("tier")
    is_named_today = figures.get("locale") != locale and figures.get(_TIER_CODE) == today
    for path, value in figures.items():
        group, dot, name = path.partition(".")
        if not dot or (path in _NAMES and is_named_today):
            continue
        if path in _DAYS and value is not None:
            value = dt.date.fromisoformat(value)
        context[group] = {**(context.get(group) or {}), name: value}


def _list_paths(variables: frozenset[str]) -> set[str]:
    """Single values: a group that is asked for as a whole is all of them."""
    paths = set()
    audiences = sorted(path for path in variables if path.startswith("audiences."))
    for path in variables:
        group = path.partition(".")[0]
        if path in VARIABLES and group in _GROUPS:
            paths.add(path)
        elif path in _GROUPS:
            paths.update(each for each in VARIABLES if each.startswith(f"{path}."))
    if _TIER_CODE in variables or any(path.startswith("tier.") for path in paths):
        paths.add(_TIER_CODE)
    return paths | set(audiences[:_MOST_AUDIENCES])
