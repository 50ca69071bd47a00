"""What apps know about a person: attributes, facts of a claim, personal data, pages on view."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .entries import Registry

# --- Attributes: what segments and lists may ask --------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttributeRows:
    """Rows in plain SQL with two columns, the member's id and the value; for what querysets say
    slowly. ``sql`` is a reviewed constant: nothing that anybody typed is in it but ``params``.
    """

    sql: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact about members.

    ``type`` is one of "number", "money", "text", "day" (a date), "moment" (a time), "boolean",
    "choice", "choices" (several at once); ``choices`` is called where it is one of the last two.

    ``build_expression(now)`` is an expression on the Member queryset, for a page of members.
    ``build_rows(now)`` is the same for all of them at once, which segments join: a queryset of
    ``values_list(member id, value)`` or ``AttributeRows``, with at most one row for each member;
    of the type "boolean" every member who is there, of "choices" ``build_rows(now, values)`` and
    every member who has one of ``values``. ``missing`` is the value of members without a row.
    With ``days`` the fact is asked for a number of days, of which that is the usual one:
    ``build_rows(now, days)``.
    """

    code: str
    label: Any
    type: str
    build_expression: Callable[[dt.datetime], Any] | None = None
    choices: Callable[[], Sequence[tuple[str, Any]]] | None = None
    build_rows: Callable[..., Any] | None = None
    missing: Any = None
    days: int | None = None
    group: Any = ""


attributes: Registry[Attribute] = Registry("attribute")


def register_attribute(attribute: Attribute) -> None:
    attributes.add(attribute.code, attribute)


# --- Claims: what guards a record -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """Something that only the person of the record would know.

    ``is_known(member)`` tells whether the record holds the fact; ``matches(member, answer,
    now)`` whether the typed answer is right.
    """

    code: str
    label: Any
    is_known: Callable[[Any], bool]
    matches: Callable[[Any, str, dt.datetime], bool]
    hint: Any = ""


claim_facts: Registry[ClaimFact] = Registry("claim fact")


def register_claim_fact(fact: ClaimFact) -> None:
    claim_facts.add(fact.code, fact)


value_holders: Registry[Callable[[Any], bool]] = Registry("value holder")


def register_value_holder(code: str, holds_value: Callable[[Any], bool]) -> None:
    """``holds_value(member)`` is True where a stranger's claim would take something."""
    value_holders.add(code, holds_value)


def has_value(member) -> bool:
    """Whether any app keeps something of value under this record."""
    return any(holds_value(member) for holds_value in value_holders)


# --- Personal data: export, erase, merge, undo ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What happens to one model's rows when a person asks or two records become one.

    Every model with a key to Member has one (``members.E001`` otherwise), and a line in the
    retention policy beside it (``members.E005``).

    ``export(member)`` returns (or yields) JSON-ready rows, which the member downloads; their
    keys are shown by the names of the model's fields, or as ``labels`` says.
    ``merge(source, target, now)`` moves rows and returns what undo needs;
    ``undo(source, target, moved, now)`` takes them back. ``facts(member)`` returns (label,
    number) pairs, which the preview of a merge shows before and after; where one is not zero at
    a record that was merged already, what arrived late follows to the survivor.
    ``locked_first(ids)`` are the rows of these members that other acts lock before they lock a
    member; a merge does so too, so that nobody waits in a circle.

    An erasure asks and acts in this order, over all entries, in one transaction:
    ``blocks(member, now)`` returns sentences that say what must be finished first (goods on
    their way, say): while there are any, the erasure waits.
    ``before_erase(member, now)`` closes what can be closed at once (cancels a reservation).
    ``erase(member, now)`` blanks or removes, higher floors before lower ones. Raising a
    DomainError there makes the erasure wait too. ``why_kept`` says in a sentence why rows stay
    where nothing is erased. Each may run twice, and for records that were merged into others.
    """

    model: str
    export: Callable[[Any], Any] | None = None
    erase: Callable[[Any, dt.datetime], None] | None = None
    merge: Callable[[Any, Any, dt.datetime], Any] | None = None
    undo: Callable[[Any, Any, Any, dt.datetime], None] | None = None
    why_kept: str = ""
    fields: tuple[str, ...] = field(default=())
    blocks: Callable[[Any, dt.datetime], Sequence[Any]] | None = None
    before_erase: Callable[[Any, dt.datetime], None] | None = None
    count: Callable[[Any], int] | None = None  # else the rows with this ``member``
    labels: tuple[tuple[str, Any], ...] = ()  # of keys that are no field's name
    facts: Callable[[Any], Iterable[tuple[Any, int]]] | None = None
    locked_first: Callable[[Iterable[int]], Any] | None = None  # a queryset


personal_data: Registry[PersonalData] = Registry("personal data")


def register_personal_data(entry: PersonalData) -> None:
    """``entry.model`` is a label such as ``"purchases.Purchase"``."""
    personal_data.add(entry.model.lower(), entry)


# --- Viewed: pages that show a person to staff ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Viewed:
    """A page of staff that shows what is personal: opening it leaves a row in the audit trail.

    ``name`` is the page's URL name, ``model`` what it shows, ``argument`` the part of the
    address that holds its id. ``member_of(id)`` returns the member's id where the page shows
    something else of one person, or None.
    """

    name: str
    model: str
    argument: str = "object_id"
    member_of: Callable[[Any], int | None] | None = None


viewed: Registry[Viewed] = Registry("viewed page")


def register_viewed(
    name: str,
    model: str,
    argument: str = "object_id",
    *,
    member_of: Callable[[Any], int | None] | None = None,
) -> None:
    """``register_viewed("admin:members_member_change", "members.Member")``."""
    viewed.add(name, Viewed(name, model, argument, member_of))
