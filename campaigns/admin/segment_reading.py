"""What the fields of the builder's form say, as a definition, whole or not; how the fields are
named: ``segment_tree``.
"""

import datetime as dt
from typing import Any

from django.http import QueryDict

from campaigns.selectors.segments import operators as shapes
from campaigns.selectors.segments.definition import GROUPS
from core.money import InvalidAmount, parse_amount
from core.time import day_of
from members import registry
from members.selectors.club import get_club

AUDIENCE = "audience"
NEW = {"all": []}


def read_tree(post: QueryDict) -> dict[str, Any]:
    """The definition that the fields make, whole or not; ``read_definition`` judges it."""
    found = _read_node(post, (), _list_places(post))
    return found if isinstance(found, dict) else dict(NEW)


def _list_places(post) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """Each place with those below it, in their order."""
    places = set()
    for key in post:
        name, _colon, text = key.partition(":")
        if name == "node" and all(part.isdecimal() for part in text.split("-") if text):
            place = tuple(int(part) for part in text.split("-")) if text else ()
            places.add(place)
    below: dict[tuple[int, ...], list[tuple[int, ...]]] = {place: [] for place in places}
    for place in sorted(places):
        if place and place[:-1] in below:
            below[place[:-1]].append(place)
    return below


def _read_node(post, place, below):
    at = "-".join(map(str, place))
    if post.get(f"node:{at}", "group" if not place else "") == "group":
        kind = post.get(f"kind:{at}")
        nodes = [_read_node(post, each, below) for each in below.get(place, [])]
        return {kind if kind in GROUPS else "all": nodes}
    about = post.get(f"about:{at}", "")
    is_new = about != post.get(f"was:{at}", about)
    if about == AUDIENCE:
        return {
            "audience": "" if is_new else post.get(f"audience:{at}", ""),
            "is_in": post.get(f"is_in:{at}") != "no",
        }
    sort, _colon, code = about.partition(":")
    if sort == "behaviour" and (behaviour := registry.behaviours.get(code)):
        return _read_behaviour(post, at, behaviour, is_new)
    if sort == "attribute" and (attribute := registry.attributes.get(code)):
        return _read_attribute(post, at, attribute, is_new)
    return {}


def _read_attribute(post, at, attribute, is_new):
    known = shapes.OPERATORS[attribute.type]
    operator = post.get(f"op:{at}")
    if is_new or operator not in known:
        operator = next(iter(known))
    rule = {"attribute": attribute.code, "op": operator}
    if attribute.days is not None:
        days = None if is_new else post.get(f"days:{at}")
        rule["days"] = attribute.days if days is None else _to_number(days)
    return _add_value(rule, post, at, known[operator], attribute.type, is_new)


def _read_behaviour(post, at, behaviour, is_new):
    codes = [each.code for each in behaviour.measures]
    measure = post.get(f"measure:{at}")
    measure = codes[0] if is_new or measure not in codes else measure
    operator = post.get(f"op:{at}")
    if is_new or operator not in shapes.OF_MEASURES:
        operator = "gte"
    filters = {}
    for each in behaviour.filters if not is_new else ():
        name = f"filter-{each.code}:{at}"
        if each.choices is None:
            values = [word.strip() for word in post.get(name, "").split(",") if word.strip()]
        else:
            values = [value for value in post.getlist(name) if value]
        if values:
            filters[each.code] = values
    window, days = post.get(f"window:{at}", "last"), post.get(f"span:{at}")
    rule: dict[str, Any] = {
        "behaviour": behaviour.code,
        "measure": measure,
        **({"filters": filters} if filters else {}),
        "window": {} if window == "ever" else {window: 30 if days is None else _to_number(days)},
        "op": operator,
    }
    type = next(each.type for each in behaviour.measures if each.code == measure)
    return _add_value(rule, post, at, shapes.OF_MEASURES[operator], type, is_new)


def _add_value(rule, post, at, shape, type, is_new):
    """A field that the last page didn't have begins with something sensible."""
    read = _to_money if type == "money" else _to_number
    fields = {
        shapes.NUMBER: f"number:{at}",
        shapes.DAYS: f"number:{at}",
        shapes.TWO: f"low:{at}",
        shapes.DAY: f"day:{at}",
        shapes.WORD: f"word:{at}",
    }
    text = None if is_new else post.get(fields.get(shape, ""))
    match shape:
        case shapes.NOTHING:
            return rule
        case shapes.CODES:
            values = [] if is_new else post.getlist(f"codes:{at}")
            return {**rule, "value": [value for value in values if value]}
        case shapes.TWO:
            high = post.get(f"high:{at}", "")
            value: Any = [1, 10] if text is None else [read(text), read(high)]
        case shapes.DAYS:
            value = 30 if text is None else _to_number(text)
        case shapes.NUMBER:
            value = 1 if text is None else read(text)
            if text is None and type == "money":
                value = _to_money("1")
        case shapes.DAY:
            value = text
            if text is None:
                value = day_of(dt.datetime.now(dt.UTC), get_club().zone).isoformat()
        case _other:
            value = text or ""
    return {**rule, "value": value}


def _to_number(text: str) -> Any:
    """A number where it is one; else the text, which the reading refuses with the reason."""
    clean = text.strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 16 else clean


def _to_money(text: str) -> Any:
    try:
        return parse_amount(text.strip(), get_club().currency)
    except InvalidAmount:
        return text


# --- Changes of the tree ---


def apply_act(tree: dict[str, Any], act: str) -> dict[str, Any]:
    """``add-rule:0-1``, ``add-group:``, ``remove:0``; anything else changes nothing."""
    verb, _colon, text = act.partition(":")
    place = [int(part) for part in text.split("-") if part.isdecimal()]
    if verb == "remove" and place:
        above = _find(tree, place[:-1])
        if above is not None and place[-1] < len(above):
            del above[place[-1]]
    elif verb in ("add-rule", "add-group"):
        nodes = _find(tree, place)
        if nodes is not None:
            nodes.append({} if verb == "add-rule" else {"any": [{}]})
    return tree


def _find(tree, place) -> list[Any] | None:
    """The rules of the group at a place."""
    node: Any = tree
    for index in (*place, None):
        nodes = next((node[kind] for kind in GROUPS if kind in node), None)
        if index is None or nodes is None:
            return nodes
        if index >= len(nodes):
            return None
        node = nodes[index]
    return None
