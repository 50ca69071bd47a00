"""A definition as the fields of the builder's form; the way back: ``segment_reading``.

A field's name is what it holds and the place of its rule: ``op:0-1`` is how the second rule of the
first group compares. The form holds the whole tree, so that nothing is kept between two requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from campaigns.admin.segment_reading import AUDIENCE
from campaigns.selectors.segments import operators as shapes
from campaigns.selectors.segments.definition import GROUPS, MAX_DEPTH
from core.joining import join_comma
from core.money import to_decimal
from members import registry
from members.models import Audience
from members.selectors.club import get_club

_SHOWN = 3  # chosen words that a closed list of choices shows

GROUP_LABELS = {
    "all": pgettext_lazy("segment", "all of these hold"),
    "any": pgettext_lazy("segment", "any of these holds"),
    "none": pgettext_lazy("segment", "none of these holds"),
}
OPERATOR_LABELS = {
    "gte": pgettext_lazy("operator", "at least"),
    "gt": pgettext_lazy("operator", "more than"),
    "lte": pgettext_lazy("operator", "at most"),
    "lt": pgettext_lazy("operator", "less than"),
    "eq": pgettext_lazy("operator", "exactly"),
    "between": pgettext_lazy("operator", "from … to"),
    "known": pgettext_lazy("operator", "is known"),
    "unknown": pgettext_lazy("operator", "is not known"),
    "is": pgettext_lazy("operator", "is"),
    "is_not": pgettext_lazy("operator", "is not"),
    "starts": pgettext_lazy("operator", "begins with"),
    "in": pgettext_lazy("operator", "is one of"),
    "not_in": pgettext_lazy("operator", "is none of"),
    "any": pgettext_lazy("operator", "any of"),
    "every": pgettext_lazy("operator", "all of"),
    "no": pgettext_lazy("operator", "none of"),
    "yes": pgettext_lazy("operator", "yes"),
    "not": pgettext_lazy("operator", "no"),
    "past": pgettext_lazy("operator", "within the last … days"),
    "ago": pgettext_lazy("operator", "more than … days ago"),
    "next": pgettext_lazy("operator", "within the next … days"),
    "this_month": pgettext_lazy("operator", "this month"),
    "from": pgettext_lazy("operator", "from this day on"),
    "before": pgettext_lazy("operator", "before this day"),
}
WINDOW_LABELS = {
    "ever": pgettext_lazy("segment", "ever"),
    "last": pgettext_lazy("segment", "in the last … days"),
    "first": pgettext_lazy("segment", "in their first … days as a member"),
}


@dataclass
class Choice:
    code: str
    label: Any
    is_chosen: bool = False


@dataclass
class Pick:
    """Boxes to tick, or a line of words where there are no choices."""

    name: str
    label: Any
    choices: list[Choice] = field(default_factory=list)
    text: str = ""
    is_needed: bool = False  # a fact needs one; a filter left alone lets everything through

    @property
    def summary(self) -> str:
        chosen = [str(each.label) for each in self.choices if each.is_chosen]
        shown = join_comma(chosen[:_SHOWN])
        if len(chosen) > _SHOWN:
            shown = f"{shown} +{len(chosen) - _SHOWN}"
        return shown or (_("Choose …") if self.is_needed else pgettext("choices", "any"))


@dataclass
class Node:
    """One rule or group, as its fields show it."""

    place: str
    mistakes: list[Any]
    kind: str = ""  # of a group
    nodes: list["Node"] = field(default_factory=list)
    can_nest: bool = False
    about: str = ""
    measures: list[Choice] = field(default_factory=list)
    filters: list[Pick] = field(default_factory=list)
    windows: list[Choice] = field(default_factory=list)
    window_days: Any = None
    days: Any = None
    operators: list[Choice] = field(default_factory=list)
    shape: str = ""
    value: Any = None
    high: Any = None
    codes: Pick | None = None
    unit: str = ""
    audiences: list[Choice] = field(default_factory=list)
    is_in: bool = True
    kinds: list[Choice] = field(default_factory=list)


def list_abouts() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """What a rule may be about, under headings."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for sort, entries in (("behaviour", registry.behaviours), ("attribute", registry.attributes)):
        for entry in entries:
            heading = str(entry.group or _("More"))
            groups.setdefault(heading, []).append((f"{sort}:{entry.code}", entry.label))
    sets = (AUDIENCE, gettext_lazy("in a tier, list or other segment"))
    groups[_("Audiences")] = [sets]
    return list(groups.items())


