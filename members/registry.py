"""Where higher floors tell the lower ones what they know (docs/architecture.md).

Each app registers in its ``AppConfig.ready``; the registries are read at run time by pages,
intake, and services that may not import the app. Registering the same code again replaces
nothing and raises, so that two apps never fight silently.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured


class Registry[Entry]:
    """Entries by code, in the order of registration."""

    def __init__(self, noun: str):
        self.noun = noun
        self._entries: dict[str, Entry] = {}

    def add(self, code: str, entry: Entry) -> None:
        known = self._entries.get(code)
        if known is not None and known != entry:
            raise ImproperlyConfigured(f"The {self.noun} “{code}” is registered twice.")
        self._entries[code] = entry

    def remove(self, code: str) -> None:
        """Forget an entry (tests use it to leave no trace)."""
        self._entries.pop(code, None)

    def get(self, code: str) -> Entry | None:
        return self._entries.get(code)

    def __getitem__(self, code: str) -> Entry:
        return self._entries[code]

    def __contains__(self, code: str) -> bool:
        return code in self._entries

    def __iter__(self):
        return iter(self._entries.values())

    def codes(self) -> list[str]:
        return list(self._entries)


# --- Listeners: what earns, in the transaction of the activity ----------------------------------


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a listener did with a batch: ``Receipt("points", 1204)``."""

    label: str
    number: int


Listener = Callable[[int, Sequence[Any], Any, dt.datetime], Iterable[Receipt] | None]


@dataclass(frozen=True, slots=True)
class _ListenerEntry:
    kinds: frozenset[str]
    listen: Listener


listeners: Registry[_ListenerEntry] = Registry("listener")


def register_listener(code: str, kinds: Iterable[str], listen: Listener) -> None:
    """Call ``listen(batch_id, activities, payload, now)`` inside the transaction of each batch
    of one of ``kinds``; it returns receipts (or nothing). An exception undoes the batch.
    """
    listeners.add(code, _ListenerEntry(frozenset(kinds), listen))


def list_listeners(kind: str) -> list[Listener]:
    return [entry.listen for entry in listeners if kind in entry.kinds]


# --- Consumers: what follows later, by work rows ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consumer:
    code: str
    kinds: frozenset[str]
    process: Callable[[int, dt.datetime], None]


consumers: Registry[Consumer] = Registry("consumer")


def register_consumer(
    code: str, kinds: Iterable[str], process: Callable[[int, dt.datetime], None]
) -> None:
    """Give ``code`` a work row for each batch of one of ``kinds``.

    ``process(batch_id, now)`` runs later in its own transaction, in which the row is deleted:
    what it writes happens once, even where it runs twice.
    """
    consumers.add(code, Consumer(code, frozenset(kinds), process))


def extend_consumer(code: str, kinds: Iterable[str]) -> None:
    """Let a consumer that is registered follow further kinds: an app above knows of more."""
    known = consumers[code]
    consumers.remove(code)
    consumers.add(code, Consumer(code, known.kinds | frozenset(kinds), known.process))


def list_consumers(kind: str) -> list[Consumer]:
    return [consumer for consumer in consumers if kind in consumer.kinds]


# --- Attributes: what segments and lists may ask ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact about members, as an expression on the Member queryset.

    ``build_expression(now)`` returns it; ``type`` is one of "number", "money", "text", "date",
    "boolean", "choice"; ``choices`` is called where the type is "choice".
    """

    code: str
    label: Any
    type: str
    build_expression: Callable[[dt.datetime], Any]
    operators: tuple[str, ...] = ()
    choices: Callable[[], Sequence[tuple[str, Any]]] | None = None


attributes: Registry[Attribute] = Registry("attribute")


def register_attribute(attribute: Attribute) -> None:
    attributes.add(attribute.code, attribute)


# --- Panels: pieces of a page -------------------------------------------------------------------

MEMBER_HOME = "member_home"
LANDING = "landing"
STAFF_MEMBER = "staff_member"
COUNTER = "counter"
PLACES = (MEMBER_HOME, LANDING, STAFF_MEMBER, COUNTER)


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of a page of a lower floor.

    ``build_context(request, member, now)`` returns the template's context, or None to stay
    away (``member`` is None on the landing page). Lower ``order`` stands first. A panel with a
    ``permission`` shows to staff who hold it. ``probe`` is a SELECT over %(member)s, %(now)s and
    %(today)s: on the member's home and at the counter all probes are asked in one statement, and
    a panel whose own finds no row is not built.
    """

    code: str
    place: str
    template: str
    build_context: Callable[..., dict[str, Any] | None]
    order: int = 100
    permission: str = ""
    probe: str = ""


