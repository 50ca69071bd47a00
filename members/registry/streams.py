"""What happens to a batch of activities: who listens at once, and who follows later."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .entries import Registry

# --- Listeners: what earns, in the transaction of the activity ------------------------------------


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


# --- Consumers: what follows later, by work rows --------------------------------------------------


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
