"""The definition of a segment: a tree of rules, read strictly.

    {"all": [
        {"attribute": "tier", "op": "in", "value": ["gold", "silver"]},
        {"attribute": "points_expiring", "days": 30, "op": "gte", "value": 100},
        {"behaviour": "purchases.bought", "measure": "count", "filters": {"category": ["7"]},
         "window": {"last": 30}, "op": "gte", "value": 2},
        {"none": [{"audience": "newsletter", "is_in": true}]}]}

Groups are ``all``, ``any`` and ``none``. A window is ``{}`` (ever), ``{"last": days}`` (up to now)
or ``{"first": days}`` (from the member's own start). What stands here is codes of the registries,
numbers and words; none of it is ever SQL.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Segment
from campaigns.selectors.segments import operators as shapes
from core.errors import DomainError
from members import registry
from members.models import Audience
from members.registry import Attribute, Behaviour, Measure

MAX_DEPTH = 4
MAX_RULES = 40
MAX_CODES = 100
MAX_BYTES = 20_000
MAX_DAYS = 3_650
MAX_NUMBER = 10**12
MAX_WORD = 100
GROUPS = ("all", "any", "none")
Place = tuple[int, ...]


class BadDefinition(DomainError):
    """``mistakes`` are pairs of the place in the tree and what is wrong there."""

    code = "bad_definition"
    message = _("This segment can't be read: %(first)s")

    def __init__(self, mistakes: list[tuple[Place, Any]]):
        self.mistakes = mistakes
        super().__init__(first=mistakes[0][1])


@dataclass(frozen=True, slots=True)
class AttributeRule:
    place: Place
    attribute: Attribute
    operator: str
    value: Any
    days: int | None = None


@dataclass(frozen=True, slots=True)
class BehaviourRule:
    """``window`` is "ever", "last" or "first", with its ``days``."""

    place: Place
    behaviour: Behaviour
    measure: Measure
    operator: str
    value: Any
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    window: str = "ever"
    days: int = 0


@dataclass(frozen=True, slots=True)
class AudienceRule:
    place: Place
    audience: Audience
    is_in: bool


Rule = AttributeRule | BehaviourRule | AudienceRule


@dataclass(frozen=True, slots=True)
class Group:
    place: Place
    kind: str
    nodes: tuple["Group | Rule", ...]

    def list_rules(self) -> Iterator[Rule]:
        for node in self.nodes:
            if isinstance(node, Group):
                yield from node.list_rules()
            else:
                yield node


class _Mistake(Exception):
    pass


def read_definition(data: Any, *, segment: Segment | None = None) -> Group:
    """The tree of a definition. Raises BadDefinition with every mistake in it.

    ``segment`` is whose definition it is: it may not lead back to itself by other segments.
    """
    reader = _Reader(segment)
    group = reader.read(data)
    if reader.mistakes or group is None:
        raise BadDefinition(reader.mistakes)
    return group


class _Reader:
    def __init__(self, segment):
        self.segment = segment
        self.mistakes: list[tuple[Place, Any]] = []
        self.count = 0
        self._choices: dict[int, set[str]] = {}

    def read(self, data) -> Group | None:
        if not isinstance(data, dict) or len(json.dumps(data, default=str)) > MAX_BYTES:
            self.mistakes.append(((), _("it is no tree of rules, or it is too large.")))
            return None
        group = self._read_node(data, ())
        if not self.mistakes and not self.count:
            self.mistakes.append(((), _("it needs a rule.")))
        if not isinstance(group, Group) and not self.mistakes:
            self.mistakes.append(((), _("it begins with a group.")))
        return group if isinstance(group, Group) else None

    def _read_node(self, data, place):
        try:
            if not isinstance(data, dict):
                raise _Mistake(_("a rule is missing."))
            kinds = [kind for kind in GROUPS if kind in data]
            if kinds:
                return self._read_group(data, kinds, place)
            self.count += 1
            if self.count > MAX_RULES:
                raise _Mistake(_("at most %(most)s rules.") % {"most": MAX_RULES})
            for key, read in (
                ("attribute", self._read_attribute),
                ("behaviour", self._read_behaviour),
                ("audience", self._read_audience),
            ):
                if key in data:
                    return read(data, place)
            raise _Mistake(_("choose what the rule is about."))
        except _Mistake as mistake:
            self.mistakes.append((place, mistake.args[0]))
            return None

    def _read_group(self, data, kinds, place):
        nodes = data[kinds[0]]
        if len(data) > 1 or not isinstance(nodes, list):
            raise _Mistake(_("a group has one kind and its rules."))
        if len(place) >= MAX_DEPTH:
            raise _Mistake(_("groups lie at most %(most)s deep.") % {"most": MAX_DEPTH})
        if len(nodes) > MAX_RULES:
            raise _Mistake(_("at most %(most)s rules.") % {"most": MAX_RULES})
        if place and not nodes:
            raise _Mistake(_("the group needs a rule."))
        found = [self._read_node(node, (*place, index)) for index, node in enumerate(nodes)]
        return Group(place, kinds[0], tuple(node for node in found if node is not None))

    # --- Rules ---

    def _read_attribute(self, data, place):
        _allow(data, "attribute", "op", "value", "days")
        attribute = _look_up(registry.attributes, data["attribute"])
        days = _read_days(data["days"]) if "days" in data else attribute.days
        if "days" in data and attribute.days is None:
            raise _Mistake(_("this one has no number of days."))
        operator, shape = _read_operator(data, shapes.OPERATORS[attribute.type])
        value = self._read_value(shape, data, attribute, attribute.choices)
        return AttributeRule(place, attribute, operator, value, days)

    def _read_behaviour(self, data, place):
        _allow(data, "behaviour", "measure", "filters", "window", "op", "value")
        behaviour = _look_up(registry.behaviours, data["behaviour"])
        wanted = data.get("measure", behaviour.measures[0].code)
        measure = next((each for each in behaviour.measures if each.code == wanted), None)
        if measure is None:
            raise _Mistake(_("what is counted isn't known."))
        filters = data.get("filters", {})
        if not isinstance(filters, dict):
            raise _Mistake(_("what narrows it isn't known."))
        known = {each.code: each for each in behaviour.filters}
        if filters.keys() - known.keys():
            raise _Mistake(_("what narrows it isn't known."))
        narrowed = {
            code: self._read_codes(values, known[code], known[code].choices)
            for code, values in filters.items()
        }
        window, days = _read_window(data.get("window", {}))
        operator, shape = _read_operator(data, shapes.OF_MEASURES)
        value = self._read_value(shape, data, measure, None)
        return BehaviourRule(place, behaviour, measure, operator, value, narrowed, window, days)

    def _read_audience(self, data, place):
        _allow(data, "audience", "is_in")
        slug, is_in = data["audience"], data.get("is_in", True)
        if not isinstance(slug, str) or not isinstance(is_in, bool):
            raise _Mistake(_("choose an audience."))
        audience = Audience.objects.filter(slug=slug).first()
        if audience is None:
            raise _Mistake(_("this audience doesn't exist any more."))
        if self.segment is not None and leads_to(audience, self.segment):
            raise _Mistake(_("“%(name)s” asks for this segment itself.") % {"name": audience})
        return AudienceRule(place, audience, is_in)

    # --- Values ---

    def _read_value(self, shape, data, entry, choices):
        if shape == shapes.NOTHING:
            if data.get("value") is not None:
                raise _Mistake(_("there is nothing to compare with here."))
            return None
        if "value" not in data:
            raise _Mistake(_("a value is missing."))
        value = data["value"]
        match shape:
            case shapes.NUMBER:
                return _read_number(value)
            case shapes.DAYS:
                return _read_days(value)
            case shapes.TWO:
                if not isinstance(value, list) or len(value) != 2:
                    raise _Mistake(_("two numbers are needed."))
                low, high = map(_read_number, value)
                if low > high:
                    raise _Mistake(_("the first number is the smaller one."))
                return (low, high)
            case shapes.DAY:
                return _read_day(value)
            case shapes.WORD:
                return _read_word(value)
        return self._read_codes(value, entry, choices)

    def _read_codes(self, values, entry, choices):
        if not isinstance(values, list) or not 1 <= len(values) <= MAX_CODES:
            raise _Mistake(_("choose at least one."))
        words = tuple(dict.fromkeys(map(_read_word, values)))
        if choices is not None:
            if id(entry) not in self._choices:
                self._choices[id(entry)] = {str(code) for code, _label in choices()}
            if gone := [word for word in words if word not in self._choices[id(entry)]]:
                raise _Mistake(_("“%(value)s” is none of the choices.") % {"value": gone[0]})
        return words


def _allow(data, *keys):
    if unknown := sorted(map(str, data.keys() - set(keys))):
        raise _Mistake(_("“%(key)s” isn't known here.") % {"key": unknown[0][:MAX_WORD]})


def _look_up(entries, code):
    entry = entries.get(code) if isinstance(code, str) else None
    if entry is None:
        raise _Mistake(_("“%(code)s” isn't known.") % {"code": str(code)[:MAX_WORD]})
    return entry


def _read_operator(data, known):
    operator = data.get("op")
    if not isinstance(operator, str) or operator not in known:
        raise _Mistake(_("choose how to compare."))
    return operator, known[operator]


def _read_window(data):
    if not isinstance(data, dict) or len(data) > 1 or data.keys() - {"last", "first"}:
        raise _Mistake(_("the time isn't known."))
    for kind, days in data.items():
        return kind, _read_days(days)
    return "ever", 0


def _read_number(value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
        raise _Mistake(_("a whole number is needed."))
    return value


def _read_days(value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_DAYS:
        raise _Mistake(_("days are a number from 1 to %(most)s.") % {"most": MAX_DAYS})
    return value


def _read_day(value) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _Mistake(_("a day is needed.")) from None


def _read_word(value) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_WORD or "\x00" in value:
        raise _Mistake(_("a word of at most %(most)s characters is needed.") % {"most": MAX_WORD})
    return value.strip()


# --- Other segments ---


def list_audience_slugs(data: Any) -> set[str]:
    """The audiences that a stored definition asks for."""
    found: set[str] = set()
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("audience"), str):
            found.add(node["audience"])
        for kind in GROUPS:
            children = node.get(kind)
            waiting += children if isinstance(children, list) else []
    return found


def leads_to(audience: Audience, segment: Segment) -> bool:
    """Whether the audience is the segment's own, or asks for it by any number of others."""
    known = {row.audience.slug: row for row in Segment.objects.select_related("audience")}
    seen: set[str] = set()
    waiting = {audience.slug}
    while waiting:
        slug = waiting.pop()
        seen.add(slug)
        other = known.get(slug)
        if other is None:
            continue
        if other.pk == segment.pk:
            return True
        waiting |= list_audience_slugs(other.definition) - seen
    return False


def sort_by_need(segments: list[Segment]) -> list[Segment]:
    """Those that others ask for first. Needs their audiences loaded."""
    by_slug = {segment.audience.slug: segment for segment in segments}
    placed: dict[str, None] = {}

    def place(slug, above):
        if slug in placed or slug not in by_slug or slug in above:
            return
        for needed in sorted(list_audience_slugs(by_slug[slug].definition)):
            place(needed, {*above, slug})
        placed[slug] = None

    for slug in by_slug:
        place(slug, set())
    return [by_slug[slug] for slug in placed]