panels: Registry[Panel] = Registry("panel")


def register_panel(panel: Panel) -> None:
    if panel.place not in PLACES:
        raise ImproperlyConfigured(f"No page has a place “{panel.place}”.")
    panels.add(panel.code, panel)


def list_panels(place: str) -> list[Panel]:
    return sorted((panel for panel in panels if panel.place == place), key=lambda p: p.order)


# --- Rooms: pages that have a link on every page -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the site that every page leads to while there is something in it.

    ``probe`` is a SELECT over %(now)s that finds a row then; the answer is kept for a moment.
    Visitors see the link too where the room is ``for_visitors``. Lower ``order`` stands first.
    """

    code: str
    label: Any
    url_name: str
    icon: str
    probe: str
    for_visitors: bool = False
    order: int = 100


rooms: Registry[Room] = Registry("room")


def register_room(room: Room) -> None:
    rooms.add(room.code, room)


# --- Card lines: what a floor says on the membership card ----------------------------------------


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line below the club's name: the tier, for one. ``art`` is the address of the card's ground
    that comes with it.
    """

    text: str
    art: str = ""


CardLineBuilder = Callable[[Any, Any, dt.datetime], CardLine | None]
card_lines: Registry[CardLineBuilder] = Registry("card line")


def register_card_line(code: str, build: CardLineBuilder) -> None:
    """``build(request, member, now)`` returns the line, or None to stay away."""
    card_lines.add(code, build)


# --- Notices: wording by code -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The words of a notice. ``build_text(params)`` returns a translated sentence; ``build_url``
    the page that it leads to, or "".
    """

    code: str
    build_text: Callable[[dict[str, Any]], str]
    build_url: Callable[[dict[str, Any]], str] | None = None


notice_texts: Registry[NoticeText] = Registry("notice text")


def register_notice_text(text: NoticeText) -> None:
    notice_texts.add(text.code, text)


# --- Claims: what guards a record ---------------------------------------------------------------


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


# --- Personal data: export, erase, merge, undo --------------------------------------------------


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


# --- Viewed: pages that show a person to staff --------------------------------------------------


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


# --- Roles: permissions beyond this app's -------------------------------------------------------

role_permissions: Registry[dict[str, tuple[str, ...]]] = Registry("role permissions")


def register_role_permissions(app: str, permissions: dict[str, Iterable[str]]) -> None:
    """Add to the staff roles: ``{"clerk": ["rewards.view_account", "purchases.view_*"]}``."""
    role_permissions.add(app, {role: tuple(names) for role, names in permissions.items()})


# --- Waiting rows: what the readiness probe and the metrics tell ---------------------------------


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """Rows that wait for a worker.

    ``list_oldest(now)`` maps each kind to the age of its oldest row, by one indexed query; a
    kind of which none waits is left out. A row older than ``late_after`` is a reason to look.
    """

    code: str
    list_oldest: Callable[[dt.datetime], dict[str, dt.timedelta]]
    late_after: dt.timedelta


waiting_queues: Registry[WaitingQueue] = Registry("waiting queue")


def register_waiting_queue(
    code: str,
    list_oldest: Callable[[dt.datetime], dict[str, dt.timedelta]],
    *,
    late_after: dt.timedelta,
) -> None:
    """``late_after`` leaves room for a worker that was busy, not for one that has died."""
    waiting_queues.add(code, WaitingQueue(code, list_oldest, late_after))