class TreeView:
    """Builds the nodes of one page; choices are read once each."""

    def __init__(self, mistakes: Mapping[tuple[int, ...], list[Any]], own_audience_id: int | None):
        self.mistakes = mistakes
        self.own = own_audience_id
        self._audiences: list[tuple[str, str]] | None = None
        self._choices: dict[int, list[tuple[str, Any]]] = {}

    def build(self, data: Any, place: tuple[int, ...] = ()) -> Node:
        node = Node("-".join(map(str, place)), self.mistakes.get(place, []))
        kind = next((kind for kind in GROUPS if isinstance(data, dict) and kind in data), None)
        if kind is not None:
            node.kind = kind
            node.kinds = _choose(GROUP_LABELS.items(), [kind])
            node.can_nest = len(place) < MAX_DEPTH - 1
            node.nodes = [
                self.build(each, (*place, index)) for index, each in enumerate(data[kind])
            ]
        elif "behaviour" in data:
            self._show_behaviour(node, data)
        elif "attribute" in data:
            self._show_attribute(node, data)
        elif "audience" in data:
            node.about = AUDIENCE
            node.audiences = _choose(self._list_audiences(), [data["audience"]])
            node.is_in = data.get("is_in", True)
        return node

    def _show_attribute(self, node, data):
        attribute = registry.attributes.get(data["attribute"])
        if attribute is None:
            return
        node.about = f"attribute:{attribute.code}"
        node.days = data.get("days", attribute.days)
        known = shapes.OPERATORS[attribute.type]
        self._show_value(node, data, known, attribute)

    def _show_behaviour(self, node, data):
        behaviour = registry.behaviours.get(data["behaviour"])
        if behaviour is None:
            return
        node.about = f"behaviour:{behaviour.code}"
        wanted = data.get("measure", behaviour.measures[0].code)
        measure = next((m for m in behaviour.measures if m.code == wanted), behaviour.measures[0])
        pairs = [(each.code, each.label) for each in behaviour.measures]
        node.measures = _choose(pairs, [measure.code]) if len(pairs) > 1 else []
        window = next(iter(data.get("window", {}).items()), ("ever", None))
        node.windows = _choose(WINDOW_LABELS.items(), [window[0]])
        node.window_days = window[1]
        filters = data.get("filters", {})
        for each in behaviour.filters:
            name = f"filter-{each.code}:{node.place}"
            values = filters.get(each.code, [])
            if each.choices is None:
                node.filters.append(Pick(name, each.label, text=", ".join(values)))
            elif choices := self._list_choices(each):
                node.filters.append(Pick(name, each.label, _choose(choices, values)))
        self._show_value(node, data, shapes.OF_MEASURES, measure)

    def _show_value(self, node, data, known, entry):
        operator = data.get("op")
        node.operators = _choose(((code, OPERATOR_LABELS[code]) for code in known), [operator])
        node.shape = known.get(operator, "")
        value = data.get("value")
        if entry.type == "money":
            node.unit = get_club().currency
        show = _show_money if entry.type == "money" else _as_it_is
        if node.shape == shapes.TWO:
            pair = value if isinstance(value, list | tuple) and len(value) == 2 else ("", "")
            node.value, node.high = map(show, pair)
        elif node.shape == shapes.CODES:
            values = value if isinstance(value, list | tuple) else []
            choices = _choose(self._list_choices(entry), values)
            node.codes = Pick(f"codes:{node.place}", entry.label, choices, is_needed=True)
        elif node.shape == shapes.DAYS:
            node.value = value
        else:
            node.value = show(value)

    def _list_choices(self, entry):
        if id(entry) not in self._choices:
            pairs = entry.choices() if entry.choices else []
            self._choices[id(entry)] = [(str(code), label) for code, label in pairs if str(code)]
        return self._choices[id(entry)]

    def _list_audiences(self):
        if self._audiences is None:
            rows = Audience.objects.exclude(pk=self.own).order_by("kind", "name")
            self._audiences = [
                (row.slug, f"{row.get_kind_display()} · {row.name_i18n}") for row in rows
            ]
        return self._audiences


def _choose(pairs, chosen) -> list[Choice]:
    return [Choice(code, label, code in chosen) for code, label in pairs]


def _as_it_is(value):
    return "" if value is None else value


def _show_money(value):
    return to_decimal(value, get_club().currency) if isinstance(value, int) else _as_it_is(value)
