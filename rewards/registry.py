"""Where acts under control and checks for alerts are known by their code (docs/control.md)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from members.registry import Registry, extend_consumer

CHALLENGES = "rewards.challenges"  # the consumer of the activity stream that counts stamps

# --- Acts under limits ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """One role's limits for one kind of act; None is without a limit, 0 means never alone."""

    per_act: int | None = 0
    per_actor_day: int | None = 0
    per_member_day: int | None = 0
    per_pair_day: int | None = 0
    approve_act: int | None = 0
    approve_day: int | None = 0


@dataclass(frozen=True, slots=True)
class ActWords:
    """What waits, in words: ``title`` says what would happen to whom, ``reason`` and ``note``
    why, ``liability_points`` by how much the club's debt to its members would change.
    """

    title: str
    reason: str = ""
    note: str = ""
    url: str = ""
    liability_points: int = 0
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ActKind:
    """A kind of act that limits and approvals know.

    ``measure`` is a ``rewards.enums.Measure``: what amounts of this kind count. ``limits`` are the
    first limits by role. An act above them may wait where the kind can be approved:
    ``execute(payload_id, by, now)`` does it, inside the approval's transaction and under its
    lock; ``drop(payload_id, state, by, now)`` is told when it was refused or withdrawn;
    ``describe(payload_ids)`` puts those that wait into words, all at once.
    """

    code: str
    label: Any
    measure: str
    limits: Mapping[str, Limits] = field(default_factory=dict)
    execute: Callable[[int, Any, dt.datetime], None] | None = None
    drop: Callable[[int, str, Any, dt.datetime], None] | None = None
    describe: Callable[[Sequence[int]], Mapping[int, ActWords]] | None = None


act_kinds: Registry[ActKind] = Registry("kind of act")


def register_act_kind(kind: ActKind) -> None:
    act_kinds.add(kind.code, kind)


# --- Alerts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shortage:
    """Something is short: ``threshold`` percent of it are gone."""

    subject_id: int
    threshold: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertWords:
    title: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """Looks for shortages of one kind, all in one go.

    ``find(now)`` lists every threshold that is crossed now; ``describe(alerts)`` puts alerts into
    words by their key. ``permission`` is needed to see them.
    """

    code: str
    label: Any
    find: Callable[[dt.datetime], Sequence[Shortage]]
    describe: Callable[[Sequence[Any]], Mapping[int, AlertWords]]
    permission: str


alert_checks: Registry[AlertCheck] = Registry("check for alerts")


def register_alert_check(check: AlertCheck) -> None:
    alert_checks.add(check.code, check)


# --- Challenges ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChallengeKind:
    """Something that members do and can collect stamps for: a kind of activity, and the kinds of
    batches in which it comes.
    """

    code: str
    label: Any
    batch_kinds: tuple[str, ...]


challenge_kinds: Registry[ChallengeKind] = Registry("kind of challenge")


def register_challenge_kind(kind: ChallengeKind) -> None:
    """``register_challenge_kind(ChallengeKind("review", _("a review"), ("review",)))``."""
    challenge_kinds.add(kind.code, kind)
    extend_consumer(CHALLENGES, kind.batch_kinds)
