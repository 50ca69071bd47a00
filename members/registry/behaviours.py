"""What members did, as sets of rows that segments count and sum."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .entries import Registry


@dataclass(frozen=True, slots=True)
class Measure:
    """What is asked of the rows: how many, how much. ``type`` is "number" or "money"."""

    code: str
    label: Any
    type: str = "number"


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows the rows: one or more of ``choices()``, or words where there are none."""

    code: str
    label: Any
    choices: Callable[[], Sequence[tuple[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """Rows of something that happened, as a queryset that nobody has narrowed to a member.

    ``member`` is the path to the member, ``at`` that to the time; ``measures`` maps the code of
    each measure to a function that returns an aggregate over the rows of one member:
    ``partial(Count, Value(1))``, called with ``filter``, a Q or None.
    """

    rows: Any
    at: str
    measures: Mapping[str, Callable[..., Any]]
    member: str = "member"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something members do, any number of times.

    ``label`` names the events ("purchases"). ``build_events(filters)`` returns them for
    ``{"category": ["12", "14"]}``: a filter that is not chosen is not there.
    """

    code: str
    label: Any
    build_events: Callable[[Mapping[str, list[str]]], Events]
    measures: tuple[Measure, ...]
    filters: tuple[Filter, ...] = field(default=())
    group: Any = ""


behaviours: Registry[Behaviour] = Registry("behaviour")


def register_behaviour(behaviour: Behaviour) -> None:
    behaviours.add(behaviour.code, behaviour)
